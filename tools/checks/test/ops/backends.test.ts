/**
 * A choice of ops, one or more of every kind, on every backend against the reference.
 */
import { setBackend, tensor, withBackend, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import * as ops from '@dl/tensor/ops';
import { beforeAll, describe, test } from 'vitest';
import { ALL_BACKENDS, expectNear, numbers } from '../cases/support.ts';

const wave = (shape: readonly number[], scale = 1): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => scale * Math.sin(1.7 * i + 0.3)),
    'float32',
    shape,
  );
const int = (list: number[]): Tensor => tensor(list, 'int32');

const CASES: readonly (readonly [name: string, run: () => Tensor])[] = [
  ['hypot', () => ops.hypot(wave([5, 1]), wave([3]))],
  ['logAddExp', () => ops.logAddExp(wave([20], 50), 0.5)],
  ['erfc', () => ops.erfc(wave([50], 5))],
  ['i0', () => ops.i0(wave([50], 20))],
  ['gcd', () => ops.gcd(int([12, 18, 35, 0]), int([18, 27, 14, 5]))],
  ['nextafter', () => ops.nextafter([1, -1, 0], [2, 0, -1])],
  ['quantile', () => ops.quantile(wave([4, 9]), [0.1, 0.5], 1)],
  [
    'nanVar',
    () =>
      ops.nanVar(
        [
          [1, NaN, 4],
          [2, 3, 7],
        ],
        1,
      ),
  ],
  ['searchSorted', () => ops.searchSorted(ops.sort(wave([17])), wave([9]))],
  ['bincount', () => ops.bincount(int([1, 3, 3, 0]), { length: 5, weights: [1, 2, 3, 4] })],
  ['unique', () => ops.unique([3, 1, 3, 2], { size: 4, fillValue: 0 }).values],
  ['diagonal', () => ops.diagonal(wave([4, 5]), 1)],
  ['kron', () => ops.kron(wave([2, 2]), wave([2, 3]))],
  ['pad', () => ops.pad(wave([3, 4]), 2, 'reflect')],
  ['scatterUpdate', () => ops.scatterUpdate(wave([4]), [[0], [2], [0]], [2, 3, 4], 'mul')],
  ['sliceUpdate', () => ops.sliceUpdate(wave([3, 3]), [1, 0], wave([2, 2]))],
  ['cdist', () => ops.cdist(wave([3, 4]), wave([5, 4]))],
  ['adaptiveMaxPool', () => ops.adaptiveMaxPool(wave([1, 7, 5, 2]), 3)],
  ['unfold', () => ops.unfold(wave([1, 2, 5, 4]), [2, 3], { padding: 1 })],
  ['separableConv', () => ops.separableConv(wave([1, 5, 5, 2]), wave([3, 3, 2, 2]), wave([1, 1, 4, 3]))],
  ['sparsemax', () => ops.sparsemax(wave([3, 5]))],
  ['layerNormalization', () => ops.layerNormalization(wave([3, 8]), { epsilon: 1e-5 })],
  [
    'attention by blocks',
    () =>
      ops.dotProductAttention(wave([1, 4, 2, 3]), wave([1, 5, 1, 3]), wave([1, 5, 1, 3], 2), {
        flashAttention: true,
        blockSize: 2,
      }),
  ],
  ['ctcLoss', () => ops.ctcLoss(tensor([[1, 2]], 'int32'), wave([1, 6, 3], 2), int([2]), int([6]))],
  ['gamma', () => ops.random.gamma([40], 1.5, { seed: 3 })],
  ['binomial', () => ops.random.binomial([40], 12, 0.3, { seed: 3 })],
  ['binomial by rejection', () => ops.random.binomial([4], [5, 100, 0, 200], [0.3, 0.4, 0.5, 0.9], { seed: 3 })],
  ['gammainc', () => ops.gammainc([0.5, 2, 30, 300], [[0.4], [3], [31], [290]])],
  ['categorical', () => ops.random.categorical(wave([2, 4]), 10, { seed: 3 })],
];

describe.each(ALL_BACKENDS)('%s', { timeout: 120_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()), 60_000);
  test.each([...CASES])('%s', async (_name, run) => {
    const wanted = await numbers(withBackend(reference(), run));
    expectNear(await numbers(run()), wanted, { relative: 1e-4, floor: 1e-6 });
  });
});
