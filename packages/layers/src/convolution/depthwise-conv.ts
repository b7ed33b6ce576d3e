/**
 * DepthwiseConv1D, DepthwiseConv2D, SeparableConv1D and SeparableConv2D.
 */
import { add, conv, depthwiseConv, type Tensor, type Variable } from '@dl/tensor';
import * as activations from '../activations.ts';
import { checkCount, checkPerAxis, knownSize } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';
import {
  channelAxis,
  channelsLast,
  checkDataFormat,
  checkPadding,
  checkSteps,
  fromChannelsLast,
  joinShape,
  spatialOf,
  windowCounts,
  type DataFormat,
  type Padding,
} from '../base/spatial.ts';
import { weightConfig, weightSettings, type WeightOptionsOf, type WeightSettings } from '../base/weight-settings.ts';

/** Options that depthwise and separable convolutions share. */
interface SharedOptions extends LayerOptions, WeightOptionsOf<'depthwise'>, WeightOptionsOf<'bias'> {
  /** Steps between windows, 1 unless given. */
  readonly strides?: number | readonly number[] | undefined;
  /** 'valid' unless given; 'causal' for sequences only. */
  readonly padding?: Padding | undefined;
  /** Kernels per input channel, 1 unless given. */
  readonly depthMultiplier?: number | undefined;
  /** 'channels_last' unless given. */
  readonly dataFormat?: DataFormat | undefined;
  /** Steps inside a window, 1 unless given. */
  readonly dilationRate?: number | readonly number[] | undefined;
  /** None unless given. */
  readonly activation?: activations.ActivationLike | undefined;
  /** true unless given. */
  readonly useBias?: boolean | undefined;
}

/** Options of {@link DepthwiseConv1D} and {@link DepthwiseConv2D}. */
export interface DepthwiseConvOptions extends SharedOptions {}

/** Options of {@link SeparableConv1D} and {@link SeparableConv2D}. */
export interface SeparableConvOptions extends SharedOptions, WeightOptionsOf<'pointwise'> {}

/** Everything about the window of a depthwise kernel. */
abstract class DepthwiseLayer extends Layer {
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: Padding;
  readonly depthMultiplier: number;
  readonly dataFormat: DataFormat;
  readonly dilationRate: readonly number[];
  readonly activation: activations.ActivationFunction;
  readonly useBias: boolean;
  protected readonly depthwiseSettings: WeightSettings;
  protected readonly biasSettings: WeightSettings;

  constructor(rank: number, kernelSize: number | readonly number[], options: SharedOptions) {
    super(options);
    const { label } = this;
    this.kernelSize = checkPerAxis(label, 'kernelSize', kernelSize, rank);
    this.strides = checkPerAxis(label, 'strides', options.strides ?? 1, rank);
    this.padding = checkPadding(label, options.padding, rank === 1 ? ['valid', 'same', 'causal'] : ['valid', 'same']);
    this.depthMultiplier = checkCount(label, 'depthMultiplier', options.depthMultiplier ?? 1);
    this.dataFormat = checkDataFormat(label, options.dataFormat);
    this.dilationRate = checkPerAxis(label, 'dilationRate', options.dilationRate ?? 1, rank);
    checkSteps(label, this.strides, this.dilationRate);
    this.activation = activations.get(options.activation, this.label);
    this.useBias = options.useBias ?? true;
    this.depthwiseSettings = weightSettings(this.label, options, 'depthwise', 'glorot_uniform');
    this.biasSettings = weightSettings(this.label, options, 'bias', 'zeros');
    this.inputSpec = { rank: rank + 2, kind: 'number' };
  }

  /** Number of channels of an input, which the layer is from now on bound to. */
  protected bindChannels(inputShape: LayerShape): number {
    const axis = channelAxis(this.dataFormat);
    const channels = knownSize(this.label, inputShape, axis);
    this.inputSpec = { ...this.inputSpec, axes: { [axis]: channels } };
    return channels;
  }

  /** The convolution of channels-last images with the depthwise kernel. */
  protected convolve(x: Tensor, kernel: Variable): Tensor {
    const { strides, padding, dilationRate: dilation } = this;
    return depthwiseConv(x, kernel, { strides, padding, dilation });
  }

  /** Adds the bias and applies the activation, in the data format. */
  protected finish(x: Tensor, bias: Variable | null): Tensor {
    return this.activation(fromChannelsLast(bias === null ? x : add(x, bias), this.dataFormat));
  }

  protected outputShapeFor(inputShape: LayerShape, channels: number | null): LayerShape {
    const { kernelSize, strides, dilationRate, padding, dataFormat } = this;
    const spatial = spatialOf(inputShape, dataFormat);
    const counts = windowCounts(this.label, spatial, kernelSize, strides, dilationRate, padding);
    return joinShape(inputShape[0] ?? null, counts, channels, dataFormat);
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      kernel_size: this.kernelSize,
      strides: this.strides,
      padding: this.padding,
      depth_multiplier: this.depthMultiplier,
      data_format: this.dataFormat,
      dilation_rate: this.dilationRate,
      activation: activations.serialize(this.activation),
      use_bias: this.useBias,
      ...weightConfig('depthwise', this.depthwiseSettings),
      ...weightConfig('bias', this.biasSettings),
    };
  }
}

const DEPTHWISE_OPTIONS = [
  'strides',
  'padding',
  'depthMultiplier',
  'dataFormat',
  'dilationRate',
  'activation',
  'useBias',
  'depthwiseInitializer',
  'biasInitializer',
  'depthwiseRegularizer',
  'biasRegularizer',
  'depthwiseConstraint',
  'biasConstraint',
];

/** Each channel convolved with kernels of its own. Weights: kernel [...kernelSize, c, depthMultiplier], bias. */
abstract class DepthwiseConvLayer extends DepthwiseLayer {
  static override readonly positional: readonly string[] = ['kernelSize'];
  #kernel: Variable | null = null;
  #bias: Variable | null = null;

  protected override build(inputShape: LayerShape): void {
    const channels = this.bindChannels(inputShape);
    const { depthMultiplier, kernelSize } = this;
    const shape = [...kernelSize, channels, depthMultiplier];
    this.#kernel = this.addWeight({ name: 'kernel', shape, ...this.depthwiseSettings });
    const biasShape = [channels * depthMultiplier];
    if (this.useBias) this.#bias = this.addWeight({ name: 'bias', shape: biasShape, ...this.biasSettings });
  }

  override call(inputs: Tensor): Tensor {
    return this.finish(this.convolve(channelsLast(inputs, this.dataFormat), this.#kernel!), this.#bias);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    const channels = inputShape.at(channelAxis(this.dataFormat)) ?? null;
    return this.outputShapeFor(inputShape, channels === null ? null : channels * this.depthMultiplier);
  }
}

/**
 * Each channel of a sequence convolved with kernels of its own: [batch, steps, c] to [batch, steps', c·depthMultiplier].
 *
 * Weights: kernel [kernelSize, c, depthMultiplier] ('glorot_uniform'), bias ('zeros').
 *
 * @example new DepthwiseConv1D(3, { padding: 'causal' }).apply(zeros([1, 8, 4])); // [1, 8, 4]
 */
export class DepthwiseConv1D extends DepthwiseConvLayer {
  static override readonly className: string = 'DepthwiseConv1D';
  static override readonly options: readonly string[] = DEPTHWISE_OPTIONS;

  constructor(kernelSize: number | readonly number[], options: DepthwiseConvOptions = {}) {
    super(1, kernelSize, options);
  }
}

/**
 * Each channel convolved with kernels of its own: [batch, rows, columns, c] to [batch, rows', columns', c·depthMultiplier].
 *
 * Weights: kernel [...kernelSize, c, depthMultiplier] ('glorot_uniform'), bias ('zeros').
 *
 * @example new DepthwiseConv2D(3, { padding: 'same' }).apply(zeros([1, 8, 8, 4])); // [1, 8, 8, 4]
 */
export class DepthwiseConv2D extends DepthwiseConvLayer {
  static override readonly className: string = 'DepthwiseConv2D';
  static override readonly options: readonly string[] = DEPTHWISE_OPTIONS;

  constructor(kernelSize: number | readonly number[], options: DepthwiseConvOptions = {}) {
    super(2, kernelSize, options);
  }
}

const SEPARABLE_OPTIONS = [
  'strides',
  'padding',
  'depthMultiplier',
  'dataFormat',
  'dilationRate',
  'activation',
  'useBias',
  'depthwiseInitializer',
  'pointwiseInitializer',
  'biasInitializer',
  'depthwiseRegularizer',
  'pointwiseRegularizer',
  'biasRegularizer',
  'depthwiseConstraint',
  'pointwiseConstraint',
  'biasConstraint',
];

/** A depthwise convolution, then a pointwise one. */
abstract class SeparableConvLayer extends DepthwiseLayer {
  static override readonly positional: readonly string[] = ['filters', 'kernelSize'];
  readonly filters: number;
  readonly #pointwiseSettings: WeightSettings;
  #depthwise: Variable | null = null;
  #pointwise: Variable | null = null;
  #bias: Variable | null = null;

  constructor(
    rank: number,
    filters: number,
    kernelSize: number | readonly number[],
    options: SeparableConvOptions = {},
  ) {
    super(rank, kernelSize, options);
    this.filters = checkCount(this.label, 'filters', filters);
    this.#pointwiseSettings = weightSettings(this.label, options, 'pointwise', 'glorot_uniform');
  }

  protected override build(inputShape: LayerShape): void {
    const channels = this.bindChannels(inputShape);
    const { depthMultiplier, kernelSize, filters } = this;
    const depthwise = [...kernelSize, channels, depthMultiplier];
    const pointwise = [...kernelSize.map(() => 1), channels * depthMultiplier, filters];
    this.#depthwise = this.addWeight({ name: 'depthwise_kernel', shape: depthwise, ...this.depthwiseSettings });
    this.#pointwise = this.addWeight({ name: 'pointwise_kernel', shape: pointwise, ...this.#pointwiseSettings });
    if (this.useBias) this.#bias = this.addWeight({ name: 'bias', shape: [filters], ...this.biasSettings });
  }

  override call(inputs: Tensor): Tensor {
    const spatial = this.convolve(channelsLast(inputs, this.dataFormat), this.#depthwise!);
    return this.finish(conv(spatial, this.#pointwise!), this.#bias);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return this.outputShapeFor(inputShape, this.filters);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), filters: this.filters, ...weightConfig('pointwise', this.#pointwiseSettings) };
  }
}

/**
 * A depthwise convolution over time, then a convolution with windows of 1 that mixes the channels (F. Chollet, 2016):
 * [batch, steps, c] to [batch, steps', filters].
 *
 * Weights: depthwise_kernel [kernelSize, c, depthMultiplier], pointwise_kernel [1, c·depthMultiplier, filters], bias.
 *
 * @example new SeparableConv1D(16, 3, { padding: 'same' }).apply(zeros([1, 8, 4])); // [1, 8, 16]
 */
export class SeparableConv1D extends SeparableConvLayer {
  static override readonly className: string = 'SeparableConv1D';
  static override readonly options: readonly string[] = SEPARABLE_OPTIONS;

  constructor(filters: number, kernelSize: number | readonly number[], options: SeparableConvOptions = {}) {
    super(1, filters, kernelSize, options);
  }
}

/**
 * A depthwise convolution, then a 1×1 convolution that mixes the channels (F. Chollet, 2016).
 *
 * Weights: depthwise_kernel [...kernelSize, c, depthMultiplier], pointwise_kernel [1, 1, c·depthMultiplier, filters], bias.
 *
 * @example new SeparableConv2D(16, 3, { padding: 'same' }).apply(zeros([1, 8, 8, 4])); // [1, 8, 8, 16]
 */
export class SeparableConv2D extends SeparableConvLayer {
  static override readonly className: string = 'SeparableConv2D';
  static override readonly options: readonly string[] = SEPARABLE_OPTIONS;

  constructor(filters: number, kernelSize: number | readonly number[], options: SeparableConvOptions = {}) {
    super(2, filters, kernelSize, options);
  }
}
