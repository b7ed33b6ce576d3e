/**
 * The stored form of a layer or model.
 */
import { serializeObject, type ConfigValue, type Layer, type Serialized, type Tensors } from '@dl/layers';

/** A layer in its stored form. */
export type StoredLayerRecord = Serialized & { readonly build_config?: ConfigValue };

/** A layer as Keras stores it, with the shape it was built for. */
export function serializeLayer(layer: Layer<Tensors, Tensors>): StoredLayerRecord {
  const record = serializeObject(layer, 'keras.layers');
  if (record.class_name === 'Functional') return Object.assign(record, { build_config: { input_shape: null } });
  if (!layer.built || record.class_name === 'InputLayer') return record;
  const shape = layer.builtFor as ConfigValue;
  const { inputNames } = layer.constructor as typeof Layer;
  const several = inputNames.length > 0 && Array.isArray(shape);
  const shapes = (): ConfigValue =>
    Object.fromEntries((shape as readonly ConfigValue[]).map((one, i) => [`${inputNames[i]}_shape`, one]));
  return Object.assign(record, { build_config: several ? { shapes_dict: shapes() } : { input_shape: shape } });
}
