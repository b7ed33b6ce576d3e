/**
 * What the builders of known networks have in common: options, input, top, and short forms for the layers of blocks.
 */
import {
  Activation,
  BatchNormalization,
  Conv2D,
  Dense,
  Dropout,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  Input,
  ZeroPadding2D,
  type ConvLayerOptions,
  type LayerShape,
} from '@dl/layers';
import { ConfigError, type Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { Model } from '../model.ts';
import { loadWeights, type WeightSource } from '../weights.ts';

/** Options of every network of images. */
export interface ApplicationOptions {
  /** Whether the classifier stands on top; true unless given. */
  readonly includeTop?: boolean | undefined;
  /** Weights in a safetensors or npz file: bytes, a path or a URL. Then a promise of the model comes back. None unless given. */
  readonly weights?: WeightSource | null | undefined;
  /** A symbolic tensor to build on, in place of `inputShape`. */
  readonly inputTensor?: Tensor | undefined;
  /** [height, width, channels]; null for open sizes without the top. */
  readonly inputShape?: LayerShape | undefined;
  /** Without the top: 'avg' or 'max' over the places of the image, or null for none, as unless given. */
  readonly pooling?: 'avg' | 'max' | null | undefined;
  /** 1000 unless given. */
  readonly classes?: number | undefined;
  /** 'softmax' unless given; null for logits. */
  readonly classifierActivation?: string | null | undefined;
  readonly name?: string | undefined;
}

/** What a builder gives: the model, or a promise of it when weights are to be read. */
export type Built<O extends ApplicationOptions> = O extends { readonly weights: WeightSource } ? Promise<Model> : Model;

/** A builder: options to a model, or to a promise of one when weights are to be read. */
export type Builder<T extends ApplicationOptions> = <O extends T = T>(options?: O) => Built<O>;

/** Throws for options that are not known. */
export function checkApplication(where: string, options: object, more: readonly string[] = []): void {
  const known = [
    'includeTop',
    'weights',
    'inputTensor',
    'inputShape',
    'pooling',
    'classes',
    'classifierActivation',
    'name',
    ...more,
  ];
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new ConfigError(`${where}: unknown option '${key}'; known: ${known.join(', ')}`);
  }
}

/** The input: the tensor that was given, or one of `size` where the top is wanted and no shape is given. */
export function inputOf(where: string, options: ApplicationOptions, size: number, least = 32): Tensor {
  const { inputTensor, inputShape, includeTop = true } = options;
  if (inputTensor !== undefined) return inputTensor;
  const shape = inputShape ?? (includeTop ? [size, size, 3] : [null, null, 3]);
  const valid = Array.isArray(shape) && shape.length === 3 && typeof shape[2] === 'number';
  if (!valid) throw new ConfigError(`${where}: inputShape must be [height, width, channels], got ${describe(shape)}`);
  const small = shape.slice(0, 2).some((n) => n !== null && n < least);
  if (small) throw new ConfigError(`${where}: inputs must be at least ${least} × ${least}, got ${describe(shape)}`);
  return Input({ shape });
}

/** Means over the places of an image, and the classifier, or what `pooling` asks for. */
export function finish(
  x: Tensor,
  { includeTop = true, pooling = null, classes = 1000, classifierActivation = 'softmax' }: ApplicationOptions,
  names: { readonly pool?: string; readonly predictions?: string } = {},
  dropout = 0,
): Tensor {
  const { pool = 'avg_pool', predictions = 'predictions' } = names;
  if (includeTop) {
    const means = new GlobalAveragePooling2D({ name: pool }).apply(x);
    const pooled = dropout > 0 ? new Dropout(dropout, { name: 'top_dropout' }).apply(means) : means;
    return new Dense(classes, { activation: classifierActivation, name: predictions }).apply(pooled);
  }
  if (pooling === 'avg') return new GlobalAveragePooling2D().apply(x);
  if (pooling === 'max') return new GlobalMaxPooling2D().apply(x);
  if (pooling === null) return x;
  throw new ConfigError(`pooling: expected 'avg', 'max' or null, got ${describe(pooling)}`);
}

/** The model, with its weights if there are any to read. */
export function assemble<O extends ApplicationOptions>(
  input: Tensor,
  output: Tensor,
  { weights = null }: O,
  name: string,
): Built<O> {
  const model = new Model(input, output, { name });
  return (weights === null ? model : loadWeights(model, weights).then(() => model)) as Built<O>;
}

/** Applies a convolution. */
export const conv = (x: Tensor, filters: number, kernel: number, options: ConvLayerOptions): Tensor =>
  new Conv2D(filters, kernel, options).apply(x);

/** Applies batch normalization. */
export const norm = (x: Tensor, name: string, epsilon = 1e-3, momentum = 0.99): Tensor =>
  new BatchNormalization({ epsilon, momentum, name }).apply(x);

/** Applies an activation. */
export const act = (x: Tensor, activation: string, name: string): Tensor =>
  new Activation(activation, { name }).apply(x);

/**
 * Pads before a convolution of stride 2 without padding of its own, so that it fits as 'same' does for even and odd sizes.
 */
export function padForStride(x: Tensor, kernel: number, name: string): Tensor {
  const before = Math.floor(kernel / 2);
  const sizes = x.shape.slice(1, 3).map((n: number | null) => (n === null ? 1 : 1 - (n % 2)));
  const [height, width] = sizes.map((even): [number, number] => [before - even, before]);
  return new ZeroPadding2D([height!, width!], { name }).apply(x);
}

/** A number of channels times `width`, rounded to a multiple of `divisor`, and not more than a tenth smaller. */
export function roundChannels(channels: number, divisor = 8, least: number = divisor): number {
  const rounded = Math.max(least, Math.floor((channels + divisor / 2) / divisor) * divisor);
  return rounded < 0.9 * channels ? rounded + divisor : rounded;
}
