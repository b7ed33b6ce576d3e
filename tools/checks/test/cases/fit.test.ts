/**
 * Cases of fit: the validation split, the first epoch, NaN during training.
 */
import { fromArrays } from '@dl/data';
import { callbacks, DTypeError, layers, optimizers, Sequential, setBackend, setSeed, type StepData } from '@dl/keras';
import * as t from '@dl/keras';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { BACKENDS } from './support.ts';

const quiet = { verbose: 0 } as const;
const column = (n: number): number[][] => Array.from({ length: n }, (_, i) => [i]);
const sorted = (list: readonly number[]): number[] => [...list].sort((a, b) => a - b);

/** A model of one weight, and the rows that each training and validation step saw. */
function spy(): { model: Sequential; rows: number[][]; validation: number[][] } {
  const rows: number[][] = [];
  const validation: number[][] = [];
  class Spy extends Sequential {
    override trainStep(data: StepData): Record<string, t.Tensor> | undefined {
      rows.push([...data.x.dataSync()]);
      return super.trainStep(data);
    }
    override testStep(data: StepData): Record<string, t.Tensor> | undefined {
      validation.push([...data.x.dataSync()]);
      return super.testStep(data);
    }
  }
  const model = new Spy([new layers.Dense(1, { inputShape: [1], name: 'only' })]);
  model.compile({ optimizer: new optimizers.SGD(0.001), loss: 'mse', runEagerly: true });
  return { model, rows, validation };
}

/** What console.warn was told. */
async function warnings(run: () => Promise<unknown>): Promise<string[]> {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  await run();
  const said = warn.mock.calls.map(([text]) => String(text));
  warn.mockRestore();
  return said;
}

describe.each(BACKENDS)('%s', (_, make) => {
  beforeAll(async () => setBackend(await make()));

  test('C62 validationSplit takes the tail before shuffling', async () => {
    const { model, rows, validation } = spy();
    const options = { validationSplit: 0.2, shuffle: true, batchSize: 3, epochs: 3, ...quiet };
    await model.fit(column(10), column(10), options);
    expect(rows.map(({ length }) => length)).toEqual([3, 3, 2, 3, 3, 2, 3, 3, 2]);
    const epochs = [0, 1, 2].map((epoch) => rows.slice(3 * epoch, 3 * epoch + 3).flat());
    for (const epoch of epochs) expect(sorted(epoch)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(new Set(epochs.map(String)).size).toBeGreaterThan(1);
    expect(validation).toEqual([
      [8, 9],
      [8, 9],
      [8, 9],
    ]);
  });

  test('C62 the training part is rounded down, and neither part may be empty', async () => {
    const { model, rows, validation } = spy();
    await model.fit(column(11), column(11), { validationSplit: 0.2, ...quiet });
    expect([sorted(rows.flat()), validation.flat()]).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7],
      [8, 9, 10],
    ]);
    const one = model.fit(column(1), column(1), { validationSplit: 0.5, ...quiet });
    await expect(one).rejects.toThrow('validationSplit 0.5 of 1 samples leaves 0 for training and 1 for validation');
    const none = model.fit(column(4), column(4), { validationSplit: 1e-17, ...quiet });
    await expect(none).rejects.toThrow('leaves 4 for training and 0 for validation');
    const batches = fromArrays(column(4), column(4)).batch(2);
    await expect(model.fit(batches, { validationSplit: 0.5, ...quiet })).rejects.toThrow(/arrays only/);
  });

  test('C62 validationData wins over the split', async () => {
    const { model, rows, validation } = spy();
    await model.fit(column(4), column(4), { validationSplit: 0.5, validationData: [[[7]], [[7]]], ...quiet });
    expect([sorted(rows.flat()), validation]).toEqual([[0, 1, 2, 3], [[7]]]);
  });

  test('C64 initialEpoch: epochs is the number of the last one', async () => {
    const { model } = spy();
    const seen: number[] = [];
    const scheduler = new callbacks.LearningRateScheduler((epoch, rate) => (seen.push(epoch), rate));
    const options = { epochs: 5, callbacks: [scheduler], ...quiet };
    const history = await model.fit(column(4), column(4), { ...options, initialEpoch: 3 });
    expect([history.epoch, seen, history.history['loss']!.length]).toEqual([[3, 4], [3, 4], 2]);
    const none = await model.fit(column(4), column(4), { ...options, initialEpoch: 5 });
    expect([none.epoch, Object.keys(none.history), seen]).toEqual([[], [], [3, 4]]);
  });

  test('C64 with a seed, a run that is taken up shuffles as one that was never interrupted', async () => {
    const { model, rows } = spy();
    const orders = async (initialEpoch: number): Promise<number[][]> => {
      rows.length = 0;
      setSeed(3);
      await model.fit(column(20), column(20), { batchSize: 20, epochs: 5, initialEpoch, ...quiet });
      return rows.map((row) => [...row]);
    };
    const whole = await orders(0);
    expect(await orders(3)).toEqual(whole.slice(3));
    expect(whole[3]).not.toEqual(whole[4]);
  });

  const x = column(8).map(([i]) => [i === 5 ? NaN : 0.1 * i!]);
  const y = column(8);
  const ordered = { batchSize: 2, shuffle: false, ...quiet } as const;

  test('C66 the history holds the NaN, for a bad row and for a rate that overflows', async () => {
    const { history } = await spy().model.fit(x, y, { ...ordered, epochs: 2 });
    expect(history['loss']).toEqual([NaN, NaN]);
    const { model } = spy();
    model.compile({ optimizer: new optimizers.SGD(1e30), loss: 'mse', runEagerly: true });
    const wild = await model.fit(y, y, { ...ordered, epochs: 4 });
    expect(wild.history['loss']!.at(-1)).toBeNaN();
    expect(wild.epoch).toEqual([0, 1, 2, 3]);
  });

  test('C66 TerminateOnNaN stops at the third batch and names epoch and batch', async () => {
    const batches: number[] = [];
    const watch = new callbacks.LambdaCallback({ onTrainBatchEnd: (batch) => void batches.push(batch) });
    const stop = [new callbacks.TerminateOnNaN(), watch];
    const said = await warnings(() => spy().model.fit(x, y, { ...ordered, epochs: 3, callbacks: stop }));
    expect(batches).toEqual([0, 1, 2]);
    expect(said).toEqual(['Epoch 1, batch 2: the loss is NaN, stopping training']);
    const raise = new callbacks.TerminateOnNaN({ raiseError: true });
    await expect(spy().model.fit(x, y, { ...ordered, callbacks: [raise] })).rejects.toThrow('Epoch 1, batch 2');
  });

  test('C66 checkNumerics names the batch and row of data that is NaN', async () => {
    const fit = spy().model.fit(x, y, { ...ordered, checkNumerics: true });
    await expect(fit).rejects.toThrow('fit: epoch 1, batch 2: x holds NaN at [1, 0] of the batch');
  });

  test('C66 checkNumerics names the layer and the op that made the first NaN', async () => {
    class Root extends layers.Layer {
      override call(inputs: t.Tensor): t.Tensor {
        return t.sqrt(inputs);
      }
    }
    const model = new Sequential([
      new layers.Dense(1, { inputShape: [1], name: 'first', kernelInitializer: 'ones' }),
      new Root({ name: 'root' }),
      new layers.Dense(1, { name: 'last' }),
    ]);
    model.compile({ optimizer: new optimizers.SGD(0), loss: 'mse' });
    const options = { ...ordered, checkNumerics: true } as const;
    const fit = model.fit([[1], [2], [3], [-4]], column(4), options);
    await expect(fit).rejects.toThrow(
      /^fit: epoch 1, batch 1: root \(Root\): sqrt: made NaN at \[1, 0\] of finite inputs \[2, 1\] \(first \(Dense\)\)$/,
    );
    await expect(fit).rejects.toBeInstanceOf(t.DlError);
    // The slope of the root at 0 is infinite: found on the way back, outside of any call.
    const back = model.fit([[0], [1]], column(2), options);
    await expect(back).rejects.toThrow(/^fit: epoch 1, batch 0: sqrtGrad: made NaN at \[0, 0\] of .*\(root \(Root\)\)/);
    const fine = await model.fit([[1], [2]], column(2), options);
    expect(fine.history['loss']![0]).toBeGreaterThan(0);
  });

  test('C66 checkNumerics names the weight that a rate blows up', async () => {
    const { model } = spy();
    model.compile({ optimizer: new optimizers.SGD(1e38), loss: 'mse' });
    const fit = model.fit(
      column(8),
      column(8).map(([i]) => [1000 * i!]),
      { ...ordered, checkNumerics: true },
    );
    await expect(fit).rejects.toThrow(
      /^fit: epoch 1, batch 0: sgdUpdate: made Infinity at \[0, 0\] of .*\(variable kernel\)/,
    );
  });

  test('C66 strings are a type error at once', async () => {
    const failed = spy().model.fit([['a'], ['b']] as never, column(2), quiet);
    await expect(failed).rejects.toThrow(DTypeError);
    await expect(failed).rejects.toThrow("fit: x: expected numbers, got 'a' at [0][0]");
  });

  test('C66 a NaN never counts as best', async () => {
    const bad = [x, y] as const;
    const stop = new callbacks.EarlyStopping({ patience: 1, restoreBestWeights: true });
    const rate = new callbacks.ReduceLROnPlateau({ patience: 1, factor: 0.5 });
    const { model } = spy();
    const history = await model.fit(y, y, { ...ordered, epochs: 9, validationData: bad, callbacks: [stop, rate] });
    expect([stop.best, stop.stoppedEpoch, history.history['val_loss']]).toEqual([null, 1, [NaN, NaN]]);
    // A good epoch, then NaN: the good one stays the best.
    let epoch = 0;
    const spoil = new callbacks.LambdaCallback({
      onEpochEnd: (_epoch, logs) => void (logs['val_loss'] = [NaN, 2, NaN, NaN][epoch++]!),
    });
    const second = new callbacks.EarlyStopping({ patience: 2 });
    await model.fit(y, y, { ...ordered, epochs: 9, validationData: [y, y], callbacks: [spoil, second] });
    expect([second.best, second.stoppedEpoch]).toEqual([2, 3]);
  });
});
