/**
 * Callbacks: hooks, their order, and what the built-in ones do.
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callbacks, optimizers, Variable, type callbacks as types, type Sequential } from '@dl/keras';
import { describe, expect, test } from 'vitest';
import { column, line, listen } from './helpers.ts';

const quiet = { verbose: 0 } as const;

/** Feeds a callback these values of `val_loss` as if epochs had run; tells how many it let through. */
async function feed(
  callback: types.Callback,
  values: readonly number[],
  each: (model: Sequential, epoch: number) => void = () => {},
): Promise<{ epochs: number; model: Sequential; rates: number[] }> {
  const model = line();
  callback.setModel(model);
  callback.setParams({ epochs: values.length, steps: 1, verbose: 0 });
  model.stopTraining = false;
  await callback.onTrainBegin();
  const rates: number[] = [];
  let epochs = 0;
  for (const [epoch, value] of values.entries()) {
    each(model, epoch);
    await callback.onEpochEnd(epoch, { val_loss: value });
    const { learningRate } = model.optimizer;
    rates.push(learningRate instanceof Variable ? learningRate.value.itemSync() : NaN);
    epochs++;
    if (model.stopTraining) break;
  }
  await callback.onTrainEnd({});
  return { epochs, model, rates };
}

describe('hooks', () => {
  test('their order, and the logs they share', async () => {
    const seen: string[] = [];
    const note =
      (name: string) =>
      (...args: readonly (number | types.Logs)[]): void =>
        void seen.push([name, ...args.map((a) => (typeof a === 'number' ? a : Object.keys(a).join('+')))].join(' '));
    const hooks = [
      'onTrainBegin',
      'onTrainEnd',
      'onEpochBegin',
      'onEpochEnd',
      'onTrainBatchBegin',
      'onTrainBatchEnd',
      'onTestBegin',
      'onTestEnd',
      'onTestBatchBegin',
      'onTestBatchEnd',
    ];
    const callback = new callbacks.LambdaCallback(Object.fromEntries(hooks.map((name) => [name, note(name)])));
    const adder = new callbacks.LambdaCallback({ onEpochEnd: (_, logs) => void (logs['extra'] = 5) });
    const history = await line().fit(column(2), column(2), {
      batchSize: 2,
      validationData: [column(1), column(1)],
      callbacks: [adder, callback],
      ...quiet,
    });
    expect(seen).toEqual([
      'onTrainBegin',
      'onEpochBegin 0',
      'onTrainBatchBegin 0',
      'onTrainBatchEnd 0 loss',
      'onTestBegin',
      'onTestBatchBegin 0',
      'onTestBatchEnd 0 loss',
      'onTestEnd loss',
      'onEpochEnd 0 loss+val_loss+extra',
      'onTrainEnd loss+val_loss+extra',
    ]);
    expect(history.history['extra']).toEqual([5]);
  });

  test('predict has hooks too; asynchronous ones are waited for', async () => {
    const seen: string[] = [];
    const later = async (name: string): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      seen.push(name);
    };
    const callback = new callbacks.LambdaCallback({
      onPredictBegin: () => later('begin'),
      onPredictBatchEnd: () => later('batch'),
      onPredictEnd: () => later('end'),
    });
    await line().predict(column(4), { batchSize: 2, callbacks: [callback], ...quiet });
    expect(seen).toEqual(['begin', 'batch', 'batch', 'end']);
  });

  test('unknown hooks are refused', () => {
    expect(() => new callbacks.LambdaCallback({ onBatch: () => {} } as never)).toThrow("no hook 'onBatch'");
  });

  test('stopTraining ends the epoch under way', async () => {
    const model = line();
    const stop = new callbacks.LambdaCallback({ onTrainBatchEnd: (batch) => void (model.stopTraining = batch === 1) });
    const history = await model.fit(column(8), column(8), { batchSize: 1, epochs: 5, callbacks: [stop], ...quiet });
    expect(history.epoch).toEqual([0]);
    // A later evaluation is not cut short.
    expect(await model.evaluate(column(8), column(8), { batchSize: 1, ...quiet })).toBeGreaterThan(0);
  });
});

describe('EarlyStopping', () => {
  const epochs = async (options: types.EarlyStoppingOptions, values: readonly number[]): Promise<number> =>
    (await feed(new callbacks.EarlyStopping(options), values)).epochs;

  test('patience 0 and 1 stop at the first epoch that is not better', async () => {
    expect(await epochs({}, [3, 2, 2, 1])).toBe(3);
    expect(await epochs({ patience: 1 }, [3, 2, 2, 1])).toBe(3);
    expect(await epochs({ patience: 2 }, [3, 2, 2, 1, 1, 1, 1])).toBe(6);
  });

  test('minDelta, baseline and startFromEpoch', async () => {
    expect(await epochs({ minDelta: 0.5 }, [3, 2.6, 2])).toBe(2);
    expect(await epochs({ baseline: 1, patience: 2 }, [3, 2, 1.5, 0])).toBe(4);
    expect(await epochs({ baseline: 1, patience: 3 }, [3, 2.5, 2.4, 2.6, 0])).toBe(4);
    expect(await epochs({ startFromEpoch: 3 }, [1, 2, 3, 4, 5, 6])).toBe(5);
  });

  test('mode', async () => {
    expect(await epochs({ mode: 'max' }, [1, 2, 3, 2])).toBe(4);
    expect(() => new callbacks.EarlyStopping({ mode: 'up' as never })).toThrow("mode must be 'auto', 'min' or 'max'");
    const model = line(0, { metrics: ['accuracy', (t, p) => p.sub(t).mean(-1)] });
    const run = (monitor: string): Promise<unknown> =>
      model.fit(column(4), column(4), { epochs: 3, callbacks: [new callbacks.EarlyStopping({ monitor })], ...quiet });
    await run('accuracy');
    const unknown = model.namedMetrics.at(-1)!.name;
    await expect(run(unknown)).rejects.toThrow(/should rise or fall; give mode/);
  });

  test('the best weights come back, also when it did not stop', async () => {
    const set = (model: Sequential, epoch: number): void => model.setWeights([[[epoch]]]);
    const stopped = await feed(
      new callbacks.EarlyStopping({ restoreBestWeights: true, patience: 2 }),
      [3, 1, 2, 2],
      set,
    );
    expect(stopped.epochs).toBe(4);
    expect(stopped.model.weights[0]!.value.itemSync()).toBe(1);
    const ended = await feed(new callbacks.EarlyStopping({ restoreBestWeights: true, patience: 9 }), [3, 1, 2], set);
    expect(ended.model.weights[0]!.value.itemSync()).toBe(1);
  });

  test('a log that is missing is a warning', async () => {
    const { lines } = await listen('warn', () =>
      line().fit(column(2), column(2), { callbacks: [new callbacks.EarlyStopping()], ...quiet }),
    );
    expect(lines).toEqual([expect.stringContaining("there is no log 'val_loss'; there are loss")]);
  });
});

describe('learning rates', () => {
  test('ReduceLROnPlateau, with patience, cooldown and a lowest rate', async () => {
    const run = async (options: types.ReduceLROnPlateauOptions, values: readonly number[]): Promise<number[]> =>
      (await feed(new callbacks.ReduceLROnPlateau(options), values)).rates.map((rate) => Number(rate.toPrecision(4)));
    expect(await run({ patience: 2 }, [2, 2, 2, 2, 2])).toEqual([0.01, 0.01, 0.001, 0.001, 0.0001]);
    expect(await run({ patience: 1, cooldown: 2, factor: 0.5 }, [2, 2, 2, 2, 2, 2])).toEqual([
      0.01, 0.005, 0.005, 0.0025, 0.0025, 0.00125,
    ]);
    expect(await run({ patience: 1, minLr: 0.004 }, [2, 2, 2])).toEqual([0.01, 0.004, 0.004]);
    expect(await run({ patience: 1, mode: 'max' }, [1, 2, 3])).toEqual([0.01, 0.01, 0.01]);
  });

  test('the rate is in the logs and in the history', async () => {
    const halve = new callbacks.LearningRateScheduler((_, rate) => rate / 2);
    const { history } = await line().fit(column(2), column(2), { epochs: 2, callbacks: [halve], ...quiet });
    expect(history['learning_rate']!.map((rate) => Number(rate.toPrecision(5)))).toEqual([0.005, 0.0025]);
    const plateau = await line().fit(column(2), column(2), {
      callbacks: [new callbacks.ReduceLROnPlateau({ monitor: 'loss' })],
      ...quiet,
    });
    expect(Object.keys(plateau.history)).toEqual(['loss', 'learning_rate']);
  });

  test('with a schedule in use they refuse', async () => {
    const schedule = new optimizers.schedules.CosineDecay({ initialLearningRate: 0.1, decaySteps: 10 });
    const model = line(0, { optimizer: new optimizers.SGD(schedule) });
    const halve = new callbacks.LearningRateScheduler((_, rate) => rate / 2);
    await expect(model.fit(column(2), column(2), { callbacks: [halve], ...quiet })).rejects.toThrow(
      'follows a schedule',
    );
    const text = new callbacks.LearningRateScheduler(() => 'fast' as never);
    await expect(line().fit(column(2), column(2), { callbacks: [text], ...quiet })).rejects.toThrow(
      'must return a number',
    );
  });
});

describe('CSVLogger', () => {
  test('writes a file, and goes on with it', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'csv-')), 'log.csv');
    const model = line();
    const options = { epochs: 2, ...quiet };
    await model.fit(column(2), column(2), { ...options, callbacks: [new callbacks.CSVLogger(path)] });
    await model.fit(column(2), column(2), { ...options, callbacks: [new callbacks.CSVLogger(path, { append: true })] });
    const rows = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(rows[0]).toBe('epoch,loss,val_loss');
    expect(rows.slice(1).map((row) => row.split(',')[0])).toEqual(['0', '1', '0', '1']);
    expect(rows[1]).toMatch(/^0,\d+(\.\d+)?,NA$/);
  });

  test('or gives its lines to a function', async () => {
    const lines: string[] = [];
    const logger = new callbacks.CSVLogger((text) => lines.push(text), { separator: ';' });
    await line().fit(column(2), column(2), {
      epochs: 2,
      validationData: [column(1), column(1)],
      validationFreq: 2,
      callbacks: [logger],
      ...quiet,
    });
    expect(lines[0]).toBe('epoch;loss;val_loss');
    expect(lines[1]!.endsWith(';NA')).toBe(true);
    expect(lines[2]).toMatch(/^1;[\d.e-]+;0$/);
  });
});

test('the moving averages replace the weights at the end of fit', async () => {
  const model = line(0, { optimizer: new optimizers.SGD(0.1, { useEma: true, emaMomentum: 0.5 }) });
  await model.fit([[1]], [[1]], { epochs: 2, ...quiet });
  // Weights 0.2 and 0.36; the average starts at the first.
  expect(model.weights[0]!.value.itemSync()).toBeCloseTo(0.28, 6);
});
