/**
 * How PyTorch keeps the weights of modules that layers correspond to: names of its parameters, and the way from their layouts
 * to those of Keras. One row per layer class.
 */
import {
  BatchNormalization,
  Bidirectional,
  Conv1D,
  Conv1DTranspose,
  Conv2D,
  Conv2DTranspose,
  Conv3D,
  Conv3DTranspose,
  Dense,
  DepthwiseConv1D,
  DepthwiseConv2D,
  Embedding,
  GroupNormalization,
  GRU,
  LayerNormalization,
  LSTM,
  MultiHeadAttention,
  PReLU,
  RMSNormalization,
  SimpleRNN,
  type Layer,
  type Tensors,
  type Weight,
} from '@dl/layers';
import { ConfigError } from '@dl/tensor';

/** Values of an array with their shape. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** Where the value of a weight comes from. */
export interface TorchRule {
  /** Names of parameters below that of the module. */
  readonly from: readonly string[];
  readonly convert: (parts: readonly Values[]) => Values;
}

/** A weight and its rule. */
export interface TorchWeight extends TorchRule {
  readonly weight: Weight;
}

type AnyLayer = Layer<Tensors, Tensors>;

/** Rules by the names of weights. */
type Named = Readonly<Record<string, TorchRule>>;

/** The weights of a layer with their rules. */
type Row = (layer: never) => readonly TorchWeight[];

/** Weights of a layer by rules for their names; those that a layer does without are left out. */
function byName(layer: AnyLayer, rules: Named): readonly TorchWeight[] {
  return layer.weights.map((weight) => {
    if (Object.hasOwn(rules, weight.name)) return { weight, ...rules[weight.name]! };
    throw new ConfigError(`${layer.label}: PyTorch has nothing that is its weight '${weight.name}'`);
  });
}

const same = ([value]: readonly Values[]): Values => value!;

/** The array with its axes in another order. */
export function permute({ shape, data }: Values, order: readonly number[]): Values {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const sizes = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const result = new Float32Array(data.length);
  const index = sizes.map(() => 0);
  let at = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = data[at]!;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      at += steps[axis]!;
      if (++index[axis]! < sizes[axis]!) break;
      at -= steps[axis]! * sizes[axis]!;
      index[axis] = 0;
    }
  }
  return { shape: sizes, data: result };
}

const transposed = (value: Values): Values => permute(value, [1, 0]);
const reshaped = ({ data }: Values, shape: readonly number[]): Values => ({ shape, data });

/** Blocks of rows in another order; gates in the matrices of recurrent modules are such blocks. */
function gates({ shape, data }: Values, order: readonly number[]): Values {
  const size = data.length / order.length;
  const parts = order.map((gate) => Array.prototype.slice.call(data, gate * size, (gate + 1) * size) as number[]);
  return { shape, data: Float32Array.from(parts.flat()) };
}

const sum = ([a, b]: readonly Values[]): Values => ({
  shape: a!.shape,
  data: Float32Array.from(a!.data, (value, i) => value + b!.data[i]!),
});

/** A parameter as it is. */
const plain = (name: string): TorchRule => ({ from: [name], convert: same });

/** A row for layers with a weight that is converted, and a bias that is not. */
const kernelAndBias =
  (convert: (weight: Values, layer: never) => Values): Row =>
  (layer: AnyLayer) =>
    byName(layer, {
      kernel: { from: ['weight'], convert: ([weight]) => convert(weight!, layer as never) },
      bias: plain('bias'),
    });

/** [out, in, …spatial] to […spatial, in, out]; of transposed convolutions [in, out, …] to […, out, in]. */
const convolution = kernelAndBias((weight) => permute(weight, [...weight.shape.keys()].slice(2).concat([1, 0])));

/** [in·multiplier, 1, …spatial] to […spatial, in, multiplier]. */
const depthwise = kernelAndBias(({ shape, data }, { depthMultiplier: many }: { readonly depthMultiplier: number }) => {
  const [all, , ...spatial] = shape as [number, number, ...number[]];
  const split = { shape: [all / many, many, ...spatial], data };
  return permute(split, [...split.shape.keys()].slice(2).concat([0, 1]));
});

/** Gates of Keras among those of PyTorch: LSTMs have the same order, GRUs have z, r, h here and r, z, n there. */
const ORDERS = { lstm: [0, 1, 2, 3], gru: [1, 0, 2], rnn: [0] } as const;

function recurrent(kind: keyof typeof ORDERS, suffix: string): Named {
  const order = ORDERS[kind];
  const matrix = (name: string): TorchRule => ({
    from: [`${name}_l0${suffix}`],
    convert: ([value]) => transposed(gates(value!, order)),
  });
  const both = (parts: readonly Values[]): Values => {
    const [input, state] = parts.map((part) => Array.from(gates(part, order).data));
    return { shape: [2, input!.length], data: [...input!, ...state!] };
  };
  const biases = [`bias_ih_l0${suffix}`, `bias_hh_l0${suffix}`];
  const bias: TorchRule = { from: biases, convert: kind === 'gru' ? both : (parts) => gates(sum(parts), order) };
  return { kernel: matrix('weight_ih'), recurrent_kernel: matrix('weight_hh'), bias };
}

function rnnRow(layer: AnyLayer, suffix = ''): readonly TorchWeight[] {
  if (layer instanceof LSTM) return byName(layer, recurrent('lstm', suffix));
  if (layer instanceof SimpleRNN) return byName(layer, recurrent('rnn', suffix));
  if (layer.getConfig()['reset_after'] === true) return byName(layer, recurrent('gru', suffix));
  throw new ConfigError(`${layer.label}: PyTorch has no such module; a GRU needs resetAfter: true`);
}

/** The projections of attention: rows of one matrix for query, key and value, and one for the output. */
function attention(layer: MultiHeadAttention): readonly TorchWeight[] {
  const { numHeads, keyDim, valueDim } = layer;
  const sizes = [numHeads * keyDim, numHeads * keyDim, numHeads * valueDim];
  const part = (which: number, { shape, data }: Values): Values => {
    const width = shape.slice(1).reduce((a, b) => a * b, 1);
    const from = sizes.slice(0, which).reduce((a, b) => a + b, 0) * width;
    const values = Array.prototype.slice.call(data, from, from + sizes[which]! * width) as number[];
    return { shape: [sizes[which]!, ...shape.slice(1)], data: values };
  };
  const heads = (which: number): readonly number[] => [numHeads, which === 2 ? valueDim : keyDim];
  const projection = (which: number): Named => ({
    kernel: {
      from: ['in_proj_weight'],
      convert: ([all]) => reshaped(transposed(part(which, all!)), [all!.shape[1]!, ...heads(which)]),
    },
    bias: { from: ['in_proj_bias'], convert: ([all]) => reshaped(part(which, all!), heads(which)) },
  });
  const output: Named = {
    kernel: {
      from: ['out_proj.weight'],
      convert: ([weight]) => reshaped(transposed(weight!), [numHeads, valueDim, weight!.shape[0]!]),
    },
    bias: plain('out_proj.bias'),
  };
  const { children } = layer.storedParts();
  const parts = {
    query_dense: projection(0),
    key_dense: projection(1),
    value_dense: projection(2),
    output_dense: output,
  };
  return Object.entries(parts).flatMap(([name, rules]) => byName(children[name] as AnyLayer, rules));
}

const named =
  (rules: Named): Row =>
  (layer: AnyLayer) =>
    byName(layer, rules);

const NORM: Named = { gamma: plain('weight'), beta: plain('bias'), scale: plain('weight') };

/** The first row whose class a layer has counts. */
const TABLE: readonly (readonly [abstract new (...args: never[]) => unknown, Row])[] = [
  [DepthwiseConv1D, depthwise],
  [DepthwiseConv2D, depthwise],
  [Conv1DTranspose, convolution],
  [Conv2DTranspose, convolution],
  [Conv3DTranspose, convolution],
  [Conv1D, convolution],
  [Conv2D, convolution],
  [Conv3D, convolution],
  [Dense, kernelAndBias(transposed)],
  [Embedding, named({ embeddings: plain('weight') })],
  [BatchNormalization, named({ ...NORM, moving_mean: plain('running_mean'), moving_variance: plain('running_var') })],
  [LayerNormalization, named(NORM)],
  [GroupNormalization, named(NORM)],
  [RMSNormalization, named(NORM)],
  [PReLU, named({ alpha: plain('weight') })],
  [LSTM, rnnRow],
  [GRU, rnnRow],
  [SimpleRNN, rnnRow],
  [
    Bidirectional,
    ({ forwardLayer, backwardLayer }: Bidirectional<boolean>) => [
      ...rnnRow(forwardLayer as unknown as AnyLayer),
      ...rnnRow(backwardLayer as unknown as AnyLayer, '_reverse'),
    ],
  ],
  [MultiHeadAttention, attention],
];

/** The weights of a layer that is a module in PyTorch, with their rules; null for others, which hold modules. */
export function torchWeights(layer: AnyLayer): readonly TorchWeight[] | null {
  const row = TABLE.find(([kind]) => layer instanceof kind);
  return row === undefined ? null : row[1](layer as never);
}
