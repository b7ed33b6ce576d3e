/**
 * One training step of a convolutional network on a batch of 64 images of 28×28, Adam.
 */
import {
  conv,
  matmul,
  maxPool,
  optimizers,
  relu,
  softmaxCrossEntropy,
  tensor,
  tidy,
  Variable,
  variableGrads,
  type Tensor,
} from '@dl/keras';
import { measure } from '../stats.ts';
import { oneHotRows, randomFloats, type Report } from './report.ts';

const SHAPES = [
  [3, 3, 1, 32],
  [3, 3, 32, 64],
  [9216, 128],
  [128, 10],
];

/** Runs the workload. */
export async function run(report: Report): Promise<void> {
  const kernels = SHAPES.map((shape, i) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const scale = Math.sqrt(6 / (size / shape.at(-1)!));
    return new Variable(
      tensor(
        randomFloats(size, i + 1).map((v) => v * scale),
        'float32',
        shape,
      ),
    );
  });
  const biases = SHAPES.map(
    (shape) => new Variable(tensor(new Float32Array(shape.at(-1)!), 'float32', [shape.at(-1)!])),
  );
  const variables = [...kernels, ...biases];
  const x = tensor(randomFloats(64 * 28 * 28, 9), 'float32', [64, 28, 28, 1]);
  const y = tensor(oneHotRows(64, 10), 'float32', [64, 10]);
  const optimizer = new optimizers.Adam(0.001);
  const forward = (): Tensor => {
    const first = relu(conv(x, kernels[0]!.value).add(biases[0]!));
    const second = relu(conv(first, kernels[1]!.value).add(biases[1]!));
    const flat = maxPool(second, 2).reshape([64, 9216]);
    const hidden = relu(matmul(flat, kernels[2]!).add(biases[2]!));
    return matmul(hidden, kernels[3]!).add(biases[3]!);
  };
  const step = (): undefined => {
    const { grads } = variableGrads(() => softmaxCrossEntropy(y, forward()).mean(), variables);
    optimizer.apply(grads, variables);
    return undefined;
  };
  const finish = (): Promise<unknown> => kernels[0]!.value.data();
  const training = await measure(() => tidy(step), { warmup: 5, repeats: 9, finish });
  report({ case: 'training step', ...training, unit: 'ms' });
  const inference = await measure(() => forwardOnly(forward), { warmup: 5, repeats: 9 });
  report({ case: 'forward', ...inference, unit: 'ms' });
}

/** Runs the network and gives its output back. */
function forwardOnly(forward: () => Tensor): Promise<unknown> {
  const output = tidy(forward);
  return output.data().then(() => output.dispose());
}
