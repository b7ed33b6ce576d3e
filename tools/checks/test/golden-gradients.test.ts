/**
 * Layers, losses and transforms against PyTorch: values and the gradient of every input, eagerly and compiled.
 */
import * as t from '@dl/tensor';
import { tensor, type Tensor } from '@dl/tensor';
import * as ops from '@dl/tensor/ops';
import { describe, expect, test } from 'vitest';
import { checkGolden, readGolden } from './golden.ts';

/** Options as the generator writes them. */
interface Options {
  readonly axes: number[];
  readonly backwards: boolean;
  readonly ids: number[];
  readonly interpolation: ops.image.ResizeInterpolation;
  readonly labelLengths: number[];
  readonly labels: number[][];
  readonly lengths: number[];
  readonly mask?: boolean[][][][];
  readonly size: number | [number, number];
}
type Outputs = (inputs: readonly Tensor[], options: Options) => readonly Tensor[];

const whole = (values: t.TensorLike): Tensor => tensor(values as number[], 'int32');

/** Outputs of one direction of a recurrent layer and its last states; `cell` makes new states of states and an input. */
function recurrent(
  cell: (x: Tensor, states: readonly Tensor[], weights: readonly Tensor[]) => Tensor[],
  [x, ...rest]: readonly Tensor[],
  reverse: boolean,
): Tensor[] {
  const [states, weights] = [rest.slice(0, -4), rest.slice(-4)];
  const [ends, ys] = t.scan(
    (now: Tensor[], input: Tensor) => {
      const next = cell(input, now, weights);
      return [next, next[0]!] as const;
    },
    states,
    t.swapAxes(x!, 0, 1),
    { reverse },
  );
  return [t.swapAxes(ys, 0, 1), ...ends];
}

const gates = (x: Tensor, w: Tensor, b: Tensor, count: number): Tensor[] =>
  t.split(x.matmul(w.transpose()).add(b), count, -1);

function lstm(x: Tensor, [h, c]: readonly Tensor[], [wx, wh, bx, bh]: readonly Tensor[]): Tensor[] {
  const [fromX, fromH] = [gates(x, wx!, bx!, 4), gates(h!, wh!, bh!, 4)];
  const [input, forget, value, output] = fromX.map((part, i) => part.add(fromH[i]!)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const next = t
    .sigmoid(forget)
    .mul(c!)
    .add(t.sigmoid(input).mul(t.tanh(value)));
  return [t.sigmoid(output).mul(t.tanh(next)), next];
}

function gru(x: Tensor, [h]: readonly Tensor[], [wx, wh, bx, bh]: readonly Tensor[]): Tensor[] {
  const [fromX, fromH] = [gates(x, wx!, bx!, 3), gates(h!, wh!, bh!, 3)];
  const [reset, update] = [0, 1].map((i) => t.sigmoid(fromX[i]!.add(fromH[i]!))) as [Tensor, Tensor];
  const value = t.tanh(fromX[2]!.add(reset.mul(fromH[2]!)));
  return [value.add(update.mul(h!.sub(value)))];
}

function attention([q, k, v, bias]: readonly Tensor[], options: Options, flashAttention: boolean): Tensor[] {
  const { mask } = options;
  return [
    ops.dotProductAttention(q!, k!, v!, {
      ...options,
      ...(bias && { bias }),
      ...(mask && { mask: tensor(mask, 'bool') }),
      flashAttention,
      blockSize: 2,
    }),
  ];
}

function batchNorm(x: Tensor, scale: Tensor, offset: Tensor): Tensor {
  const axes = Array.from({ length: x.rank - 1 }, (_, i) => i);
  const { mean, variance } = t.moments(x, axes);
  return ops.batchNormalization(x, mean, variance, -1, { scale, offset });
}

const one =
  (f: (x: Tensor) => Tensor): Outputs =>
  ([x]) => [f(x!)];

const FUNCTIONS: Readonly<Record<string, Outputs>> = {
  conv: ([x, k], options) => [t.conv(x!, k!, options as object)],
  depthwiseConv: ([x, k], options) => [t.depthwiseConv(x!, k!, options as object)],
  convTranspose: ([x, k], options) => [t.convTranspose(x!, k!, options as object)],
  maxPool: ([x], options) => [t.maxPool(x!, options.size, options as object)],
  avgPool: ([x], options) => [t.avgPool(x!, options.size, options as object)],
  resize: ([x], options) => [ops.image.resize(x!, options.size as [number, number], options)],
  attention: (inputs, options) => attention(inputs, options, false),
  'attention by blocks': (inputs, options) => attention(inputs, options, true),
  fft: ([re, im]) => ops.fft([re!, im!]),
  ifft: ([re, im]) => ops.ifft([re!, im!]),
  fft2: ([re, im]) => ops.fft2([re!, im!]),
  rfft: ([x], options) => ops.rfft(x!, options as object),
  irfft: ([re, im], options) => [ops.irfft([re!, im!], options as object)],
  ctcLoss: ([x], { labels, labelLengths, lengths, ...options }) => [
    ops.ctcLoss(whole(labels), x!, whole(labelLengths), whole(lengths), options as object),
  ],
  layerNorm: ([x, scale, offset], { axes }) => [
    t.layerNorm(x!, axes, {
      scale: scale!,
      offset: offset!,
      epsilon: axes.length === 1 ? 1e-5 : 1e-3,
    }),
  ],
  batchNorm: ([x, scale, offset]) => [batchNorm(x!, scale!, offset!)],
  softmax: one((x) => t.softmax(x)),
  logSoftmax: one((x) => t.logSoftmax(x)),
  logSumExp: one((x) => t.logSumExp(x, -1)),
  softplus: one(t.softplus),
  gelu: one((x) => t.gelu(x, false)),
  geluTanh: one((x) => t.gelu(x, true)),
  sigmoid: one(t.sigmoid),
  tanh: one(t.tanh),
  silu: one(t.silu),
  logSigmoid: one(t.logSigmoid),
  mish: one(t.mish),
  elu: one((x) => t.elu(x)),
  selu: one(t.selu),
  softsign: one(t.softsign),
  erf: one(t.erf),
  hardSilu: one(t.hardSilu),
  softmaxCrossEntropy: ([targets, x]) => [t.softmaxCrossEntropy(targets!, x!)],
  sigmoidCrossEntropy: ([targets, x]) => [t.sigmoidCrossEntropy(targets!, x!)],
  sparseSoftmaxCrossEntropy: ([x], { ids }) => [t.sparseSoftmaxCrossEntropy(whole(ids), x!)],
  lstm: (inputs, { backwards }) => recurrent(lstm, inputs, backwards),
  gru: (inputs, { backwards }) => recurrent(gru, inputs, backwards),
};

const cases = readGolden<Options>('gradients.json');

describe.each(Object.entries(FUNCTIONS))('%s', { timeout: 120_000 }, (name, f) => {
  const own = cases.filter((entry) => entry.name === name.replace(' by blocks', ''));
  test.each(own.map((entry, i) => [`${i} ${JSON.stringify(entry.options)}`, entry] as const))('%s', (_, entry) => {
    checkGolden((...inputs) => f(inputs, entry.options!), entry);
  });
});

test('every case of the file has a function', () => {
  const unknown = cases.filter(({ name }) => !(name in FUNCTIONS)).map(({ name }) => name);
  expect(unknown).toEqual([]);
});
