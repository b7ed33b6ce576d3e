/**
 * Conv1D, Conv2D and Conv3D.
 */
import { add, ConfigError, conv, type Tensor, type Variable } from '@dl/tensor';
import * as activations from '../activations.ts';
import { checkCount, checkPerAxis, knownSize } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
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
import { LORA_OPTIONS, LoraLayer, type LoraLayerOptions } from '../core/lora.ts';
import { weightConfig, weightSettings, type WeightOptionsOf, type WeightSettings } from '../base/weight-settings.ts';

/** Options of {@link Conv1D}, {@link Conv2D} and {@link Conv3D}. */
export interface ConvLayerOptions extends LoraLayerOptions, WeightOptionsOf<'kernel'>, WeightOptionsOf<'bias'> {
  /** Steps between windows, 1 unless given. */
  readonly strides?: number | readonly number[] | undefined;
  /** 'valid' unless given; 'causal' for Conv1D only. */
  readonly padding?: Padding | undefined;
  /** 'channels_last' unless given. */
  readonly dataFormat?: DataFormat | undefined;
  /** Steps inside a window, 1 unless given. */
  readonly dilationRate?: number | readonly number[] | undefined;
  /** Number of groups that channels and filters are split into, 1 unless given. */
  readonly groups?: number | undefined;
  /** None unless given. */
  readonly activation?: activations.ActivationLike | undefined;
  /** true unless given. */
  readonly useBias?: boolean | undefined;
}

const OPTIONS = [
  'strides',
  'padding',
  'dataFormat',
  'dilationRate',
  'groups',
  'activation',
  'useBias',
  'kernelInitializer',
  'biasInitializer',
  'kernelRegularizer',
  'biasRegularizer',
  'kernelConstraint',
  'biasConstraint',
  ...LORA_OPTIONS,
];

/**
 * A convolution over any number of spatial axes. With `loraRank`, or after `enableLora(rank)`, the kernel is frozen and
 * lora_kernel_a [...kernelSize, channels / groups, rank] and lora_kernel_b [rank, filters] are learnt.
 */
export abstract class ConvLayer extends LoraLayer {
  static override readonly positional: readonly string[] = ['filters', 'kernelSize'];

  readonly filters: number;
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: Padding;
  readonly dataFormat: DataFormat;
  readonly dilationRate: readonly number[];
  readonly groups: number;
  readonly activation: activations.ActivationFunction;
  readonly useBias: boolean;
  readonly #kernelSettings: WeightSettings;
  readonly #biasSettings: WeightSettings;
  #bias: Variable | null = null;

  constructor(rank: number, filters: number, kernelSize: number | readonly number[], options: ConvLayerOptions = {}) {
    super(options);
    const { label } = this;
    this.filters = checkCount(label, 'filters', filters);
    this.kernelSize = checkPerAxis(label, 'kernelSize', kernelSize, rank);
    this.strides = checkPerAxis(label, 'strides', options.strides ?? 1, rank);
    this.padding = checkPadding(label, options.padding, rank === 1 ? ['valid', 'same', 'causal'] : ['valid', 'same']);
    this.dataFormat = checkDataFormat(label, options.dataFormat);
    this.dilationRate = checkPerAxis(label, 'dilationRate', options.dilationRate ?? 1, rank);
    this.groups = checkCount(label, 'groups', options.groups ?? 1);
    if (this.filters % this.groups !== 0) {
      throw new ConfigError(`${label}: ${filters} filters cannot be split into ${this.groups} groups`);
    }
    checkSteps(label, this.strides, this.dilationRate);
    this.activation = activations.get(options.activation, this.label);
    this.useBias = options.useBias ?? true;
    this.#kernelSettings = weightSettings(this.label, options, 'kernel', 'glorot_uniform');
    this.#biasSettings = weightSettings(this.label, options, 'bias', 'zeros');
    this.inputSpec = {
      rank: rank + 2,
      kind: 'number',
      hint: `sizes are those of the batch, ${rank} of space and the channels`,
    };
  }

  /** [...kernelSize, channels / groups, filters] without the change by LoRA, or null before the layer is built. */
  get kernel(): Variable | null {
    return this.mainWeight;
  }

  /** [filters], or null without a bias or before the layer is built. */
  get bias(): Variable | null {
    return this.#bias;
  }

  protected override build(inputShape: LayerShape): void {
    const axis = channelAxis(this.dataFormat);
    const channels = knownSize(this.label, inputShape, axis);
    if (channels % this.groups !== 0) {
      throw new ConfigError(`${this.label}: ${channels} channels cannot be split into ${this.groups} groups`);
    }
    const shape = [...this.kernelSize, channels / this.groups, this.filters];
    const axes = this.kernelSize.map((_, i) => i);
    const form = { axes: [...axes, axes.length], shape: [this.filters], spread: (scale: Tensor): Tensor => scale };
    this.addMain('kernel', shape, this.#kernelSettings, form);
    if (this.useBias) this.#bias = this.addWeight({ name: 'bias', shape: [this.filters], ...this.#biasSettings });
    this.addFactors();
    this.inputSpec = { ...this.inputSpec, axes: { [axis]: channels } };
  }

  override call(inputs: Tensor): Tensor {
    const { strides, padding, dilationRate: dilation, groups, dataFormat } = this;
    const result = conv(channelsLast(inputs, dataFormat), this.adapted(), { strides, padding, dilation, groups });
    return this.activation(fromChannelsLast(this.#bias === null ? result : add(result, this.#bias), dataFormat));
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    const { kernelSize, strides, dilationRate, padding, dataFormat } = this;
    const spatial = spatialOf(inputShape, dataFormat);
    const counts = windowCounts(this.label, spatial, kernelSize, strides, dilationRate, padding);
    return joinShape(inputShape[0] ?? null, counts, this.filters, dataFormat);
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      filters: this.filters,
      kernel_size: this.kernelSize,
      strides: this.strides,
      padding: this.padding,
      data_format: this.dataFormat,
      dilation_rate: this.dilationRate,
      groups: this.groups,
      activation: activations.serialize(this.activation),
      use_bias: this.useBias,
      ...weightConfig('kernel', this.#kernelSettings),
      ...weightConfig('bias', this.#biasSettings),
    };
  }
}

/**
 * Convolution over time: [batch, steps, channels] to [batch, steps', filters].
 *
 * @example new Conv1D(8, 3, { padding: 'causal' }).apply(zeros([1, 10, 2])); // [1, 10, 8]
 */
export class Conv1D extends ConvLayer {
  static override readonly className: string = 'Conv1D';
  static override readonly options: readonly string[] = OPTIONS;

  constructor(filters: number, kernelSize: number | readonly number[], options: ConvLayerOptions = {}) {
    super(1, filters, kernelSize, options);
  }
}

/**
 * Convolution over images: [batch, rows, columns, channels] to [batch, rows', columns', filters].
 *
 * @example new Conv2D(32, 3, { activation: 'relu' }).apply(zeros([1, 28, 28, 1])); // [1, 26, 26, 32]
 */
export class Conv2D extends ConvLayer {
  static override readonly className: string = 'Conv2D';
  static override readonly options: readonly string[] = OPTIONS;

  constructor(filters: number, kernelSize: number | readonly number[], options: ConvLayerOptions = {}) {
    super(2, filters, kernelSize, options);
  }
}

/**
 * Convolution over volumes: [batch, depth, rows, columns, channels] to [batch, depth', rows', columns', filters].
 *
 * @example new Conv3D(4, 3).apply(zeros([1, 8, 8, 8, 1])); // [1, 6, 6, 6, 4]
 */
export class Conv3D extends ConvLayer {
  static override readonly className: string = 'Conv3D';
  static override readonly options: readonly string[] = OPTIONS;

  constructor(filters: number, kernelSize: number | readonly number[], options: ConvLayerOptions = {}) {
    super(3, filters, kernelSize, options);
  }
}
