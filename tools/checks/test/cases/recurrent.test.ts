/**
 * Cases of recurrent layers: forms of the GRU, directions of time, dropout masks, stacked cells.
 */
import { layers, models, optimizers, Sequential, setBackend, tensor, type Tensor } from '@dl/keras';
import { beforeAll, describe, expect, test } from 'vitest';
import { BACKENDS, expectNear } from './support.ts';

const all = { returnSequences: true } as const;
const quiet = { verbose: 0 } as const;
const column = (...list: readonly number[]): Tensor => tensor(list, 'float32', [1, list.length, 1]);
const list = (t: Tensor): number[] => [...t.dataSync()];

describe.each(BACKENDS)('%s', (_, make) => {
  beforeAll(async () => setBackend(await make()));

  test('C31 a GRU whose reset gate acts after the product, and before it', () => {
    const run = (layer: layers.GRU, bias: readonly (number | readonly number[])[]): number[] => {
      layer.ensureBuilt([null, 3, 1]);
      layer.setWeights([[[0.5, -0.4, 0.3]], [[0.2, 0.6, -0.7]], bias as number[]]);
      return list(layer.apply(column(1, -2, 0.5)));
    };
    const [input, recurrent] = [
      [0.1, -0.2, 0.05],
      [0.3, 0.4, -0.6],
    ] as const;
    const after = new layers.GRU(1, all);
    expect(after.cell.resetAfter).toBe(true);
    const tolerance = { relative: 1e-5, floor: 1e-7 };
    expectNear(run(after, [input, recurrent]), [0.0230462, -0.483301, -0.2748094], tolerance);
    const before = new layers.GRU(1, { ...all, resetAfter: false });
    expectNear(run(before, input), [0.1191926, -0.346747, -0.077903], tolerance);
    expect([after.weights[2]!.shape, before.weights[2]!.shape]).toEqual([[2, 3], [3]]);
  });

  test('C33 both directions of time', () => {
    const adder = (options: layers.SimpleRNNOptions<false> = {}): layers.SimpleRNN =>
      new layers.SimpleRNN(1, {
        activation: 'linear',
        useBias: false,
        kernelInitializer: 'ones',
        recurrentInitializer: 'ones',
        ...options,
      });
    const x = column(1, 2, 3);
    expect(list(adder({ ...all, goBackwards: true }).apply(x))).toEqual([3, 5, 6]);
    expect(list(new layers.Bidirectional(adder(all)).apply(x))).toEqual([1, 6, 3, 5, 6, 3]);
    expect(list(new layers.Bidirectional(adder()).apply(x))).toEqual([6, 6]);
    expect(list(new layers.Bidirectional(adder(), { mergeMode: 'sum' }).apply(x))).toEqual([12]);
    const states = new layers.SimpleRNN(1, {
      activation: null,
      useBias: false,
      kernelInitializer: 'ones',
      recurrentInitializer: 'identity',
      returnState: true,
      ...all,
    });
    const results = new layers.Bidirectional(states, { mergeMode: null }).apply(column(1, 2, 4));
    expect(results.map(list)).toEqual([[1, 3, 7], [7, 6, 4], [7], [7]]); // prettier-ignore
    const started = { initialState: [tensor([[10]]), tensor([[20]])] };
    const later = new layers.Bidirectional(states).apply(column(1, 2, 4), started);
    expect(later.slice(1).map(list)).toEqual([[17], [27]]);
  });

  test('C35 dropout masks are the same in all steps of a call, and others in the next', async () => {
    const build = (rates: { dropout?: number; recurrentDropout?: number }): layers.SimpleRNN =>
      new layers.SimpleRNN(2, {
        activation: 'linear',
        kernelInitializer: 'identity',
        recurrentInitializer: 'recurrentDropout' in rates ? 'identity' : 'zeros',
        seed: 7,
        ...all,
        ...rates,
      });
    const x = tensor(new Float32Array(20).fill(1), 'float32', [1, 10, 2]);
    const patterns = (layer: layers.SimpleRNN): string[] =>
      Array.from({ length: 20 }, () => {
        const y = list(layer.apply(x, { training: true }));
        for (let i = 2; i < y.length; i++) expect(y[i]).toBe(y[i - 2]);
        for (const value of y) expect([0, 2]).toContain(value);
        return y.slice(0, 2).join();
      });
    const layer = build({ dropout: 0.5 });
    const first = patterns(layer);
    expect(new Set(first).size).toBeGreaterThan(1);
    expect(patterns(build({ dropout: 0.5 }))).toEqual(first);
    expect(await new Sequential([layer]).predict(x, quiet)).toSatisfy((y: Tensor) => list(y).every((v) => v === 1));

    // With a recurrent kernel of ones on the diagonal the output adds up, or, where the state is dropped, stays 1.
    const grows = (y: readonly number[], at: number): boolean => y[at + 2]! > y[at]!;
    const recurrent = build({ recurrentDropout: 0.5 });
    const seen = Array.from({ length: 20 }, () => {
      const y = list(recurrent.apply(x, { training: true }));
      const kept = [grows(y, 0), grows(y, 1)];
      for (let i = 0; i < y.length - 2; i++) expect(grows(y, i)).toBe(kept[i % 2]);
      return kept.join();
    });
    expect(new Set(seen).size).toBeGreaterThan(1);
    const inference = list(recurrent.apply(x));
    expect(inference).toEqual(Array.from({ length: 20 }, (_, i) => Math.floor(i / 2) + 1));
  });

  test('a stateful layer in a model goes on from batch to batch, through fit and predict, until it is reset', async () => {
    const layer = new layers.SimpleRNN(1, {
      activation: null,
      useBias: false,
      kernelInitializer: 'ones',
      recurrentInitializer: 'ones',
      stateful: true,
      trainable: false,
      batchInputShape: [1, null, 1],
    });
    const model = new Sequential([layer, new layers.Dense(1, { useBias: false, kernelInitializer: 'ones' })]);
    model.compile({ optimizer: new optimizers.SGD(0), loss: 'mse' });
    const x = tensor([1, 2, 3, 4], 'float32', [2, 2, 1]);
    const once = { ...quiet, batchSize: 1 } as const;
    expect(list((await model.predict(x, once)) as Tensor)).toEqual([3, 10]);
    expect(list((await model.predict(x, once)) as Tensor)).toEqual([13, 20]);
    layer.resetStates();
    await model.fit(x, [[0], [0]], { ...once, shuffle: false });
    expect(list(layer.states![0]!.value)).toEqual([10]);
  });

  test('C56 stacked cells make a model again: equal predictions, names that differ', async () => {
    const model = new Sequential([
      new layers.RNN([new layers.LSTMCell(4), new layers.LSTMCell(8)], { inputShape: [null, 3] }),
      new layers.Dense(2),
    ]);
    const paths = model.weights.map((w) => w.path);
    expect(new Set(paths).size).toBe(8);
    const copy = models.fromConfig(JSON.parse(JSON.stringify(models.serialize(model))) as models.StoredLayer);
    expect(copy.weights.map((w) => w.path)).toEqual(paths);
    copy.setWeights(model.getWeights());
    const x = tensor(
      Float32Array.from({ length: 30 }, (_, i) => Math.sin(i)),
      'float32',
      [2, 5, 3],
    );
    expect(list((await copy.predict(x, quiet)) as Tensor)).toEqual(list((await model.predict(x, quiet)) as Tensor));
  });
});
