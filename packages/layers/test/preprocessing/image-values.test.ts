/**
 * What image layers do, at factors that leave nothing to chance.
 */
import * as layers from '@dl/layers';
import { jit, ones, setBackend, tensor, zeros, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../check-layer.ts';

setBackend(reference());
const numbers = (t: Tensor): number[] => [...t.dataSync()];
/** One image of one channel. */
const picture = (rows: readonly (readonly number[])[]): Tensor =>
  tensor(Float64Array.from(rows.flat()), 'float64', [1, rows.length, rows[0]!.length, 1]);
/** Rows of the first channel of the first image. */
const rowsOf = (t: Tensor): number[][] => {
  const [, height, width, channels] = t.shape as [number, number, number, number];
  const values = numbers(t);
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_u, x) => values[(y * width + x) * channels]!),
  );
};
const o = { dtype: 'float64', seed: 5 } as const;
const grid = picture([
  [1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
]);
const photo = (batch: number, seed = 1): Tensor =>
  tensor(
    Float64Array.from({ length: batch * 6 * 5 * 3 }, (_, i) =>
      Math.floor(((Math.sin(i * 12.9898 + seed) + 1) / 2) * 256),
    ),
    'float64',
    [batch, 6, 5, 3],
  );

describe('places of pixels', () => {
  const near = (y: Tensor, wanted: readonly (readonly number[])[], what: string): void =>
    expectClose(rowsOf(y).flat(), wanted.flat(), what, 1e-9);
  test('a quarter turn, counterclockwise and back', () => {
    const turned = [
      [3, 6, 9],
      [2, 5, 8],
      [1, 4, 7],
    ];
    near(new layers.RandomRotation([0.25, 0.25], o).apply(grid), turned, 'left');
    const right = [
      [7, 4, 1],
      [8, 5, 2],
      [9, 6, 3],
    ];
    near(new layers.RandomRotation([-0.25, -0.25], o).apply(grid), right, 'right');
    const wide = picture([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    near(
      new layers.RandomRotation([0.5, 0.5], o).apply(wide),
      [
        [6, 5, 4],
        [3, 2, 1],
      ],
      'half a turn',
    );
  });
  test('moving down and to the right, with all that may lie outside', () => {
    const move = (fillMode: 'constant' | 'nearest' | 'wrap' | 'reflect'): Tensor =>
      new layers.RandomTranslation([1 / 3, 1 / 3], [2 / 3, 2 / 3], { fillMode, fillValue: 0.5, ...o }).apply(grid);
    near(
      move('constant'),
      [
        [0.5, 0.5, 0.5],
        [0.5, 0.5, 1],
        [0.5, 0.5, 4],
      ],
      'constant',
    );
    near(
      move('nearest'),
      [
        [1, 1, 1],
        [1, 1, 1],
        [4, 4, 4],
      ],
      'nearest',
    );
    near(
      move('wrap'),
      [
        [8, 9, 7],
        [2, 3, 1],
        [5, 6, 4],
      ],
      'wrap',
    );
    near(
      move('reflect'),
      [
        [2, 1, 1],
        [2, 1, 1],
        [5, 4, 4],
      ],
      'reflect',
    );
  });
  test('zooming: positive shows more, negative less', () => {
    const out = new layers.RandomZoom([1, 1], null, { fillMode: 'constant', ...o }).apply(grid);
    near(
      out,
      [
        [0, 0, 0],
        [0, 5, 0],
        [0, 0, 0],
      ],
      'out',
    );
    const inside = new layers.RandomZoom([-0.5, -0.5], [0, 0], o).apply(grid);
    near(
      inside,
      [
        [2.5, 3.5, 4.5],
        [4, 5, 6],
        [5.5, 6.5, 7.5],
      ],
      'in, rows only',
    );
  });
  test('slanting to either side', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 6; seed++) {
      const layer = new layers.RandomShear([1, 1], 0, { fillMode: 'constant', dtype: 'float64', seed });
      seen.add(JSON.stringify(rowsOf(layer.apply(grid)).map((row) => row.map((v) => Math.round(v * 1e6) / 1e6))));
    }
    expect([...seen].sort()).toEqual(['[[1,2,3],[0,4,5],[0,0,7]]', '[[1,2,3],[5,6,0],[9,0,0]]']);
  });
  test('perspective of scale 0 changes nothing; corners at 0 stay', () => {
    near(new layers.RandomPerspective([1, 1], { scale: 0, ...o }).apply(grid), rowsOf(grid), 'scale 0');
    const y = rowsOf(new layers.RandomPerspective([1, 1], { scale: 0.5, ...o }).apply(grid));
    expectClose([y[0]![0]!], [1], 'corner', 1e-9);
    expect(y).not.toEqual(rowsOf(grid));
  });
  test('elastic waves of scale 0 change nothing, stronger ones keep the range', () => {
    const x = photo(2);
    expectClose(
      numbers(new layers.RandomElasticTransform([1, 1], { scale: [0, 0], ...o }).apply(x)),
      numbers(x),
      'none',
      1e-9,
    );
    const y = numbers(
      new layers.RandomElasticTransform([1, 1], { scale: [1, 1], fillMode: 'constant', ...o }).apply(x),
    );
    expect(Math.min(...y)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...y)).toBeLessThanOrEqual(255);
    expect(y).not.toEqual(numbers(x));
  });
  test('cropping the middle, or the largest part in proportion', () => {
    near(new layers.CenterCrop(1, 3, { dtype: 'float64' }).apply(grid), [[4, 5, 6]], 'one row');
    near(
      new layers.CenterCrop(2, 2, { dtype: 'float64' }).apply(grid),
      [
        [1, 2],
        [4, 5],
      ],
      'odd minus even: the upper left',
    );
    const tall = new layers.CenterCrop(4, 2, { dtype: 'float64' }).apply(ones([5, 9, 1]));
    expect(tall.shape).toEqual([4, 2, 1]);
  });
  test('a random crop is a part of the image, the same for the batch', () => {
    const layer = new layers.RandomCrop(2, 3, o);
    const x = tensor(
      Float64Array.from({ length: 2 * 5 * 7 }, (_, i) => i),
      'float64',
      [2, 5, 7, 1],
    );
    const starts = new Set<number>();
    for (let i = 0; i < 60; i++) {
      const y = layer.apply(x);
      const values = numbers(y);
      const [first] = values as [number];
      starts.add(first);
      expect(values.slice(0, 6)).toEqual([0, 1, 2, 7, 8, 9].map((v) => v + first));
      expect(values.slice(6)).toEqual(values.slice(0, 6).map((v) => v + 35));
    }
    expect(starts.size).toBeGreaterThan(12);
    expect(Math.max(...starts)).toBeLessThanOrEqual(25);
    expect(layer.apply(x, { training: false }).shape).toEqual([2, 2, 3, 1]);
    expect(numbers(new layers.RandomCrop(3, 3, o).apply(grid))).toEqual(numbers(grid));
  });
  test('flips: none or both at once, about half of the images', () => {
    const batch = tensor(
      Float64Array.from({ length: 400 * 4 }, (_, i) => i % 4),
      'float64',
      [400, 2, 2, 1],
    );
    const check = (mode: layers.FlipMode, flipped: string): void => {
      const values = numbers(new layers.RandomFlip(mode, o).apply(batch));
      const kinds = Array.from({ length: 400 }, (_, i) => values.slice(4 * i, 4 * i + 4).join(''));
      expect(new Set(kinds)).toEqual(new Set(['0123', flipped]));
      expect(Math.abs(kinds.filter((k) => k === flipped).length - 200)).toBeLessThan(50);
    };
    check('horizontal', '1032');
    check('vertical', '2301');
    check('horizontal_and_vertical', '3210');
  });
});

describe('values of pixels', () => {
  const of = (values: readonly number[]): Tensor =>
    tensor(Float64Array.from(values), 'float64', [1, 1, values.length / 3, 3]);
  const near = (y: Tensor, wanted: readonly number[], what: string): void =>
    expectClose(numbers(y), wanted, what, 1e-5);
  const x = of([10, 100, 250, 0, 50, 30]);
  test('brightness', () => {
    near(new layers.RandomBrightness([0.2, 0.2], o).apply(x), [61, 151, 255, 51, 101, 81], 'brighter');
    near(new layers.RandomBrightness([-1, -1], o).apply(x), [0, 0, 0, 0, 0, 0], 'black');
    const unit = new layers.RandomBrightness([0.5, 0.5], { valueRange: [0, 1], ...o });
    near(unit.apply(of([0.1, 0.4, 0.9])), [0.6, 0.9, 1], 'in [0, 1]');
  });
  test('contrast, about the mean of a channel', () => {
    near(new layers.RandomContrast([0, 0], o).apply(x), [10, 100, 250, 0, 50, 30], 'same');
    // 1 + 1 = 2 times as far from 5, 75, 140.
    const layer = new layers.RandomContrast([0, 1], o);
    const y = numbers(layer.apply(x));
    expect(y[1]).toBeGreaterThan(100);
    expect(y[1]).toBeLessThanOrEqual(125);
    expect(layer.factor).toEqual([0, 1]);
    expect(new layers.RandomContrast(0.3).factor).toEqual([0.3, 0.3]);
  });
  test('saturation: grey, the same, full', () => {
    near(new layers.RandomSaturation([0, 0], o).apply(x), [250, 250, 250, 50, 50, 50], 'grey');
    near(new layers.RandomSaturation([0.5, 0.5], o).apply(x), numbers(x), 'same');
    near(new layers.RandomSaturation([1, 1], o).apply(of([100, 110, 120])), [0, 60, 120], 'full');
  });
  test('hue: half a turn makes the opposite color', () => {
    near(new layers.RandomHue([1, 1], o).apply(of([255, 0, 0])), [0, 255, 255], 'opposite');
    near(new layers.RandomHue([0, 0], o).apply(x), numbers(x), 'same');
  });
  test('grey', () => {
    const grey = 0.2989 * 10 + 0.587 * 100 + 0.114 * 250;
    const one = of([10, 100, 250]);
    near(new layers.RandomColorDegeneration([1, 1], o).apply(one), [grey, grey, grey], 'all grey');
    near(
      new layers.RandomColorDegeneration([0.5, 0.5], o).apply(one),
      [10, 100, 250].map((v) => (v + grey) / 2),
      'half',
    );
    near(new layers.RandomGrayscale(1, o).apply(one), [grey, grey, grey], 'always');
    near(new layers.RandomGrayscale(0, o).apply(one), [10, 100, 250], 'never');
  });
  test('inverted', () => {
    near(
      new layers.RandomInvert([1, 1], o).apply(x),
      numbers(x).map((v) => 255 - v),
      'always',
    );
    near(new layers.RandomInvert(0, o).apply(x), numbers(x), 'never');
    const some = numbers(new layers.RandomInvert([0.5, 0.5], o).apply(zeros([500, 1, 1, 1])));
    expect(Math.abs(some.filter((v) => v === 255).length - 250)).toBeLessThan(60);
  });
  test('posterized: so many bits stay', () => {
    near(new layers.RandomPosterization([3, 3], o).apply(x), [0, 96, 224, 0, 32, 0], 'three bits');
    near(new layers.RandomPosterization([8, 8], o).apply(x), numbers(x), 'all bits');
    const unit = new layers.RandomPosterization([1, 1], { valueRange: [0, 1], ...o });
    near(unit.apply(of([0.4, 0.6, 1])), [0, 128 / 255, 128 / 255], 'in [0, 1]');
    expect(new layers.RandomPosterization(5).factor).toEqual([1, 5]);
  });
  test('solarized', () => {
    near(
      new layers.Solarization(o).apply(x),
      numbers(x).map((v) => 255 - v),
      'all',
    );
    const layer = new layers.Solarization({ additionFactor: [0.2, 0.2], thresholdFactor: [0.5, 0.5], ...o });
    near(layer.apply(x), [61, 255 - 151, 0, 51, 101, 81], 'from the middle on');
  });
  test('sharpness: blurred, the same, sharper', () => {
    const soft = (values: readonly number[]): number[] => {
      const at = (y: number, i: number): number => (y < 0 || y > 2 || i < 0 || i > 2 ? 0 : values[y * 3 + i]!);
      return values.map((v, k) => {
        let total = 4 * v;
        for (let dy = -1; dy <= 1; dy++)
          for (let dx = -1; dx <= 1; dx++) total += at(Math.floor(k / 3) + dy, (k % 3) + dx);
        return total / 13;
      });
    };
    const values = numbers(grid);
    const blurred = soft(values);
    near(new layers.RandomSharpness([0, 0], o).apply(grid), blurred, 'blurred');
    near(new layers.RandomSharpness([0.5, 0.5], o).apply(grid), values, 'same');
    near(
      new layers.RandomSharpness([1, 1], o).apply(grid),
      values.map((v, i) => 2 * v - blurred[i]!),
      'sharper',
    );
  });
  test('Gaussian blur by its definition', () => {
    const weight = [1, 0, 1].map((d) => Math.exp(-0.5 * (d / 0.8) ** 2));
    const [side, centre] = [weight[0]! / (2 * weight[0]! + 1), 1 / (2 * weight[0]! + 1)];
    const spot = picture([
      [0, 0, 0],
      [0, 1, 0],
      [0, 0, 0],
    ]);
    const layer = new layers.RandomGaussianBlur([1, 1], { sigma: [0.8, 0.8], ...o });
    near(
      layer.apply(spot),
      [side, centre, side].flatMap((a) => [side, centre, side].map((b) => a * b)),
      'spot',
    );
    near(new layers.RandomGaussianBlur([1, 1], { sigma: [0, 0], ...o }).apply(grid), numbers(grid), 'sigma 0');
  });
  test('color jitter does one after the other', () => {
    const layer = new layers.RandomColorJitter({ brightnessFactor: [0.1, 0.1], saturationFactor: [0, 0], ...o });
    near(layer.apply(of([10, 100, 200])), [225.5, 225.5, 225.5], 'brighter, then grey');
    near(new layers.RandomColorJitter(o).apply(x), numbers(x), 'nothing');
  });
  test('erasing fills a box of the drawn size', () => {
    const image = zeros([3, 20, 10, 3], 'float64');
    const y = numbers(
      new layers.RandomErasing([1, 1], { scale: [0.25, 0.25], fillValue: [1, 2, 3], ...o }).apply(image),
    );
    for (let k = 0; k < 3; k++) {
      const own = y.slice(k * 600, (k + 1) * 600);
      expect(own.filter((v) => v === 1).length).toBe(50);
      expect(own.filter((v) => v === 3).length).toBe(50);
    }
    const noise = numbers(new layers.RandomErasing([1, 1], { scale: [1, 1], ...o }).apply(image));
    expect(new Set(noise).size).toBeGreaterThan(100);
    expect(Math.min(...noise)).toBe(0);
    expect(Math.max(...noise)).toBe(255);
  });
  test('auto-contrast stretches channels, in inference too', () => {
    const y = new layers.AutoContrast({ dtype: 'float64' }).apply(of([10, 7, 20, 30, 7, 25]), { training: false });
    near(y, [0, 7, 0, 255, 7, 255], 'stretched');
    const unit = new layers.AutoContrast({ valueRange: [0, 1], dtype: 'float64' });
    near(unit.apply(of([0.1, 0.2, 0.5, 0.3, 0.2, 1])), [0, 0.2, 0, 1, 0.2, 1], 'in [0, 1]');
  });
});

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

describe('all image layers', () => {
  const every = (seed: number): readonly layers.ImageLayer<unknown>[] => [
    new layers.RandomFlip(undefined, { seed }),
    new layers.RandomRotation(0.2, { seed }),
    new layers.RandomZoom(0.3, 0.2, { seed }),
    new layers.RandomTranslation(0.2, 0.2, { seed }),
    new layers.RandomShear(0.3, 0.1, { seed }),
    new layers.RandomPerspective([1, 1], { scale: 0.5, seed }),
    new layers.RandomElasticTransform([1, 1], { seed }),
    new layers.RandomContrast(0.5, { seed }),
    new layers.RandomBrightness(0.5, { seed }),
    new layers.RandomHue(0.5, { seed }),
    new layers.RandomSaturation(0.9, { seed }),
    new layers.RandomErasing([1, 1], { seed, fillValue: 0 }),
    new layers.RandomColorJitter({ brightnessFactor: 0.3, hueFactor: 0.2, seed }),
    new layers.RandomColorDegeneration(1, { seed }),
    new layers.RandomGrayscale(0.5, { seed }),
    new layers.RandomInvert([0.5, 0.5], { seed }),
    new layers.RandomPosterization([1, 4], { seed }),
    new layers.RandomSharpness(1, { seed }),
    new layers.RandomGaussianBlur([1, 1], { seed }),
    new layers.Solarization({ thresholdFactor: 0.9, seed }),
  ];
  const names = every(1).map((layer, k) => [(layer.constructor as typeof layers.Layer).className, k] as const);
  test.each(names)('%s: the seed decides, calls differ, inference changes nothing', (_name, k) => {
    const x = photo(6);
    const [a, b, other] = [every(1)[k]!, every(1)[k]!, every(2)[k]!];
    const first = numbers(a.apply(x));
    expect(numbers(b.apply(x))).toEqual(first);
    expect(numbers(a.apply(x))).not.toEqual(first);
    expect(numbers(other.apply(x))).not.toEqual(first);
    expect(numbers(a.apply(x, { training: false }))).toEqual(numbers(x.cast('float32')));
  });
  test.each(names)('%s: one image, integers, channels first', (_name, k) => {
    const x = photo(1);
    const wanted = numbers(every(1)[k]!.apply(x));
    const single = every(1)[k]!.apply(x.squeeze(0).cast('uint8'));
    expect([single.shape, single.dtype]).toEqual([[6, 5, 3], 'float32']);
    expectClose(numbers(single), wanted, 'one image', 1e-5);
    const { constructor } = every(1)[k]! as unknown as {
      constructor: { fromConfig(config: object): layers.ImageLayer<unknown> };
    };
    const firstFormat = constructor.fromConfig({ ...every(1)[k]!.getConfig(), data_format: 'channels_first' });
    const y = firstFormat.apply(x.transpose([0, 3, 1, 2]));
    expect(y.shape).toEqual([1, 3, 6, 5]);
    expectClose(numbers(y.transpose([0, 2, 3, 1])), wanted, 'channels first', 1e-5);
  });
  test('inside a model, training is that of the model', () => {
    class Net extends layers.Layer {
      readonly flip = new layers.RandomInvert([1, 1], { seed: 1 });
      override call(x: Tensor): Tensor {
        return this.flip.apply(x);
      }
    }
    const net = new Net();
    expect(numbers(net.apply(ones([1, 1, 1, 1])))).toEqual([1]);
    expect(numbers(net.apply(ones([1, 1, 1, 1]), { training: true }))).toEqual([254]);
  });
  test('Resizing keeps integers, and what lies around', () => {
    const x = tensor(Uint8Array.of(0, 255, 10, 20), 'uint8', [2, 2, 1]);
    const y = new layers.Resizing(2, 4).apply(x);
    expect([y.dtype, numbers(y)]).toEqual(['uint8', [0, 64, 191, 255, 10, 12, 18, 20]]);
    const sharp = new layers.Resizing(1, 7, { interpolation: 'bicubic' }).apply(x);
    expect(Math.max(...numbers(sharp))).toBeLessThanOrEqual(255);
    const padded = new layers.Resizing(2, 4, { padToAspectRatio: true, fillValue: 9, interpolation: 'nearest' }).apply(
      x,
    );
    expect(numbers(padded)).toEqual([9, 0, 255, 9, 9, 10, 20, 9]);
    const cut = new layers.Resizing(1, 2, { cropToAspectRatio: true, interpolation: 'nearest' }).apply(x);
    expect(numbers(cut)).toEqual([0, 255]);
  });
  test.each([
    [() => new layers.RandomRotation(1.5), 'factor must be a number in [-1, 1] or two of them, got 1.5'],
    [() => new layers.RandomZoom([0, 2]), 'heightFactor must be a number in [-1, 1] or two of them, got [0, 2]'],
    [() => new layers.RandomTranslation(0.1, 'a' as never), 'widthFactor must be a number'],
    [() => new layers.RandomShear(-0.1), 'xFactor must be a number in [0, 1]'],
    [() => new layers.RandomFlip('both' as never), "mode must be 'horizontal'"],
    [() => new layers.RandomRotation(0.1, { fillMode: 'mirror' as never }), 'fillMode must be'],
    [() => new layers.RandomRotation(0.1, { interpolation: 'bicubic' as never }), 'interpolation must be'],
    [() => new layers.RandomRotation(0.1, { angle: 3 } as never), "'angle'"],
    [() => new layers.RandomContrast([0.1, 1.5]), 'factor must be a number in [0, 1]'],
    [() => new layers.RandomBrightness(0.1, { valueRange: [1, 1] }), 'valueRange must be [low, high]'],
    [() => new layers.RandomBrightness(0.1, { valueRange: 255 as never }), 'valueRange must be [low, high]'],
    [() => new layers.RandomPosterization(9), 'factor must be a number in [1, 8]'],
    [() => new layers.RandomGaussianBlur(1, { kernelSize: 4 }), 'kernelSize must be an odd number'],
    [
      () => new layers.RandomErasing(1, { fillValue: [1, 2] as never }),
      'fillValue must be a number, three numbers or null',
    ],
    [() => new layers.MixUp(0), 'alpha must be a positive number, got 0'],
    [() => new layers.AugMix({ alpha: -1 }), 'alpha must be positive'],
    [() => new layers.Resizing(0, 2), 'height must be a positive integer'],
    [() => new layers.Resizing(2, 2, { cropToAspectRatio: true, padToAspectRatio: true }), 'only one of'],
    [() => new layers.Resizing(2, 2, { fillMode: 'edge' as never }), 'fillMode must be'],
    [
      () => new layers.RandomFlip().apply(ones([2, 2])),
      'expected an image of rank 3 or a batch of rank 4, got shape [2, 2]',
    ],
    [() => new layers.RandomFlip().apply({ image: ones([2, 2, 3]) }), 'expected images or a record { images, labels }'],
    [() => new layers.RandomGrayscale().apply(ones([2, 2, 1])), 'expected 3 channels'],
  ])('wrong use %#', (use, message) => {
    expect(use).toThrow(message);
  });
});
