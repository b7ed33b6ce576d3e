/**
 * Layers by class name, for loading. Nothing else imports this module, so that bundles hold only the layers they use.
 */
import { unknownName } from '@dl/tensor';
import * as activationLayers from './activation-layers.ts';
import { BatchNormalization } from './batch-normalization.ts';
import type { Config } from './config.ts';
import { Conv2DTranspose } from './conv-transpose.ts';
import { Conv1D, Conv2D, Conv3D } from './conv.ts';
import { Dense } from './dense.ts';
import { DepthwiseConv2D, SeparableConv2D } from './depthwise-conv.ts';
import { Dropout, GaussianNoise, SpatialDropout1D, SpatialDropout2D } from './dropout.ts';
import { Embedding } from './embedding.ts';
import * as globalPooling from './global-pooling.ts';
import { InputLayer } from './input-layer.ts';
import { GroupNormalization, LayerNormalization } from './layer-normalization.ts';
import type { Layer } from './layer.ts';
import * as merging from './merging.ts';
import * as pooling from './pooling.ts';
import { Rescaling } from './rescaling.ts';
import { Flatten, Permute, RepeatVector, Reshape, UpSampling2D, ZeroPadding2D } from './reshaping.ts';
import { Resizing } from './resizing.ts';
import type { Tensors } from './tensors.ts';

/** A layer class that can be made from a configuration. */
export interface LoadableLayer {
  fromConfig(config: Config): Layer<Tensors, Tensors>;
}

const { Activation, ELU, LeakyReLU, PReLU, ReLU, Softmax } = activationLayers;
const { AveragePooling1D, AveragePooling2D, AveragePooling3D, MaxPooling1D, MaxPooling2D, MaxPooling3D } = pooling;
const { Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract } = merging;

const CLASSES = {
  Activation,
  Add,
  Average,
  AveragePooling1D,
  AveragePooling2D,
  AveragePooling3D,
  BatchNormalization,
  Concatenate,
  Conv1D,
  Conv2D,
  Conv2DTranspose,
  Conv3D,
  Dense,
  DepthwiseConv2D,
  Dot,
  Dropout,
  ELU,
  Embedding,
  Flatten,
  GaussianNoise,
  GlobalAveragePooling1D: globalPooling.GlobalAveragePooling1D,
  GlobalAveragePooling2D: globalPooling.GlobalAveragePooling2D,
  GlobalAveragePooling3D: globalPooling.GlobalAveragePooling3D,
  GlobalMaxPooling1D: globalPooling.GlobalMaxPooling1D,
  GlobalMaxPooling2D: globalPooling.GlobalMaxPooling2D,
  GlobalMaxPooling3D: globalPooling.GlobalMaxPooling3D,
  GroupNormalization,
  InputLayer,
  LayerNormalization,
  LeakyReLU,
  MaxPooling1D,
  MaxPooling2D,
  MaxPooling3D,
  Maximum,
  Minimum,
  Multiply,
  PReLU,
  Permute,
  ReLU,
  RepeatVector,
  Rescaling,
  Reshape,
  Resizing,
  SeparableConv2D,
  Softmax,
  SpatialDropout1D,
  SpatialDropout2D,
  Subtract,
  UpSampling2D,
  ZeroPadding2D,
};

/** All built-in layer classes by name. */
export const layerClasses: Readonly<Record<string, LoadableLayer>> = CLASSES as unknown as Readonly<
  Record<string, LoadableLayer>
>;

/**
 * Makes a layer from its class name and configuration.
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
  return table[className]!.fromConfig(config);
}
