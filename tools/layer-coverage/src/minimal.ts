/**
 * The required arguments of every class that has some, and nothing more.
 */
import * as layers from '@dl/layers';
import type { Layer, Tensors } from '@dl/layers';

/** A class of layers, made with any arguments. */
export type LayerClass = (new (...args: unknown[]) => Layer<Tensors, Tensors>) & {
  readonly positional: readonly string[];
  readonly options: readonly string[] | null;
};

layers.registerLambda('identity', (x) => x);

class Plain extends layers.Layer {
  override call(inputs: never): never {
    return inputs;
  }
}
class PlainWrapper extends layers.Wrapper {
  override call(inputs: never): never {
    return inputs;
  }
}

const inner = (): layers.Dense => new layers.Dense(2);
const cell = (): layers.SimpleRNNCell => new layers.SimpleRNNCell(2);
const recurrent = (): layers.SimpleRNN => new layers.SimpleRNN(2);

/** Arguments by class; of several classes at once where they agree. */
const ARGUMENTS: readonly (readonly [names: readonly string[], args: () => readonly unknown[]])[] = [
  [['Activation'], () => ['relu']],
  [['AdaptiveAveragePooling', 'AdaptiveMaxPooling'].flatMap((kind) => [1, 2, 3].map((n) => `${kind}${n}D`)), () => [2]],
  [[1, 2, 3].map((n) => `AveragePooling${n}D`), () => [2]],
  [[1, 2, 3].flatMap((n) => [`Conv${n}D`, `Conv${n}DTranspose`, `ConvLSTM${n}D`]), () => [2, 3]],
  [['SeparableConv1D', 'SeparableConv2D'], () => [2, 3]],
  [['DepthwiseConv1D', 'DepthwiseConv2D'], () => [3]],
  [['AlphaDropout', 'Dropout', 'GaussianDropout', 'GaussianNoise'], () => [0.5]],
  [[1, 2, 3].map((n) => `SpatialDropout${n}D`), () => [0.5]],
  [['TimeDistributed', 'SpectralNormalization', 'Wrapper'], () => [inner()]],
  [['Bidirectional'], () => [recurrent()]],
  [['CenterCrop', 'RandomCrop', 'Resizing'], () => [2, 3]],
  [['CategoryEncoding', 'Hashing', 'HashedCrossing', 'MaxNumBoundingBoxes'], () => [3]],
  [['Dense', 'TernaryDense', 'RepeatVector'], () => [2]],
  [['GRU', 'GRUCell', 'LSTM', 'LSTMCell', 'SimpleRNN', 'SimpleRNNCell'], () => [2]],
  [['RNN'], () => [cell()]],
  [['StackedRNNCells'], () => [[cell()]]],
  [['Dot'], () => [1]],
  [['Discretization'], () => [[0.5]]],
  [['EinsumDense'], () => ['ab,bc->ac', 2]],
  [['Embedding', 'ReversibleEmbedding'], () => [5, 3]],
  [['GroupQueryAttention'], () => [2, 4, 2]],
  [['MultiHeadAttention'], () => [2, 3]],
  [['Lambda'], () => ['identity']],
  [['Permute'], () => [[2, 1]]],
  [['Reshape'], () => [[-1]]],
  [['Rescaling'], () => [2]],
  [['Pipeline'], () => [[]]],
  [['RandomPosterization'], () => [4]],
  [['InputLayer'], () => [{ shape: [2] }]],
  [
    ['Brightness', 'ColorDegeneration', 'Contrast', 'Hue', 'Rotation', 'Saturation', 'Sharpness', 'Zoom'].map(
      (kind) => `Random${kind}`,
    ),
    () => [0.5],
  ],
  [['RandomTranslation'], () => [0.5, 0.5]],
];

const argumentsOf = (name: string): readonly unknown[] =>
  ARGUMENTS.findLast(([names]) => names.includes(name))?.[1]() ?? [];

const BASES: Readonly<Record<string, unknown>> = { Layer: Plain, Wrapper: PlainWrapper };

/** How to make a layer of a class, with some options beside. A base class is made by its smallest subclass. */
export function minimal(name: string, options: object = {}): () => Layer<Tensors, Tensors> {
  const made = (BASES[name] ?? (layers as Readonly<Record<string, unknown>>)[name]) as LayerClass;
  const given = argumentsOf(name);
  const places = made.positional.map((_, i) => given[i]);
  return () => new made(...places, { ...(given[places.length] as object | undefined), ...options });
}

/** The names of the arguments that {@link minimal} gives. */
export function requiredOf(name: string): readonly string[] {
  const { positional } = (layers as unknown as Readonly<Record<string, LayerClass>>)[name]!;
  const given = argumentsOf(name);
  return [...positional.slice(0, given.length), ...Object.keys(given[positional.length] ?? {})];
}
