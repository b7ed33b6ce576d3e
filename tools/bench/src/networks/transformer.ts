/**
 * Pre-norm transformer blocks in plain ops.
 */
import {
  arange,
  expandDims,
  gelu,
  layerNorm,
  lessEqual,
  matmul,
  softmax,
  softmaxCrossEntropy,
  tensor,
  transpose,
  where,
  type Tensor,
  type Variable,
} from '@dl/keras';
import { oneHotRows, randomFloats } from '../workloads/report.ts';
import { constant, weights, type Network } from './training.ts';

interface Sizes {
  readonly width: number;
  readonly heads: number;
  readonly places: number;
  readonly hidden: number;
  /** Whether a place sees none that come after it. */
  readonly causal: boolean;
}

const BATCH = 8;
const LAYERS = 12;
const CLASSES = 64;
const DEEP: Sizes = { width: 256, heads: 4, places: 64, hidden: 1024, causal: false };
const BLOCK: Sizes = { width: 128, heads: 4, places: 64, hidden: 512, causal: true };

type Layer = (x: Tensor) => Tensor;

/** Layers whose weights are collected. */
class Parts {
  readonly variables: Variable[] = [];

  #keep(variable: Variable): Variable {
    this.variables.push(variable);
    return variable;
  }

  dense(inputs: number, outputs: number): Layer {
    const kernel = this.#keep(weights([inputs, outputs], this.variables.length + 1));
    const bias = this.#keep(constant([outputs]));
    return (x) => matmul(x, kernel).add(bias);
  }

  norm(width: number): Layer {
    const [scale, offset] = [this.#keep(constant([width], 1)), this.#keep(constant([width]))];
    return (x) => layerNorm(x, -1, { scale: scale.value, offset: offset.value });
  }

  /** Attention and two dense layers, each beside the way straight through. */
  block({ width, heads, places, hidden, causal }: Sizes): Layer {
    const before = this.norm(width);
    const [query, key, value] = [this.dense(width, width), this.dense(width, width), this.dense(width, width)];
    const output = this.dense(width, width);
    const between = this.norm(width);
    const [up, down] = [this.dense(width, hidden), this.dense(hidden, width)];
    const split = (x: Tensor): Tensor => transpose(x.reshape([-1, places, heads, width / heads]), [0, 2, 1, 3]);
    const masked = (scores: Tensor): Tensor => {
      const position = arange(places);
      return causal ? where(lessEqual(position, expandDims(position, 1)), scores, -1e9) : scores;
    };
    return (input) => {
      const a = before(input);
      const [q, k, v] = [split(query(a)), split(key(a)), split(value(a))];
      const scores = matmul(q, transpose(k, [0, 1, 3, 2])).mul(1 / Math.sqrt(width / heads));
      const mixed = transpose(matmul(softmax(masked(scores)), v), [0, 2, 1, 3]).reshape([-1, places, width]);
      const x = input.add(output(mixed));
      return x.add(down(gelu(up(between(x)))));
    };
  }
}

/** Twelve blocks of width 256 with 4 heads, 64 places and hidden width 1024, and a class for every place. */
export function transformer(): Network {
  const parts = new Parts();
  const blocks = Array.from({ length: LAYERS }, () => parts.block(DEEP));
  const after = parts.norm(DEEP.width);
  const head = parts.dense(DEEP.width, CLASSES);
  const forward = (input: Tensor): Tensor => head(after(blocks.reduce((x, block) => block(x), input)));
  return {
    variables: parts.variables,
    forward,
    loss: (x, y) => softmaxCrossEntropy(y, forward(x)).mean(),
  };
}

/** A batch of 8 sequences of vectors, with a class for every place. */
export function transformerBatch(): readonly [x: Tensor, y: Tensor] {
  const { places, width } = DEEP;
  return [
    tensor(randomFloats(BATCH * places * width, 5), 'float32', [BATCH, places, width]),
    tensor(oneHotRows(BATCH * places, CLASSES), 'float32', [BATCH, places, CLASSES]),
  ];
}

/** One causal block of width 128 with 4 heads, 64 places and hidden width 512; its loss is the mean squared error. */
export function transformerBlock(): Network {
  const parts = new Parts();
  const forward = parts.block(BLOCK);
  return { variables: parts.variables, forward, loss: (x, y) => forward(x).sub(y).square().mean() };
}

/** A batch of 8 sequences of vectors, with vectors to be reached. */
export function blockBatch(): readonly [x: Tensor, y: Tensor] {
  const { places, width } = BLOCK;
  const shape = [BATCH, places, width];
  const vectors = (seed: number): Tensor => tensor(randomFloats(BATCH * places * width, seed), 'float32', shape);
  return [vectors(5), vectors(6)];
}
