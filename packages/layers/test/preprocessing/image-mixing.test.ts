/**
 * Layers that mix images, and layers made of others.
 */
import * as layers from '@dl/layers';
import { jit, ones, tensor, type Tensor } from '@dl/tensor';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../check-layer.ts';
import { numbers, photo } from './images.ts';

describe('mixing', () => {
  const images = tensor(
    Float32Array.from({ length: 4 * 36 }, (_, i) => Math.floor(i / 36)),
    'float32',
    [4, 6, 6, 1],
  );
  const labels = tensor([
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
  ]);
  const share = (row: readonly number[]): number => row.reduce((s, p, k) => s + p * k, 0);
  test('MixUp mixes images and labels alike', () => {
    const layer = new layers.MixUp(1, { seed: 2 });
    const y = layer.apply({ images, labels });
    const rows = y['labels']!.arraySync() as number[][];
    rows.forEach((row, k) => {
      expectClose([row.reduce((a, b) => a + b)], [1], 'labels', 1e-6);
      const pixels = numbers(y['images']!).slice(36 * k, 36 * k + 36);
      expectClose(
        pixels,
        pixels.map(() => share(row)),
        'pixels',
        1e-5,
      );
    });
    expect(numbers(y['labels']!)).not.toEqual(numbers(labels));
    expect(layer.apply({ images, labels }, { training: false })['labels']).toBe(labels);
  });
  test('the weights of MixUp come from the beta distribution', () => {
    const layer = new layers.MixUp(2, { seed: 4 });
    const two = tensor([
      [1, 0],
      [0, 1],
    ]);
    const weights: number[] = [];
    for (let i = 0; i < 200; i++) {
      const y = layer.apply({ images: images.slice(0, [2, 6, 6, 1]), labels: two });
      weights.push(numbers(y['labels']!)[0]!);
    }
    const mixed = weights.filter((w) => w !== 1);
    const mean = mixed.reduce((a, b) => a + b) / mixed.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.08);
  });
  test('CutMix mixes labels by the area of the box', () => {
    const big = tensor(
      Float32Array.from({ length: 4 * 1600 }, (_, i) => Math.floor(i / 1600)),
      'float32',
      [4, 40, 40, 1],
    );
    const y = new layers.CutMix([1, 1], { seed: 2 }).apply({ images: big, labels });
    const rows = y['labels']!.arraySync() as number[][];
    rows.forEach((row, k) => {
      const pixels = numbers(y['images']!).slice(1600 * k, 1600 * k + 1600);
      const own = pixels.filter((v) => v === k).length / 1600;
      expect(new Set(pixels).size).toBeLessThanOrEqual(2);
      expect(Math.abs(own - row[k]!)).toBeLessThan(0.1);
    });
    expect(numbers(y['labels']!)).not.toEqual(numbers(labels));
  });
  test('labels of one image, and of more axes', () => {
    const y = new layers.MixUp(1, { seed: 2 }).apply({ images: ones([6, 6, 1]), labels: tensor([0, 1]) });
    expect([y['images']!.shape, numbers(y['labels']!)]).toEqual([
      [6, 6, 1],
      [0, 1],
    ]);
    const dense = new layers.CutMix(1, { seed: 2 }).apply({ images, labels: ones([4, 2, 3]) });
    expectClose(
      numbers(dense['labels']!),
      Array.from({ length: 24 }, () => 1),
      'ones',
      1e-6,
    );
  });
});

describe('layers of layers', () => {
  test('RandAugment without strength leaves what cannot be left out', () => {
    const x = photo(2);
    const y = new layers.RandAugment({ factor: [0, 0], numOps: 3, seed: 9 }).apply(x);
    expect(y.shape).toEqual(x.shape);
    const strong = numbers(new layers.RandAugment({ factor: 1, numOps: 4, seed: 9 }).apply(x));
    expect(Math.min(...strong)).toBeGreaterThanOrEqual(-1e-3);
    expect(Math.max(...strong)).toBeLessThanOrEqual(255 + 1e-3);
  });
  test('RandAugment and AugMix choose anew in each call, also compiled', () => {
    const x = photo(1);
    for (const layer of [
      new layers.RandAugment({ numOps: 1, seed: 3 }),
      new layers.AugMix({ seed: 3, chainDepth: 1 }),
    ]) {
      const f = jit((t: Tensor) => layer.apply(t, { training: true }));
      const seen = new Set(Array.from({ length: 6 }, () => numbers(f(x)).join()));
      expect(seen.size).toBeGreaterThan(3);
      expect(layer.weights).toEqual([]);
      expect(layer.variables).toHaveLength(1);
    }
  });
  test('compiled draws what eager draws', () => {
    const x = photo(2);
    const make = (): layers.ImageLayer<unknown>[] => [
      new layers.RandAugment({ seed: 3 }),
      new layers.AugMix({ seed: 3, numChains: 2, chainDepth: 2 }),
      new layers.MixUp(0.4, { seed: 3 }),
      new layers.RandomErasing([1, 1], { seed: 3 }),
    ];
    const compiled = make();
    make().forEach((layer, k) => {
      const f = jit((t: Tensor) => compiled[k]!.apply(t, { training: true }));
      for (let i = 0; i < 2; i++) expectClose(numbers(f(x)), numbers(layer.apply(x)), layer.label, 1e-3);
    });
  });
  test('a pipeline passes training on, takes labels, and is stored with its layers', async () => {
    const { deserializeLayer } = await import('@dl/layers/registry');
    const pipeline = new layers.Pipeline([new layers.RandomInvert([1, 1], { seed: 1 }), new layers.CenterCrop(2, 2)]);
    expect(numbers(pipeline.apply(ones([4, 4, 1])))).toEqual([254, 254, 254, 254]);
    expect(numbers(pipeline.apply(ones([4, 4, 1]), { training: false }))).toEqual([1, 1, 1, 1]);
    const both = pipeline.apply({ images: ones([2, 4, 4, 1]), labels: tensor([3, 4]) });
    expect([both['images']!.shape, numbers(both['labels']!)]).toEqual([
      [2, 2, 2, 1],
      [3, 4],
    ]);
    expect(pipeline.computeOutputShape([null, 9, 9, 3])).toEqual([null, 2, 2, 3]);
    const copy = deserializeLayer('Pipeline', JSON.parse(JSON.stringify(pipeline.getConfig())) as never);
    expect(copy.getConfig()).toEqual(pipeline.getConfig());
    expect(() => layers.Pipeline.fromConfig(pipeline.getConfig())).toThrow('Use deserializeLayer()');
    expect(() => new layers.Pipeline([3] as never)).toThrow('expected a list of layers');
  });
  test('boxes are cut off or filled up', () => {
    const layer = new layers.MaxNumBoundingBoxes(2);
    const boxes = ones([1, 3, 4]);
    const cut = layer.apply({ boxes, labels: tensor([[1, 2, 3]]) });
    expect([cut['boxes']!.shape, numbers(cut['labels']!)]).toEqual([
      [1, 2, 4],
      [1, 2],
    ]);
    const images = ones([1, 5, 5, 3]);
    const filled = layer.apply({ images, boxes: ones([1, 1, 4]), labels: tensor([[7]]) });
    expect(numbers(filled['boxes']!)).toEqual([1, 1, 1, 1, -1, -1, -1, -1]);
    expect([filled['images']!.shape, numbers(filled['labels']!)]).toEqual([
      [1, 5, 5, 3],
      [7, -1],
    ]);
    expect(layer.computeOutputShape({ boxes: [null, 5, 4], labels: [null, 5] })).toEqual({
      boxes: [null, 2, 4],
      labels: [null, 2],
    });
    expect(layers.MaxNumBoundingBoxes.fromConfig(layer.getConfig()).getConfig()).toEqual(layer.getConfig());
    expect(() => layer.apply({ boxes })).toThrow('expected a record of boxes, labels');
    expect(() => layer.apply({ boxes: ones([3, 4]), labels: ones([3]) })).toThrow('expected boxes [batch, n, 4]');
  });
});
