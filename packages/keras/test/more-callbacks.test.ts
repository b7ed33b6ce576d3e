/**
 * CallbackList by hand, RemoteMonitor and SwapEMAWeights.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { callbacks, optimizers, type Sequential } from '@dl/keras';
import { describe, expect, test } from 'vitest';
import { column, line, listen } from './helpers.ts';

const quiet = { verbose: 0 } as const;

describe('CallbackList', () => {
  test('calls the hooks of all callbacks in order, in a loop of your own', async () => {
    const model = line();
    const seen: string[] = [];
    const note = (name: string): callbacks.LambdaCallback =>
      new callbacks.LambdaCallback({
        onTrainBegin: () => void seen.push(`${name} begin`),
        onEpochEnd: (epoch, logs) => void seen.push(`${name} ${epoch} ${logs['loss']}`),
      });
    const list = new callbacks.CallbackList([note('a')], { model, addHistory: true, epochs: 2, steps: 3, verbose: 0 });
    list.append(note('b'));
    await list.onTrainBegin();
    for (const epoch of [0, 1]) {
      await list.onEpochBegin(epoch);
      await list.onTrainBatchBegin(0);
      await list.onTrainBatchEnd(0, { loss: 1 });
      await list.onEpochEnd(epoch, { loss: epoch });
    }
    await list.onTrainEnd({ loss: 1 });
    expect(seen).toEqual(['a begin', 'b begin', 'a 0 0', 'b 0 0', 'a 1 1', 'b 1 1']);
    const history = list.callbacks.find((one) => one instanceof callbacks.History)!;
    expect(history.history['loss']).toEqual([0, 1]);
    expect(history.model).toBe(model);
    expect(history.params).toEqual({ epochs: 2, steps: 3, verbose: 0 });
    expect([list.has('onEpochEnd'), list.has('onTestEnd')]).toEqual([true, false]);
  });

  test('adds history and progress once, and gives a model that comes later to all', () => {
    const history = new callbacks.History();
    const list = new callbacks.CallbackList([history], { addHistory: true, addProgbar: true });
    expect(list.callbacks.map((one) => one.constructor)).toEqual([callbacks.History, callbacks.ProgbarLogger]);
    const model = line();
    list.setModel(model);
    list.setParams({ epochs: 7, steps: null, verbose: 1 });
    expect(history.model).toBe(model);
    expect(history.params.epochs).toBe(7);
  });
});

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly type: string | undefined;
  readonly token: unknown;
  readonly body: string;
}

/** A server on this machine that remembers what it got. */
async function serve(): Promise<{ root: string; received: Received[]; close: () => Promise<void> }> {
  const received: Received[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method, url, headers } = request;
      const body = Buffer.concat(parts).toString();
      received.push({ method, url, type: headers['content-type'], token: headers['x-token'], body });
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { root: `http://127.0.0.1:${port}`, received, close };
}

describe('RemoteMonitor', () => {
  test('posts the logs of every epoch, as a form or as JSON', async () => {
    const { root, received, close } = await serve();
    const options = { epochs: 2, validationData: [column(1), column(1)] as const, ...quiet };
    await line().fit(column(2), column(2), {
      ...options,
      callbacks: [
        new callbacks.RemoteMonitor({ root }),
        new callbacks.RemoteMonitor({ root, path: '/other', sendAsJson: true, headers: { 'X-Token': 'abc' } }),
      ],
    });
    await close();
    expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      ...['POST /publish/epoch/end/', 'POST /other', 'POST /publish/epoch/end/', 'POST /other'],
    ]);
    const [form, json] = received;
    expect(form!.type).toMatch(/^application\/x-www-form-urlencoded/);
    const sent = JSON.parse(new URLSearchParams(form!.body).get('data')!) as Record<string, number>;
    expect(Object.keys(sent)).toEqual(['epoch', 'loss', 'val_loss']);
    expect([sent['epoch'], sent['loss']]).toEqual([0, 0.5]);
    expect([json!.type, json!.token]).toEqual(['application/json', 'abc']);
    expect(JSON.parse(json!.body)).toEqual(sent);
    expect(JSON.parse(received[3]!.body)).toMatchObject({ epoch: 1 });
  });

  test('a server that is not there costs a warning', async () => {
    const { root, close } = await serve();
    await close();
    const { lines } = await listen('warn', () =>
      line().fit(column(2), column(2), { callbacks: [new callbacks.RemoteMonitor({ root })], ...quiet }),
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`RemoteMonitor: could not reach the server at ${root}`);
  });

  test('addresses that lead elsewhere are refused', () => {
    for (const root of ['file:///tmp', 'localhost:9000', '']) {
      expect(() => new callbacks.RemoteMonitor({ root })).toThrow('root must be an http or https address');
    }
    expect(() => new callbacks.RemoteMonitor({ root: 'http://a.test', path: '@b.test/' })).toThrow(
      'must stay on the server a.test',
    );
  });
});

describe('SwapEMAWeights', () => {
  const weightOf = (model: Sequential): number => model.weights[0]!.value.itemSync();
  const averaged = (): Sequential =>
    line(0, { optimizer: new optimizers.SGD(0.1, { useEma: true, emaMomentum: 0.5 }) });
  const averageOf = (model: Sequential): number => model.optimizer.averages[0]!.value.itemSync();

  test('evaluation sees the averages; training goes on with the weights', async () => {
    const seen: { at: string; weight: number; average: number }[] = [];
    const model = averaged();
    const note = (at: string) => (): void => void seen.push({ at, weight: weightOf(model), average: averageOf(model) });
    const watch = new callbacks.LambdaCallback({
      onTrainBatchEnd: note('trained'),
      onTestBatchEnd: note('tested'),
      onEpochEnd: note('epoch'),
    });
    const data = [[[1]], [[1]]] as const;
    const swap = new callbacks.SwapEMAWeights();
    await model.fit(...data, { epochs: 2, validationData: data, callbacks: [swap, watch], ...quiet });
    const [trained, tested, epoch, again] = seen;
    // w ← w + 0.2·(1 − w); the average is half of the old one and half of the new weight, and begins at the first weight.
    expect(trained!.weight).toBeCloseTo(0.2, 6);
    expect(tested).toEqual({ at: 'tested', weight: trained!.average, average: trained!.weight });
    expect(epoch).toEqual({ ...trained, at: 'epoch' });
    expect(again!.weight).toBeCloseTo(0.36, 6);
    expect(weightOf(model)).toBe(again!.average);
  });

  test('swapOnEpoch shows the averages to later callbacks, and keeps them after training', async () => {
    const model = averaged();
    const seen: number[] = [];
    const watch = new callbacks.LambdaCallback({
      onEpochEnd: () => void seen.push(weightOf(model)),
      onTrainBatchBegin: () => void seen.push(weightOf(model)),
    });
    const plain: number[] = [];
    const other = averaged();
    const note = new callbacks.LambdaCallback({
      onTrainBatchBegin: () => void plain.push(weightOf(other)),
      onEpochEnd: () => void plain.push(averageOf(other)),
    });
    const swap = new callbacks.SwapEMAWeights({ swapOnEpoch: true });
    await model.fit([[1]], [[1]], { epochs: 3, callbacks: [swap, watch], ...quiet });
    await other.fit([[1]], [[1]], { epochs: 3, callbacks: [note], ...quiet });
    expect(seen).toEqual(plain);
    expect(weightOf(model)).toBe(seen.at(-1));
  });

  test('an evaluation that fails gives the weights back', async () => {
    const model = averaged();
    const swap = new callbacks.SwapEMAWeights();
    await model.fit([[1]], [[1]], { callbacks: [swap], ...quiet });
    await model.trainOnBatch([[1]], [[1]]);
    const [weight, average] = [weightOf(model), averageOf(model)];
    expect(weight).not.toBe(average);
    const bad = new callbacks.LambdaCallback({
      onTestBatchEnd: () => {
        throw new Error('no');
      },
    });
    await expect(model.evaluate([[1]], [[1]], { callbacks: [swap, bad], ...quiet })).rejects.toThrow('no');
    expect([weightOf(model), averageOf(model)]).toEqual([weight, average]);
    let during = 0;
    const note = new callbacks.LambdaCallback({ onPredictBatchEnd: () => void (during = weightOf(model)) });
    await model.predict([[1]], { callbacks: [swap, note], ...quiet });
    expect([during, weightOf(model)]).toEqual([average, weight]);
  });

  test('finds averages inside other optimizers', async () => {
    const inner = new optimizers.SGD(0.1, { useEma: true, emaMomentum: 0.5 });
    const map = new optimizers.OptimizerMap(new optimizers.SGD(0), { '.*/kernel': inner });
    const model = line(0, { optimizer: new optimizers.MultiOptimizer(map) });
    let during = 0;
    const note = new callbacks.LambdaCallback({ onTestBatchEnd: () => void (during = weightOf(model)) });
    for (let i = 0; i < 2; i++) await model.trainOnBatch([[1]], [[1]]);
    const average = inner.averages[0]!.value.itemSync();
    await model.evaluate([[1]], [[1]], { callbacks: [new callbacks.SwapEMAWeights(), note], ...quiet });
    expect(during).toBe(average);
    expect(weightOf(model)).not.toBe(average);
  });

  test('an optimizer without averages is refused', async () => {
    const options = { callbacks: [new callbacks.SwapEMAWeights()], ...quiet };
    await expect(line().fit([[1]], [[1]], options)).rejects.toThrow('sgd keeps no averages; make it with useEma: true');
  });
});
