/**
 * Layers that move the pixels of images, at factors that leave nothing to chance.
 */
import * as layers from '@dl/layers';
import { ones, tensor, type Tensor } from '@dl/tensor';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../check-layer.ts';
import { grid, numbers, o, photo, picture, rowsOf } from './images.ts';

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
