/**
 * Dropout, masks, and the ids that embeddings take.
 */
import {
  Add,
  AlphaDropout,
  BatchNormalization,
  Concatenate,
  Conv1D,
  Conv2D,
  Dense,
  Dropout,
  Embedding,
  GaussianDropout,
  GlobalAveragePooling1D,
  Maximum,
  Minimum,
  Multiply,
  Softmax,
  SpatialDropout1D,
  add,
  average,
  concatenate,
  dot,
  maskOf,
  maximum,
  minimum,
  multiply,
  subtract,
  type Layer,
} from '@dl/layers';
import { Generator, ones, setBackend, tensor, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';
import { expectClose } from './check-layer.ts';

setBackend(reference());
const numbers = (t: Tensor): number[] => [...t.dataSync()];

describe('windows and ids', () => {
  test('a window larger than the image is an error that says so', () => {
    expect(() => new Conv2D(1, 5).computeOutputShape([null, 3, 3, 1])).toThrow('fewer than the window of 5');
  });
  test('ids of any integer dtype, and whole floats', () => {
    const table = new Embedding(2, 2);
    table.ensureBuilt([null]);
    table.setWeights([
      [
        [1, 2],
        [3, 4],
      ],
    ]);
    expect(numbers(table.apply(tensor(Uint8Array.of(1))))).toEqual([3, 4]);
    expect(numbers(table.apply([1, 0]))).toEqual([3, 4, 1, 2]);
  });
});

describe('dropout', () => {
  test('drops and scales in training, passes on otherwise', () => {
    const layer = new Dropout(0.5, { seed: 3 });
    const x = ones([200]);
    expect(layer.apply(x)).toBe(x);
    const [first, second] = [numbers(layer.apply(x, { training: true })), numbers(layer.apply(x, { training: true }))];
    expect(new Set(first)).toEqual(new Set([0, 2]));
    const kept = first.filter((value) => value > 0).length;
    expect(kept).toBeGreaterThan(70);
    expect(kept).toBeLessThan(130);
    expect(second).not.toEqual(first);
    expect(numbers(new Dropout(0.5, { seed: 3 }).apply(x, { training: true }))).toEqual(first);
    expect(numbers(new Dropout(1).apply(ones([3]), { training: true }))).toEqual([0, 0, 0]);
  });
  test('noise shapes drop slices as a whole', () => {
    const y = new Dropout(0.5, { noiseShape: [null, 1], seed: 1 }).apply(ones([20, 3]), { training: true });
    const rows = y.arraySync() as number[][];
    for (const row of rows) expect(new Set(row).size).toBe(1);
    const s = new SpatialDropout1D(0.5, { seed: 1 }).apply(ones([4, 5, 6]), { training: true });
    const values = s.arraySync() as number[][][];
    for (const steps of values) for (const step of steps) expect(step).toEqual(steps[0]);
  });
  test('Gaussian dropout keeps the mean, with the spread of dropout', () => {
    const y = numbers(new GaussianDropout(0.2, { seed: 1 }).apply(ones([4000]), { training: true }));
    const mean = y.reduce((a, b) => a + b, 0) / y.length;
    const deviation = Math.sqrt(y.reduce((a, b) => a + (b - mean) ** 2, 0) / y.length);
    expect(mean).toBeCloseTo(1, 1);
    expect(deviation).toBeCloseTo(0.5, 1);
    expect(() => new GaussianDropout(1)).toThrow('rate must be below 1, got 1');
  });
  test('alpha dropout keeps mean 0 and variance 1', () => {
    const x = new Generator(2).normal([8000]);
    const y = numbers(new AlphaDropout(0.3, { seed: 1 }).apply(x, { training: true }));
    const mean = y.reduce((a, b) => a + b, 0) / y.length;
    expect(mean).toBeCloseTo(0, 1);
    expect(y.reduce((a, b) => a + (b - mean) ** 2, 0) / y.length).toBeCloseTo(1, 1);
    // Dropped elements share one value: a·α' + b with the constants of SELU.
    const scale = 1 / Math.sqrt(0.7 * (1 + 0.3 * 1.7580993408473766 ** 2));
    const dropped = scale * -1.7580993408473766 * 0.7;
    const share = y.filter((value) => Math.abs(value - dropped) < 1e-6).length / y.length;
    expect(share).toBeCloseTo(0.3, 1);
    expect(() => new AlphaDropout(0.5, { noiseShape: [1] }).apply(ones([2, 2]), { training: true })).toThrow(
      'must have the rank',
    );
  });
  test('rates outside [0, 1] are refused', () => {
    expect(() => new Dropout(1.5)).toThrow('rate must be in [0, 1], got 1.5');
    expect(() => new Dropout(0.5, { noiseShape: [1] }).apply(ones([2, 2]), { training: true })).toThrow(
      'must have the rank',
    );
  });
});

describe('masks', () => {
  const ids = tensor(
    [
      [1, 0],
      [2, 3],
    ],
    'int32',
  );
  const embed = (): Tensor => new Embedding(4, 2, { maskZero: true }).apply(ids);
  test('travel through layers that support them', () => {
    const x = embed();
    expect(numbers(maskOf(new Dense(3).apply(x))!)).toEqual([1, 0, 1, 1]);
    expect(maskOf(new Conv1D(2, 1).apply(x))).toBe(null);
    expect(maskOf(new GlobalAveragePooling1D().apply(x))).toBe(null);
  });
  test('averages count only what the mask lets through', () => {
    const x = embed();
    const rows = x.arraySync() as number[][][];
    const mean = new GlobalAveragePooling1D().apply(x).arraySync() as number[][];
    expect(mean[0]).toEqual(rows[0]![0]);
    expectClose(
      mean[1]!,
      [0, 1].map((k) => (rows[1]![0]![k]! + rows[1]![1]![k]!) / 2),
      'mean',
    );
  });
  test('of merged inputs are joined', () => {
    const [x, y] = [embed(), embed()];
    expect(numbers(maskOf(new Add().apply([x, y]))!)).toEqual([1, 0, 1, 1]);
    expect(maskOf(new Add().apply([x, ones([2, 2, 2])]))).toBe(null);
    expect(numbers(maskOf(new Concatenate({ axis: 1 }).apply([x, ones([2, 1, 2])]))!)).toEqual([1, 0, 1, 1, 1, 1]);
  });
  test('leave entries out of products and extremes', () => {
    const [x, y] = [tensor([[[2], [3], [4]]]), tensor([[[5], [1], [6]]])];
    const [first, second] = [tensor([[true, true, false]]), tensor([[true, false, false]])];
    const run = (layer: Layer<readonly Tensor[]>, mask: readonly (Tensor | null)[]): number[] =>
      numbers(layer.apply([x, y], { mask }));
    expect(run(new Multiply(), [first, second])).toEqual([10, 3, 0]);
    expect(run(new Multiply(), [null, second])).toEqual([10, 3, 4]);
    expect(run(new Maximum(), [first, second])).toEqual([5, 3, 4]);
    expect(run(new Minimum(), [first, second])).toEqual([2, 3, 4]);
    expect(run(new Minimum(), [second, null])).toEqual([2, 1, 6]);
    expect(run(new Maximum(), [null, second])).toEqual([5, 3, 4]);
    expect(run(new Add(), [first, second])).toEqual([7, 4, 10]);
    const y1 = new Maximum().apply([x, tensor([[7]])], { mask: [first, tensor([false])] });
    expect(numbers(y1)).toEqual([2, 3, 4]);
  });
  test('Softmax gives exactly 0 where they are false', () => {
    const mask = tensor([
      [true, false, true],
      [false, false, false],
    ]);
    const y = new Softmax().apply(
      [
        [1, 5, 1],
        [1, 2, 3],
      ],
      { mask },
    );
    expect(numbers(y)).toEqual([0.5, 0, 0.5, 0, 0, 0]);
  });
  test('layers of several inputs as functions', () => {
    const [x, y] = [tensor([[1, 5]]), tensor([[3, 4]])];
    const results = [add, subtract, multiply, average, maximum, minimum].map((join) => numbers(join([x, y])));
    expect(results).toEqual([
      [4, 9],
      [-2, 1],
      [3, 20],
      [2, 4.5],
      [3, 5],
      [1, 4],
    ]);
    expect(numbers(concatenate([x, y]))).toEqual([1, 5, 3, 4]);
    expect(concatenate([x, y], 0).shape).toEqual([2, 2]);
    expect(numbers(dot([x, y]))).toEqual([23]);
    expect(numbers(dot([x, y], 1, { normalize: true }))[0]).toBeCloseTo(23 / Math.sqrt(26 * 25), 6);
  });
  test('leave entries out of batch statistics', () => {
    const bn = new BatchNormalization({ momentum: 0 });
    bn.apply(
      [
        [[2], [100]],
        [[4], [6]],
      ],
      {
        training: true,
        mask: tensor([
          [true, false],
          [true, true],
        ]),
      },
    );
    expect(bn.weights[2]!.value.itemSync()).toBeCloseTo(4, 5);
    expect(bn.weights[3]!.value.itemSync()).toBeCloseTo(8 / 3, 5);
  });
});
