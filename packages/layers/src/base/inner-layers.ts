/**
 * Layers inside the configurations of other layers: how they are written, and how they are made again.
 */
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { isSerialized, serializeObject, type Config, type Serialized } from './config.ts';
import { Layer } from './layer.ts';
import type { Tensors } from './tensors.ts';

/** Makes a layer from its class name and configuration. */
export type LayerMaker = (className: string, config: Config) => Layer<Tensors, Tensors>;

let maker: LayerMaker | null = null;

/** Runs `fn` with a way to make the layers that stand inside configurations. */
export function withLayerMaker<T>(make: LayerMaker, fn: () => T): T {
  const outer = maker;
  maker = make;
  try {
    return fn();
  } finally {
    maker = outer;
  }
}

/** A layer inside the configuration of another. */
export function serializeInner(layer: Layer<Tensors, Tensors>): Serialized {
  return serializeObject(layer, 'keras.layers');
}

/**
 * A layer given as such, or in stored form.
 *
 * @throws ConfigError for anything else, and for a stored one outside of `deserializeLayer`, which knows the classes.
 */
export function innerLayer<L extends Layer<Tensors, Tensors>>(where: string, value: L | Serialized): L {
  if (value instanceof Layer) return value;
  if (!isSerialized(value)) throw new ConfigError(`${where}: expected a layer, got ${describe(value)}`);
  if (maker === null) {
    throw new ConfigError(
      `${where}: the stored layer '${value.class_name}' needs its class; use deserializeLayer of '@dl/layers/registry'`,
    );
  }
  return maker(value.class_name, value.config) as L;
}
