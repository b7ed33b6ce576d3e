/**
 * Several steps in one call of the device, and optimizers whose updates are not one a step.
 */
import {
  callbacks,
  layers,
  losses,
  Model,
  optimizers,
  Sequential,
  setSeed,
  type StepData,
  type Tensor,
} from '@dl/keras';
import { describe, expect, test, vi } from 'vitest';
import { column, listen } from './helpers.ts';

const quiet = { verbose: 0 } as const;

/** A model with state of every kind: dropout, moving statistics, slots, metrics. */
function network(stepsPerExecution: number, optimizer: optimizers.Optimizer = new optimizers.Adam(0.05)): Sequential {
  setSeed(5);
  const model = new Sequential([
    new layers.Dense(4, { activation: 'relu', inputShape: [1] }),
    new layers.BatchNormalization(),
    new layers.Dropout(0.2),
    new layers.Dense(1, { kernelRegularizer: 'l2' }),
  ]);
  model.compile({ optimizer, loss: 'mse', metrics: ['mae'], stepsPerExecution });
  return model;
}

const values = (model: Sequential): number[] => model.weights.flatMap((weight) => [...weight.value.dataSync()]);

describe('stepsPerExecution', () => {
  test('trains, evaluates and predicts as single steps do', async () => {
    const run = async (steps: number): Promise<number[][]> => {
      const model = network(steps);
      // 12 batches of 2 and one of 1.
      const { history } = await model.fit(column(25), column(25), { batchSize: 2, epochs: 3, ...quiet });
      const result = (await model.evaluate(column(9), column(9), { batchSize: 2, ...quiet })) as number[];
      const predicted = await model.predict(column(9), { batchSize: 2, ...quiet });
      return [history['loss']!, history['mae']!, values(model), result, [...predicted.dataSync()]];
    };
    const [single, four] = [await run(1), await run(4)];
    for (const [i, list] of single.entries()) {
      expect(four[i]).toHaveLength(list.length);
      for (const [k, value] of list.entries()) expect(four[i]![k]).toBeCloseTo(value, 4);
    }
  });

  test('callbacks hear of the first batch before and of the last after a call', async () => {
    const seen: string[] = [];
    const note = new callbacks.LambdaCallback({
      onTrainBatchBegin: (batch) => void seen.push(`${batch}`),
      onTrainBatchEnd: (batch) => void seen.push(`-${batch}`),
    });
    await network(4).fit(column(10), column(10), { batchSize: 1, callbacks: [note], ...quiet });
    expect(seen).toEqual(['0', '-3', '4', '-7', '8', '-9']);
  });

  test('the device is called once for several steps, and the program does not grow with them', async () => {
    const model = network(5);
    await model.fit(column(10), column(10), { batchSize: 1, ...quiet });
    const steps = model.stepFunctions();
    const train = vi.fn(steps.train);
    const several = vi.fn(steps.trainSeveral);
    model.stepFunctions = () => ({ ...steps, train, trainSeveral: several });
    await model.fit(column(22), column(22), { batchSize: 1, ...quiet });
    expect([several.mock.calls.length, train.mock.calls.length]).toEqual([4, 2]);
  });

  test('logs of a step of your own are those of the last step', async () => {
    class Last extends Sequential {
      override trainStep(data: StepData): Record<string, Tensor> {
        super.trainStep(data);
        return { first: data.x.mean() };
      }
    }
    const model = new Last([new layers.Dense(1, { inputShape: [1] })]);
    model.compile({ optimizer: 'sgd', loss: 'mse', stepsPerExecution: 3 });
    const { history } = await model.fit(column(6), column(6), { batchSize: 1, shuffle: false, epochs: 2, ...quiet });
    expect(history['first']).toEqual([5, 5]);
  });

  test('a number of steps that cannot be is refused', () => {
    expect(() => network(0)).toThrow('compile: stepsPerExecution must be a positive integer, got 0');
  });
});

describe('updates', () => {
  test('gradients of several batches make one update of their mean', async () => {
    const line = (accumulate: number | null): Sequential => {
      const model = new Sequential([
        new layers.Dense(1, { useBias: false, kernelInitializer: 'zeros', inputShape: [1] }),
      ]);
      model.compile({ optimizer: new optimizers.SGD(0.01, { gradientAccumulationSteps: accumulate }), loss: 'mse' });
      return model;
    };
    const [one, four] = [line(null), line(4)];
    await one.fit(column(8), column(8), { batchSize: 4, shuffle: false, ...quiet });
    await four.fit(column(8), column(8), { batchSize: 1, shuffle: false, ...quiet });
    expect(values(four)[0]).toBeCloseTo(values(one)[0]!, 6);
    expect(values(four)[0]).toBeGreaterThan(0);
  });

  test('a scaled loss changes neither the update nor what is logged', async () => {
    const [plain, scaled] = [network(1), network(1, new optimizers.LossScaleOptimizer(new optimizers.Adam(0.05)))];
    const options = { batchSize: 4, shuffle: false, epochs: 2, ...quiet } as const;
    const before = await plain.fit(column(8), column(8), options);
    const after = await scaled.fit(column(8), column(8), options);
    after.history['loss']!.forEach((value, i) => expect(value).toBeCloseTo(before.history['loss']![i]!, 3));
    values(scaled).forEach((value, i) => expect(value).toBeCloseTo(values(plain)[i]!, 3));
  });

  test('averages are in the weights after training, also inside a scaled optimizer', async () => {
    const inner = new optimizers.SGD(0.1, { useEma: true, emaMomentum: 0.5 });
    const model = network(1, new optimizers.LossScaleOptimizer(inner));
    await model.fit(column(4), column(4), quiet);
    inner.trainableVariables.forEach((variable, i) => {
      expect(variable.value.dataSync()).toEqual(inner.averages[i]!.value.dataSync());
    });
  });
});

describe('programs', () => {
  test('data of many lengths warn of nothing; samples of many shapes do', async () => {
    const { lines } = await listen('warn', async () => {
      const model = network(1);
      for (const n of [33, 35, 37, 39, 41]) {
        await model.fit(column(n), column(n), quiet);
        await model.evaluate(column(n), column(n), quiet);
        await model.predict(column(n), quiet);
      }
    });
    expect(lines).toEqual([]);
    const rows = await listen('warn', async () => {
      class Sums extends Model {
        override call(x: Tensor): Tensor {
          return x.sum(1, true);
        }
      }
      const model = new Sums();
      for (const n of [1, 2, 3, 4]) await model.predict({ data: new Float32Array(2 * n), shape: [2, n] }, quiet);
    });
    expect(rows.lines).toHaveLength(1);
    expect(rows.lines[0]).toContain('changed from float32[2, 2] to float32[2, 3]');
  });

  test('losses that are no scalar are summed', async () => {
    class Added extends layers.Layer {
      override call(x: Tensor): Tensor {
        this.addLoss(x.reshape([-1]));
        return x;
      }
    }
    const model = new Sequential([new Added({ inputShape: [1] })]);
    model.compile({ optimizer: 'sgd', loss: new losses.MeanSquaredError() });
    expect(await model.evaluate(column(4), column(4), quiet)).toBe(6);
  });
});
