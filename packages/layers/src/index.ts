/**
 * `@dl/layers`: neural network layers. Losses, metrics, initializers and so on are subpaths of the package.
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
export { Input, InputLayer, type InputLayerOptions } from './input-layer.ts';
export { Dense, type DenseOptions } from './dense.ts';
export { Conv1D, Conv2D, Conv3D, type ConvLayerOptions } from './conv.ts';
export {
  AveragePooling1D,
  AveragePooling2D,
  AveragePooling3D,
  MaxPooling1D,
  MaxPooling2D,
  MaxPooling3D,
  type PoolingOptions,
} from './pooling.ts';
export {
  GlobalAveragePooling1D,
  GlobalAveragePooling2D,
  GlobalAveragePooling3D,
  GlobalMaxPooling1D,
  GlobalMaxPooling2D,
  GlobalMaxPooling3D,
  type GlobalPoolingOptions,
} from './global-pooling.ts';
export {
  Flatten,
  Permute,
  RepeatVector,
  Reshape,
  UpSampling2D,
  ZeroPadding2D,
  type DataFormatOptions,
  type Padding2D,
} from './reshaping.ts';
export {
  Dropout,
  GaussianNoise,
  SpatialDropout1D,
  SpatialDropout2D,
  type DropoutLayerOptions,
  type RandomLayerOptions,
  type SpatialDropoutOptions,
} from './dropout.ts';
export {
  Activation,
  ELU,
  LeakyReLU,
  PReLU,
  ReLU,
  Softmax,
  type PReLUOptions,
  type ReLUOptions,
  type SoftmaxOptions,
} from './activation-layers.ts';
export { BatchNormalization, type BatchNormalizationOptions } from './batch-normalization.ts';
export {
  GroupNormalization,
  LayerNormalization,
  type GroupNormalizationOptions,
  type LayerNormalizationOptions,
} from './layer-normalization.ts';
export { Embedding, type EmbeddingOptions } from './embedding.ts';
export { Rescaling, type RescalingOptions } from './rescaling.ts';
export {
  resize,
  Resizing,
  type Coordinates,
  type Interpolation,
  type ResizeOptions,
  type ResizingOptions,
} from './resizing.ts';
export { Conv2DTranspose, type ConvTransposeLayerOptions } from './conv-transpose.ts';
export {
  DepthwiseConv2D,
  SeparableConv2D,
  type DepthwiseConvOptions,
  type SeparableConvOptions,
} from './depthwise-conv.ts';
export {
  Add,
  Average,
  Concatenate,
  Dot,
  Maximum,
  Minimum,
  Multiply,
  Subtract,
  type ConcatenateOptions,
  type DotOptions,
} from './merging.ts';
