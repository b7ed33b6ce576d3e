/**
 * Cases of shapes: axes without elements, and targets of another rank than the predictions.
 */
import { grad, losses, metrics, setBackend, ShapeError, tensor, zeros, type Tensor } from '@dl/keras';
import * as t from '@dl/keras';
import { beforeAll, describe, expect, test } from 'vitest';
import { ALL_BACKENDS, numbers } from './support.ts';

describe.each(ALL_BACKENDS)('%s', { timeout: 180_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()), 60_000);

  test('C20 reductions over no elements', async () => {
    const e = zeros([3, 0, 4]);
    const sum = e.sum(1, true);
    expect([sum.shape, await numbers(sum)]).toEqual([[3, 1, 4], new Array<number>(12).fill(0)]);
    const mean = e.mean(1, true);
    expect([mean.shape, await numbers(mean)]).toEqual([[3, 1, 4], new Array<number>(12).fill(NaN)]);
    for (const reduce of [t.max, t.min]) expect(() => reduce(e, 1, true), reduce.name).toThrow(ShapeError);
    for (const find of [t.argMax, t.argMin]) expect(() => find(e, 1, true), find.name).toThrow(ShapeError);
    expect(() => e.max(1, true)).toThrow(/max: .*no elements/);
    for (const reduced of [e.sum(0, true), e.mean(0, true), e.max(0, true), t.argMax(e, 0, true)]) {
      expect([reduced.shape, await numbers(reduced)]).toEqual([[1, 0, 4], []]);
    }
  });

  test('C20 concat, matmul and softmax of no elements', async () => {
    const joined = t.concat([zeros([0, 4]), t.ones([2, 4])], 0);
    expect([joined.shape, await numbers(joined)]).toEqual([[2, 4], new Array<number>(8).fill(1)]);
    const product = zeros([2, 0]).matmul(zeros([0, 3]));
    expect([product.shape, await numbers(product)]).toEqual([[2, 3], new Array<number>(6).fill(0)]);
    for (const empty of [t.softmax(zeros([3, 0, 4]), 1), t.logSoftmax(zeros([2, 0]))]) {
      expect([empty.size, await numbers(empty)]).toEqual([0, []]);
    }
  });

  test("C20 gradients through all of them have the input's shape", async () => {
    const e = zeros([3, 0, 4]);
    const functions: readonly ((x: Tensor) => Tensor)[] = [
      (x) => x.sum(1, true).sum(),
      (x) => x.mean(1, true).sum(),
      (x) => x.sum(0, true).sum(),
      (x) => x.mean(0, true).sum(),
      (x) => x.max(0, true).sum(),
      (x) => t.softmax(x, 1).sum(),
    ];
    for (const f of functions) {
      const slope = grad(f)(e);
      expect([slope.shape, await numbers(slope)], String(f)).toEqual([[3, 0, 4], []]);
    }
    const pair = (f: (a: Tensor, b: Tensor) => Tensor, a: Tensor, b: Tensor): readonly Tensor[] =>
      (grad(f, { argnums: [0, 1] }) as unknown as (a: Tensor, b: Tensor) => Tensor[])(a, b);
    const joined = pair((a, b) => t.concat([a, b], 0).sum(), zeros([0, 4]), t.ones([2, 4]));
    expect(joined.map(({ shape }) => shape)).toEqual([
      [0, 4],
      [2, 4],
    ]);
    expect(await numbers(joined[1]!)).toEqual(new Array<number>(8).fill(1));
    const product = pair((a, b) => a.matmul(b).sum(), zeros([2, 0]), zeros([0, 3]));
    expect(product.map(({ shape }) => shape)).toEqual([
      [2, 0],
      [0, 3],
    ]);
  });
});

/** Every metric class that can be made without arguments. */
const METRICS = Object.entries(metrics).flatMap(([name, value]) => {
  const isClass = typeof value === 'function' && value.prototype instanceof metrics.Metric;
  return isClass && name !== 'MeanMetricWrapper' ? [[name, value as new () => metrics.Metric] as const] : [];
});
/** Every loss class that can be made without arguments. */
const LOSSES = Object.entries(losses).flatMap(([name, value]) => {
  const isClass = typeof value === 'function' && value.prototype instanceof losses.Loss;
  return isClass && name !== 'FunctionLoss' ? [[name, value as new () => losses.Loss] as const] : [];
});

describe.each(ALL_BACKENDS)('%s', { timeout: 180_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()), 60_000);
  const flat = [1, 2, 3];
  const column = [[1], [2], [3]];

  test('C21 targets [N] against predictions [N, 1] are 0 apart', async () => {
    for (const name of ['mse', 'mae']) {
      expect(await losses.get(name).apply(flat, column).item(), name).toBe(0);
      expect(await losses.get(name).apply(column, flat).item(), name).toBe(0);
      const metric = metrics.get(name);
      metric.updateState(flat, column);
      expect(await metric.result().item(), name).toBe(0);
    }
    const half = [[0.5], [0.5], [0.5]];
    expect(await losses.get('bce').apply([1, 0, 1], half).item()).toBeCloseTo(Math.LN2, 6);
    const logits = new losses.BinaryCrossentropy({ fromLogits: true });
    expect(await logits.apply([1, 0, 1], [[0], [0], [0]]).item()).toBeCloseTo(Math.LN2, 6);
  });

  /** What both forms of the targets give: a number, or the class of the error. */
  const outcome = async (run: () => Tensor): Promise<unknown> => {
    try {
      return await numbers(run());
    } catch (error) {
      expect(error).toBeInstanceOf(t.DlError);
      return (error as Error).name;
    }
  };
  const targets = [1, 0, 1];
  const predictions = [[0.9], [0.2], [0.3]];

  test.each(LOSSES)('C21 %s never broadcasts the targets', async (_name, Loss) => {
    const measure = async (y: t.TensorLike): Promise<unknown> => outcome(() => new Loss().apply(y, predictions));
    expect(await measure(targets)).toEqual(await measure(targets.map((v) => [v])));
  });

  test.each(METRICS)('C21 %s never broadcasts the targets', async (_name, Metric) => {
    const measure = async (y: t.TensorLike): Promise<unknown> =>
      outcome(() => {
        const metric = new Metric();
        metric.updateState(y, predictions);
        return metric.result();
      });
    expect(await measure(targets)).toEqual(await measure(targets.map((v) => [v])));
  });

  test('C21 shapes that cannot be matched are an error that names both', () => {
    const wide = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    expect(METRICS.length).toBeGreaterThan(25);
    expect(LOSSES.length).toBeGreaterThan(15);
    for (const name of ['mse', 'mae', 'bce']) {
      expect(() => losses.get(name).apply(flat, wide), name).toThrow(/targets \[3\] and predictions \[3, 2\]/);
      expect(
        () =>
          losses.get(name).apply(
            [[1], [2]],
            [
              [1, 2],
              [3, 4],
            ],
          ),
        name,
      ).toThrow('targets [2, 1] and predictions [2, 2] must have one shape');
    }
    for (const name of ['mse', 'mae', 'binary_accuracy']) {
      expect(
        () =>
          metrics.get(name).updateState(
            [[1], [2]],
            tensor([
              [1, 2],
              [3, 4],
            ]),
          ),
        name,
      ).toThrow(ShapeError);
    }
  });
});
