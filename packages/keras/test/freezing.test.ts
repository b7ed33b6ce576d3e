/**
 * Frozen layers and models.
 */
import { layers, Sequential } from '@dl/keras';
import { describe, expect, test } from 'vitest';
import { column, line, listen } from './helpers.ts';

const quiet = { verbose: 0 } as const;

describe('C37 frozen BatchNormalization', () => {
  test('a frozen layer keeps its statistics and uses them in training', async () => {
    const bn = new layers.BatchNormalization({ momentum: 0.9, epsilon: 1e-3 });
    bn.trainable = false;
    const y = bn.apply([[10], [20]], { training: true }).dataSync();
    expect(y[0]).toBeCloseTo(10 / Math.sqrt(1.001), 4);
    expect(bn.weights.map((w) => w.value.itemSync())).toEqual([1, 0, 0, 1]);
  });

  test('so does a whole frozen model inside another', async () => {
    const base = new Sequential([new layers.BatchNormalization({ inputShape: [1] })]);
    base.trainable = false;
    const model = new Sequential([base, new layers.Dense(1)]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    await model.fit([[10], [20]], [[1], [2]], { epochs: 2, ...quiet });
    expect(base.weights.map((w) => w.value.itemSync())).toEqual([1, 0, 0, 1]);
    expect(model.trainableWeights).toHaveLength(2);
    base.trainable = true;
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    await model.fit([[10], [20]], [[1], [2]], quiet);
    expect(base.weights[2]!.value.itemSync()).toBeCloseTo(0.15, 5);
  });

  test('changing trainable after the first step warns', async () => {
    const model = line();
    await model.fit(column(2), column(2), quiet);
    model.trainable = false;
    const { lines } = await listen('warn', () => model.fit(column(2), column(2), quiet).catch(() => null));
    expect(lines[0]).toContain('call compile() again');
  });
});
