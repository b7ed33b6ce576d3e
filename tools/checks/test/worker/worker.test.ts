/**
 * Models that are trained in a worker: the same numbers, callbacks on this side, and a thread that stays free.
 */
import { Worker } from 'node:worker_threads';
import { fromArrays } from '@dl/data';
import {
  callbacks,
  ConfigError,
  cpu,
  Input,
  layers,
  losses,
  metrics,
  Model,
  optimizers,
  Sequential,
  setBackend,
  setSeed,
  ShapeError,
  tensor,
} from '@dl/keras';
import { connect, serveModel, type PortLike } from '@dl/keras/worker';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { bundleWorker } from './bundle-worker.ts';

const quiet = { verbose: 0 } as const;
const script = new URL('../../../../packages/keras/src/fit-worker.ts', import.meta.url);

/** [[0], [1], … n − 1]. */
const column = (n: number): number[][] => Array.from({ length: n }, (_, i) => [i]);

/** One worker for many runs. */
let worker: Worker;
beforeAll(async () => {
  setBackend(cpu());
  worker = (await bundleWorker(script))();
});
afterAll(() => worker.terminate());

function network(options: { readonly metrics?: readonly string[] } = {}): Sequential {
  setSeed(5);
  const model = new Sequential([
    new layers.Dense(4, { activation: 'relu', inputShape: [1] }),
    new layers.BatchNormalization(),
    new layers.Dropout(0.2),
    new layers.Dense(1),
  ]);
  const loss = new losses.Huber({ delta: 2 });
  const list = [...(options.metrics ?? []), new metrics.MeanAbsoluteError({ name: 'distance' })];
  model.compile({ optimizer: new optimizers.Adam(0.05), loss, metrics: list });
  return model;
}

const values = (model: Model): number[] => model.weights.flatMap((weight) => [...weight.value.dataSync()]);

describe('fit({ worker })', () => {
  test('gives the numbers of a run here, and weights, optimizer and history come back', async () => {
    const [x, y] = [column(20), column(20).map(([v]) => [2 * v!])];
    const options = { batchSize: 4, epochs: 2, shuffle: false, validationSplit: 0.2, ...quiet } as const;
    const [here, there] = [network(), network()];
    const wanted = await here.fit(x, y, options);
    const got = await there.fit(x, y, { ...options, worker });
    expect(got.history).toEqual(wanted.history);
    expect(got.epoch).toEqual([0, 1]);
    expect(there.history).toBe(got);
    expect(values(there)).toEqual(values(here));
    expect(there.optimizer.iterations.value.itemSync()).toBe(8);
    // It goes on where it was, here or there.
    const again = await here.fit(x, y, { ...options, worker });
    expect(again.history).toEqual((await there.fit(x, y, options)).history);
  });

  test('functional models with several inputs and outputs, tensors, and weights of samples', async () => {
    const make = (): Model<never, never> => {
      setSeed(2);
      const [a, b] = [Input({ shape: [1], name: 'a' }), Input({ shape: [1], name: 'b' })];
      const h = new layers.Concatenate().apply([a, b]);
      const outputs = {
        p: new layers.Dense(1, { name: 'p' }).apply(h),
        q: new layers.Dense(1, { name: 'q' }).apply(h),
      };
      const model = new Model({ a, b } as never, outputs as never);
      model.compile({
        optimizer: 'sgd',
        loss: { p: 'mse', q: 'mae' },
        lossWeights: { p: 0.5 },
        metrics: { p: ['mae'] },
      });
      return model as never;
    };
    const x = { a: tensor(column(4)), b: column(4) };
    const y = { p: column(4), q: Float32Array.of(1, 2, 3, 4) };
    const options = { sampleWeight: { p: [1, 0, 1, 1], q: [1, 1, 1, 0] }, shuffle: false, ...quiet } as const;
    const [here, there] = [make(), make()];
    const wanted = await here.fit(x as never, y as never, options);
    const got = await there.fit(x as never, y as never, { ...options, worker });
    expect(got.history).toEqual(wanted.history);
    expect(Object.keys(got.history)).toEqual(['loss', 'p_loss', 'p_mae', 'q_loss']);
  });

  test('datasets are asked for batch by batch', async () => {
    const asked: number[] = [];
    function* batches(): Generator<[number[][], number[][]]> {
      for (let i = 0; ; i++) {
        asked.push(i);
        yield [[[i]], [[i]]];
      }
    }
    const model = network();
    const { history } = await model.fit(batches(), { stepsPerEpoch: 3, epochs: 2, worker, ...quiet });
    expect(history['loss']).toHaveLength(2);
    // One batch ahead of the six that were trained.
    expect(asked.length).toBeGreaterThanOrEqual(6);
    expect(asked.length).toBeLessThanOrEqual(7);
    const data = fromArrays(column(4), column(4)).batch(2);
    const validated = await network().fit(data, { validationData: data, worker, ...quiet });
    expect(Object.keys(validated.history)).toEqual(['distance', 'loss', 'val_distance', 'val_loss']);
  });

  test('callbacks run here, with the state of the worker; what they change goes back', async () => {
    const [x, y] = [column(8), column(8)];
    const run = async (options: object): Promise<unknown[]> => {
      const seen: unknown[] = [];
      const model = network({ metrics: ['accuracy'] });
      const note = new callbacks.LambdaCallback({
        onEpochBegin: (epoch) => void seen.push(`epoch ${epoch}`),
        onEpochEnd: (epoch, logs) => {
          seen.push(Object.keys(logs).join(' '), values(model));
          logs['extra'] = epoch;
          if (epoch === 1) model.weights[0]!.assign([[1, 2, 3, 4]]);
        },
        onTrainBatchEnd: (batch, logs) => void seen.push([batch, logs['loss']]),
        onTestEnd: (logs) => void seen.push(logs['loss']),
        onTrainEnd: (logs) => void seen.push(logs['extra']),
      });
      const rate = new callbacks.LearningRateScheduler((epoch) => 0.1 / (epoch + 1));
      const stop = new callbacks.EarlyStopping({ monitor: 'val_accuracy', patience: 2, restoreBestWeights: true });
      const { history } = await model.fit(x, y, {
        batchSize: 4,
        epochs: 9,
        shuffle: false,
        validationData: [x, y],
        callbacks: [note, rate, stop],
        ...quiet,
        ...options,
      });
      return [seen, history, values(model), stop.stoppedEpoch];
    };
    expect(await run({ worker })).toEqual(await run({}));
  });

  test('stopTraining, errors of callbacks and signals end it; the state is that of the last step', async () => {
    const [x, y] = [column(8), column(8)];
    const stopped = network();
    const stop = new callbacks.LambdaCallback({
      onTrainBatchEnd: (batch) => void (stopped.stopTraining = batch === 2),
    });
    await stopped.fit(x, y, { batchSize: 1, epochs: 3, callbacks: [stop], worker, ...quiet });
    expect(stopped.optimizer.iterations.value.itemSync()).toBe(3);

    const failing = network();
    const error = new Error('mine');
    const interrupted: string[] = [];
    const fail = new callbacks.LambdaCallback({
      onTrainBatchEnd: () => {
        throw error;
      },
      onInterrupted: () => void interrupted.push('told'),
    });
    await expect(failing.fit(x, y, { callbacks: [fail], worker, ...quiet })).rejects.toBe(error);
    expect(interrupted).toEqual(['told']);
    expect(failing.optimizer.iterations.value.itemSync()).toBe(1);

    const aborted = network();
    const controller = new AbortController();
    const abort = new callbacks.LambdaCallback({ onEpochBegin: (epoch) => void (epoch === 2 && controller.abort()) });
    const run = aborted.fit(x, y, { epochs: 500, signal: controller.signal, callbacks: [abort], worker, ...quiet });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(aborted.history!.epoch).toEqual([0, 1]);
    expect(aborted.optimizer.iterations.value.itemSync()).toBeGreaterThanOrEqual(2);
    expect(aborted.optimizer.iterations.value.itemSync()).toBeLessThan(500);
  });

  test('progress and profile are shown here', async () => {
    const text: string[] = [];
    const bar = new callbacks.ProgbarLogger({ write: (part) => void text.push(part), now: () => 0, dynamic: false });
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const options = { batchSize: 2, callbacks: [bar], profile: true, worker, verbose: 2 } as const;
    const result = await network().fit(column(6), column(6), options);
    const lines = log.mock.calls.map(([line]) => String(line));
    log.mockRestore();
    expect(text.join('')).toMatch(/^3\/3 - 0s - .*distance: .* - loss: .*\n$/);
    expect(result.profile!.total.steps).toBe(3);
    expect(lines.at(-1)).toBe(String(result.profile));
  });

  test('this thread gets turns while steps run', async () => {
    const build = (): Sequential => {
      const model = new Sequential([
        new layers.Dense(512, { activation: 'relu', inputShape: [256] }),
        new layers.Dense(512, { activation: 'relu' }),
        new layers.Dense(1),
      ]);
      model.compile({ optimizer: 'sgd', loss: 'mse' });
      return model;
    };
    const data = { data: new Float32Array(512 * 256).fill(0.1), shape: [512, 256] };
    const target = { data: new Float32Array(512), shape: [512, 1] };
    const turnsOf = async (options: object): Promise<number> => {
      let [turns, done] = [0, false];
      const count = (): void => {
        turns++;
        if (!done) setImmediate(count);
      };
      setImmediate(count);
      await build().fit(data, target, { batchSize: 64, epochs: 5, ...quiet, ...options });
      done = true;
      return turns;
    };
    // 40 steps: here a turn can come between steps at most; there is no such bound where another thread makes them.
    const there = await turnsOf({ worker });
    expect(there).toBeGreaterThan(40 * 10);
  });

  test('what cannot be sent is refused, with the way out', async () => {
    const refuse = async (model: Model, message: RegExp): Promise<void> => {
      const run = model.fit([[1]], [[1]], { worker, ...quiet });
      await expect(run).rejects.toThrow(ConfigError);
      await expect(model.fit([[1]], [[1]], { worker, ...quiet })).rejects.toThrow(message);
    };
    class Mine extends Sequential {}
    class Own extends layers.Dense {}
    const compiled = (model: Sequential, loss: losses.LossLike = 'mse'): Sequential => {
      model.compile({ optimizer: 'sgd', loss });
      return model;
    };
    const dense = (): layers.Dense => new layers.Dense(1, { inputShape: [1] });
    await refuse(compiled(new Mine([dense()])), /needs a Sequential or functional model, got a Mine; serve the model/);
    await refuse(compiled(new Sequential([new Own(1, { inputShape: [1] })])), /does not know the layer own/);
    await refuse(
      compiled(new Sequential([dense()]), (t, p) => p.sub(t).abs()),
      /cannot be given a function among loss/,
    );
    const open = compiled(new Sequential([new layers.Dense(1)]));
    await expect(open.fit([[[[1]], [[1]]]].values(), { worker, ...quiet })).rejects.toThrow(/give it an inputShape/);
    await expect(network().fit([[1, 2]], [[1]], { worker, ...quiet })).rejects.toThrow(ShapeError);
  });

  test('a worker that ends by itself is an error', async () => {
    const ending = (): PortLike => new Worker('setTimeout(() => process.exit(3), 50)', { eval: true });
    await expect(network().fit([[1]], [[1]], { worker: ending, ...quiet })).rejects.toThrow(
      'the worker with the model is gone: it ended with code 3',
    );
  });
});

describe('serveModel and connect', () => {
  test('a model with parts of its own, trained and used from here', async () => {
    const own = (await bundleWorker(new URL('./own-worker.ts', import.meta.url)))();
    const remote = connect(own);
    const seen: string[] = [];
    const note = new callbacks.LambdaCallback({
      onTrainBatchEnd: (batch, logs) => void seen.push(`${batch} ${Object.keys(logs).join(' ')}`),
      onEpochEnd: (epoch) => void seen.push(`epoch ${epoch}`),
    });
    const options = { batchSize: 2, epochs: 2, callbacks: [note], ...quiet } as const;
    const { history } = await remote.fit(column(4), column(4), options);
    expect(seen).toEqual([...['0 loss mae', '1 loss mae', 'epoch 0'], ...['0 loss mae', '1 loss mae', 'epoch 1']]);
    expect(history['loss']![1]).toBeLessThan(history['loss']![0]!);
    const [loss, mae] = (await remote.evaluate(column(4), column(4), quiet)) as number[];
    expect(await remote.evaluate(column(4), column(4), { returnDict: true, ...quiet })).toEqual({ loss, mae });
    const predicted = (await remote.predict(column(2), quiet)) as { readonly shape: readonly number[] };
    expect(predicted.shape).toEqual([2, 1]);
    // Errors keep their class; the model stays usable.
    await expect(remote.fit(column(7), column(7), quiet)).rejects.toThrow(new RangeError('seven is too many'));
    await expect(remote.fit(column(2), column(3), quiet)).rejects.toThrow(ShapeError);
    const best = new callbacks.EarlyStopping({ monitor: 'loss', restoreBestWeights: true });
    await expect(remote.fit(column(2), column(2), { callbacks: [best], ...quiet })).rejects.toThrow(
      'give connect(worker, { model }) the same model',
    );
    expect(await remote.evaluate(column(4), column(4), quiet)).toHaveLength(2);
    await own.terminate();
    await expect(remote.predict(column(2), quiet)).rejects.toThrow('the worker with the model is gone');
  });

  test('over a port, with the same model on this side', async () => {
    const { port1, port2 } = new MessageChannel();
    const [there, here] = [network(), network()];
    serveModel(there, port1);
    const remote = connect(port2, { model: here });
    await remote.fit(column(4), column(4), quiet);
    expect(values(here)).toEqual(values(there));
    here.weights[0]!.assign([[1, 2, 3, 4]]);
    await remote.push();
    expect(there.weights[0]!.value.arraySync()).toEqual([[1, 2, 3, 4]]);
    there.weights[0]!.assign([[5, 6, 7, 8]]);
    await remote.pull();
    expect(here.weights[0]!.value.arraySync()).toEqual([[5, 6, 7, 8]]);
    const first = remote.fit(column(4), column(4), quiet);
    await expect(remote.fit(column(4), column(4), quiet)).rejects.toThrow("the worker's model is busy");
    await first;
    port1.close();
  });

  test('outside of workers a port is needed', () => {
    expect(() => serveModel(network())).toThrow('serveModel: this is not a worker');
  });
});
