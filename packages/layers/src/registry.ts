/**
 * Layers by class name, for loading. Nothing else imports this module, so that bundles hold only the layers they use.
 */
import { unknownName } from '@dl/tensor';
import type { Config } from './base/config.ts';
import { withLayerMaker } from './base/inner-layers.ts';
import { Layer } from './base/layer.ts';
import type { Tensors } from './base/tensors.ts';
import * as everything from './index.ts';

/** A layer class that can be made from a configuration. */
export interface LoadableLayer {
  fromConfig(config: Config): Layer<Tensors, Tensors>;
}

/** A class that may stand in files: one of the package's own, under the name it has there. */
const isLoadable = ([name, value]: readonly [string, unknown]): boolean =>
  typeof value === 'function' && value.prototype instanceof Layer && (value as typeof Layer).className === name;

/** All built-in layer classes by name. */
export const layerClasses: Readonly<Record<string, LoadableLayer>> = /* @__PURE__ */ Object.fromEntries(
  /* @__PURE__ */ Object.entries(everything).filter(isLoadable),
) as unknown as Readonly<Record<string, LoadableLayer>>;

/**
 * Makes a layer from its class name and configuration, with the layers that stand inside it.
 *
 * @param custom Classes of your own by name; they win over built-in ones.
 * @throws ConfigError with the nearest names for a class that is unknown.
 * @example deserializeLayer('Dense', { units: 3 });
 */
export function deserializeLayer(
  className: string,
  config: Config,
  custom: Readonly<Record<string, LoadableLayer>> = {},
): Layer<Tensors, Tensors> {
  const table = [custom, layerClasses].find((classes) => Object.hasOwn(classes, className));
  if (table === undefined) return unknownName('layers', 'layer', className, Object.keys(layerClasses));
  const inner = (name: string, own: Config): Layer<Tensors, Tensors> => deserializeLayer(name, own, custom);
  return withLayerMaker(inner, () => table[className]!.fromConfig(config));
}
