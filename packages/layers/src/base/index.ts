/**
 * What every layer is made of.
 */
export { autoName, clearSession, toSnakeCase } from './names.ts';
export { classNameOf, type Config, type ConfigValue, type Serialized } from './config.ts';
export { collectLosses, withPath } from './call-context.ts';
export type { InputSpec, LayerShape } from './input-spec.ts';
export { Layer, type AddWeightOptions, type CallContext, type CallOptions, type LayerOptions } from './layer.ts';
export type { InputsLike, Mask, ShapesOf, Tensors } from './tensors.ts';
export { maskOf } from './masks.ts';
export { Weight, type WeightOptions } from './weight.ts';
export type { WeightOptionsOf } from './weight-settings.ts';
export type { DataFormat, Padding } from './spatial.ts';
