/**
 * Masks from the embedding to the loss: training on padded sequences is training on the sequences.
 */
import { layers, losses, metrics, optimizers, Sequential, setBackend, tensor, type Tensor } from '@dl/keras';
import { beforeAll, describe, expect, test } from 'vitest';
import { BACKENDS, expectNear } from './cases/support.ts';

const quiet = { verbose: 0, shuffle: false, epochs: 3, batchSize: 2 } as const;
const ids = [
  [3, 1, 4, 1],
  [5, 2, 6, 5],
  [3, 5, 2, 4],
  [6, 6, 1, 2],
];
const values = (shape: readonly number[], shift: number): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => 0.6 * Math.sin(1.3 * i + shift)),
    'float32',
    shape,
  );
};

/** Sets weights that are the same for models of the same shape. */
function start(model: Sequential): Sequential {
  model.build([null, null]);
  model.setWeights(model.weights.map(({ shape }, i) => values(shape, i)));
  return model;
}

const weightsOf = (model: Sequential): number[] => model.weights.flatMap((w) => [...w.value.dataSync()]);

describe.each(BACKENDS)('%s', (_, make) => {
  beforeAll(async () => setBackend(await make()));

  const kinds = {
    LSTM: () => new layers.LSTM(3),
    GRU: () => new layers.GRU(3),
    'LSTM backwards': () => new layers.LSTM(3, { goBackwards: true }),
    Bidirectional: () => new layers.Bidirectional(new layers.GRU(2)),
    'GRU unrolled': () => new layers.GRU(3, { unroll: true }),
  };
  test.each(Object.keys(kinds))(
    'Embedding, %s, Dense: padding before, after or between changes nothing',
    async (kind) => {
      const train = async (rows: readonly (readonly number[])[], maskZero: boolean): Promise<readonly number[]> => {
        const recurrent = kinds[kind as keyof typeof kinds]();
        const model = start(new Sequential([new layers.Embedding(7, 2, { maskZero }), recurrent, new layers.Dense(1)]));
        model.compile({ optimizer: new optimizers.Adam(0.05), loss: 'mse', metrics: ['mae'] });
        const { history } = await model.fit(tensor(rows, 'int32'), [[1], [-1], [0.5], [2]], quiet);
        return [...history['loss']!, ...history['mae']!, ...weightsOf(model)];
      };
      const wanted = await train(ids, false);
      const padded: Readonly<Record<string, (row: readonly number[]) => readonly number[]>> = {
        after: (row) => [...row, 0, 0],
        before: (row) => [0, 0, 0, ...row],
        between: (row) => [...row.slice(0, 2), 0, ...row.slice(2), 0],
      };
      for (const pad of Object.values(padded)) {
        expectNear(await train(ids.map(pad), true), wanted, { relative: 1e-4, floor: 1e-6 });
      }
      expect(await train(ids.map(padded['after']!), false)).not.toEqual(wanted);
    },
  );

  test('loss and metrics of every step are means over the steps that count', async () => {
    const lengths = [4, 2, 3, 1];
    const rows = ids.map((row, i) => row.map((id, t) => (t < lengths[i]! ? id : 0)));
    const targets = ids.map((row, i) => row.map((id, t) => [Math.sin(id + i + t)]));
    const model = start(new Sequential([new layers.Embedding(7, 2, { maskZero: true }), new layers.Dense(1)]));
    const mae = new metrics.MeanAbsoluteError({ name: 'mae' });
    model.compile({ optimizer: 'sgd', loss: new losses.MeanSquaredError(), metrics: [mae], weightedMetrics: ['mse'] });
    const predicted = (await model.predict(tensor(rows, 'int32'), { verbose: 0 })) as Tensor;
    const errors = [...predicted.dataSync()].map((y, k) => y - targets.flat(2)[k]!);
    const counts = rows.flat().map((id) => id !== 0);
    const mean = (f: (error: number, k: number) => number): number => {
      const kept = errors.map(f).filter((_, k) => counts[k]);
      return kept.reduce((a, b) => a + b, 0) / kept.length;
    };
    // One batch: the loss weighs batches by their size, the metric by what counts.
    const logs = await model.evaluate(tensor(rows, 'int32'), targets, { verbose: 0, batchSize: 4, returnDict: true });
    expectNear([logs['loss']!, logs['mae']!], [mean((e) => e * e), mean(Math.abs)], { relative: 1e-5 });
    const sampleWeight = [1, 2, 0, 3];
    const weighted = await model.evaluate(tensor(rows, 'int32'), targets, {
      verbose: 0,
      batchSize: 4,
      returnDict: true,
      sampleWeight,
    });
    const weightOf = (k: number): number => sampleWeight[Math.floor(k / 4)]!;
    const total = counts.reduce((sum, kept, k) => sum + (kept ? weightOf(k) : 0), 0);
    const wanted = mean((e, k) => e * e * weightOf(k));
    const kept = counts.filter(Boolean).length;
    expectNear([weighted['loss']!, weighted['mse']!], [wanted, (wanted * kept) / total], { relative: 1e-5 });
    expectNear([weighted['mae']!], [mean(Math.abs)], { relative: 1e-5 });
  });

  test('what is masked gets no gradient', async () => {
    const model = start(new Sequential([new layers.Embedding(7, 2, { maskZero: true }), new layers.LSTM(2)]));
    const before = [...model.weights[0]!.value.dataSync()];
    model.compile({ optimizer: new optimizers.SGD(0.5), loss: 'mse' });
    await model.fit(tensor([[0, 3, 0, 1]], 'int32'), [[1, -1]], quiet);
    const after = [...model.weights[0]!.value.dataSync()];
    const moved = before.map((value, i) => value !== after[i]);
    expect(moved).toEqual([false, false, true, true, false, false, true, true, ...new Array<boolean>(6).fill(false)]);
  });
});
