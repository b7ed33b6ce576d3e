/**
 * k-fold, cross-validation and random search.
 */
import { describe, expect, test } from 'vitest';
import { layers, normal, optimizers, Sequential, setSeed, type Tensor } from '../src/index.ts';
import {
  choice,
  crossValidate,
  int,
  kFold,
  logUniform,
  randomSearch,
  uniform,
  type SearchResults,
} from '../src/search.ts';

describe('kFold', () => {
  test('every row is for testing once, in parts of nearly one size', () => {
    const folds = kFold(11, { folds: 4, seed: 2 });
    expect(folds.map(({ test: rows }) => rows.length).sort((a, b) => a - b)).toEqual([2, 3, 3, 3]);
    expect(folds.flatMap(({ test: rows }) => [...rows]).sort((a, b) => a - b)).toEqual([...Array(11).keys()]);
    for (const { train, test: rows } of folds) {
      expect([...train, ...rows].sort((a, b) => a - b)).toEqual([...Array(11).keys()]);
    }
    expect(kFold(11, { folds: 4, seed: 2 })).toEqual(folds);
    expect(kFold(4, { folds: 2, shuffle: false }).map(({ test: rows }) => [...rows])).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  test('by class', () => {
    const labels = Array.from({ length: 30 }, (_, i) => (i < 20 ? 'a' : 'b'));
    for (const { test: rows } of kFold(30, { folds: 5, seed: 1, stratify: labels })) {
      const counts = ['a', 'b'].map((label) => [...rows].filter((row) => labels[row] === label).length);
      expect(counts).toEqual([4, 2]);
    }
    const uneven = kFold(7, { folds: 2, stratify: [0, 0, 0, 1, 1, 1, 1], seed: 1 });
    expect(uneven.map(({ test: rows }) => rows.length).sort((a, b) => a - b)).toEqual([3, 4]);
    expect(() => kFold(4, { folds: 2, stratify: [0, 0, 0, 1] })).toThrow('class 1 has 1 rows, fewer than 2 folds');
    expect(() => kFold(4, { stratify: [0] })).toThrow('cannot be divided into 5 folds');
    expect(() => kFold(6, { stratify: [0] })).toThrow('one class for each of the 6 rows, got 1');
    expect(() => kFold(6, { folds: 1 })).toThrow('folds must be a whole number');
  });
});

/** A line with noise, and a model that can learn it. */
function line(): { x: Tensor; y: Float32Array } {
  setSeed(1);
  const x = normal([60, 1]);
  return { x, y: Float32Array.from(x.dataSync(), (value) => 3 * Number(value) + 1) };
}
const linear = (rate: number): Sequential => {
  const model = new Sequential([new layers.Dense(1, { inputShape: [1] })]);
  model.compile({ optimizer: new optimizers.SGD(rate), loss: 'mse', metrics: ['mae'] });
  return model;
};

describe('crossValidate', () => {
  test('means and deviations over models that have not seen their part', async () => {
    const { x, y } = line();
    const seen: number[] = [];
    const { folds, mean, std } = await crossValidate(
      (fold) => {
        seen.push(fold);
        return linear(0.1);
      },
      [x, y],
      { folds: 3, seed: 1, fit: { epochs: 30, batchSize: 10 } },
    );
    expect([seen, folds.length, Object.keys(mean).sort()]).toEqual([[0, 1, 2], 3, ['loss', 'mae']]);
    expect(mean['loss']).toBeLessThan(1e-4);
    const values = folds.map((logs) => logs['mae']!);
    const average = (values[0]! + values[1]! + values[2]!) / 3;
    expect(mean['mae']).toBeCloseTo(average, 10);
    expect(std['mae']).toBeCloseTo(Math.sqrt(values.reduce((s, v) => s + (v - average) ** 2, 0) / 2), 10);
  });

  test('stratified by class, and what does not fit', async () => {
    const rows = Array.from({ length: 12 }, (_, i) => [i]);
    const classes = Int32Array.from(rows, ([i]) => Number(i! >= 9));
    const shares: number[] = [];
    const make = (): Sequential => {
      const model = linear(0.01);
      const evaluate = model.evaluate.bind(model);
      model.evaluate = ((x: unknown, y: { data: Int32Array }, options: object) => {
        shares.push(y.data.reduce((a, b) => a + b, 0));
        return evaluate(x as never, y as never, options);
      }) as never;
      return model;
    };
    await crossValidate(make, [rows, classes], { folds: 3, stratify: true });
    expect(shares).toEqual([1, 1, 1]);
    await expect(crossValidate(make, [rows, [1, 2]])).rejects.toThrow('the same number of rows, got 12, 2');
    await expect(crossValidate(() => new Sequential(), [rows, classes])).rejects.toThrow('must be compiled');
    const pairs = rows.map(() => [0, 1]);
    await expect(crossValidate(make, [rows, pairs], { stratify: true })).rejects.toThrow('one number of a class');
  });
});

describe('randomSearch', () => {
  const space = { rate: logUniform(1e-6, 0.3), units: int(1, 3), kind: choice(['a', 'b']), share: uniform(0, 1) };

  test('samplers', () => {
    expect([uniform(2, 4).sample(0.25), int(1, 3).sample(0.999), choice(['a', 'b']).sample(0.5)]).toEqual([
      2.5,
      3,
      'b',
    ]);
    expect(logUniform(1e-4, 1e-2).sample(0.5)).toBeCloseTo(1e-3, 12);
    expect(() => logUniform(0, 1)).toThrow('above 0');
    expect(() => uniform(1, 1)).toThrow('low < high');
    expect(() => int(1.5, 2)).toThrow('whole numbers');
    expect(() => choice([])).toThrow('expected a list of values');
  });

  test('finds what does best, the same for one seed, with a break or without', { timeout: 120_000 }, async () => {
    const { x, y } = line();
    const options = { x, y, fit: { epochs: 5, validationSplit: 0.2 }, seed: 4 } as const;
    const make = ({ rate }: { readonly rate: number }): Sequential => linear(rate);
    const stored: string[] = [];
    const whole = await randomSearch(make, space, {
      ...options,
      trials: 6,
      onTrial: (results) => void stored.push(JSON.stringify(results)),
    });
    expect(whole.trials.map(({ trial }) => trial)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(whole.best!.value).toBe(Math.min(...whole.trials.map(({ value }) => value!)));
    expect(whole.direction).toBe('min');
    for (const { params } of whole.trials) {
      expect(params.rate >= 1e-6 && params.rate < 0.3 && [1, 2, 3].includes(params.units)).toBe(true);
    }
    expect(new Set(whole.trials.map(({ params }) => params.rate)).size).toBe(6);
    const results = JSON.parse(stored[2]!) as SearchResults<(typeof whole.trials)[0]['params']>;
    expect(await randomSearch(make, space, { ...options, trials: 6, results })).toEqual(whole);
    await expect(randomSearch(make, space, { ...options, seed: 5, results })).rejects.toThrow('are of another search');
    await expect(randomSearch(make, { rate: space.rate }, { ...options, results: results as never })).rejects.toThrow(
      'another search',
    );
  });

  test('models that diverge have no value; other logs and directions', async () => {
    const { x, y } = line();
    const rates = { rate: choice([1e30]) };
    const diverged = await randomSearch(({ rate }) => linear(rate), rates, {
      x,
      y,
      fit: { epochs: 3, validationSplit: 0.5, batchSize: 5 },
      trials: 1,
    });
    expect([diverged.trials[0]!.value, diverged.best]).toEqual([null, null]);
    const found = await randomSearch(() => linear(0.01), {}, { x, y, fit: { epochs: 2 }, trials: 1, objective: 'mae' });
    expect(found.best!.epoch).toBe(1);
    await expect(randomSearch(() => linear(0.01), {}, { x, y, fit: {}, trials: 1 })).rejects.toThrow(
      "no log 'val_loss'",
    );
    const most = await randomSearch(
      () => linear(0.01),
      {},
      { x, y, fit: { epochs: 2 }, trials: 1, objective: 'loss', direction: 'max' },
    );
    expect(most.best!.epoch).toBe(0);
  });
});
