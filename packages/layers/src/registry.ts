/**
 * Layers by class name, for loading. Nothing else imports this module, so that bundles hold only the layers they use.
 */
import { ConfigError, unknownName } from '@dl/tensor';
import type { Config } from './base/config.ts';
import { Layer } from './base/layer.ts';
import type { LayerLoader } from './base/nested.ts';
import type { Tensors } from './base/tensors.ts';
import * as everything from './index.ts';

export type { LayerLoader } from './base/nested.ts';

/** A layer class that can be made from a configuration. */
export interface LoadableLayer {
  /** `load` makes layers that stand inside the configuration. */
  fromConfig(config: Config, load: LayerLoader): Layer<Tensors, Tensors>;
}

/** A class that may stand in files: one of the package's own, under the name it has there. */
const isLoadable = ([name, value]: readonly [string, unknown]): boolean =>
  typeof value === 'function' && value.prototype instanceof Layer && (value as typeof Layer).className === name;

/** All built-in layer classes by name. */
export const layerClasses: Readonly<Record<string, LoadableLayer>> = /* @__PURE__ */ Object.fromEntries(
  /* @__PURE__ */ Object.entries(everything).filter(isLoadable),
) as unknown as Readonly<Record<string, LoadableLayer>>;

const registered = new Map<string, LoadableLayer>();

/**
 * Makes a layer class of your own known to loading, under its class name, as
 * `keras.saving.register_keras_serializable`. Give the class a static `className`, and `getConfig` its options.
 *
 * @throws ConfigError for a class without `fromConfig`, or a name that another class has.
 * @example registerLayer(Scale);
 */
export function registerLayer(
  layerClass: LoadableLayer & { readonly name: string; readonly className?: string },
): void {
  const name = Object.hasOwn(layerClass, 'className') ? layerClass.className! : layerClass.name;
  if (typeof layerClass.fromConfig !== 'function') {
    throw new ConfigError(`registerLayer: ${name} has no fromConfig; extend Layer`);
  }
  const other = registered.get(name) ?? (Object.hasOwn(layerClasses, name) ? layerClasses[name] : undefined);
  if (other !== undefined && other !== layerClass) {
    throw new ConfigError(`registerLayer: there is a layer class '${name}' already; give yours another className`);
  }
  registered.set(name, layerClass);
}

/** The class that {@link registerLayer} was given under a name. */
export const registeredLayer = (name: string): LoadableLayer | undefined => registered.get(name);

/**
 * Makes a layer from its class name and configuration.
 *
 * @param custom Classes of your own by name; they win over registered and built-in ones.
 * @param load Makes layers that stand inside the configuration; by this function unless given.
 * @throws ConfigError with the nearest names for a class that is unknown.
 * @example deserializeLayer('Dense', { units: 3 });
 */
export function deserializeLayer(
  className: string,
  config: Config,
  custom: Readonly<Record<string, LoadableLayer>> = {},
  load?: LayerLoader,
): Layer<Tensors, Tensors> {
  const inner: LayerLoader = load ?? ((stored) => deserializeLayer(stored.class_name, stored.config, custom));
  const own = Object.hasOwn(custom, className) ? custom[className] : registered.get(className);
  if (own !== undefined) return own.fromConfig(config, inner);
  if (!Object.hasOwn(layerClasses, className)) {
    const known = [...registered.keys(), ...Object.keys(layerClasses)];
    return unknownName(
      'layers',
      'layer',
      className,
      known,
      'A class of your own must be given, or registered with registerLayer()',
    );
  }
  return layerClasses[className]!.fromConfig(config, inner);
}
