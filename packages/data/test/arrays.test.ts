// fromArrays, batching of columns, ndarray, and the types of rows and batches.
import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  ConfigError,
  fromArrays,
  fromIterable,
  ndarray,
  ShapeError,
  type Dataset,
  type NDArray,
} from '../src/index.ts';

describe('fromArrays', () => {
  test('rows and batches of each kind of column', async () => {
    const columns = {
      scalar: Int32Array.of(5, 6, 7),
      array: { data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] },
      nested: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      list: [0.5, 1.5, 2.5],
      text: ['a', 'b', 'c'],
    };
    const dataset = fromArrays(columns);
    expect(dataset.size).toBe(3);
    expect((await dataset.toArray())[1]).toEqual({
      scalar: 6,
      array: { data: Uint8Array.of(3, 4), shape: [2] },
      nested: { data: Float32Array.of(3, 4), shape: [2] },
      list: 1.5,
      text: 'b',
    });
    const [first, last] = await dataset.batch(2).toArray();
    expect(first).toEqual({
      scalar: { data: Int32Array.of(5, 6), shape: [2] },
      array: { data: Uint8Array.of(1, 2, 3, 4), shape: [2, 2] },
      nested: { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] },
      list: { data: Float32Array.of(0.5, 1.5), shape: [2] },
      text: ['a', 'b'],
    });
    expect(last?.array).toEqual({ data: Uint8Array.of(5, 6), shape: [1, 2] });
  });

  test('several columns make tuples', async () => {
    const dataset = fromArrays([[1], [2]], Int32Array.of(0, 1));
    expectTypeOf(dataset).toEqualTypeOf<Dataset<readonly [NDArray<Float32Array>, number]>>();
    expect(await dataset.batch(2).toArray()).toEqual([
      [
        { data: Float32Array.of(1, 2), shape: [2, 1] },
        { data: Int32Array.of(0, 1), shape: [2] },
      ],
    ]);
  });

  test('rows are views, batches are copies, whatever the order of rows', async () => {
    const data = Float32Array.from({ length: 40 }, (_, i) => i);
    const dataset = fromArrays({ data, shape: [2, 20] });
    const [row] = await dataset.take(1).toArray();
    expect(row?.data.buffer).toBe(data.buffer);
    for (const ordered of [dataset, dataset.shuffle(2, 5)]) {
      const [batch] = await ordered.batch(2).toArray();
      expect(batch?.data.buffer).not.toBe(data.buffer);
      expect([...batch!.data].sort((a, b) => a - b)).toEqual([...data]);
    }
  });

  test('wide and narrow rows are gathered alike', async () => {
    for (const width of [0, 1, 3, 15, 16, 33]) {
      const data = Float64Array.from({ length: 7 * width }, (_, i) => i);
      const dataset = fromArrays({ data, shape: [7, width] }).shuffle(7, 2, false);
      const rows = await dataset.toArray();
      const [batch] = await dataset.batch(7).toArray();
      expect(batch?.shape).toEqual([7, width]);
      expect([...batch!.data]).toEqual(rows.flatMap((row) => [...row.data]));
    }
  });

  test('empty columns give nothing', async () => {
    expect(await fromArrays([]).batch(3).toArray()).toEqual([]);
    expect(await fromArrays({ x: new Float32Array(0) }).toArray()).toEqual([]);
    expect(
      await fromArrays({ data: new Float32Array(0), shape: [0, 3] })
        .batch(2)
        .toArray(),
    ).toEqual([]);
  });

  test.each<[string, () => unknown, new (message: string) => Error]>([
    ['ragged arrays, expected length 2 at the top[1], got 1', () => fromArrays([[1, 2], [3]]), ShapeError],
    ['expected a number at the top[1]', () => fromArrays([1, 'x'] as never), ShapeError],
    ['expected a string in row 1', () => fromArrays(['x', 1] as never), ShapeError],
    ['shape [2, 2] needs 4', () => fromArrays({ data: new Float32Array(3), shape: [2, 2] }), ShapeError],
    ['invalid length', () => fromArrays({ data: new Float32Array(3), shape: [-1, -3] }), ShapeError],
    ['a scalar', () => fromArrays({ data: new Float32Array(1), shape: [] }), ShapeError],
    ['x has 2 and y has 3', () => fromArrays({ x: [1, 2], y: [1, 2, 3] }), ShapeError],
    ['0 has 1 and 1 has 2', () => fromArrays([1], [1, 2]), ShapeError],
    ['column x: expected a typed array', () => fromArrays({ x: 3 } as never), ConfigError],
    ['expected columns by name', () => fromArrays({}), ConfigError],
    ['at least one column', () => fromArrays(...([] as unknown as [number[]])), ConfigError],
    ['expected a typed array', () => fromArrays(new BigInt64Array(2) as never), ConfigError],
  ])('%s', (message, run, kind) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });
});

describe('batches of made elements', () => {
  test('numbers, rows, tuples, records, text and other values', async () => {
    const made = fromIterable([0, 1]).map((i) => ({
      n: i,
      row: Int16Array.of(i, i),
      pair: [i, `${i}`] as const,
      nd: { data: Float64Array.of(i), shape: [1, 1] },
      flag: i === 0,
      when: new Date(i),
    }));
    const batched = made.batch(2);
    expectTypeOf<typeof batched>().toEqualTypeOf<
      Dataset<{
        readonly n: NDArray;
        readonly row: NDArray<Int16Array<ArrayBuffer>>;
        readonly pair: readonly [NDArray, string[]];
        readonly nd: NDArray<Float64Array<ArrayBuffer>>;
        readonly flag: boolean[];
        readonly when: Date[];
      }>
    >();
    expect(await batched.toArray()).toEqual([
      {
        n: { data: Float32Array.of(0, 1), shape: [2] },
        row: { data: Int16Array.of(0, 0, 1, 1), shape: [2, 2] },
        pair: [{ data: Float32Array.of(0, 1), shape: [2] }, ['0', '1']],
        nd: { data: Float64Array.of(0, 1), shape: [2, 1, 1] },
        flag: [true, false],
        when: [new Date(0), new Date(1)],
      },
    ]);
  });

  test('batches of batches gain one more axis', async () => {
    const [nested] = await fromArrays([1, 2, 3, 4]).batch(2).batch(2).toArray();
    expect(nested).toEqual({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] });
  });
});

test('ndarray takes typed arrays as innermost rows and empty arrays', () => {
  expect(ndarray([Float64Array.of(1, 2), [3, 4]])).toEqual({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] });
  expect(ndarray([])).toEqual({ data: new Float32Array(0), shape: [0] });
  expect(ndarray([[], []])).toEqual({ data: new Float32Array(0), shape: [2, 0] });
});
