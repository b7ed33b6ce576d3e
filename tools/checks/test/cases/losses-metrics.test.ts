/**
 * Cases of losses and metrics: what 'accuracy' means, and what sample weights divide by.
 */
import { layers, losses, metrics, Sequential, setBackend, type TensorLike } from '@dl/keras';
import { beforeAll, describe, expect, test } from 'vitest';
import { BACKENDS } from './support.ts';

const probabilities = [
  [0.9, 0.1, 0],
  [0.2, 0.3, 0.5],
  [0, 0.1, 0.9],
];
const hot = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

describe.each(BACKENDS)('%s', (_, make) => {
  beforeAll(async () => setBackend(await make()));

  /** Logs of a model that hands its input on. */
  const evaluate = (loss: string, metric: string, x: number[][], y: unknown): Promise<Record<string, number>> => {
    const model = new Sequential([new layers.Activation('linear', { inputShape: [3] })]);
    model.compile({ loss, metrics: [metric] });
    return model.evaluate(x, y as never, { returnDict: true, verbose: 0 });
  };
  const direct = (metric: metrics.Metric, y: TensorLike, p: TensorLike): number => {
    metric.updateState(y, p);
    return metric.result().itemSync();
  };

  test.each([
    ['ids [3]', 'sparse_categorical_crossentropy', [0, 1, 2]],
    ['ids [3, 1]', 'sparse_categorical_crossentropy', [[0], [1], [2]]],
    ['one-hot rows', 'categorical_crossentropy', hot],
  ])("C46 'accuracy' is 2/3 for labels as %s, and is in the logs by that name", async (_name, loss, y) => {
    const logs = await evaluate(loss, 'accuracy', probabilities, y);
    expect(Object.keys(logs)).toEqual(['accuracy', 'loss']);
    expect(logs['accuracy']).toBeCloseTo(2 / 3, 6);
    expect(Object.keys(await evaluate(loss, 'acc', probabilities, y))).toEqual(['acc', 'loss']);
  });

  test('C46 the classes by themselves', () => {
    expect(direct(new metrics.SparseCategoricalAccuracy(), [0, 1, 2], probabilities)).toBeCloseTo(2 / 3, 6);
    expect(direct(new metrics.SparseCategoricalAccuracy(), [[0], [1], [2]], probabilities)).toBeCloseTo(2 / 3, 6);
    expect(direct(new metrics.CategoricalAccuracy(), hot, probabilities)).toBeCloseTo(2 / 3, 6);
  });

  test('C46 several labels at once, none predicted', async () => {
    const none = hot.map((row) => row.map(() => 0));
    const binary = await evaluate('binary_crossentropy', 'binary_accuracy', none, hot);
    expect(binary['binary_accuracy']).toBeCloseTo(2 / 3, 6);
    expect(direct(new metrics.BinaryAccuracy({ threshold: 0.5 }), hot, none)).toBeCloseTo(2 / 3, 6);
    // Equal scores count for the first class.
    const categorical = await evaluate('binary_crossentropy', 'categorical_accuracy', none, hot);
    expect(categorical['categorical_accuracy']).toBeCloseTo(1 / 3, 6);
  });

  test('C46 shapes that fit no reading are an error', async () => {
    const two = [
      [1, 0],
      [0, 1],
      [1, 0],
    ];
    await expect(evaluate('categorical_crossentropy', 'accuracy', probabilities, two)).rejects.toThrow(
      'targets [3, 2] and predictions [3, 3]',
    );
    for (const Metric of [metrics.CategoricalAccuracy, metrics.BinaryAccuracy, metrics.SparseCategoricalAccuracy]) {
      expect(() => new Metric().updateState(two, probabilities), Metric.name).toThrow(/(?=.*\[3, 2\]).*\[3, 3\]/);
    }
  });

  const y = [[1], [2]];
  const p = [[2], [3]];
  test('C48 the loss divides by the number of samples, the metric by the sum of the weights', () => {
    const sampleWeight = [0, 1];
    expect(new losses.MeanAbsoluteError().apply(y, p, { sampleWeight }).itemSync()).toBe(0.5);
    const weighted = new losses.MeanAbsoluteError({ reduction: 'mean_with_sample_weight' });
    expect(weighted.apply(y, p, { sampleWeight }).itemSync()).toBe(1);
    const metric = new metrics.MeanAbsoluteError();
    metric.updateState(y, p, { sampleWeight });
    expect(metric.result().itemSync()).toBe(1);
  });

  test('C48 so do they in evaluate, where plain metrics ignore the weights', async () => {
    const model = new Sequential([new layers.Activation('linear', { inputShape: [1] })]);
    model.compile({ loss: 'mae', metrics: ['mae'], weightedMetrics: ['mae'] });
    const far = [[1], [5]];
    const logs = await model.evaluate(p, far, { sampleWeight: [0, 1], returnDict: true, verbose: 0 });
    expect(logs).toEqual({ loss: 1, mae: 1.5, weighted_mae: 2 });
  });

  test('C48 weights that are all 0 give 0', () => {
    const sampleWeight = [0, 0];
    for (const reduction of ['sum_over_batch_size', 'mean_with_sample_weight', 'sum'] as const) {
      expect(new losses.MeanAbsoluteError({ reduction }).apply(y, p, { sampleWeight }).itemSync(), reduction).toBe(0);
    }
    const metric = new metrics.MeanAbsoluteError();
    expect(metric.result().itemSync()).toBe(0);
    metric.updateState(y, p, { sampleWeight });
    expect(metric.result().itemSync()).toBe(0);
  });
});
