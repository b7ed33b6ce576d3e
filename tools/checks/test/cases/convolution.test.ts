/**
 * Cases of convolution and pooling: asymmetric padding, dilation, sparse windows; and the conventions of resizing.
 */
import { grad, layers, setBackend, tensor, variableGrads, type Tensor } from '@dl/keras';
import * as t from '@dl/keras';
import { beforeAll, describe, expect, test } from 'vitest';
import { ALL_BACKENDS, expectTensor, numbers } from './support.ts';

describe.each(ALL_BACKENDS)('%s', { timeout: 180_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()), 60_000);

  test("C24 'same' padding with stride 2 puts the extra row and column after", async () => {
    const layer = new layers.Conv2D(1, 3, { strides: 2, padding: 'same', useBias: false });
    layer.ensureBuilt([null, null, null, 1]);
    layer.setWeights([tensor([0, 1, 2, 3, 4, 5, 6, 7, 8]).reshape([3, 3, 1, 1])]);
    expect(await numbers(layer.apply(t.ones([1, 1, 1, 1])))).toEqual([4]);
    expect(await numbers(layer.apply(t.ones([1, 2, 2, 1])))).toEqual([8]);
    const six = layer.apply(t.ones([1, 6, 6, 1]));
    expect(six.shape).toEqual([1, 3, 3, 1]);
    // Windows that reach over the right or lower edge lose the weights there.
    expect(await numbers(six)).toEqual([36, 36, 21, 36, 36, 21, 15, 15, 8]);
  });

  test('C26 dilated convolution trains', async () => {
    const layer = new layers.Conv1D(1, 3, { dilationRate: 2, useBias: false });
    layer.ensureBuilt([null, 5, 1]);
    layer.setWeights([tensor([1, 10, 100]).reshape([3, 1, 1])]);
    const x = tensor([1, 2, 3, 4, 5]).reshape([1, 5, 1]);
    expect(await numbers(layer.apply(x))).toEqual([531]);
    const { grads } = variableGrads(() => layer.apply(x).sum(), layer.trainableWeights);
    expect(await numbers(grads[0]!)).toEqual([1, 3, 5]);
    expect(await numbers(grad((v: Tensor) => layer.apply(v).sum())(x))).toEqual([1, 0, 10, 0, 100]);
    const wide = new layers.Conv2D(2, 3, { dilationRate: [2, 2] });
    expect(wide.computeOutputShape([1, 69, 69, 3])).toEqual([1, 65, 65, 2]);
    expect(wide.apply(t.zeros([1, 69, 69, 3])).shape).toEqual([1, 65, 65, 2]);
    expect(() => new layers.Conv2D(4, 3, { dilationRate: 2, strides: 2 })).toThrow('cannot be combined');
  });

  test('C28 pooling with strides larger than the window, and of negative values', async () => {
    for (const Pool of [layers.MaxPooling2D, layers.AveragePooling2D]) {
      const sparse = new Pool(1, { strides: [4, 3], padding: 'same' }).apply(t.ones([1, 4, 4, 3]));
      expect(sparse.shape).toEqual([1, 1, 2, 3]);
      expect(await numbers(sparse)).toEqual([1, 1, 1, 1, 1, 1]);
    }
    const x = tensor([-1, -2, -3, -4]).reshape([1, 2, 2, 1]);
    const pool = { strides: 1, padding: 'same' } as const;
    expect(await numbers(new layers.MaxPooling2D(3, pool).apply(x))).toEqual([-1, -1, -1, -1]);
    await expectTensor(new layers.AveragePooling2D(3, pool).apply(x), [-2.5, -2.5, -2.5, -2.5]);
  });

  test('C28 an unknown padding lists the allowed words', () => {
    const padding = 'full' as never;
    const words = "padding must be 'valid' or 'same', got 'full'";
    expect(() => new layers.MaxPooling2D(2, { padding })).toThrow(words);
    expect(() => new layers.AveragePooling1D(2, { padding })).toThrow(words);
    expect(() => new layers.Conv2D(2, 2, { padding })).toThrow(words);
    expect(() => new layers.Conv1D(2, 2, { padding })).toThrow("'valid' or 'same' or 'causal'");
    for (const pool of [t.maxPool, t.avgPool]) {
      expect(() => pool(t.ones([1, 4, 4, 1]), 2, { padding })).toThrow(
        /unknown padding 'full'; use 'valid', 'same', 'causal' or/,
      );
    }
  });

  test('C54 bilinear resize: half-pixel centres, aligned corners, legacy', async () => {
    const x = tensor([1, 2, 3, 4]).reshape([1, 2, 2, 1]);
    const rows = [
      [1, 1.25, 1.75, 2],
      [1.5, 1.75, 2.25, 2.5],
      [2.5, 2.75, 3.25, 3.5],
      [3, 3.25, 3.75, 4],
    ];
    await expectTensor(new layers.Resizing(4, 4).apply(x), rows.flat());
    await expectTensor(layers.resize(x, [4, 4]), rows.flat());
    const corners = await numbers(layers.resize(x, [4, 4], { coordinates: 'align-corners' }));
    expect(corners).toHaveLength(16);
    for (const [i, value] of [1, 4 / 3, 5 / 3, 2].entries()) expect(corners[i]).toBeCloseTo(value, 5);
    for (const [i, value] of [3, 10 / 3, 11 / 3, 4].entries()) expect(corners[12 + i]).toBeCloseTo(value, 5);
    const legacy = await numbers(layers.resize(x, [4, 4], { coordinates: 'legacy' }));
    expect(legacy.slice(0, 4)).toEqual([1, 1.5, 2, 2]);
    expect(legacy.slice(12)).toEqual([3, 3.5, 4, 4]);
    const slope = grad((v: Tensor) => layers.resize(v, [4, 4]).sum())(x);
    await expectTensor(slope, [4, 4, 4, 4]);
  });
});
