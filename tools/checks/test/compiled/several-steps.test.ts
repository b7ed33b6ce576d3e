/**
 * Several steps in one call are the single steps, on every backend.
 */
import { layers, optimizers, Sequential, setSeed, type Model } from '@dl/keras';
import { setBackend } from '@dl/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { ALL_BACKENDS } from '../cases/support.ts';

const quiet = { verbose: 0 } as const;
const column = (n: number): number[][] => Array.from({ length: n }, (_, i) => [i / n]);

function network(stepsPerExecution: number): Sequential {
  setSeed(5);
  const model = new Sequential([
    new layers.Dense(8, { activation: 'relu', inputShape: [1] }),
    new layers.BatchNormalization(),
    new layers.Dropout(0.2),
    new layers.Dense(1, { kernelRegularizer: 'l2' }),
  ]);
  model.compile({ optimizer: new optimizers.Adam(0.01), loss: 'mse', metrics: ['mae'], stepsPerExecution });
  return model;
}

const valuesOf = async (model: Model): Promise<number[]> =>
  (await Promise.all(model.weights.map((weight) => weight.value.data()))).flatMap((data) => [...data]);

describe.each(ALL_BACKENDS)('%s', { timeout: 120_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()), 60_000);

  test('fit, evaluate and predict', async () => {
    const run = async (steps: number): Promise<number[][]> => {
      const model = network(steps);
      // 13 batches, of which the last is smaller.
      const { history } = await model.fit(column(50), column(50), { batchSize: 4, epochs: 2, ...quiet });
      const result = (await model.evaluate(column(18), column(18), { batchSize: 2, ...quiet })) as number[];
      const predicted = await (await model.predict(column(18), { batchSize: 2, ...quiet })).data();
      return [history['loss']!, history['mae']!, await valuesOf(model), result, [...predicted]];
    };
    const [single, several] = [await run(1), await run(5)];
    single.forEach((list, i) => {
      expect(several[i]).toHaveLength(list.length);
      list.forEach((value, k) => expect(several[i]![k]).toBeCloseTo(value, 3));
    });
  });
});
