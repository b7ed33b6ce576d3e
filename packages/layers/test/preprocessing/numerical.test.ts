/**
 * Normalization, Discretization and CategoryEncoding.
 */
import { CategoryEncoding, Discretization, Normalization } from '@dl/layers';
import { deserializeLayer } from '@dl/layers/registry';
import { jit, setBackend, tensor, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../check-layer.ts';

setBackend(reference());
const numbers = (t: Tensor): number[] => [...t.dataSync()];

describe('Normalization', () => {
  const data = [
    [0, 7, 4],
    [2, 9, 6],
    [0, 7, 4],
    [2, 9, 6],
  ];
  test('of features, and back', async () => {
    const layer = new Normalization();
    await layer.adapt(data);
    expect(layer.weights.map((w) => [w.name, w.dtype, [...w.value.dataSync()]])).toEqual([
      ['mean', 'float32', [1, 8, 5]],
      ['variance', 'float32', [1, 1, 1]],
      ['count', 'int32', [4]],
    ]);
    expect(layer.trainableWeights).toEqual([]);
    expect(numbers(layer.apply([[0, 7, 4]]))).toEqual([-1, -1, -1]);
    const back = new Normalization(-1, { invert: true });
    await back.adapt(data);
    expect(numbers(back.apply([[1, 2, 3]]))).toEqual([2, 10, 8]);
  });
  test('by one number for all', async () => {
    const layer = new Normalization(null);
    await layer.adapt([1, 2, 3, 4, 5]);
    expectClose(numbers(layer.apply([1, 2, 3])), [-Math.SQRT2, -Math.SQRT1_2, 0], 'scalar');
  });
  test('with given numbers', () => {
    const layer = new Normalization(-1, { mean: 3, variance: 2 });
    expectClose(numbers(layer.apply([[1], [2], [3]])), [-Math.SQRT2, -Math.SQRT1_2, 0], 'given');
    expect(layer.weights).toEqual([]);
    // Numbers of fewer axes belong to the last kept ones.
    const two = new Normalization([1, 2], { mean: [1, 2], variance: [1, 4] });
    expect(
      numbers(
        two.apply([
          [
            [1, 2],
            [3, 4],
          ],
        ]),
      ),
    ).toEqual([0, 0, 2, 1]);
  });
  test('several kept axes and batches of different sizes agree with one array', async () => {
    const values = Float64Array.from({ length: 7 * 2 * 3 }, (_, i) => Math.sin(i * 1.3) * 5 + i);
    const whole = new Normalization([1, -1], { dtype: 'float64' });
    await whole.adapt(tensor(values, 'float64', [7, 2, 3]));
    const parts = new Normalization([1, -1], { dtype: 'float64' });
    function* batches(): Generator<unknown> {
      yield [tensor(values.slice(0, 12), 'float64', [2, 2, 3]), tensor([0, 1])];
      yield { data: values.slice(12), shape: [5, 2, 3] };
    }
    await parts.adapt(batches());
    const mean = (k: number): number => [0, 1, 2, 3, 4, 5, 6].reduce((s, i) => s + values[i * 6 + k]! / 7, 0);
    const variance = (k: number): number =>
      [0, 1, 2, 3, 4, 5, 6].reduce((s, i) => s + (values[i * 6 + k]! - mean(k)) ** 2 / 7, 0);
    const wanted = [0, 1, 2, 3, 4, 5];
    expectClose([...whole.weights[0]!.value.dataSync()], wanted.map(mean), 'mean', 1e-12);
    expectClose([...parts.weights[0]!.value.dataSync()], wanted.map(mean), 'mean of batches', 1e-12);
    expectClose([...whole.weights[1]!.value.dataSync()], wanted.map(variance), 'variance', 1e-12);
    expectClose([...parts.weights[1]!.value.dataSync()], wanted.map(variance), 'variance of batches', 1e-12);
    expect([...parts.weights[2]!.value.dataSync()]).toEqual([7]);
  });
  test('what never varies is divided by 1e-7', async () => {
    const layer = new Normalization(-1, { dtype: 'float64' });
    await layer.adapt([[5], [5]]);
    expectClose(numbers(layer.apply(tensor([[6]], 'float64'))), [1e7], 'constant');
  });
  test('adapting again reaches compiled functions; integers become real', async () => {
    const layer = new Normalization();
    await layer.adapt(tensor([[1], [3]], 'int32'));
    const f = jit((x: Tensor) => layer.apply(x));
    const x = tensor([[4]], 'int32');
    expect(numbers(f(x))).toEqual([2]);
    await layer.adapt([[4], [6]]);
    expect(numbers(f(x))).toEqual([-1]);
  });
  test('the axis is stored as Keras does', () => {
    const layer = new Normalization(null, { mean: 1, variance: 2 });
    expect(layer.getConfig()['axis']).toEqual([]);
    expect(deserializeLayer('Normalization', layer.getConfig()).getConfig()).toEqual(layer.getConfig());
  });
  test.each([
    [() => new Normalization(-1, { mean: 1 }), 'mean and variance must be given together'],
    [() => new Normalization(0.5), 'axis must be an integer'],
    [() => new Normalization(3).apply([[1]]), 'axis [3] is not in an input of shape'],
    [() => new Normalization(0).apply([[1]]), 'the batch can not be kept'],
    [() => new Normalization(-1, { mean: [1, 2], variance: [1, 2] }).apply([[1, 2, 3]]), 'does not fit the kept axes'],
  ])('wrong use %#', (use, message) => {
    expect(use).toThrow(message);
  });
  test('data that does not fit', async () => {
    const layer = new Normalization();
    await layer.adapt([[1, 2]]);
    await expect(layer.adapt([[1, 2, 3]])).rejects.toThrow('does not fit what the layer was built for');
    await expect(new Normalization().adapt(new Set())).rejects.toThrow('adapt got no data');
    await expect(new Normalization().adapt(null as never)).rejects.toThrow('adapt takes an array');
    await expect(new Normalization(-1, { mean: 0, variance: 1 }).adapt([[1]])).rejects.toThrow('was given mean');
    expect(() => layer.apply([[1, 2, 3]])).toThrow('expected last axis 2, got 3');
  });
});

describe('Discretization', () => {
  const x = [
    [-1.5, 1, 3.4, 0.5],
    [0, 3, 1.3, 0],
  ];
  test('by given boundaries; a boundary belongs to the range above', () => {
    const layer = new Discretization([0, 1, 2]);
    const y = layer.apply(x);
    expect([y.dtype, numbers(y)]).toEqual(['int32', [0, 2, 3, 1, 1, 3, 2, 1]]);
  });
  test('by quantiles of data, as in Keras', async () => {
    const layer = new Discretization(null, { numBins: 4, epsilon: 0.01 });
    expect(() => layer.apply(x)).toThrow('call adapt(data) first');
    await layer.adapt(x);
    expect(numbers(layer.apply(x))).toEqual([0, 2, 3, 2, 1, 3, 3, 1]);
    const copy = deserializeLayer('Discretization', layer.getConfig());
    expect(copy.getConfig()).toEqual(layer.getConfig());
    expect(numbers(copy.apply(tensor(x)) as Tensor)).toEqual(numbers(layer.apply(x)));
  });
  test('ranges of many numbers, in batches, are about as full', async () => {
    const values = Float32Array.from({ length: 5000 }, (_, i) => ((i * 7919) % 5000) / 5000);
    const layer = new Discretization(null, { numBins: 5, outputMode: 'count' });
    await layer.adapt([values.slice(0, 1200), values.slice(1200, 1300), values.slice(1300)]);
    expectClose([...layer.binBoundaries!], [0.2, 0.4, 0.6, 0.8], 'boundaries', 0.02);
    for (const count of numbers(layer.apply(tensor(values)))) expect(Math.abs(count - 1000)).toBeLessThan(100);
  });
  test.each([
    [() => new Discretization(), 'give either binBoundaries or numBins'],
    [() => new Discretization([1], { numBins: 3 }), 'give either binBoundaries or numBins'],
    [() => new Discretization(null, { numBins: 0 }), 'numBins must be a positive integer'],
    [() => new Discretization([2, 1]), 'binBoundaries must be numbers that rise'],
    [() => new Discretization([1], { epsilon: 0 }), 'epsilon must lie between 0 and 1'],
    [() => new Discretization([1], { outputMode: 'tf_idf' as never }), 'outputMode must be'],
  ])('wrong use %#', (use, message) => {
    expect(use).toThrow(message);
  });
  test('data that cannot be used', async () => {
    await expect(new Discretization([1]).adapt([1])).rejects.toThrow('was given binBoundaries');
    await expect(new Discretization(null, { numBins: 3 }).adapt([])).rejects.toThrow('adapt got no data');
  });
});

describe('CategoryEncoding', () => {
  const ids = [
    [0, 1],
    [0, 0],
    [1, 2],
    [3, 1],
  ];
  test('vectors of all kinds', () => {
    expect(new CategoryEncoding(4, { outputMode: 'one_hot' }).apply([3, 2]).arraySync()).toEqual([
      [0, 0, 0, 1],
      [0, 0, 1, 0],
    ]);
    expect(new CategoryEncoding(4).apply(ids).arraySync()).toEqual([
      [1, 1, 0, 0],
      [1, 0, 0, 0],
      [0, 1, 1, 0],
      [0, 1, 0, 1],
    ]);
    expect(numbers(new CategoryEncoding(4, { outputMode: 'count' }).apply([3, 3, 1]))).toEqual([0, 1, 0, 2]);
    expect(numbers(new CategoryEncoding(4).apply(2))).toEqual([0, 0, 1, 0]);
    expect(new CategoryEncoding(4, { outputMode: 'one_hot' }).apply([[[1], [2]]]).shape).toEqual([1, 2, 4]);
  });
  test('counts with weights', () => {
    const countWeights = [
      [0.1, 0.2],
      [0.1, 0.1],
      [0.2, 0.3],
      [0.4, 0.2],
    ];
    const y = new CategoryEncoding(4, { outputMode: 'count' }).apply(ids, { countWeights });
    expectClose(numbers(y), [0.1, 0.2, 0, 0, 0.2, 0, 0, 0, 0, 0.2, 0.3, 0, 0, 0.2, 0, 0.4], 'weighted');
  });
  test.each([
    [() => new CategoryEncoding(0), 'numTokens must be a positive integer'],
    [() => new CategoryEncoding(3, { outputMode: 'int' as never }), 'outputMode must be'],
    [() => new CategoryEncoding(3).apply([[1, 3]]), 'index 3 at position 1 is out of range [0, 3)'],
    [() => jit((x: Tensor) => new CategoryEncoding(3).apply(x))(tensor([[1, 3]])), 'index 3 at position 1'],
    [() => new CategoryEncoding(3).apply([[1]], { countWeights: [[1]] }), "countWeights go with outputMode 'count'"],
    [
      () => new CategoryEncoding(3, { outputMode: 'count' }).apply([[1]], { countWeights: [[1, 2]] }),
      'must have the shape',
    ],
    [() => new CategoryEncoding(3, { outputMode: 'count' }).apply([[[1]]]), 'takes inputs of rank 2 at most'],
  ])('wrong use %#', (use, message) => {
    expect(use).toThrow(message);
  });
});
