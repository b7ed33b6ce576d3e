/**
 * A long short-term memory over 50 steps of 64 numbers, 128 units, and a dense layer on its last state; in plain ops.
 */
import {
  matmul,
  scan,
  sigmoid,
  softmaxCrossEntropy,
  split,
  tanh,
  tensor,
  transpose,
  zeros,
  type Tensor,
} from '@dl/keras';
import { oneHotRows, randomFloats } from '../workloads/report.ts';
import { constant, weights, type Network } from './training.ts';

const BATCH = 32;
const STEPS = 50;
const INPUTS = 64;
const UNITS = 128;
const CLASSES = 10;

/** The network; all inputs meet their weights in one product before the loop. */
export function lstm(): Network {
  const input = weights([INPUTS, 4 * UNITS], 1);
  const recurrent = weights([UNITS, 4 * UNITS], 2);
  const bias = constant([4 * UNITS]);
  const [kernel, offset] = [weights([UNITS, CLASSES], 3), constant([CLASSES])];
  const forward = (x: Tensor): Tensor => {
    const projected = matmul(transpose(x, [1, 0, 2]), input).add(bias);
    const start = zeros([x.shape[0]!, UNITS]);
    const [[last]] = scan(
      ([h, c]: readonly [Tensor, Tensor], z: Tensor) => {
        const [i, f, g, o] = split(z.add(matmul(h, recurrent)), 4, -1) as [Tensor, Tensor, Tensor, Tensor];
        const cell = sigmoid(f)
          .mul(c)
          .add(sigmoid(i).mul(tanh(g)));
        return [[sigmoid(o).mul(tanh(cell)), cell], null] as const;
      },
      [start, start],
      projected,
    );
    return matmul(last, kernel).add(offset);
  };
  return {
    variables: [input, recurrent, bias, kernel, offset],
    forward,
    loss: (x, y) => softmaxCrossEntropy(y, forward(x)).mean(),
  };
}

/** A batch of 32 sequences with their classes. */
export function lstmBatch(): readonly [x: Tensor, y: Tensor] {
  return [
    tensor(randomFloats(BATCH * STEPS * INPUTS, 5), 'float32', [BATCH, STEPS, INPUTS]),
    tensor(oneHotRows(BATCH, CLASSES), 'float32', [BATCH, CLASSES]),
  ];
}
