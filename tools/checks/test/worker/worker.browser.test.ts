/**
 * A model that is trained in a Web Worker: the same numbers as on the page, and a page that gets turns meanwhile.
 */
import { callbacks, layers, optimizers, Sequential, setSeed } from '@dl/keras';
import { expect, test } from 'vitest';

const column = (n: number): number[][] => Array.from({ length: n }, (_, i) => [i]);

const worker = (): Worker =>
  new Worker(new URL('../../../../packages/keras/src/fit-worker.ts', import.meta.url), { type: 'module' });

function network(): Sequential {
  setSeed(5);
  const model = new Sequential([new layers.Dense(8, { activation: 'relu', inputShape: [1] }), new layers.Dense(1)]);
  model.compile({ optimizer: new optimizers.Adam(0.05), loss: 'mse', metrics: ['mae'] });
  return model;
}

test('fit({ worker }) on a page', { timeout: 60_000 }, async () => {
  const options = { batchSize: 4, epochs: 3, shuffle: false, validationSplit: 0.25, verbose: 0 } as const;
  const [here, there] = [network(), network()];
  const wanted = await here.fit(column(16), column(16), options);
  const epochs: number[] = [];
  const note = new callbacks.LambdaCallback({ onEpochEnd: (epoch) => void epochs.push(epoch) });
  const got = await there.fit(column(16), column(16), { ...options, worker, callbacks: [note] });
  expect(epochs).toEqual([0, 1, 2]);
  expect(Object.keys(got.history)).toEqual(Object.keys(wanted.history));
  for (const [name, list] of Object.entries(got.history)) {
    list.forEach((value, i) => expect(value).toBeCloseTo(wanted.history[name]![i]!, 5));
  }
  const controller = new AbortController();
  const abort = new callbacks.LambdaCallback({ onEpochBegin: (epoch) => void (epoch === 1 && controller.abort()) });
  const run = there.fit(column(16), column(16), {
    ...options,
    epochs: 1000,
    worker,
    signal: controller.signal,
    callbacks: [abort],
  });
  await expect(run).rejects.toMatchObject({ name: 'AbortError' });
  expect(there.history!.epoch).toEqual([0]);
});

test('a worker whose script does not load is an error', async () => {
  const missing = (): Worker => new Worker('data:text/javascript,throw new Error("no")');
  const run = network().fit(column(2), column(2), { worker: missing, verbose: 0 });
  await expect(run).rejects.toThrow('the worker with the model is gone');
});
