/**
 * The stored form of a layer or model.
 */
import { classNameOf, type ConfigValue, type Layer, type Serialized, type Tensors } from '@dl/layers';

/** A layer as Keras stores it, with the shape it was built for. */
export function serializeLayer(layer: Layer<Tensors, Tensors>): Serialized & { readonly build_config?: ConfigValue } {
  const known = Object.hasOwn(layer.constructor, 'className');
  const name = classNameOf(layer);
  const module = name === 'Sequential' ? 'keras' : 'keras.layers';
  const shape = layer.built ? (layer.builtFor as ConfigValue) : null;
  return {
    module: known ? module : null,
    class_name: name,
    config: layer.getConfig(),
    registered_name: known ? null : `Custom>${name}`,
    ...(shape === null ? {} : { build_config: { input_shape: shape } }),
  };
}
