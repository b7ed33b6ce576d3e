/**
 * Layers that change the values of images, at factors that leave nothing to chance.
 */
import * as layers from '@dl/layers';
import { tensor, zeros, type Tensor } from '@dl/tensor';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../check-layer.ts';
import { grid, numbers, o, picture } from './images.ts';

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
