// Splits columns into a training and a test part.
import { isNDArray, isTypedArray, ndarray, type NDArray, type NestedNumbers, type TypedArray } from './arrays.ts';
import { checkNames, show } from './checks.ts';
import { ConfigError } from './errors.ts';
import { randomIndex, seedOrRandom, shuffleInPlace } from './random.ts';
import { columnTable, gatherRows, recordTable } from './table.ts';
import type { Column } from './types.ts';

/** What a part of a column is: the same kind of column with fewer rows; nested arrays become `{ data, shape }`. */
export type PartOf<C> =
  C extends NDArray<infer A>
    ? NDArray<A>
    : C extends TypedArray
      ? C
      : C extends readonly string[]
        ? string[]
        : NDArray<Float32Array>;

/** Options of {@link trainTestSplit}. */
export interface SplitOptions<K extends string = string> {
  /** Part of the rows for the test, above 0 and below 1, or their number when 1 or more; 0.25 unless given. */
  readonly testSize?: number;
  /** Mix the rows before splitting (the default), or cut off the last ones. */
  readonly shuffle?: boolean;
  /** The same seed gives the same split; drawn at random when left out. */
  readonly seed?: number;
  /** Name of the column whose values should be as frequent in the test part as overall. */
  readonly stratify?: K;
}

/** The two parts. */
export interface Split<C> {
  readonly train: { readonly [K in keyof C]: PartOf<C[K]> };
  readonly test: { readonly [K in keyof C]: PartOf<C[K]> };
}

const testCount = (testSize: unknown, rows: number): number => {
  const count = typeof testSize !== 'number' ? NaN : testSize < 1 ? Math.ceil(testSize * rows) : testSize;
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new ConfigError(
      `trainTestSplit: testSize must be a part in (0, 1) or a number of rows, got ${show(testSize)}`,
    );
  }
  if (count >= rows) {
    throw new ConfigError(`trainTestSplit: testSize takes ${count} of ${rows} rows and leaves none for training`);
  }
  return count;
};

/** How many rows of each class go to the test: proportional, rounded so that the counts add up. */
const classQuotas = (sizes: readonly number[], count: number): readonly number[] => {
  const rows = sizes.reduce((a, b) => a + b, 0);
  const exact = sizes.map((size) => (size * count) / rows);
  const quotas = exact.map(Math.floor);
  const byRest = exact.map((_, i) => i).sort((a, b) => exact[b]! - quotas[b]! - (exact[a]! - quotas[a]!) || a - b);
  const left = count - quotas.reduce((a, b) => a + b, 0);
  for (const i of byRest.slice(0, left)) quotas[i] = quotas[i]! + 1;
  return quotas;
};

/** Moves the test rows to the end, class by class, keeping the order otherwise. */
const stratified = (order: Int32Array, keyOf: (row: number) => unknown, name: string, count: number): Int32Array => {
  const classes = new Map<unknown, number>();
  for (const row of order) classes.set(keyOf(row), (classes.get(keyOf(row)) ?? 0) + 1);
  for (const [key, size] of classes) {
    if (size < 2) {
      throw new ConfigError(`trainTestSplit: stratify '${name}' needs two rows of each class, ${show(key)} has one`);
    }
  }
  const keys = [...classes.keys()];
  const quotas = classQuotas([...classes.values()], count);
  const left = new Map(keys.map((key, i) => [key, quotas[i]!]));
  const train: number[] = [];
  const test: number[] = [];
  for (const row of order) {
    const quota = left.get(keyOf(row))!;
    if (quota > 0) {
      left.set(keyOf(row), quota - 1);
      test.push(row);
    } else {
      train.push(row);
    }
  }
  return Int32Array.from([...train, ...test]);
};

const pick = (column: Column, rows: Int32Array): unknown => {
  if (isTypedArray(column)) return gatherRows({ data: column, shape: [column.length] }, rows).data;
  if (isNDArray(column)) return gatherRows(column, rows);
  if (typeof column[0] === 'string') return Array.from(rows, (row) => column[row]);
  return gatherRows(ndarray(column as NestedNumbers), rows);
};

/**
 * Splits named columns of one length into training and test rows.
 *
 * @example
 * const { data, labels } = await iris.load();
 * const { train, test } = trainTestSplit({ x: data, y: labels }, { testSize: 0.2, seed: 1, stratify: 'y' });
 * fromArrays(train).shuffle(120).batch(16);
 */
export const trainTestSplit = <C extends Readonly<Record<string, Column>>>(
  columns: C,
  options: SplitOptions<keyof C & string> = {},
): Split<C> => {
  const where = 'trainTestSplit';
  checkNames(where, options, ['testSize', 'shuffle', 'seed', 'stratify']);
  const { testSize = 0.25, shuffle = true, seed, stratify } = options;
  if (typeof shuffle !== 'boolean')
    throw new ConfigError(`${where}: shuffle must be true or false, got ${show(shuffle)}`);
  const rows = recordTable(where, columns).length;
  const count = testCount(testSize, rows);
  let order: Int32Array = Int32Array.from({ length: rows }, (_, i) => i);
  if (shuffle) shuffleInPlace(order, randomIndex(seedOrRandom(where, seed)));
  if (stratify !== undefined) {
    const column = columns[stratify];
    if (column === undefined) throw new ConfigError(`${where}: stratify names no column: '${stratify}'`);
    const table = columnTable(where, column);
    const keyOf = (row: number): unknown => {
      const value = table.row(row);
      return typeof value === 'object' && value !== null && isNDArray(value) ? value.data.join() : value;
    };
    order = stratified(order, keyOf, stratify, count);
  }
  const part = (indices: Int32Array): unknown =>
    Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, pick(column, indices)]));
  return {
    train: part(order.subarray(0, rows - count)) as Split<C>['train'],
    test: part(order.subarray(rows - count)) as Split<C>['test'],
  };
};
