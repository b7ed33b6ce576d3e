/**
 * Runs that end early: by a signal, by an error of a callback, by a flag.
 */
import { callbacks, layers, Sequential, type callbacks as types } from '@dl/keras';
import { describe, expect, test } from 'vitest';
import { column, line } from './helpers.ts';

const quiet = { verbose: 0 } as const;
const [x, y] = [column(8), column(8)];

const weightOf = (model: Sequential): number => model.weights[0]!.value.itemSync();

/** Aborts after the batch with a number, counted through all epochs. */
function abortAfter(batches: number): { signal: AbortSignal; callback: types.Callback } {
  const controller = new AbortController();
  let seen = 0;
  const onBatch = (): void => {
    if (++seen === batches) controller.abort();
  };
  return {
    signal: controller.signal,
    callback: new callbacks.LambdaCallback({
      onTrainBatchEnd: onBatch,
      onTestBatchEnd: onBatch,
      onPredictBatchEnd: onBatch,
    }),
  };
}

describe('signal', () => {
  test('fit stops after the step under way, with the state of that step and the history so far', async () => {
    const model = line();
    const { signal, callback } = abortAfter(6);
    const run = model.fit(x, y, { batchSize: 2, epochs: 5, shuffle: false, signal, callbacks: [callback], ...quiet });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(model.history!.epoch).toEqual([0]);
    expect(model.optimizer.iterations.value.itemSync()).toBe(6);
    const same = line();
    await same.fit(x, y, { batchSize: 2, shuffle: false, ...quiet });
    await same.fit(column(4), column(4), { batchSize: 2, shuffle: false, ...quiet });
    expect(weightOf(model)).toBe(weightOf(same));
    // It goes on from there.
    await model.fit(x, y, { initialEpoch: 1, epochs: 2, ...quiet });
    expect(model.history!.epoch).toEqual([1]);
  });

  test('the reason is thrown; a signal that is aborted already runs nothing', async () => {
    const model = line();
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    const options = { signal: controller.signal, ...quiet };
    await expect(model.fit(x, y, options)).rejects.toThrow('enough');
    await expect(model.evaluate(x, y, options)).rejects.toThrow('enough');
    await expect(model.predict(x, options)).rejects.toThrow('enough');
    expect(weightOf(model)).toBe(0);
  });

  test('evaluate, predict and validation stop as well', async () => {
    const model = line();
    const runs = [
      (signal: AbortSignal, list: readonly types.Callback[]) =>
        model.evaluate(x, y, { batchSize: 1, signal, callbacks: list, ...quiet }),
      (signal: AbortSignal, list: readonly types.Callback[]) =>
        model.predict(x, { batchSize: 1, signal, callbacks: list, ...quiet }),
      (signal: AbortSignal, list: readonly types.Callback[]) =>
        model.fit(x, y, { validationData: [x, y], batchSize: 4, signal, callbacks: list, ...quiet }),
    ];
    for (const run of runs) {
      let [begun, ended] = [0, 0];
      const { signal, callback } = abortAfter(3);
      const count = new callbacks.LambdaCallback({
        onTestBatchBegin: () => void begun++,
        onPredictBatchBegin: () => void begun++,
        onTestEnd: () => void ended++,
        onPredictEnd: () => void ended++,
      });
      await expect(run(signal, [callback, count])).rejects.toMatchObject({ name: 'AbortError' });
      expect([begun, ended]).toEqual([expect.toBeOneOf([1, 3]), 0]);
    }
  });

  test('a dataset that keeps fit waiting is left, and its generator gets to its end', async () => {
    const model = line();
    const controller = new AbortController();
    let closed = false;
    async function* slow(): AsyncGenerator<[number[][], number[][]]> {
      try {
        yield [[[1]], [[1]]];
        setTimeout(() => controller.abort(), 1);
        await new Promise((resolve) => setTimeout(resolve, 50));
        yield [[[1]], [[1]]];
      } finally {
        closed = true;
      }
    }
    await expect(model.fit(slow(), { signal: controller.signal, ...quiet })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(closed).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(closed).toBe(true);
    expect(model.optimizer.iterations.value.itemSync()).toBe(1);
  });

  test('something else than a signal is refused', async () => {
    await expect(line().fit(x, y, { signal: {} as never })).rejects.toThrow('fit: signal must be an AbortSignal');
  });
});

describe('other ends', () => {
  test('an error of a callback leaves the model usable, tells callbacks, and ends generators', async () => {
    const model = line();
    const seen: string[] = [];
    let closed = false;
    function* batches(): Generator<[number[][], number[][]]> {
      try {
        for (;;) yield [[[1]], [[2]]];
      } finally {
        closed = true;
      }
    }
    const bad = new callbacks.LambdaCallback({
      onTrainBatchEnd: (batch) => {
        if (batch === 2) throw new Error('no more');
      },
      onInterrupted: () => void seen.push('interrupted'),
      onTrainEnd: () => void seen.push('end'),
    });
    const run = model.fit(batches(), { stepsPerEpoch: 5, callbacks: [bad], ...quiet });
    await expect(run).rejects.toThrow('no more');
    expect(seen).toEqual(['interrupted']);
    expect(closed).toBe(true);
    expect(model.optimizer.iterations.value.itemSync()).toBe(3);
    const before = weightOf(model);
    const history = await model.fit(x, y, quiet);
    expect(history.history['loss']).toHaveLength(1);
    expect(weightOf(model)).not.toBe(before);
  });

  test('a progress line that was begun is ended, and an evaluation draws its own again', async () => {
    const text: string[] = [];
    let now = 0;
    const screen = { write: (part: string) => void text.push(part), now: () => (now += 1), dynamic: true };
    const bar = new callbacks.ProgbarLogger(screen);
    const bad = new callbacks.LambdaCallback({
      onTrainBatchBegin: (batch) => {
        if (batch === 2) throw new Error('no more');
      },
    });
    const model = line();
    await expect(model.fit(x, y, { batchSize: 2, callbacks: [bad, bar] })).rejects.toThrow('no more');
    expect(text.at(-1)).toBe('\n');
    expect(text.join('')).toContain('2/4');
    text.length = 0;
    await model.evaluate(x, y, { batchSize: 2, callbacks: [bar] });
    expect(text.join('')).toContain('4/4');
  });

  test('stopEvaluating and stopPredicting end their loops, and results are those so far', async () => {
    const model = line(1);
    const stop = new callbacks.LambdaCallback({
      onTestBatchEnd: (batch) => void (model.stopEvaluating = batch === 1),
      onPredictBatchEnd: (batch) => void (model.stopPredicting = batch === 2),
    });
    // Errors of 0 for the first two batches, of 9 for the others.
    const targets = column(4).map(([v], i) => [v! + (i < 2 ? 0 : 3)]);
    expect(await model.evaluate(column(4), targets, { batchSize: 1, callbacks: [stop], ...quiet })).toBe(0);
    const result = await model.predict(column(8), { batchSize: 1, callbacks: [stop], ...quiet });
    expect(await result.array()).toEqual([[0], [1], [2]]);
    expect(await model.evaluate(column(4), targets, { batchSize: 1, ...quiet })).toBe(4.5);
  });

  test('a step that fails leaves the state as it was before', async () => {
    const model = new Sequential([new layers.Dense(1, { inputShape: [1] })]);
    model.compile({ optimizer: 'adam', loss: 'mse' });
    await model.fit(x, y, quiet);
    const before = model.weights.map((weight) => weight.value.itemSync());
    await expect(model.trainOnBatch([[1, 2]], [[1]])).rejects.toThrow();
    expect(model.weights.map((weight) => weight.value.itemSync())).toEqual(before);
  });
});
