/**
 * Losses and metrics: masks, gradients, names and configurations.
 */
import { gradcheck } from '@dl/autograd';
import { Embedding, maskOf } from '@dl/layers';
import * as losses from '@dl/layers/losses';
import * as metrics from '@dl/layers/metrics';
import { ConfigError, setBackend, tensor, type Tensor, type TensorLike } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';

setBackend(reference());
const numbers = (t: Tensor): number[] => [...t.dataSync()];

describe('accuracy', () => {
  test('top k', () => {
    const p = [
      [0.9, 0.1, 0],
      [0.2, 0.3, 0.5],
      [0, 0.1, 0.9],
    ];
    const hot = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
    const value = (metric: metrics.Metric, y: TensorLike): number => {
      metric.updateState(y, p);
      return metric.result().itemSync();
    };
    expect(value(new metrics.TopKCategoricalAccuracy({ k: 2 }), hot)).toBe(1);
    expect(value(new metrics.SparseTopKCategoricalAccuracy({ k: 1 }), [0, 1, 2])).toBeCloseTo(2 / 3, 6);
  });
});

describe('sample weights', () => {
  test('of another length are an error', () => {
    expect(() => new losses.MeanAbsoluteError().apply([[1], [2]], [[2], [3]], { sampleWeight: [1, 2, 3] })).toThrow(
      'sample weights [3] do not fit values of shape [2]',
    );
  });
});

describe('losses', () => {
  test('masks on predictions give the mean over what counts', () => {
    const embedded = new Embedding(3, 1, { maskZero: true, embeddingsInitializer: 'ones' }).apply(
      tensor([[1, 2, 0]], 'int32'),
    );
    expect(numbers(maskOf(embedded)!)).toEqual([1, 1, 0]);
    const loss = new losses.MeanSquaredError().apply([[[2], [3], [9]]], embedded);
    expect(loss.itemSync()).toBeCloseTo((1 + 4) / 2, 5);
    const explicit = new losses.MeanSquaredError().apply([[2], [9]], [[0], [0]], { mask: tensor([true, false]) });
    expect(explicit.itemSync()).toBeCloseTo(4, 5);
    const sum = new losses.MeanSquaredError({ reduction: 'sum' });
    expect(sum.apply([[2], [9]], [[0], [0]], { mask: tensor([true, false]), sampleWeight: [2, 1] }).itemSync()).toBe(8);
  });

  test('ignored classes count for nothing', () => {
    const loss = new losses.SparseCategoricalCrossentropy({ ignoreClass: -1, fromLogits: true });
    expect(
      loss
        .apply(
          [0, -1],
          [
            [0, 0],
            [5, 0],
          ],
        )
        .itemSync(),
    ).toBeCloseTo(Math.LN2, 5);
  });

  test('class ids out of range are errors that name the id', () => {
    for (const fromLogits of [true, false]) {
      const loss = new losses.SparseCategoricalCrossentropy({ fromLogits });
      expect(() =>
        loss.apply(
          [0, 2],
          [
            [0.5, 0.5],
            [0.5, 0.5],
          ],
        ),
      ).toThrow(/index 2 at position 1 is out of range \[0, 2\)/);
    }
    expect(() => losses.sparseCategoricalCrossentropy([[0, 1]], [[0.5, 0.5]])).toThrow('for one-hot targets use');
  });

  test('gradients of all losses', () => {
    const hot = tensor(
      [
        [0, 1, 0],
        [1, 0, 0],
      ],
      'float64',
    );
    const p = [
      [0.2, 0.5, 0.4],
      [0.6, 0.3, 0.2],
    ];
    const names = [
      'mse',
      'mae',
      'mape',
      'msle',
      'huber',
      'log_cosh',
      'bce',
      'categorical_crossentropy',
      'kld',
      'poisson',
      'hinge',
      'squared_hinge',
      'categorical_hinge',
      'cosine_similarity',
      'binary_focal_crossentropy',
      'categorical_focal_crossentropy',
      'dice',
      'tversky',
    ];
    // Percentages of targets that are 0 are too large for differences.
    const targets = (name: string): Tensor => (name === 'mape' ? hot.add(0.5) : hot);
    for (const name of names) gradcheck((x) => losses.get(name).apply(targets(name), x), [p]);
    for (const Class of [losses.CategoricalCrossentropy, losses.BinaryCrossentropy]) {
      gradcheck((x) => new Class({ fromLogits: true, labelSmoothing: 0.1 }).apply(hot, x), [p]);
    }
    gradcheck((x) => new losses.SparseCategoricalCrossentropy().apply([1, 0], x), [p]);
    gradcheck((x) => new losses.SparseCategoricalCrossentropy({ fromLogits: true }).apply([1, 0], x), [p]);
    gradcheck((x) => losses.get('mse').apply(hot, x, { sampleWeight: [2, 0.5] }), [p]);
  });

  test('configurations make the round trip', () => {
    const all = [
      new losses.Huber({ delta: 2, reduction: 'sum' }),
      new losses.SparseCategoricalCrossentropy({ ignoreClass: 3, fromLogits: true }),
      new losses.CategoricalCrossentropy({ labelSmoothing: 0.2, axis: 1 }),
      new losses.CosineSimilarity({ axis: 0 }),
      new losses.Hinge({ name: 'h' }),
      new losses.BinaryFocalCrossentropy({ applyClassBalancing: true, gamma: 1 }),
      new losses.CategoricalFocalCrossentropy({ alpha: 0.5 }),
      new losses.Tversky({ alpha: 0.1, axis: [1] }),
      new losses.Dice(),
    ];
    for (const loss of all) {
      const stored = JSON.parse(JSON.stringify(losses.serialize(loss))) as ReturnType<typeof losses.serialize>;
      expect(stored.module).toBe('keras.losses');
      const copy = losses.get(stored);
      expect(copy.constructor).toBe(loss.constructor);
      expect(copy.getConfig()).toEqual(loss.getConfig());
    }
  });

  test('functions and classes of the user', () => {
    const cubic = losses.get((t, p) => p.sub(t).abs().pow(3).mean(-1));
    expect(cubic.apply([[1]], [[3]]).itemSync()).toBe(8);
    // Targets [2] against predictions [2, 1] are two pairs, not four.
    expect(cubic.apply([1, 2], [[3], [2]]).itemSync()).toBe(4);
    expect(cubic.apply([[1], [2]], [3, 2]).itemSync()).toBe(4);
    class Fixed extends losses.Loss {
      override call(_: Tensor, p: Tensor): Tensor {
        return p.mul(0).mean(-1).add(2);
      }
    }
    expect(
      losses
        .get(new Fixed('fixed'))
        .apply([[1]], [[1]])
        .itemSync(),
    ).toBe(2);
    expect(losses.serialize(new Fixed('fixed'))).toMatchObject({ module: null, registered_name: 'Custom>Fixed' });
  });

  test('wrong options', () => {
    expect(() => losses.get('mean_square_error')).toThrow("did you mean 'mean_squared_error'");
    expect(() => losses.get(null as never)).toThrow(ConfigError);
    expect(() => new losses.Huber({ reduction: 'average' as never })).toThrow("unknown reduction 'average'");
    expect(() => new losses.CategoricalCrossentropy({ labelSmoothing: 2 })).toThrow('labelSmoothing must be in [0, 1]');
    expect(losses.get('MeanSquaredError').reduction).toBe('sum_over_batch_size');
    expect(new losses.Huber({ reduction: 'sumOverBatchSize' as never }).reduction).toBe('sum_over_batch_size');
  });
});

describe('metrics', () => {
  test('Mean and Sum of plain values', () => {
    const mean = new metrics.Mean();
    expect(mean.result().itemSync()).toBe(0);
    mean.updateState(
      [
        [1, 3],
        [5, 7],
      ],
      { sampleWeight: [1, 3] },
    );
    expect(mean.result().itemSync()).toBe(5);
    mean.resetState();
    mean.updateState(4);
    expect(mean.result().itemSync()).toBe(4);
    const sum = new metrics.Sum();
    sum.updateState(
      [
        [1, 3],
        [5, 7],
      ],
      { sampleWeight: [1, 2] },
    );
    sum.updateState(10);
    expect(sum.result().itemSync()).toBe(38);
    expect([mean.name, sum.name]).toEqual(['mean', 'sum']);
  });

  test('state is in Variables, and a result stays what it was', () => {
    const metric = new metrics.MeanAbsoluteError();
    metric.updateState([[1]], [[3]]);
    const before = metric.result();
    metric.updateState([[1]], [[1]]);
    expect([before.itemSync(), metric.result().itemSync()]).toEqual([2, 1]);
    expect(metric.variables.map((v) => [v.name, v.kind])).toEqual([
      ['total', 'state'],
      ['count', 'state'],
    ]);
  });

  test('precision and recall, with top k and one class', () => {
    const y = [
      [0, 1, 1],
      [1, 0, 0],
    ];
    const p = [
      [0.9, 0.8, 0.1],
      [0.4, 0.6, 0.2],
    ];
    const value = (metric: metrics.Metric): number => {
      metric.updateState(y, p);
      return metric.result().itemSync();
    };
    expect(value(new metrics.Precision())).toBeCloseTo(1 / 3, 6);
    expect(value(new metrics.Recall())).toBeCloseTo(1 / 3, 6);
    expect(value(new metrics.Precision({ topK: 2 }))).toBeCloseTo(2 / 4, 6);
    expect(value(new metrics.Recall({ classId: 1 }))).toBe(1);
    expect(value(new metrics.Recall({ thresholds: 0.05 }))).toBe(1);
    expect(value(new metrics.AUC({ fromLogits: true }))).toBeGreaterThan(0.3);
    expect(() => new metrics.Precision({ thresholds: 'x' as never })).toThrow('thresholds must be numbers');
    expect(() => new metrics.AUC({ curve: 'roc' as never })).toThrow("curve must be 'ROC' or 'PR'");
  });

  test('nothing seen is 0, not NaN', () => {
    for (const name of ['precision', 'recall', 'accuracy', 'mse'])
      expect(metrics.get(name).result().itemSync()).toBe(0);
  });

  test('names count up where there is no fixed one', () => {
    const [a, b] = [new metrics.AUC(), new metrics.AUC()];
    expect(a.name).toMatch(/^auc/);
    expect(b.name).not.toBe(a.name);
    expect(new metrics.BinaryAccuracy().name).toBe('binary_accuracy');
  });

  test('configurations make the round trip', () => {
    const all = [
      new metrics.AUC({ curve: 'PR', thresholds: [0.2, 0.7], name: 'a' }),
      new metrics.Precision({ thresholds: [0.2, 0.7], topK: 2, name: 'p' }),
      new metrics.TopKCategoricalAccuracy({ k: 3 }),
      new metrics.BinaryAccuracy({ threshold: 0.7 }),
      new metrics.SparseCategoricalCrossentropy({ fromLogits: true }),
      new metrics.CosineSimilarity({ axis: 1 }),
    ];
    for (const metric of all) {
      const stored = JSON.parse(JSON.stringify(metrics.serialize(metric))) as ReturnType<typeof metrics.serialize>;
      const copy = metrics.get(stored);
      expect(copy.constructor).toBe(metric.constructor);
      expect(copy.getConfig()).toEqual(metric.getConfig());
    }
  });
});
