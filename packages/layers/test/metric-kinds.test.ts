/**
 * Metrics on areas, correlations, spreads and constrained rates: values by hand, mistakes, stored forms, compiled.
 */
import * as metrics from '@dl/layers/metrics';
import { setBackend, type TensorLike } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';
import { close, value, type Batch } from './metric-values.ts';

setBackend(reference());

describe('intersection over union', () => {
  const ids: Batch = [
    [0, 0, 1, 1],
    [0, 1, 0, 1],
  ];
  const weighted: Batch = [...(ids as [TensorLike, TensorLike]), [0.3, 0.3, 0.3, 0.1]];

  test('of chosen classes and of all', () => {
    close(
      value(() => new metrics.IoU({ numClasses: 2, targetClassIds: [0] }), ids),
      1 / 3,
    );
    close(
      value(() => new metrics.IoU({ numClasses: 2, targetClassIds: [0] }), weighted),
      1 / 3,
    );
    close(
      value(() => new metrics.MeanIoU({ numClasses: 2 }), weighted),
      (1 / 3 + 1 / 7) / 2,
    );
    // Class 2 occurs nowhere and does not count.
    close(
      value(() => new metrics.MeanIoU({ numClasses: 3 }), ids),
      1 / 3,
    );
    close(
      value(() => new metrics.MeanIoU({ numClasses: 2 }), ids, ids),
      1 / 3,
    );
  });

  test('of classes left out, of scores, of images', () => {
    const make = (): metrics.Metric => new metrics.MeanIoU({ numClasses: 2, ignoreClass: 255 });
    close(
      value(make, [
        [0, 255, 1],
        [0, 1, 1],
      ]),
      1,
    );
    const scores = [
      [
        [0.9, 0.1],
        [0.2, 0.8],
      ],
      [
        [0.6, 0.4],
        [0.3, 0.7],
      ],
    ];
    close(
      value(
        () => new metrics.MeanIoU({ numClasses: 2, sparseYPred: false }),
        [
          [
            [0, 1],
            [1, 1],
          ],
          scores,
        ],
      ),
      (1 / 2 + 2 / 3) / 2,
    );
    const hot = [
      [1, 0],
      [0, 1],
      [0, 1],
    ];
    const flat = [
      [0.9, 0.1],
      [0.2, 0.8],
      [0.7, 0.3],
    ];
    close(
      value(() => new metrics.OneHotMeanIoU({ numClasses: 2 }), [hot, flat]),
      1 / 2,
    );
    close(
      value(() => new metrics.OneHotIoU({ numClasses: 2, targetClassIds: [1] }), [hot, flat]),
      1 / 2,
    );
  });

  test('of one score, where the threshold itself is class 1', () => {
    const batch: Batch = [
      [0, 1, 0, 1],
      [0.1, 0.2, 0.4, 0.7],
    ];
    close(
      value(() => new metrics.BinaryIoU({ threshold: 0.3 }), batch),
      1 / 3,
    );
    close(
      value(
        () => new metrics.BinaryIoU({ threshold: 0.3 }),
        [...(batch as [TensorLike, TensorLike]), [0.2, 0.3, 0.4, 0.1]],
      ),
      0.1736111,
    );
    close(
      value(() => new metrics.BinaryIoU({ targetClassIds: [1] }), [[1], [0.5]]),
      1,
    );
  });

  test('mistakes', () => {
    expect(() => new metrics.IoU({ numClasses: 2, targetClassIds: [2] })).toThrow('ids from 0 to 1');
    expect(() => new metrics.MeanIoU({ numClasses: 0 })).toThrow('numClasses must be a positive integer');
    const metric = new metrics.MeanIoU({ numClasses: 2 });
    expect(() => metric.updateState([0, 1], [[0.1, 0.9]].concat([[1, 0]]))).toThrow(
      'check sparseYTrue and sparseYPred',
    );
    expect(() => metric.updateState([0, 1], [0, 1], { sampleWeight: [1, 1, 1] })).toThrow(
      'one sample weight per class id (2)',
    );
  });
});

describe('F-scores', () => {
  const yTrue = [
    [1, 1, 1],
    [1, 0, 0],
    [1, 1, 0],
  ];
  const yPred = [
    [0.2, 0.6, 0.7],
    [0.2, 0.6, 0.6],
    [0.6, 0.8, 0],
  ];

  test('by class, together, over batches', () => {
    close(
      value(() => new metrics.FBetaScore({ beta: 2, threshold: 0.5 }), [yTrue, yPred]),
      [0.3846154, 0.9090909, 0.8333333],
    );
    const make = (): metrics.Metric => new metrics.F1Score({ threshold: 0.5 });
    close(value(make, [yTrue, yPred]), [0.5, 0.8, 2 / 3]);
    close(value(make, [yTrue.slice(0, 1), yPred.slice(0, 1)], [yTrue.slice(1), yPred.slice(1)]), [0.5, 0.8, 2 / 3]);
    close(
      value(() => new metrics.F1Score({ threshold: 0.5, average: 'micro' }), [yTrue, yPred]),
      2 / 3,
    );
  });

  test('a row of zeros predicts nothing', () => {
    close(
      value(() => new metrics.F1Score({ average: 'micro' }), [[[1, 0]], [[0, 0]]]),
      0,
    );
  });

  test('mistakes', () => {
    expect(() => new metrics.F1Score({ average: 'mean' as never })).toThrow(
      "average must be 'micro', 'macro', 'weighted' or null",
    );
    expect(() => new metrics.FBetaScore({ beta: 0 })).toThrow('beta must be a positive number');
    expect(() => new metrics.F1Score({ threshold: 1.5 })).toThrow('threshold must be in (0, 1]');
    expect(() => new metrics.F1Score().updateState([0, 1], [0, 1])).toThrow('[n, classes]');
    expect(new metrics.F1Score().result().itemSync()).toBe(0);
  });
});

describe('rates at a constraint', () => {
  const batch: Batch = [
    [0, 0, 0, 1, 1],
    [0, 0.3, 0.8, 0.3, 0.8],
  ];
  const heavy: Batch = [...(batch as [TensorLike, TensorLike]), [1, 1, 2, 2, 1]];

  test('values', () => {
    close(
      value(() => new metrics.SensitivityAtSpecificity(0.5), batch),
      0.5,
    );
    close(
      value(() => new metrics.SensitivityAtSpecificity(0.5), heavy),
      1 / 3,
    );
    close(
      value(() => new metrics.SpecificityAtSensitivity(0.5), batch),
      2 / 3,
    );
    close(
      value(() => new metrics.SpecificityAtSensitivity(0.5), [...(batch as [TensorLike, TensorLike]), [1, 1, 2, 2, 2]]),
      0.5,
    );
    close(
      value(() => new metrics.PrecisionAtRecall(0.5), batch),
      0.5,
    );
    close(
      value(() => new metrics.PrecisionAtRecall(0.5), [...(batch as [TensorLike, TensorLike]), [2, 2, 2, 1, 1]]),
      1 / 3,
    );
    close(
      value(() => new metrics.RecallAtPrecision(0.5), batch),
      1,
    );
    close(
      value(() => new metrics.RecallAtPrecision(0.99), batch),
      0,
    );
    close(
      value(() => new metrics.RecallAtPrecision(0.5, { numThresholds: 1 }), batch),
      0.5,
    );
  });

  test('mistakes', () => {
    expect(() => new metrics.RecallAtPrecision(1.5)).toThrow('precision must be in [0, 1]');
    expect(() => new metrics.PrecisionAtRecall(0.5, { numThresholds: 0 })).toThrow('numThresholds');
  });
});

describe('correlations and R²', () => {
  const batch: Batch = [
    [
      [0, 1, 0.5],
      [1, 1, 0.2],
    ],
    [
      [0.1, 0.9, 0.5],
      [1, 0.9, 0.2],
    ],
  ];

  test('correlations', () => {
    close(
      value(() => new metrics.PearsonCorrelation(), batch),
      0.9966996,
    );
    close(
      value(() => new metrics.ConcordanceCorrelation(), batch),
      0.981632,
    );
    // All values at once: the definition, with means and spreads of all six.
    const t = [0, 1, 0.5, 1, 1, 0.2];
    const p = [0.1, 0.9, 0.5, 1, 0.9, 0.2];
    const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
    const [mt, mp] = [mean(t), mean(p)];
    const cov = mean(t.map((x, i) => (x - mt) * (p[i]! - mp)));
    const [vt, vp] = [mean(t.map((x) => (x - mt) ** 2)), mean(p.map((x) => (x - mp) ** 2))];
    close(metrics.pearsonCorrelation(batch[0], batch[1], [0, 1]).itemSync(), cov / Math.sqrt(vt * vp));
    close(
      metrics.concordanceCorrelation(batch[0], batch[1], [0, 1]).itemSync(),
      (2 * cov) / (vt + vp + (mt - mp) ** 2),
    );
    // Constant rows have no correlation.
    close(metrics.pearsonCorrelation([[1, 1]], [[0, 2]]).dataSync()[0]!, 0);
  });

  test('R²', () => {
    const one: Batch = [
      [[1], [4], [3]],
      [[2], [4], [4]],
    ];
    close(
      value(() => new metrics.R2Score(), one),
      0.5714286,
    );
    close(
      value(
        () => new metrics.R2Score(),
        [
          [1, 4, 3],
          [2, 4, 4],
        ],
      ),
      0.5714286,
    );
    close(
      value(
        () => new metrics.R2Score(),
        [[[1]], [[2]]],
        [
          [[4], [3]],
          [[4], [4]],
        ],
      ),
      0.5714286,
    );
    close(
      value(() => new metrics.R2Score({ numRegressors: 1 }), one),
      1 - (1 - 0.5714286) * 2,
    );
    // Too few values for the adjusted score.
    close(
      value(() => new metrics.R2Score({ numRegressors: 2 }), one),
      0.5714286,
    );
    const two: Batch = [
      [
        [1, 0],
        [4, 10],
        [3, 20],
      ],
      [
        [2, 0],
        [4, 10],
        [4, 23],
      ],
    ];
    close(
      value(() => new metrics.R2Score({ classAggregation: null }), two),
      [0.5714286, 0.955],
    );
    close(
      value(() => new metrics.R2Score({ classAggregation: 'variance_weighted_average' }), two),
      1 - 11 / (14 / 3 + 200),
    );
    expect(() => new metrics.R2Score({ classAggregation: 'sum' as never })).toThrow('classAggregation');
    expect(() => new metrics.R2Score({ numRegressors: -1 })).toThrow('numRegressors');
  });
});

test('stored forms give the same metric', () => {
  const all: readonly metrics.Metric[] = [
    new metrics.IoU({ numClasses: 3, targetClassIds: [0, 2], ignoreClass: 1, sparseYPred: false }),
    new metrics.MeanIoU({ numClasses: 3, sparseYTrue: false }),
    new metrics.OneHotIoU({ numClasses: 3, targetClassIds: [1] }),
    new metrics.OneHotMeanIoU({ numClasses: 3 }),
    new metrics.BinaryIoU({ threshold: 0.2, targetClassIds: [1] }),
    new metrics.F1Score({ average: 'macro' }),
    new metrics.FBetaScore({ beta: 0.5, threshold: 0.4 }),
    new metrics.PearsonCorrelation({ axis: 0 }),
    new metrics.ConcordanceCorrelation(),
    new metrics.R2Score({ numRegressors: 2, classAggregation: null }),
    new metrics.SensitivityAtSpecificity(0.4, { numThresholds: 20 }),
    new metrics.SpecificityAtSensitivity(0.4, { classId: 1 }),
    new metrics.PrecisionAtRecall(0.3, { name: 'mine' }),
    new metrics.RecallAtPrecision(0.3),
  ];
  for (const metric of all) {
    const stored = JSON.parse(JSON.stringify(metrics.serialize(metric))) as never;
    const copy = metrics.get(stored);
    expect(copy.constructor).toBe(metric.constructor);
    expect(copy.getConfig()).toEqual(metric.getConfig());
    expect(copy.direction).toBe('up');
  }
});
