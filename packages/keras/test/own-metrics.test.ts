/**
 * Metrics of one's own, names in logs, and where the time goes.
 */
import { Input, layers, metrics, Model, Sequential, type LossData, type StepData, type Tensor } from '@dl/keras';
import { fromArrays } from '@dl/data';
import { describe, expect, test } from 'vitest';
import { column, line, listen } from './helpers.ts';

const quiet = { verbose: 0 } as const;

describe('metrics of a model', () => {
  class Spread extends Sequential {
    readonly spread = new metrics.Mean({ name: 'spread' });
    override computeMetrics(data: LossData): void {
      super.computeMetrics(data);
      this.spread.updateState(data.yPred.sub(data.y!).abs());
    }
  }

  test('those in properties are reported beside the others, and start anew every epoch', async () => {
    const model = new Spread([new layers.Dense(1, { kernelInitializer: 'zeros', useBias: false, inputShape: [1] })]);
    model.compile({ optimizer: 'sgd', loss: 'mse', metrics: ['mae'] });
    const options = { epochs: 2, validationData: [column(2), column(2)] as const, ...quiet };
    const { history } = await model.fit(column(3), column(3), options);
    expect(Object.keys(history)).toEqual(['loss', 'mae', 'spread', 'val_loss', 'val_mae', 'val_spread']);
    expect(history['spread']).toEqual(history['mae']);
    expect(history['val_spread']).toEqual(history['val_mae']);
    expect(model.metricsNames).toEqual(['loss', 'mae', 'spread']);
    const read = Object.entries(model.getMetricsResult()).map(([name, value]) => [name, value.itemSync()]);
    expect(Object.fromEntries(read)).toEqual(await model.readMetrics());
  });

  test('a layer may keep one', async () => {
    class Watched extends layers.Layer {
      readonly size = new metrics.Sum({ name: 'size' });
      override call(x: Tensor): Tensor {
        this.size.updateState(x);
        return x;
      }
    }
    const model = new Sequential([new Watched({ inputShape: [1] })]);
    model.compile({ loss: 'mse' });
    expect(await model.evaluate(column(4), column(4), { batchSize: 3, ...quiet })).toEqual([0, 6]);
  });

  test('one that compile was given is reported once; an override decides what is', async () => {
    class Chosen extends Sequential {
      readonly distance = new metrics.MeanAbsoluteError({ name: 'distance' });
      override get metrics(): readonly metrics.BaseMetric[] {
        return [this.distance];
      }
    }
    const model = new Chosen([new layers.Dense(1, { inputShape: [1] })]);
    model.compile({ optimizer: 'sgd', loss: 'mse', metrics: [model.distance, 'mse'] });
    expect(Object.keys((await model.fit(column(2), column(2), quiet)).history)).toEqual(['distance']);
    class Twice extends Sequential {
      readonly distance = new metrics.MeanAbsoluteError({ name: 'distance' });
    }
    const twice = new Twice([new layers.Dense(1, { inputShape: [1] })]);
    twice.compile({ optimizer: 'sgd', loss: 'mse', metrics: [twice.distance] });
    expect(Object.keys((await twice.fit(column(2), column(2), quiet)).history)).toEqual(['distance', 'loss']);
  });

  test('a step may return their present values', async () => {
    class Reported extends Sequential {
      override trainStep(data: StepData): Record<string, Tensor> {
        super.trainStep(data);
        return { ...this.getMetricsResult(), batch: data.x.mean() };
      }
    }
    const model = new Reported([new layers.Dense(1, { inputShape: [1] })]);
    model.compile({ optimizer: 'sgd', loss: 'mse', metrics: ['mae'] });
    const { history } = await model.fit(column(2), column(2), { batchSize: 1, shuffle: false, ...quiet });
    expect(Object.keys(history)).toEqual(['batch', 'loss', 'mae']);
    expect(history['batch']).toEqual([1]);
    expect(history['loss']![0]).toBeCloseTo((await model.readMetrics())['loss']!, 6);
  });
});

describe('names by output', () => {
  test('weighted metrics that are plain ones too, and repeated ones', async () => {
    const x = Input({ shape: [1] });
    const [a, b] = ['a', 'b'].map((name) => new layers.Dense(1, { name }).apply(x));
    const model = new Model(x, [a!, b!]);
    const mae = { a: ['mae', 'mae'], b: 'mse' };
    model.compile({ optimizer: 'sgd', loss: 'mse', metrics: mae, weightedMetrics: { a: ['mae', 'mae'], b: 'mae' } });
    const { history } = await model.fit(column(2), [column(2), column(2)], quiet);
    expect(Object.keys(history)).toEqual([
      ...['a_loss', 'a_mae', 'a_mae_1', 'a_weighted_mae', 'a_weighted_mae_1', 'b_loss', 'b_mae', 'b_mse', 'loss'],
    ]);
  });

  test('what a dataset gives cannot be given beside it', async () => {
    const data = fromArrays(column(2), column(2)).batch(1);
    const options = { sampleWeight: [1, 1], ...quiet };
    const model = line();
    await expect(model.evaluate(data as never, undefined, options)).rejects.toThrow('pass neither y nor sampleWeight');
    await expect(model.evaluate(data as never, column(2), quiet)).rejects.toThrow('pass neither y nor sampleWeight');
    const weighted = [[[[1]], [[1]], [1]]];
    await expect(model.fit(weighted.values(), { classWeight: { 1: 2 }, ...quiet })).rejects.toThrow(
      'fit: the dataset gives sample weights already; leave classWeight out',
    );
  });
});

describe('profile', () => {
  test('says where the time of each epoch went, and prints it', async () => {
    const { result, lines } = await listen('log', () =>
      line().fit(column(6), column(6), {
        batchSize: 2,
        epochs: 2,
        profile: true,
        validationData: [column(2), column(2)],
        verbose: 2,
      }),
    );
    const { profile } = result;
    expect(profile!.epochs.map(({ steps }) => steps)).toEqual([3, 3]);
    const { total } = profile!;
    const parts = ['data', 'host', 'compile', 'kernels', 'callbacks', 'logs', 'waiting', 'validation'] as const;
    expect(parts.reduce((sum, part) => sum + total[part], 0)).toBeCloseTo(total.total, 6);
    for (const part of parts) expect(total[part]).toBeGreaterThanOrEqual(0);
    const [first, second] = profile!.epochs;
    expect(first!.compile).toBeGreaterThan(0);
    expect(second!.compile).toBe(0);
    expect(first!.kernels).toBeGreaterThan(0);
    const table = String(profile).split('\n');
    expect(lines.at(-1)).toBe(table.join('\n'));
    expect(table.map((row) => row.trim().split(/\s+/)[0])).toEqual(['ms', 'epoch', 'epoch', 'all', expect.any(String)]);
    expect(table[0]).toMatch(/^ms +steps +data +host +compile +kernels +callbacks +logs +waiting +validation +total$/);
  });

  test('is not there unless asked for', async () => {
    expect((await line().fit(column(2), column(2), quiet)).profile).toBeNull();
  });
});
