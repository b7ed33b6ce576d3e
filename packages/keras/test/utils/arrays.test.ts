/**
 * Arrays, windows, tuples and seeds beside fit. Numbers of Keras stand in golden values.
 */
import { fromArrays, fromIterable, setDefaultSeed } from '@dl/data';
import { describe, expect, test } from 'vitest';
import { layers, Sequential, utils } from '../../src/index.ts';

const { normalize, packXYSampleWeight, padSequences, setRandomSeed, splitDataset, timeseriesDatasetFromArray } = utils;
const { toCategorical, unpackXYSampleWeight } = utils;

/** Values in nested arrays. */
const nested = ({ data, shape }: { readonly data: ArrayLike<number>; readonly shape: readonly number[] }): unknown => {
  const [, ...rest] = shape;
  if (rest.length === 0) return Array.from(data);
  const size = rest.reduce((a, b) => a * b, 1);
  return Array.from({ length: shape[0]! }, (_, i) =>
    nested({ data: Array.from(data).slice(i * size, (i + 1) * size), shape: rest }),
  );
};

describe('toCategorical and normalize', () => {
  test('one-hot rows as Keras makes them', () => {
    expect(nested(toCategorical([0, 2, 1]))).toEqual([
      [1, 0, 0],
      [0, 0, 1],
      [0, 1, 0],
    ]);
    expect(toCategorical([[1], [0]], 4).shape).toEqual([2, 4]);
    expect(toCategorical(Int32Array.of(1), 2).data).toEqual(Float32Array.of(0, 1));
    expect(() => toCategorical([0, 3], 3)).toThrow('expected classes in [0, 3), got 3 at position 1');
    expect(() => toCategorical([0.5], 3)).toThrow('got 0.5 at position 0');
  });

  test('lines divided by their norms', () => {
    const rows = [
      [3, 4],
      [0, 0],
    ];
    expect(nested(normalize(rows))).toEqual([
      [Math.fround(0.6), Math.fround(0.8)],
      [0, 0],
    ]);
    expect(nested(normalize([[3], [4]], 0, 1))).toEqual([[Math.fround(3 / 7)], [Math.fround(4 / 7)]]);
    expect(nested(normalize([[-2, 1]], -1, Infinity))).toEqual([[-1, 0.5]]);
    expect(() => normalize([1, 2], -1, 0)).toThrow('order must be above 0');
  });
});

describe('padSequences', () => {
  test('as Keras pads and cuts', () => {
    const rows = [[1, 2, 3, 4], [5], [6, 7]];
    expect(nested(padSequences(rows, { maxlen: 3 }))).toEqual([
      [2, 3, 4],
      [0, 0, 5],
      [0, 6, 7],
    ]);
    expect(nested(padSequences(rows, { maxlen: 3, padding: 'post', truncating: 'post' }))).toEqual([
      [1, 2, 3],
      [5, 0, 0],
      [6, 7, 0],
    ]);
    expect(nested(padSequences([[], [0.5]], { dtype: 'float32', value: -1, maxlen: 2 }))).toEqual([
      [-1, -1],
      [-1, 0.5],
    ]);
  });

  test('steps may be rows, of one shape', () => {
    expect(
      nested(
        padSequences([
          [[1, 2]],
          [
            [3, 4],
            [5, 6],
          ],
        ]),
      ),
    ).toEqual([
      [
        [0, 0],
        [1, 2],
      ],
      [
        [3, 4],
        [5, 6],
      ],
    ]);
    expect(() => padSequences([[[1, 2]], [[3]]])).toThrow('steps of sequence 1 have shape [1], expected [2]');
    expect(() => padSequences([[1]], { padding: 'left' as 'pre' })).toThrow("padding must be 'pre' or 'post'");
  });
});

describe('timeseriesDatasetFromArray', () => {
  const steps = Array.from({ length: 10 }, (_, i) => i);

  test('windows and the targets of their first steps', async () => {
    const windows = timeseriesDatasetFromArray(steps, steps.slice(3), { sequenceLength: 3, batchSize: 4 });
    const batches = await windows.toArray();
    expect(windows.size).toBe(2);
    expect(nested(batches[0]![0])).toEqual([
      [0, 1, 2],
      [1, 2, 3],
      [2, 3, 4],
      [3, 4, 5],
    ]);
    expect(batches.flatMap(([, y]) => Array.from(y.data))).toEqual([3, 4, 5, 6, 7, 8, 9]);
  });

  test('stride, rate, and the part from start to end', async () => {
    const options = { sequenceLength: 3, sequenceStride: 2, samplingRate: 2, startIndex: 1, endIndex: 9 };
    const [batch] = await timeseriesDatasetFromArray(steps, null, options).toArray();
    expect(nested(batch!)).toEqual([
      [1, 3, 5],
      [3, 5, 7],
    ]);
    const single = timeseriesDatasetFromArray(steps, null, { sequenceLength: 9, batchSize: null });
    expect((await single.toArray()).map(({ shape }) => shape)).toEqual([[9], [9]]);
  });

  test('mixing keeps windows and targets together, and what does not fit is refused', async () => {
    const mixed = timeseriesDatasetFromArray(steps, steps, { sequenceLength: 2, shuffle: true, seed: 3, batchSize: 9 });
    const [first] = await mixed.toArray();
    expect(Array.from(first![1].data)).not.toEqual(steps.slice(0, 9));
    expect(Array.from(first![1].data).sort((a, b) => a - b)).toEqual(steps.slice(0, 9));
    expect((nested(first![0]) as number[][]).map(([a]) => a)).toEqual(Array.from(first![1].data));
    expect(() => timeseriesDatasetFromArray(steps, null, { sequenceLength: 11 })).toThrow('hold no window of 11 steps');
  });
});

describe('splitDataset', () => {
  test('shares, counts, and both', async () => {
    const numbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    const parts = async (...args: Parameters<typeof splitDataset>): Promise<unknown[]> => {
      const [left, right] = await splitDataset(...args);
      return [await left.toArray(), await right.toArray()];
    };
    expect(await parts(numbers, { leftSize: 0.3 })).toEqual([
      [0, 1, 2],
      [3, 4, 5, 6, 7, 8, 9],
    ]);
    expect(await parts(fromIterable(numbers), { leftSize: 2, rightSize: 1 })).toEqual([[0, 1], [9]]);
    // 2.5 rounds to the even neighbour.
    expect((await parts(fromArrays([1, 2, 3, 4, 5]), { leftSize: 0.5 }))[0]).toEqual([1, 2]);
    const [left, right] = (await parts(numbers, { rightSize: 4, shuffle: true, seed: 1 })) as number[][];
    expect([...left!, ...right!].sort((a, b) => a - b)).toEqual(numbers);
    expect(left).not.toEqual(numbers.slice(0, 6));
    await expect(splitDataset(numbers, { leftSize: 8, rightSize: 3 })).rejects.toThrow('together are 11');
    await expect(splitDataset(numbers)).rejects.toThrow('give leftSize, rightSize or both');
    await expect(splitDataset(numbers, { leftSize: 10 })).rejects.toThrow('leave one part empty');
  });

  test('columns stay together', async () => {
    const [left] = await splitDataset<[unknown, number]>([[[1], [2], [3]], Int32Array.of(7, 8, 9)], { leftSize: 2 });
    expect((await left.toArray()).map(([, y]) => y)).toEqual([7, 8]);
  });
});

describe('tuples and seeds', () => {
  test('parts go together and come apart', () => {
    expect(packXYSampleWeight([1])).toEqual([[1]]);
    expect(packXYSampleWeight({ a: [1] })).toEqual({ a: [1] });
    expect(packXYSampleWeight([1], [2], [3])).toEqual([[1], [2], [3]]);
    expect(unpackXYSampleWeight([[1], [2]])).toEqual([[1], [2], null]);
    expect(unpackXYSampleWeight({ a: 1 })).toEqual([{ a: 1 }, null, null]);
    expect(() => unpackXYSampleWeight([1, 2, 3, 4] as never)).toThrow('4 parts');
  });

  test('two runs after one seed are equal bit for bit', async () => {
    const run = async (seed: number): Promise<[number[], number[]]> => {
      setRandomSeed(seed);
      const model = new Sequential([
        new layers.Dense(8, { activation: 'relu', inputShape: [4] }),
        new layers.Dropout(0.5),
        new layers.Dense(1),
      ]);
      model.compile({ optimizer: 'adam', loss: 'mse' });
      const x = Array.from({ length: 20 }, (_, i) => [i, -i, i % 3, 1].map((v) => v / 20));
      await model.fit(
        x,
        Float32Array.from(x, ([a]) => a!),
        { epochs: 2, batchSize: 8, verbose: 0 },
      );
      const weights = await Promise.all(model.getWeights().map((w) => w.data()));
      const order = await fromIterable([0, 1, 2, 3, 4, 5, 6, 7]).shuffle(8).toArray();
      return [weights.flatMap((w) => Array.from(w, Number)), order];
    };
    const first = await run(5);
    expect(await run(5)).toEqual(first);
    expect((await run(6))[0]).not.toEqual(first[0]);
    setDefaultSeed(undefined);
    expect(() => setRandomSeed(0.5)).toThrow('expected an integer');
  });
});
