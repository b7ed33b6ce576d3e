/**
 * Recurrent layers and cells for checkLayer.
 */
import {
  BatchNormalization,
  Bidirectional,
  ConvLSTM1D,
  ConvLSTM2D,
  ConvLSTM3D,
  ConvLSTMCell,
  Conv1D,
  Dense,
  GRU,
  GRUCell,
  LSTM,
  LSTMCell,
  RNN,
  RNNCell,
  SimpleRNN,
  SimpleRNNCell,
  StackedRNNCells,
  TimeDistributed,
  type CallContext,
  type CellArguments,
  type LayerOptions,
  type RNNArguments,
} from '@dl/layers';
import { tanh, tensor, type Shape, type Tensor } from '@dl/tensor';
import type { LayerCase } from './check-layer.ts';

/** A cell of one's own: a moving average, whose output is no state. */
export class Average extends RNNCell {
  override readonly stateSize: number;
  readonly #part: number;

  constructor(size: number, part: number, options: LayerOptions = {}) {
    super(options);
    this.stateSize = size;
    this.#part = part;
  }

  override call(x: Tensor, { states }: CallContext & CellArguments): readonly Tensor[] {
    const next = states[0]!.mul(1 - this.#part).add(x.mul(this.#part));
    return [tanh(next), next];
  }

  override getConfig() {
    return { ...super.getConfig(), size: this.stateSize, part: this.#part };
  }

  static override readonly positional: readonly string[] = ['size', 'part'];
  static override readonly className: string = 'Average';
  static override readonly options: readonly string[] = [];
}

type Cases<O extends Tensor | readonly Tensor[], C extends object> = Readonly<Record<string, LayerCase<Tensor, O, C>>>;

const all = { returnSequences: true } as const;
const some = [
  [1, 1, 0],
  [0, 1, 1],
];
const x = { shape: [2, 3, 2] } as const;
/** Made when a case is run, on the backend of that time. */
const states = (...shapes: readonly Shape[]): CellArguments => ({
  states: shapes.map((shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return tensor(
      Float64Array.from({ length: size }, (_, i) => Math.cos(i + 1)),
      'float64',
      shape,
    );
  }),
});

/** Layers that give one tensor. */
export const recurrentCases: Cases<Tensor, RNNArguments> = {
  SimpleRNN: { make: (o) => new SimpleRNN(3, o), ...x, output: [2, 3], params: 18, outputMask: null },
  'SimpleRNN of one step and one unit': {
    make: (o) => new SimpleRNN(1, { ...all, activation: null, useBias: false, ...o }),
    shape: [1, 1, 1],
    output: [1, 1, 1],
    params: 2,
  },
  'SimpleRNN with dropout': {
    make: (o) => new SimpleRNN(3, { ...all, dropout: 0.4, recurrentDropout: 0.3, seed: 1, ...o }),
    ...x,
    output: [2, 3, 3],
    params: 18,
    training: true,
    trainingDiffers: true,
  },
  LSTM: { make: (o) => new LSTM(3, o), ...x, output: [2, 3], params: 72 },
  'LSTM of sequences, masked': {
    make: (o) => new LSTM(2, { ...all, ...o }),
    ...x,
    mask: some,
    outputMask: null,
    output: [2, 3, 2],
    params: 40,
  },
  'LSTM backwards, masked': {
    make: (o) => new LSTM(2, { goBackwards: true, ...o }),
    ...x,
    mask: some,
    output: [2, 2],
    params: 40,
  },
  'LSTM with dropout of inputs': {
    make: (o) => new LSTM(2, { dropout: 0.5, seed: 3, ...o }),
    ...x,
    output: [2, 2],
    params: 40,
    training: true,
    trainingDiffers: true,
  },
  'LSTM with dropout per gate': {
    make: (o) => new LSTM(2, { ...all, dropout: 0.5, recurrentDropout: 0.5, seed: 5, ...o }),
    ...x,
    output: [2, 3, 2],
    params: 40,
    training: true,
    trainingDiffers: true,
  },
  'LSTM unrolled, with other options': {
    make: (o) =>
      new LSTM(2, {
        unroll: true,
        activation: 'softsign',
        recurrentActivation: 'hard_sigmoid',
        unitForgetBias: false,
        kernelInitializer: 'he_normal',
        kernelRegularizer: 'l2',
        recurrentConstraint: 'max_norm',
        biasRegularizer: 'l1',
        ...o,
      }),
    ...x,
    output: [2, 2],
    params: 40,
  },
  GRU: { make: (o) => new GRU(3, o), ...x, output: [2, 3], params: 63 },
  'GRU, reset before the product': {
    make: (o) => new GRU(2, { ...all, resetAfter: false, ...o }),
    ...x,
    output: [2, 3, 2],
    params: 30,
  },
  'GRU, zeros for masked steps': {
    make: (o) => new GRU(2, { ...all, zeroOutputForMask: true, ...o }),
    ...x,
    mask: some,
    output: [2, 3, 2],
    params: 36,
  },
  'GRU with dropout per gate': {
    make: (o) => new GRU(2, { resetAfter: false, recurrentDropout: 0.5, dropout: 0.2, seed: 1, ...o }),
    ...x,
    output: [2, 2],
    params: 30,
    training: true,
    trainingDiffers: true,
  },
  'RNN of a list of cells': {
    make: (o) => new RNN([new LSTMCell(3, o), new SimpleRNNCell(2, o)], { ...all, ...o }),
    ...x,
    mask: some,
    output: [2, 3, 2],
    params: 84,
  },
  'RNN of a cell of its own kind, masked': {
    make: (o) => new RNN(new Average(2, 0.3, o), { ...all, ...o }),
    ...x,
    mask: some,
    output: [2, 3, 2],
  },
  'RNN of a cell of its own kind, the last output': {
    make: (o) => new RNN(new Average(2, 0.3, o), o),
    ...x,
    mask: some,
    output: [2, 2],
  },
  ConvLSTM1D: {
    make: (o) => new ConvLSTM1D(2, 2, { ...all, ...o }),
    shape: [2, 2, 4, 1],
    output: [2, 2, 3, 2],
    params: 16 + 32 + 8,
  },
  'ConvLSTM1D with strides, dropout, masked': {
    make: (o) =>
      new ConvLSTM1D(1, 3, { strides: 2, padding: 'same', dropout: 0.3, recurrentDropout: 0.3, seed: 1, ...o }),
    shape: [2, 3, 3, 1],
    mask: some,
    output: [2, 2, 1],
    params: 12 + 12 + 4,
    training: true,
    trainingDiffers: true,
  },
  ConvLSTM2D: {
    make: (o) => new ConvLSTM2D(1, [2, 3], { padding: 'same', dilationRate: [1, 2], ...o }),
    shape: [1, 2, 3, 2, 2],
    output: [1, 3, 2, 1],
    params: 48 + 24 + 4,
  },
  'ConvLSTM2D channels first': {
    make: (o) => new ConvLSTM2D(2, 2, { ...all, dataFormat: 'channels_first', useBias: false, ...o }),
    shape: [1, 2, 1, 3, 2],
    output: [1, 2, 2, 2, 1],
    params: 32 + 64,
  },
  ConvLSTM3D: {
    make: (o) => new ConvLSTM3D(1, [1, 2, 1], { goBackwards: true, ...o }),
    shape: [1, 2, 2, 2, 1, 1],
    output: [1, 2, 1, 1, 1],
    params: 8 + 8 + 4,
  },
  Bidirectional: { make: (o) => new Bidirectional(new LSTM(2, o), o), ...x, output: [2, 4], params: 80 },
  'Bidirectional of sequences, masked': {
    make: (o) => new Bidirectional(new GRU(2, { ...all, ...o }), { mergeMode: 'mul', ...o }),
    ...x,
    mask: some,
    outputMask: null,
    output: [2, 3, 2],
    params: 72,
  },
  'Bidirectional with a layer of its own for the way back': {
    make: (o) =>
      new Bidirectional(new SimpleRNN(2, o), { backwardLayer: new SimpleRNN(3, { goBackwards: true, ...o }), ...o }),
    ...x,
    output: [2, 5],
    params: 10 + 18,
  },
  'Bidirectional, mean': {
    make: (o) => new Bidirectional(new RNN(new SimpleRNNCell(2, o), o), { mergeMode: 'ave', ...o }),
    ...x,
    output: [2, 2],
    params: 20,
  },
};

/** Layers that give one tensor and take no states. */
export const stepCases: Readonly<Record<string, LayerCase>> = {
  TimeDistributed: {
    make: (o) => new TimeDistributed(new Dense(4, { activation: 'tanh', ...o }), o),
    shape: [2, 3, 2],
    mask: some,
    outputMask: [true, true, false, false, true, true],
    output: [2, 3, 4],
    params: 12,
  },
  'TimeDistributed convolution': {
    make: (o) => new TimeDistributed(new Conv1D(2, 2, o), o),
    shape: [1, 2, 3, 1],
    output: [1, 2, 2, 2],
    params: 6,
  },
  'TimeDistributed normalization': {
    make: (o) => new TimeDistributed(new BatchNormalization(o), o),
    shape: [3, 2, 2],
    output: [3, 2, 2],
    params: 8,
    training: true,
    trainingDiffers: true,
  },
};

/** Layers that give lists. */
export const listCases: Cases<readonly Tensor[], RNNArguments> = {
  'LSTM with its states': {
    make: (o) => new LSTM(2, { ...all, returnState: true, ...o }),
    ...x,
    mask: some,
    output: [
      [2, 3, 2],
      [2, 2],
      [2, 2],
    ],
    params: 40,
  },
  'LSTM with initial states': {
    make: (o) => new LSTM(2, { returnState: true, ...o }),
    shape: [2, 3, 2],
    output: [
      [2, 2],
      [2, 2],
      [2, 2],
    ],
    params: 40,
    get call() {
      return { initialState: states([2, 2], [2, 2]).states };
    },
    batched: false,
  },
  'Bidirectional, not merged, with states': {
    make: (o) => new Bidirectional(new GRU(2, { returnState: true, ...o }), { mergeMode: null, ...o }),
    ...x,
    output: [
      [2, 2],
      [2, 2],
      [2, 2],
      [2, 2],
    ],
    params: 72,
  },
};

/** Cells, called for one step. */
export const cellCases: Cases<readonly Tensor[], CellArguments> = {
  SimpleRNNCell: {
    make: (o) => new SimpleRNNCell(3, o),
    shape: [2, 2],
    output: [
      [2, 3],
      [2, 3],
    ],
    params: 18,
    get call() {
      return states([2, 3]);
    },
    batched: false,
  },
  LSTMCell: {
    make: (o) => new LSTMCell(2, { dropout: 0.5, recurrentDropout: 0.5, seed: 1, ...o }),
    shape: [2, 3],
    output: [
      [2, 2],
      [2, 2],
      [2, 2],
    ],
    params: 48,
    get call() {
      return states([2, 2], [2, 2]);
    },
    batched: false,
    training: true,
  },
  GRUCell: {
    make: (o) => new GRUCell(2, o),
    shape: [2, 3],
    output: [
      [2, 2],
      [2, 2],
    ],
    params: 42,
    get call() {
      return states([2, 2]);
    },
    batched: false,
  },
  StackedRNNCells: {
    make: (o) => new StackedRNNCells([new LSTMCell(2, o), new Average(2, 0.5, o)], o),
    shape: [2, 3],
    output: [
      [2, 2],
      [2, 2],
      [2, 2],
      [2, 2],
    ],
    params: 48,
    get call() {
      return states([2, 2], [2, 2], [2, 2]);
    },
    batched: false,
  },
  ConvLSTMCell: {
    make: (o) => new ConvLSTMCell(1, 2, 2, o),
    shape: [2, 3, 1],
    output: [
      [2, 2, 2],
      [2, 2, 2],
      [2, 2, 2],
    ],
    params: 16 + 32 + 8,
    get call() {
      return states([2, 2, 2], [2, 2, 2]);
    },
    batched: false,
  },
};
