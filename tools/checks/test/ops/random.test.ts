/**
 * Random ops: moments and distribution functions with fixed seeds, repeatability, compiled use, errors.
 */
import { grad, jit, setBackend, setSeed, tensor, type Tensor } from '@dl/keras';
import { random } from '@dl/tensor/ops';
import * as ops from '@dl/tensor/ops';
import { beforeAll, describe, expect, test } from 'vitest';
import { BACKENDS } from '../cases/support.ts';

const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
const variance = (x: readonly number[]): number => {
  const middle = mean(x);
  return mean(x.map((v) => (v - middle) ** 2));
};
const numbers = (t: Tensor): number[] => [...t.dataSync()];

/** Five standard errors of a mean and (by a kurtosis of at most 9) of a variance. */
function expectMoments(x: readonly number[], wantedMean: number, wantedVariance: number): void {
  expect(x.every(Number.isFinite)).toBe(true);
  expect(Math.abs(mean(x) - wantedMean)).toBeLessThan(5 * Math.sqrt(wantedVariance / x.length) + 1e-7);
  expect(Math.abs(variance(x) / wantedVariance - 1)).toBeLessThan(5 * Math.sqrt(8 / x.length));
}

/** Largest gap between the empirical distribution and `cdf` at some points; 2/√N is met by 1 in 1500. */
function expectDistribution(x: readonly number[], points: readonly number[], cdf: (p: number) => number): void {
  for (const p of points) {
    const share = x.filter((v) => v <= p).length / x.length;
    expect(Math.abs(share - cdf(p)), `at ${p}`).toBeLessThan(2 / Math.sqrt(x.length));
  }
}

/** Chances of 0 … n successes. */
function binomialChances(n: number, p: number): number[] {
  const chances = [Math.exp(n * Math.log1p(-p))];
  for (let k = 0; k < n; k++) chances.push((chances[k]! * (n - k) * p) / ((k + 1) * (1 - p)));
  return chances;
}

describe.each(BACKENDS)('%s', { timeout: 120_000 }, (backend, make) => {
  // The reference backend interprets, so that it gets fewer.
  const N = backend === 'reference' ? 2000 : 20_000;

  beforeAll(async () => setBackend(await make()));

  test('uniform, normal and truncatedNormal', () => {
    expectMoments(numbers(random.uniform([N], -1, 3, { seed: 1 })), 1, 16 / 12);
    expectMoments(numbers(random.normal([N], 2, 3, { seed: 2 })), 2, 9);
    const cut = numbers(random.truncatedNormal([N], 1, 2, { seed: 3 }));
    expectMoments(cut, 1, 4 * 0.7737413);
    expect(Math.max(...cut.map((v) => Math.abs(v - 1)))).toBeLessThanOrEqual(4);
    const rows = random.normal([N, 2], [0, 100], [1, 0], { seed: 4 });
    expect(Math.max(...numbers(ops.slice(rows, [0, 1])))).toBe(100);
  });

  test('randint and shuffle', () => {
    const drawn = random.randint([N], -2, 3, { seed: 1, dtype: 'int8' });
    expect(drawn.dtype).toBe('int8');
    expectMoments(numbers(drawn), 0, 2);
    const x = tensor([0, 1, 2, 3, 4, 5, 6, 7]).reshape([2, 4]);
    const mixed = random.shuffle(x, 1, { seed: 5 });
    expect(numbers(mixed)).not.toEqual(numbers(x));
    expect(numbers(ops.sort(mixed, 1))).toEqual(numbers(x));
    expect(numbers(ops.sub(ops.slice(mixed, [1, 0]), ops.slice(mixed, [0, 0], [1, 4])))).toEqual([4, 4, 4, 4]);
  });

  test.each([0.05, 0.5, 1, 2.5, 40])('gamma of %s', (alpha) => {
    const x = numbers(random.gamma([N], alpha, { seed: 11 }));
    if (alpha >= 1) expectMoments(x, alpha, alpha);
    else expect(Math.abs(mean(x) - alpha)).toBeLessThan(5 * Math.sqrt(alpha / N));
    const points = [0.02, 0.3, 0.8, 1, 1.3, 2].map((part) => part * alpha);
    expectDistribution(x, points, (p) => ops.gammainc(alpha, p).itemSync());
  });

  test('gamma of one parameter per element; tiny ones stay numbers', () => {
    const x = random.gamma([N, 2], [1, 9], { seed: 7 });
    expectMoments(numbers(ops.slice(x, [0, 1])), 9, 9);
    const tiny = numbers(random.beta([N], 1e-3, 1e-3, { seed: 8 }));
    expect(tiny.every((v) => v >= 0 && v <= 1)).toBe(true);
    expect(Math.abs(mean(tiny) - 0.5)).toBeLessThan(2.5 / Math.sqrt(N));
  });

  test('beta', () => {
    const [a, b] = [2, 5];
    expectMoments(numbers(random.beta([N], a, b, { seed: 9 })), a / (a + b), (a * b) / ((a + b) ** 2 * (a + b + 1)));
    // Of (½, ½): the arcsine law.
    const arcsine = numbers(random.beta([N], 0.5, 0.5, { seed: 10 }));
    expectDistribution(arcsine, [0.01, 0.1, 0.5, 0.9], (p) => (2 / Math.PI) * Math.asin(Math.sqrt(p)));
  });

  test.each([
    [1, 0.3],
    [12, 0.7],
    [40, 0.1],
    [25, 0.5],
    [300, 0.2],
    [1000, 0.95],
  ])('binomial of %s trials of %s', (n, p) => {
    const x = numbers(random.binomial([N], n, p, { seed: 21 }));
    expect(x.every((v) => Number.isInteger(v) && v >= 0 && v <= n)).toBe(true);
    expectMoments(x, n * p, n * p * (1 - p));
    const chances = binomialChances(n, Math.min(p, 1 - p));
    const below = (k: number): number => chances.slice(0, k + 1).reduce((sum, c) => sum + c, 0);
    const few = p <= 0.5 ? x : x.map((v) => n - v);
    const middle = Math.floor(n * Math.min(p, 1 - p));
    expectDistribution(few, [middle - 2, middle, middle + 1], (k) => (k < 0 ? 0 : below(k)));
  });

  test('binomial at its ends', () => {
    expect(numbers(random.binomial([4], [5, 5, 0, 200], [0, 1, 0.5, 1], { seed: 1 }))).toEqual([0, 5, 0, 200]);
  });

  test('categorical', () => {
    const logits = [
      [0, Math.log(3)],
      [5, -Infinity],
    ];
    const drawn = random.categorical(logits, N, { seed: 31 });
    expect([drawn.shape, drawn.dtype]).toEqual([[2, N], 'int32']);
    expectMoments(numbers(ops.slice(drawn, 0, 1)), 0.75, 0.75 * 0.25);
    expect(numbers(ops.slice(drawn, 1)).every((v) => v === 0)).toBe(true);
  });

  test('dropout scales what stays', () => {
    const x = numbers(random.dropout(ops.ones([N]), 0.25, { seed: 41 }));
    expect(new Set(x).size).toBe(2);
    expect(Math.abs(mean(x) - 1)).toBeLessThan(4 / Math.sqrt(N));
    const rows = numbers(random.dropout(ops.ones([50, 4]), 0.5, { seed: 41, noiseShape: [50, 1] }));
    for (let i = 0; i < rows.length; i += 4) expect(new Set(rows.slice(i, i + 4)).size).toBe(1);
  });

  test('seeds: a number repeats, a generator moves on, setSeed starts again', () => {
    const draw = (seed: number | InstanceType<typeof random.SeedGenerator> | null): string =>
      [random.uniform([2], 0, 1, { seed }), random.gamma([2], 2, { seed })].map(String).join();
    expect(draw(5)).toBe(draw(5));
    expect(draw(5)).not.toBe(draw(6));
    const generator = new random.SeedGenerator(5);
    const first = draw(generator);
    expect(draw(generator)).not.toBe(first);
    expect(draw(new random.SeedGenerator(5))).toBe(first);
    setSeed(9);
    const shared = draw(null);
    expect(draw(null)).not.toBe(shared);
    setSeed(9);
    expect(draw(null)).toBe(shared);
  });

  test('compiled functions draw anew from a generator and the same from a number', () => {
    const generator = new random.SeedGenerator(3);
    const compiled = jit((x: Tensor) => [
      random.gamma([3], 0.7, { seed: generator }),
      random.binomial([3], 50, 0.4, { seed: generator }),
      random.normal([3], 0, 1, { seed: 8 }).add(x),
    ]);
    const [first, second] = [compiled(ops.zeros([3])), compiled(ops.zeros([3]))];
    const eager = new random.SeedGenerator(3);
    const wanted = [
      random.gamma([3], 0.7, { seed: eager }),
      random.binomial([3], 50, 0.4, { seed: eager }),
      random.normal([3], 0, 1, { seed: 8 }),
    ];
    first.forEach((t, i) => expect(ops.allclose(t, wanted[i]!, { rtol: 1e-5 }).itemSync()).toBe(1));
    expect(numbers(second[0]!)).not.toEqual(numbers(first[0]!));
    expect(numbers(second[2]!)).toEqual(numbers(first[2]!));
  });

  test('shapes and dtypes; gradients go to location and scale', () => {
    expect(random.gamma([0, 3], 1, { seed: 1 }).shape).toEqual([0, 3]);
    expect(random.normal([], 0, 1, { seed: 1 }).shape).toEqual([]);
    expect(random.beta([2], 1, 1, { seed: 1, dtype: 'float16' }).dtype).toBe('float16');
    const slope = grad((m: Tensor) => random.normal([4], m, 1, { seed: 1 }).sum())(tensor(2));
    expect(slope.itemSync()).toBe(4);
    const none = grad((a: Tensor) => random.gamma([4], a, { seed: 1 }).sum())(tensor(2));
    expect(none.itemSync()).toBe(0);
  });

  test('errors', () => {
    expect(() => random.normal([2], 0, 1, { dtype: 'int32' })).toThrow(/random.normal: expected a floating dtype/);
    expect(() => random.uniform([2], 0, 1, { seed: 'a' as never })).toThrow(/expected a number or a SeedGenerator/);
    expect(() => random.uniform([2], 0, 1, { seed: 0.5 })).toThrow(/seed must be an integer/);
    expect(() => random.randint([2], 3, 3)).toThrow(/low < high/);
    expect(() => random.categorical([1], 2)).toThrow(/expected logits \[batch, classes\]/);
    expect(() => random.gamma([-1], 2)).toThrow(/non-negative/);
    expect(() => random.gamma([3], [1, 2])).toThrow(/broadcast/);
  });
});
