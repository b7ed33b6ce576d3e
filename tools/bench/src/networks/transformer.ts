/**
 * Twelve pre-norm transformer blocks in plain ops: width 256, 4 heads, 64 places, hidden width 1024.
 */
import {
  gelu,
  layerNorm,
  matmul,
  softmax,
  softmaxCrossEntropy,
  tensor,
  transpose,
  type Tensor,
  type Variable,
} from '@dl/keras';
import { oneHotRows, randomFloats } from '../workloads/report.ts';
import { constant, weights, type Network } from './training.ts';

const LAYERS = 12;
const WIDTH = 256;
const HEADS = 4;
const PLACES = 64;
const BATCH = 8;
const CLASSES = 64;

interface Dense {
  readonly kernel: Variable;
  readonly bias: Variable;
}

/** The network, with a class for every place. */
export function transformer(): Network {
  const variables: Variable[] = [];
  const kept = (variable: Variable): Variable => {
    variables.push(variable);
    return variable;
  };
  const dense = (inputs: number, outputs: number): Dense => ({
    kernel: kept(weights([inputs, outputs], variables.length + 1)),
    bias: kept(constant([outputs])),
  });
  const norm = (): { scale: Variable; offset: Variable } => ({
    scale: kept(constant([WIDTH], 1)),
    offset: kept(constant([WIDTH])),
  });
  const blocks = Array.from({ length: LAYERS }, () => ({
    before: norm(),
    query: dense(WIDTH, WIDTH),
    key: dense(WIDTH, WIDTH),
    value: dense(WIDTH, WIDTH),
    output: dense(WIDTH, WIDTH),
    between: norm(),
    hidden: dense(WIDTH, 4 * WIDTH),
    back: dense(4 * WIDTH, WIDTH),
  }));
  const after = norm();
  const head = dense(WIDTH, CLASSES);

  const linear = (x: Tensor, { kernel, bias }: Dense): Tensor => matmul(x, kernel).add(bias);
  const normalized = (x: Tensor, { scale, offset }: { scale: Variable; offset: Variable }): Tensor =>
    layerNorm(x, -1, { scale: scale.value, offset: offset.value });
  const split = (x: Tensor): Tensor => transpose(x.reshape([-1, PLACES, HEADS, WIDTH / HEADS]), [0, 2, 1, 3]);
  const forward = (input: Tensor): Tensor => {
    let x = input;
    for (const { before, query, key, value, output, between, hidden, back } of blocks) {
      const a = normalized(x, before);
      const [q, k, v] = [split(linear(a, query)), split(linear(a, key)), split(linear(a, value))];
      const scores = softmax(matmul(q, transpose(k, [0, 1, 3, 2])).mul(1 / Math.sqrt(WIDTH / HEADS)));
      const mixed = transpose(matmul(scores, v), [0, 2, 1, 3]).reshape([-1, PLACES, WIDTH]);
      x = x.add(linear(mixed, output));
      x = x.add(linear(gelu(linear(normalized(x, between), hidden)), back));
    }
    return linear(normalized(x, after), head);
  };
  return { variables, forward, loss: (x, y) => softmaxCrossEntropy(y, forward(x)).mean() };
}

/** A batch of 8 sequences of vectors, with a class for every place. */
export function transformerBatch(): readonly [x: Tensor, y: Tensor] {
  return [
    tensor(randomFloats(BATCH * PLACES * WIDTH, 5), 'float32', [BATCH, PLACES, WIDTH]),
    tensor(oneHotRows(BATCH * PLACES, CLASSES), 'float32', [BATCH, PLACES, CLASSES]),
  ];
}
