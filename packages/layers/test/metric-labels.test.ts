/**
 * Metrics of several labels, and of ranked class ids.
 */
import * as metrics from '@dl/layers/metrics';
import { setBackend } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';
import { close, value } from './metric-values.ts';

setBackend(reference());

describe('AUC of several labels', () => {
  const yTrue = [
    [1, 0],
    [0, 0],
    [1, 1],
    [0, 1],
  ];
  const yPred = [
    [0.9, 0.2],
    [0.4, 0.6],
    [0.35, 0.8],
    [0.1, 0.7],
  ];
  const column = (rows: number[][], i: number): number[] => rows.map((row) => row[i]!);

  test('is the mean of the areas of each', () => {
    for (const curve of ['ROC', 'PR'] as const) {
      const [a, b] = [0, 1].map((i) =>
        value(() => new metrics.AUC({ curve }), [column(yTrue, i), column(yPred, i)]),
      ) as [number, number];
      close(
        value(() => new metrics.AUC({ curve, multiLabel: true }), [yTrue, yPred]),
        (a + b) / 2,
      );
      const weighted = { curve, multiLabel: true, numLabels: 2, labelWeights: [3, 1] } as const;
      close(
        value(() => new metrics.AUC(weighted), [yTrue, yPred]),
        (3 * a + b) / 4,
      );
      close(
        value(
          () => new metrics.AUC(weighted),
          [yTrue.slice(0, 1), yPred.slice(0, 1)],
          [yTrue.slice(1), yPred.slice(1)],
        ),
        (3 * a + b) / 4,
      );
    }
  });

  test('counted together, labels may weigh more or less', () => {
    const flat = (rows: number[][]): number[] => rows.flat();
    const weights = flat(yTrue.map(() => [2, 0.5]));
    const wanted = value(() => new metrics.AUC(), [flat(yTrue), flat(yPred), weights]);
    close(
      value(() => new metrics.AUC({ labelWeights: [2, 0.5] }), [yTrue, yPred]),
      wanted as number,
    );
  });

  test('mistakes', () => {
    expect(() => new metrics.AUC({ numLabels: 2 })).toThrow('numLabels belongs to multiLabel');
    const metric = new metrics.AUC({ multiLabel: true, numLabels: 3 });
    expect(() => metric.updateState(yTrue, yPred)).toThrow('expected 3 labels on the last axis');
    expect(new metrics.AUC({ multiLabel: true }).result().itemSync()).toBe(0);
    expect(metrics.get(JSON.parse(JSON.stringify(metrics.serialize(metric))) as never).getConfig()).toEqual(
      metric.getConfig(),
    );
  });
});

test('the best classes may come as ids', () => {
  const make = (): metrics.Metric => new metrics.SparseTopKCategoricalAccuracy({ k: 2, fromSortedIds: true });
  const ids = [
    [3, 1, 0],
    [2, 0, 1],
    [0, 2, 3],
  ];
  close(value(make, [[1, 1, 0], ids]), 2 / 3);
});
