/**
 * ConvLSTMCell: long short-term memory whose products are convolutions.
 */
import { add, conv, Generator, mul, reshape, type Shape, type Tensor, type Variable } from '@dl/tensor';
import * as activations from '../activations.ts';
import { checkCount, checkPerAxis, checkRate, knownSize } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import type { CallContext } from '../base/layer.ts';
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
import { weightConfig, weightSettings, type WeightSettings } from '../base/weight-settings.ts';
import { RNNCell, singleStep, type CellArguments, type CellRun } from './cell.ts';
import { CELL_OPTIONS, type RecurrentCellOptions } from './dense-cell.ts';
import { dropFactors } from './drop.ts';
import { ForgetBias, lstmStep, type GateOptions } from './lstm.ts';

/** Options of {@link ConvLSTMCell}. */
export interface ConvLSTMCellOptions extends RecurrentCellOptions, GateOptions {
  /** Steps between windows of the inputs, 1 unless given. */
  readonly strides?: number | readonly number[] | undefined;
  /** Padding of the inputs, 'valid' unless given; states are padded so that they keep their size. */
  readonly padding?: Exclude<Padding, 'causal'> | undefined;
  /** 'channels_last' unless given. */
  readonly dataFormat?: DataFormat | undefined;
  /** Steps inside a window of the inputs, 1 unless given. */
  readonly dilationRate?: number | readonly number[] | undefined;
}

/** Names of {@link ConvLSTMCellOptions}. */
export const CONV_LSTM_CELL_OPTIONS: readonly string[] = [
  ...CELL_OPTIONS,
  'recurrentActivation',
  'unitForgetBias',
  'strides',
  'padding',
  'dataFormat',
  'dilationRate',
];

/**
 * The cell of the ConvLSTM layers (X. Shi et al., 2015), over `rank` spatial axes: as {@link LSTMCell}, with convolutions in
 * place of products. The input is an image, [batch, …, channels], and so are output and states, [batch, …', filters].
 *
 * Weights: kernel [...kernelSize, channels, 4 · filters] ('glorot_uniform'), recurrent_kernel
 * [...kernelSize, filters, 4 · filters] ('orthogonal'), bias [4 · filters] ('zeros', and ones for the forget gate).
 *
 * @example
 * const h = zeros([1, 6, 6, 4]);
 * new ConvLSTMCell(2, 4, 3, { padding: 'same' }).apply(zeros([1, 6, 6, 1]), { states: [h, h] }); // three of [1, 6, 6, 4]
 */
export class ConvLSTMCell extends RNNCell {
  static override readonly className: string = 'ConvLSTMCell';
  static override readonly positional: readonly string[] = ['rank', 'filters', 'kernelSize'];
  static override readonly options: readonly string[] = CONV_LSTM_CELL_OPTIONS;

  readonly rank: number;
  readonly filters: number;
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: Padding;
  readonly dataFormat: DataFormat;
  readonly dilationRate: readonly number[];
  readonly activation: activations.ActivationFunction;
  readonly recurrentActivation: activations.ActivationFunction;
  readonly useBias: boolean;
  readonly unitForgetBias: boolean;
  readonly dropout: number;
  readonly recurrentDropout: number;
  readonly seed: number | null;
  /** The stream of the dropout masks; its state is a Variable. */
  readonly seedGenerator: Generator;
  override readonly stateSize: readonly number[];
  override readonly outputState: number = 0;
  readonly #kernelSettings: WeightSettings;
  readonly #recurrentSettings: WeightSettings;
  readonly #biasSettings: WeightSettings;
  #kernel: Variable | null = null;
  #recurrentKernel: Variable | null = null;
  #bias: Variable | null = null;

  constructor(
    rank: number,
    filters: number,
    kernelSize: number | readonly number[],
    options: ConvLSTMCellOptions = {},
  ) {
    super(options);
    const { label } = this;
    this.rank = checkCount(label, 'rank', rank);
    this.filters = checkCount(label, 'filters', filters);
    this.kernelSize = checkPerAxis(label, 'kernelSize', kernelSize, rank);
    this.strides = checkPerAxis(label, 'strides', options.strides ?? 1, rank);
    this.padding = checkPadding(label, options.padding, ['valid', 'same']);
    this.dataFormat = checkDataFormat(label, options.dataFormat);
    this.dilationRate = checkPerAxis(label, 'dilationRate', options.dilationRate ?? 1, rank);
    checkSteps(label, this.strides, this.dilationRate);
    this.activation = activations.get(options.activation === undefined ? 'tanh' : options.activation, this.label);
    this.recurrentActivation = activations.get(
      options.recurrentActivation === undefined ? 'sigmoid' : options.recurrentActivation,
      this.label,
    );
    this.useBias = options.useBias ?? true;
    this.unitForgetBias = options.unitForgetBias ?? true;
    this.dropout = checkRate(label, 'dropout', options.dropout ?? 0);
    this.recurrentDropout = checkRate(label, 'recurrentDropout', options.recurrentDropout ?? 0);
    this.seed = options.seed ?? null;
    this.seedGenerator = this.seed === null ? new Generator() : new Generator(this.seed);
    this.stateSize = [filters, filters];
    this.#kernelSettings = weightSettings(this.label, options, 'kernel', 'glorot_uniform');
    this.#recurrentSettings = weightSettings(this.label, options, 'recurrent', 'orthogonal');
    this.#biasSettings = weightSettings(this.label, options, 'bias', 'zeros');
    this.inputSpec = { rank: rank + 2, kind: 'number' };
  }

  /** [...kernelSize, channels, 4 · filters], or null before the cell is built. */
  get kernel(): Variable | null {
    return this.#kernel;
  }

  /** [...kernelSize, filters, 4 · filters], or null before the cell is built. */
  get recurrentKernel(): Variable | null {
    return this.#recurrentKernel;
  }

  /** [4 · filters], or null without a bias or before the cell is built. */
  get bias(): Variable | null {
    return this.#bias;
  }

  override outputShape(inputShape: LayerShape): LayerShape {
    const { kernelSize, strides, dilationRate, padding, dataFormat, filters } = this;
    const spatial = spatialOf(inputShape, dataFormat);
    const counts = windowCounts(this.label, spatial, kernelSize, strides, dilationRate, padding);
    return joinShape(inputShape[0] ?? null, counts, filters, dataFormat);
  }

  override stateShapes(inputShape: LayerShape): readonly LayerShape[] {
    const shape = this.outputShape(inputShape);
    return [shape, shape];
  }

  protected override build(inputShape: LayerShape): void {
    const { kernelSize, filters, dataFormat } = this;
    const axis = channelAxis(dataFormat);
    const channels = knownSize(this.label, inputShape, axis);
    const shape = [...kernelSize, channels, 4 * filters];
    this.#kernel = this.addWeight({ name: 'kernel', shape, ...this.#kernelSettings });
    this.#recurrentKernel = this.addWeight({
      name: 'recurrent_kernel',
      shape: [...kernelSize, filters, 4 * filters],
      ...this.#recurrentSettings,
    });
    if (this.useBias) {
      const given = this.#biasSettings;
      const initializer = this.unitForgetBias ? new ForgetBias(given.initializer) : given.initializer;
      this.#bias = this.addWeight({ name: 'bias', shape: [4 * filters], ...given, initializer });
    }
    this.inputSpec = { ...this.inputSpec, axes: { [axis]: channels } };
  }

  override begin(inputShape: Shape, training: boolean): CellRun {
    const { dataFormat, seedGenerator, computeDtype } = this;
    const draw = (shape: LayerShape, rate: number): Tensor | null =>
      dropFactors(shape as Shape, rate, training, seedGenerator, computeDtype);
    const keepInputs = draw(inputShape, this.dropout);
    const keepStates = draw(this.outputShape(inputShape), this.recurrentDropout);
    return {
      project: (inputs) => this.#convolveInputs(keepInputs === null ? inputs : mul(inputs, keepInputs)),
      step: (z, [h, c]) => {
        const state = channelsLast(keepStates === null ? h! : mul(h!, keepStates), dataFormat);
        const sums = add(z, conv(state, this.#recurrentKernel!, { padding: 'same' }));
        const next = lstmStep(sums, channelsLast(c!, dataFormat), this.activation, this.recurrentActivation);
        const [output, memory] = next.map((t) => fromChannelsLast(t, dataFormat));
        return [output!, output!, memory!];
      },
    };
  }

  /** The convolutions of all images, whatever axes stand before the batch; channels are last. */
  #convolveInputs(inputs: Tensor): Tensor {
    const { rank, strides, padding, dilationRate: dilation, dataFormat } = this;
    const lead = inputs.shape.slice(0, -(rank + 1));
    const images = reshape(inputs, [-1, ...inputs.shape.slice(-(rank + 1))]);
    const result = conv(channelsLast(images, dataFormat), this.#kernel!, { strides, padding, dilation });
    const sums = this.#bias === null ? result : add(result, this.#bias);
    return reshape(sums, [...lead, ...sums.shape.slice(1)]);
  }

  override call(inputs: Tensor, context: CallContext & CellArguments): readonly Tensor[] {
    return singleStep(this, inputs, context);
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      rank: this.rank,
      filters: this.filters,
      kernel_size: this.kernelSize,
      strides: this.strides,
      padding: this.padding,
      data_format: this.dataFormat,
      dilation_rate: this.dilationRate,
      activation: activations.serialize(this.activation),
      recurrent_activation: activations.serialize(this.recurrentActivation),
      use_bias: this.useBias,
      unit_forget_bias: this.unitForgetBias,
      ...weightConfig('kernel', this.#kernelSettings),
      ...weightConfig('recurrent', this.#recurrentSettings),
      ...weightConfig('bias', this.#biasSettings),
      dropout: this.dropout,
      recurrent_dropout: this.recurrentDropout,
      seed: this.seed,
    };
  }
}
