/**
 * Conv1DTranspose, Conv2DTranspose and Conv3DTranspose.
 */
import { add, convTranspose, ConfigError, type Tensor, type Variable } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
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
  type DataFormat,
} from '../base/spatial.ts';
import { weightConfig, weightSettings, type WeightOptionsOf, type WeightSettings } from '../base/weight-settings.ts';

/** Options of {@link Conv1DTranspose}, {@link Conv2DTranspose} and {@link Conv3DTranspose}. */
export interface ConvTransposeLayerOptions extends LayerOptions, WeightOptionsOf<'kernel'>, WeightOptionsOf<'bias'> {
  /** Factors by which the spatial axes grow, 1 unless given. */
  readonly strides?: number | readonly number[] | undefined;
  /** 'valid' unless given. */
  readonly padding?: 'valid' | 'same' | undefined;
  /** Extra elements at the end of each spatial axis of the output; smaller than the strides. */
  readonly outputPadding?: number | readonly number[] | null | undefined;
  /** 'channels_last' unless given. */
  readonly dataFormat?: DataFormat | undefined;
  /** Steps inside a window, 1 unless given. */
  readonly dilationRate?: number | readonly number[] | undefined;
  /** None unless given. */
  readonly activation?: activations.ActivationLike | undefined;
  /** true unless given. */
  readonly useBias?: boolean | undefined;
}

/** Counts per axis where 0 is allowed. */
function checkPadOut(where: string, value: number | readonly number[] | null, rank: number): readonly number[] | null {
  if (value === null) return null;
  const list = typeof value === 'number' ? Array.from({ length: rank }, () => value) : value;
  if (Array.isArray(list) && list.length === rank && list.every((n) => Number.isInteger(n) && n >= 0)) return list;
  throw new ConfigError(
    `${where}: outputPadding must be a count${rank > 1 ? ` or ${rank} of them` : ''}, got ${describe(value)}`,
  );
}

const OPTIONS = [
  'strides',
  'padding',
  'outputPadding',
  'dataFormat',
  'dilationRate',
  'activation',
  'useBias',
  'kernelInitializer',
  'biasInitializer',
  'kernelRegularizer',
  'biasRegularizer',
  'kernelConstraint',
  'biasConstraint',
];

/**
 * A transposed convolution over any number of spatial axes. Sizes follow Keras: 'valid' (n − 1)·s + max(k, s), 'same' n·s; with
 * `outputPadding` p, 'valid' (n − 1)·s + k + p, and 'same' (n − 1)·s + k mod 2 + p.
 *
 * Weights: kernel [...kernelSize, filters, channels] ('glorot_uniform'), bias [filters] ('zeros').
 */
export abstract class ConvTransposeLayer extends Layer {
  static override readonly positional: readonly string[] = ['filters', 'kernelSize'];

  readonly filters: number;
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: 'valid' | 'same';
  readonly outputPadding: readonly number[] | null;
  readonly dataFormat: DataFormat;
  readonly dilationRate: readonly number[];
  readonly activation: activations.ActivationFunction;
  readonly useBias: boolean;
  readonly #kernelSettings: WeightSettings;
  readonly #biasSettings: WeightSettings;
  #kernel: Variable | null = null;
  #bias: Variable | null = null;

  constructor(
    rank: number,
    filters: number,
    kernelSize: number | readonly number[],
    options: ConvTransposeLayerOptions = {},
  ) {
    super(options);
    const { label } = this;
    this.filters = checkCount(label, 'filters', filters);
    this.kernelSize = checkPerAxis(label, 'kernelSize', kernelSize, rank);
    this.strides = checkPerAxis(label, 'strides', options.strides ?? 1, rank);
    this.padding = checkPadding(label, options.padding, ['valid', 'same']);
    this.outputPadding = checkPadOut(label, options.outputPadding ?? null, rank);
    this.dataFormat = checkDataFormat(label, options.dataFormat);
    this.dilationRate = checkPerAxis(label, 'dilationRate', options.dilationRate ?? 1, rank);
    checkSteps(label, this.strides, this.dilationRate);
    if (this.outputPadding?.some((n, i) => n >= this.strides[i]!)) {
      throw new ConfigError(`${label}: outputPadding must be smaller than the strides`);
    }
    this.activation = activations.get(options.activation, this.label);
    this.useBias = options.useBias ?? true;
    this.#kernelSettings = weightSettings(this.label, options, 'kernel', 'glorot_uniform');
    this.#biasSettings = weightSettings(this.label, options, 'bias', 'zeros');
    this.inputSpec = { rank: rank + 2, kind: 'number' };
  }

  protected override build(inputShape: LayerShape): void {
    const axis = channelAxis(this.dataFormat);
    const channels = knownSize(this.label, inputShape, axis);
    const shape = [...this.kernelSize, this.filters, channels];
    this.#kernel = this.addWeight({ name: 'kernel', shape, ...this.#kernelSettings });
    if (this.useBias) this.#bias = this.addWeight({ name: 'bias', shape: [this.filters], ...this.#biasSettings });
    this.inputSpec = { ...this.inputSpec, axes: { [axis]: channels } };
  }

  override call(inputs: Tensor): Tensor {
    const { strides, padding, outputPadding, dilationRate: dilation, dataFormat } = this;
    const x = channelsLast(inputs, dataFormat);
    const result = convTranspose(x, this.#kernel!, { strides, padding, outputPadding, dilation });
    return this.activation(fromChannelsLast(this.#bias === null ? result : add(result, this.#bias), dataFormat));
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    const { kernelSize, strides, dilationRate, outputPadding, padding, dataFormat } = this;
    const grown = spatialOf(inputShape, dataFormat).map((n, i) => {
      if (n === null) return null;
      const k = dilationRate[i]! * (kernelSize[i]! - 1) + 1;
      const [s, extra] = [strides[i]!, outputPadding?.[i] ?? null];
      if (padding === 'valid') return (n - 1) * s + k + (extra ?? Math.max(s - k, 0));
      return extra === null ? n * s : (n - 1) * s + (k % 2) + extra;
    });
    return joinShape(inputShape[0] ?? null, grown, this.filters, dataFormat);
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      filters: this.filters,
      kernel_size: this.kernelSize,
      strides: this.strides,
      padding: this.padding,
      output_padding: this.outputPadding,
      data_format: this.dataFormat,
      dilation_rate: this.dilationRate,
      activation: activations.serialize(this.activation),
      use_bias: this.useBias,
      ...weightConfig('kernel', this.#kernelSettings),
      ...weightConfig('bias', this.#biasSettings),
    };
  }
}

/**
 * Transposed convolution, which makes sequences longer: [batch, steps, channels] to [batch, steps', filters]. Sizes as in
 * `ConvTransposeLayer`.
 *
 * @example new Conv1DTranspose(8, 3, { strides: 2, padding: 'same' }).apply(zeros([1, 7, 4])); // [1, 14, 8]
 */
export class Conv1DTranspose extends ConvTransposeLayer {
  static override readonly className: string = 'Conv1DTranspose';
  static override readonly options: readonly string[] = OPTIONS;

  constructor(filters: number, kernelSize: number | readonly number[], options: ConvTransposeLayerOptions = {}) {
    super(1, filters, kernelSize, options);
  }
}

/**
 * Transposed convolution, which makes images larger: [batch, rows, columns, channels] to [batch, rows', columns', filters].
 * Sizes as in `ConvTransposeLayer`.
 *
 * @example new Conv2DTranspose(8, 3, { strides: 2, padding: 'same' }).apply(zeros([1, 7, 7, 4])); // [1, 14, 14, 8]
 */
export class Conv2DTranspose extends ConvTransposeLayer {
  static override readonly className: string = 'Conv2DTranspose';
  static override readonly options: readonly string[] = OPTIONS;

  constructor(filters: number, kernelSize: number | readonly number[], options: ConvTransposeLayerOptions = {}) {
    super(2, filters, kernelSize, options);
  }
}

/**
 * Transposed convolution, which makes volumes larger: [batch, depth, rows, columns, channels] to
 * [batch, depth', rows', columns', filters]. Sizes as in `ConvTransposeLayer`.
 *
 * @example new Conv3DTranspose(2, 3, { strides: 2 }).apply(zeros([1, 2, 2, 2, 1])); // [1, 5, 5, 5, 2]
 */
export class Conv3DTranspose extends ConvTransposeLayer {
  static override readonly className: string = 'Conv3DTranspose';
  static override readonly options: readonly string[] = OPTIONS;

  constructor(filters: number, kernelSize: number | readonly number[], options: ConvTransposeLayerOptions = {}) {
    super(3, filters, kernelSize, options);
  }
}
