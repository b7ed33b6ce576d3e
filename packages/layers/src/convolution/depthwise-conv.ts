/**
 * DepthwiseConv2D and SeparableConv2D.
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
} from '../base/spatial.ts';
import { weightConfig, weightSettings, type WeightOptionsOf, type WeightSettings } from '../base/weight-settings.ts';

/** Options that depthwise and separable convolutions share. */
interface SharedOptions extends LayerOptions, WeightOptionsOf<'depthwise'>, WeightOptionsOf<'bias'> {
  /** Steps between windows, 1 unless given. */
  readonly strides?: number | readonly number[] | undefined;
  /** 'valid' unless given. */
  readonly padding?: 'valid' | 'same' | undefined;
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

/** Options of {@link DepthwiseConv2D}. */
export interface DepthwiseConvOptions extends SharedOptions {}

/** Options of {@link SeparableConv2D}. */
export interface SeparableConvOptions extends SharedOptions, WeightOptionsOf<'pointwise'> {}

/** Everything about the window of a depthwise kernel. */
abstract class DepthwiseLayer extends Layer {
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: 'valid' | 'same';
  readonly depthMultiplier: number;
  readonly dataFormat: DataFormat;
  readonly dilationRate: readonly number[];
  readonly activation: activations.ActivationFunction;
  readonly useBias: boolean;
  protected readonly depthwiseSettings: WeightSettings;
  protected readonly biasSettings: WeightSettings;

  constructor(kernelSize: number | readonly number[], options: SharedOptions) {
    super(options);
    const { label } = this;
    this.kernelSize = checkPerAxis(label, 'kernelSize', kernelSize, 2);
    this.strides = checkPerAxis(label, 'strides', options.strides ?? 1, 2);
    this.padding = checkPadding(label, options.padding, ['valid', 'same']);
    this.depthMultiplier = checkCount(label, 'depthMultiplier', options.depthMultiplier ?? 1);
    this.dataFormat = checkDataFormat(label, options.dataFormat);
    this.dilationRate = checkPerAxis(label, 'dilationRate', options.dilationRate ?? 1, 2);
    checkSteps(label, this.strides, this.dilationRate);
    this.activation = activations.get(options.activation);
    this.useBias = options.useBias ?? true;
    this.depthwiseSettings = weightSettings(options, 'depthwise', 'glorot_uniform');
    this.biasSettings = weightSettings(options, 'bias', 'zeros');
    this.inputSpec = { rank: 4, kind: 'number' };
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

/**
 * Each channel convolved with kernels of its own: [batch, rows, columns, c] to [batch, rows', columns', c·depthMultiplier].
 *
 * Weights: kernel [...kernelSize, c, depthMultiplier], bias.
 *
 * @example new DepthwiseConv2D(3, { padding: 'same' }).apply(zeros([1, 8, 8, 4])); // [1, 8, 8, 4]
 */
export class DepthwiseConv2D extends DepthwiseLayer {
  static override readonly className: string = 'DepthwiseConv2D';
  static override readonly positional: readonly string[] = ['kernelSize'];
  static override readonly options: readonly string[] = [
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
  #kernel: Variable | null = null;
  #bias: Variable | null = null;

  constructor(kernelSize: number | readonly number[], options: DepthwiseConvOptions = {}) {
    super(kernelSize, options);
  }

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
 * A depthwise convolution, then a 1×1 convolution that mixes the channels (F. Chollet, 2016).
 *
 * Weights: depthwise_kernel [...kernelSize, c, depthMultiplier], pointwise_kernel [1, 1, c·depthMultiplier, filters], bias.
 *
 * @example new SeparableConv2D(16, 3, { padding: 'same' }).apply(zeros([1, 8, 8, 4])); // [1, 8, 8, 16]
 */
export class SeparableConv2D extends DepthwiseLayer {
  static override readonly className: string = 'SeparableConv2D';
  static override readonly positional: readonly string[] = ['filters', 'kernelSize'];
  static override readonly options: readonly string[] = [
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
  readonly filters: number;
  readonly #pointwiseSettings: WeightSettings;
  #depthwise: Variable | null = null;
  #pointwise: Variable | null = null;
  #bias: Variable | null = null;

  constructor(filters: number, kernelSize: number | readonly number[], options: SeparableConvOptions = {}) {
    super(kernelSize, options);
    this.filters = checkCount(this.label, 'filters', filters);
    this.#pointwiseSettings = weightSettings(options, 'pointwise', 'glorot_uniform');
  }

  protected override build(inputShape: LayerShape): void {
    const channels = this.bindChannels(inputShape);
    const { depthMultiplier, kernelSize, filters } = this;
    const depthwise = [...kernelSize, channels, depthMultiplier];
    const pointwise = [1, 1, channels * depthMultiplier, filters];
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
