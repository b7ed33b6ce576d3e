/**
 * The stored form of a layer or model.
 */
import { classNameOf, type ConfigValue, type Layer, type Serialized, type Tensors } from '@dl/layers';

/** Where Keras keeps classes that are not in `keras.layers`. */
const MODULES: Readonly<Record<string, string>> = { Sequential: 'keras', Functional: 'keras.src.models.functional' };

/** A layer as Keras stores it, with the shape it was built for. */
export function serializeLayer(layer: Layer<Tensors, Tensors>): Serialized & { readonly build_config?: ConfigValue } {
  const name = classNameOf(layer);
  const functional = name === 'Functional';
  const known = functional || Object.hasOwn(layer.constructor, 'className');
  const shape = layer.built && !functional ? (layer.builtFor as ConfigValue) : null;
  return {
    module: known ? (MODULES[name] ?? 'keras.layers') : null,
    class_name: name,
    config: layer.getConfig(),
    registered_name: functional ? 'Functional' : known ? null : `Custom>${name}`,
    ...(shape === null ? {} : { build_config: { input_shape: shape } }),
  };
}
