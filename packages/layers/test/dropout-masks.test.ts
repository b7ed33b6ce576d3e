/**
 * Behaviour cases of convolution, pooling and embeddings.
 */
import { grad, variableGrads } from '@dl/autograd';
import {
  AveragePooling2D,
  BatchNormalization,
  Concatenate,
  Conv1D,
  Conv2D,
  Dense,
  Dropout,
  Embedding,
  GlobalAveragePooling1D,
  Add,
  MaxPooling2D,
  maskOf,
  SpatialDropout1D,
} from '@dl/layers';
import { DTypeError, ones, setBackend, ShapeError, tensor, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';
import { expectClose } from './check-layer.ts';

setBackend(reference());
const numbers = (t: Tensor): number[] => [...t.dataSync()];

describe('C12 max pooling with ties', () => {
  test('the gradient goes to the first maximum', () => {
    const x = tensor([
      [1, 2],
      [2, 2],
    ]).reshape([1, 2, 2, 1]);
    const dx = grad((t: Tensor) => new MaxPooling2D(2).apply(t).sum())(x);
    expect(numbers(dx)).toEqual([0, 1, 0, 0]);
  });
});

describe("C24 'same' padding with stride 2", () => {
  const layer = (): Conv2D => {
    const conv = new Conv2D(1, 3, { strides: 2, padding: 'same', useBias: false });
    conv.ensureBuilt([null, null, null, 1]);
    conv.setWeights([tensor([0, 1, 2, 3, 4, 5, 6, 7, 8]).reshape([3, 3, 1, 1])]);
    return conv;
  };
  test('the extra row and column are after', () => {
    expect(numbers(layer().apply(ones([1, 1, 1, 1])))).toEqual([4]);
    expect(numbers(layer().apply(ones([1, 2, 2, 1])))).toEqual([8]);
    const six = layer().apply(ones([1, 6, 6, 1]));
    expect(six.shape).toEqual([1, 3, 3, 1]);
    expect([six.dataSync()[0], six.dataSync()[8]]).toEqual([36, 8]);
  });
});

describe('C26 dilated convolution trains', () => {
  test('values and gradients', () => {
    const conv = new Conv1D(1, 3, { dilationRate: 2, useBias: false });
    conv.ensureBuilt([null, 5, 1]);
    conv.setWeights([tensor([1, 10, 100]).reshape([3, 1, 1])]);
    const x = tensor([1, 2, 3, 4, 5]).reshape([1, 5, 1]);
    expect(numbers(conv.apply(x))).toEqual([531]);
    const { grads } = variableGrads(() => conv.apply(x).sum(), conv.trainableWeights);
    expect(numbers(grads[0]!)).toEqual([1, 3, 5]);
    expect(numbers(grad((t: Tensor) => conv.apply(t).sum())(x))).toEqual([1, 0, 10, 0, 100]);
  });
  test('shape', () => {
    const conv = new Conv2D(4, 3, { dilationRate: 2 });
    expect(conv.computeOutputShape([null, 69, 69, 3])).toEqual([null, 65, 65, 4]);
  });
  test('strides and dilation together are refused', () => {
    expect(() => new Conv2D(4, 3, { dilationRate: 2, strides: 2 })).toThrow('cannot be combined');
  });
});

describe('C28 pooling: strides larger than the window, negative values', () => {
  test('values', () => {
    const sparse = new MaxPooling2D(1, { strides: [4, 3], padding: 'same' }).apply(ones([1, 4, 4, 3]));
    expect(sparse.shape).toEqual([1, 1, 2, 3]);
    expect(numbers(sparse)).toEqual([1, 1, 1, 1, 1, 1]);
    const x = tensor([
      [-1, -2],
      [-3, -4],
    ]).reshape([1, 2, 2, 1]);
    expect(numbers(new MaxPooling2D(3, { strides: 1, padding: 'same' }).apply(x))).toEqual([-1, -1, -1, -1]);
    const means = new AveragePooling2D(3, { strides: 1, padding: 'same' }).apply(x);
    expect(numbers(means)).toEqual([-2.5, -2.5, -2.5, -2.5]);
  });
  test('an unknown padding lists the allowed words', () => {
    expect(() => new MaxPooling2D(2, { padding: 'full' as never })).toThrow(
      "padding must be 'valid' or 'same', got 'full'",
    );
    expect(() => new Conv1D(2, 2, { padding: 'full' as never })).toThrow("'valid' or 'same' or 'causal'");
  });
  test('a window larger than the image is an error that says so', () => {
    expect(() => new Conv2D(1, 5).computeOutputShape([null, 3, 3, 1])).toThrow('fewer than the window of 5');
  });
});

describe('C39 embedding ids out of range', () => {
  const table = (): Embedding => {
    const layer = new Embedding(2, 2, { name: 'table' });
    layer.ensureBuilt([null]);
    layer.setWeights([
      [
        [1, 2],
        [3, 4],
      ],
    ]);
    return layer;
  };
  test('errors name the layer, the id, its position and the range', () => {
    expect(() => table().apply(tensor([0, 2], 'int32'))).toThrow(ShapeError);
    expect(() => table().apply(tensor([0, 2], 'int32'))).toThrow(
      'table (Embedding): gather: index 2 at position 1 is out of range [0, 2)',
    );
    expect(() => table().apply(tensor([100], 'int32'))).toThrow('index 100');
    expect(() => table().apply([-3])).toThrow('index -3');
    expect(() => table().apply([0.5])).toThrow(DTypeError);
    expect(() => table().apply([0.5])).toThrow('ids must be whole numbers, got 0.5 at position 0');
    expect(() => table().apply([NaN])).toThrow('got NaN at position 0');
  });
  test('the gradient adds up rows that are used twice', () => {
    const layer = table();
    const { grads } = variableGrads(() => layer.apply(tensor([0, 0, 1], 'int32')).sum(), layer.trainableWeights);
    expect(numbers(grads[0]!)).toEqual([2, 2, 1, 1]);
  });
  test('ids of any integer dtype, and whole floats', () => {
    expect(numbers(table().apply(tensor(Uint8Array.of(1))))).toEqual([3, 4]);
    expect(numbers(table().apply([1, 0]))).toEqual([3, 4, 1, 2]);
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
