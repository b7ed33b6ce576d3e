/**
 * A model as one record of Keras: its configuration, what it was built for, what it was compiled with.
 */
import { isSerialized, sharingIds, type ConfigValue, type Layer, type Tensors } from '@dl/layers';
import { layerClasses } from '@dl/layers/registry';
import { isPlain } from '@dl/tensor/interpreter';
import type { AnyModel } from '../model.ts';
import { serializeLayer } from '../serialize-layer.ts';
import { compileConfig } from './compile-config.ts';

/** The version of Keras whose files these are. */
export const KERAS_VERSION = '3.16.0';

/** The record of a model. */
export function modelRecord(model: AnyModel, withCompile: boolean): ConfigValue {
  return sharingIds(() => {
    const record = serializeLayer(model as unknown as Layer<Tensors, Tensors>);
    const compile_config = withCompile ? compileConfig(model) : {};
    return { ...(markOwn(record) as object), compile_config } as ConfigValue;
  });
}

/** Records of classes that Keras does not have must not claim to be its own. */
function markOwn(value: ConfigValue): ConfigValue {
  if (Array.isArray(value)) return (value as readonly ConfigValue[]).map(markOwn);
  if (!isPlain(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, markOwn(item as ConfigValue)] as const);
  const copy = Object.fromEntries(entries) as Record<string, ConfigValue>;
  if (isSerialized(value) && copy['module'] === 'keras.layers' && !Object.hasOwn(layerClasses, value.class_name)) {
    copy['module'] = null;
    copy['registered_name'] = `Custom>${value.class_name}`;
  }
  return copy;
}
