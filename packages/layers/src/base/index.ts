/**
 * What every layer is made of.
 */
export { autoName, clearSession, toSnakeCase } from './names.ts';
export {
  classNameOf,
  isSerialized,
  serializeFunction,
  serializeObject,
  sharingIds,
  toOptions,
  type Config,
  type ConfigValue,
  type Serialized,
} from './config.ts';
export { collectLosses, withPath } from './call-context.ts';
export { HookedLayer, type ForwardHook, type HookHandle } from './forward-hooks.ts';
export type { InputSpec, LayerShape } from './input-spec.ts';
export { Layer, type AddWeightOptions, type CallContext, type CallOptions, type LayerOptions } from './layer.ts';
export {
  asList,
  isShape,
  mapInputs,
  shapeList,
  type InputsLike,
  type LayerShapes,
  type Mask,
  type ShapesOf,
  type Tensors,
} from './tensors.ts';
export { maskOf, setMask } from './masks.ts';
export { DTypePolicy, dtypePolicy, setDTypePolicy, type DTypeLike } from './dtype-policy.ts';
export { checkSymbolic, KerasTensor, OpCall, recordCall, type CallNode, type Operation } from './keras-tensor.ts';
export { Weight, type WeightOptions } from './weight.ts';
export type { WeightOptionsOf } from './weight-settings.ts';
export type { DataFormat, Padding } from './spatial.ts';
export { cloneLayer, type LayerLoader } from './nested.ts';
export { inKerasOrder, type StoredChild, type StoredParts } from './stored-parts.ts';
export { registeredNameOf, setRegisteredName } from './registered-names.ts';
