/**
 * The small networks: three dense layers, and two convolutions with two dense layers.
 */
import { conv, matmul, maxPool, relu, softmaxCrossEntropy, tensor, type Tensor } from '@dl/keras';
import { oneHotRows, randomFloats } from '../workloads/report.ts';
import { constant, weights, type Network } from './training.ts';

/** Rows of data, and rows in a batch, of the dense network. */
export const SEED_DATA = { rows: 1000, batch: 32 } as const;

/** 32→64→64→10. */
export function seedNet(): Network {
  const sizes = [32, 64, 64, 10];
  const kernels = sizes.slice(1).map((outputs, i) => weights([sizes[i]!, outputs], i + 1));
  const biases = sizes.slice(1).map((outputs) => constant([outputs]));
  const forward = (x: Tensor): Tensor => {
    const first = relu(matmul(x, kernels[0]!).add(biases[0]!));
    const second = relu(matmul(first, kernels[1]!).add(biases[1]!));
    return matmul(second, kernels[2]!).add(biases[2]!);
  };
  return {
    variables: kernels.flatMap((kernel, i) => [kernel, biases[i]!]),
    forward,
    loss: (x, y) => softmaxCrossEntropy(y, forward(x)).mean(),
  };
}

/** Full batches for the dense network. */
export function seedBatches(): (readonly [x: Tensor, y: Tensor])[] {
  const { rows, batch } = SEED_DATA;
  return Array.from({ length: Math.floor(rows / batch) }, (_, i) => [
    tensor(randomFloats(batch * 32, i + 10), 'float32', [batch, 32]),
    tensor(oneHotRows(batch, 10), 'float32', [batch, 10]),
  ]);
}

/** conv 3×3 of 32 and of 64, both relu and unpadded, maximum of 2×2, dense 128 relu, dense 10; on 28×28 images. */
export function cnn(): Network {
  const kernels = [
    [3, 3, 1, 32],
    [3, 3, 32, 64],
    [9216, 128],
    [128, 10],
  ].map((shape, i) => weights(shape, i + 1));
  const biases = [32, 64, 128, 10].map((size) => constant([size]));
  const forward = (x: Tensor): Tensor => {
    const first = relu(conv(x, kernels[0]!.value).add(biases[0]!));
    const second = relu(conv(first, kernels[1]!.value).add(biases[1]!));
    const flat = maxPool(second, 2).reshape([-1, 9216]);
    const hidden = relu(matmul(flat, kernels[2]!).add(biases[2]!));
    return matmul(hidden, kernels[3]!).add(biases[3]!);
  };
  return {
    variables: [...kernels, ...biases],
    forward,
    loss: (x, y) => softmaxCrossEntropy(y, forward(x)).mean(),
  };
}

/** A batch of 64 images with their classes. */
export function cnnBatch(): readonly [x: Tensor, y: Tensor] {
  return [
    tensor(randomFloats(64 * 28 * 28, 9), 'float32', [64, 28, 28, 1]),
    tensor(oneHotRows(64, 10), 'float32', [64, 10]),
  ];
}
