// Makes datasets from what is already in memory or can be iterated.
import { show } from './checks.ts';
import { Dataset, indexedSource } from './dataset.ts';
import { ConfigError } from './errors.ts';
import { isNDArray } from './arrays.ts';
import { rangeIndices } from './indices.ts';
import { zipElements } from './operators.ts';
import { isRecord } from './stack.ts';
import { columnTable, recordTable, tupleTable, type Table } from './table.ts';
import type { Column, Columns, RowOf, RowsOf } from './types.ts';

/**
 * A dataset of the rows of one column, of a record of columns, or of several columns (rows are then tuples).
 *
 * A column is a typed array or flat array (a number per row), `{ data, shape }` or nested arrays (a numeric row per
 * index of the first axis), or strings. Nothing is copied: rows are views, and `batch` gathers straight from the columns.
 * Nested arrays are turned into float32 once.
 *
 * @example
 * fromArrays([[0, 0], [0, 1]]); // rows of shape [2]
 * fromArrays({ data: pixels, shape: [60000, 28, 28] }, labels); // tuples [image, label]
 * fromArrays({ x: [[1], [2]], y: Int32Array.of(0, 1) }); // records { x, y }
 */
export function fromArrays<C extends Columns>(columns: C): Dataset<RowOf<C>>;
export function fromArrays<C extends readonly [Column, Column, ...Column[]]>(...columns: C): Dataset<RowsOf<C>>;
export function fromArrays(...columns: readonly Columns[]): Dataset<unknown> {
  const [first] = columns;
  if (first === undefined) throw new ConfigError('fromArrays: expected at least one column');
  let table: Table<unknown>;
  if (columns.length > 1) table = tupleTable('fromArrays', columns as readonly Column[]);
  else if (isRecord(first) && !isNDArray(first)) table = recordTable('fromArrays', first);
  else table = columnTable('fromArrays', first);
  return new Dataset(indexedSource({ table, indices: () => rangeIndices(table.length) }, table.length));
}

async function* iterate<T>(values: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
  for await (const value of values) yield value;
}

const isIterable = (value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);

/** Options of {@link fromGenerator}. */
export interface GeneratorOptions {
  /** Number of elements of a pass when it is known, `Infinity` for endless ones. */
  readonly size?: number;
}

/**
 * A dataset that calls `make` at the start of each pass and yields what it yields. `make` may be a generator, an async
 * generator, or return anything iterable.
 *
 * @example
 * fromGenerator(function* () {
 *   for (let i = 0; i < 3; i++) yield { x: Float32Array.of(i), y: i % 2 };
 * });
 */
export const fromGenerator = <T>(
  make: () => Iterable<T> | AsyncIterable<T>,
  options: GeneratorOptions = {},
): Dataset<T> => {
  if (typeof make !== 'function') {
    throw new ConfigError(`fromGenerator: expected a function, got ${show(make)}; use fromIterable for values`);
  }
  const { size } = options;
  if (size !== undefined && size !== Infinity && (!Number.isSafeInteger(size) || size < 0)) {
    throw new ConfigError(`fromGenerator: size must be a count or Infinity, got ${show(size)}`);
  }
  const open = (): AsyncGenerator<T> => {
    const values = make();
    if (!isIterable(values)) {
      throw new ConfigError(`fromGenerator: the function must return something iterable, got ${show(values)}`);
    }
    return iterate(values);
  };
  return new Dataset({ size, open });
};

/**
 * A dataset of the elements of an array or of anything iterable. Arrays and sets can be run through many times and their
 * size is known; an iterator or generator object can be run through once, after that a `ConfigError` is thrown.
 *
 * @example
 * fromIterable(['a', 'b']).map((name) => name.toUpperCase());
 */
export const fromIterable = <T>(values: Iterable<T> | AsyncIterable<T>): Dataset<T> => {
  if (!isIterable(values)) throw new ConfigError(`fromIterable: expected something iterable, got ${show(values)}`);
  const size = Array.isArray(values) ? values.length : values instanceof Set ? values.size : undefined;
  const oneShot = 'next' in values;
  let used = false;
  const open = (): AsyncGenerator<T> => {
    if (oneShot && used) {
      throw new ConfigError(
        'fromIterable: this iterator was already run through; pass its function to fromGenerator, or add cache()',
      );
    }
    used = true;
    return iterate(values);
  };
  return new Dataset({ size, open });
};

/** What {@link zip} makes of a tuple or record of datasets. */
export type Zipped<D> = { readonly [K in keyof D]: D[K] extends Dataset<infer T> ? T : never };

/**
 * Elements of several datasets side by side, as tuples for a list of datasets and as records for a record of datasets.
 * Ends with the shortest.
 *
 * @example
 * zip([fromIterable([1, 2]), fromIterable(['a', 'b'])]); // [1, 'a'], [2, 'b']
 * zip({ x: images, y: labels }).batch(32);
 */
export const zip = <
  D extends readonly [Dataset<unknown>, ...Dataset<unknown>[]] | Readonly<Record<string, Dataset<unknown>>>,
>(
  datasets: D,
): Dataset<Zipped<D>> => {
  const isList = Array.isArray(datasets);
  const keys = isList ? undefined : isRecord(datasets) ? Object.keys(datasets) : [];
  const list: readonly unknown[] = isList ? datasets : Object.values(datasets);
  if (list.length === 0 || list.some((dataset) => !(dataset instanceof Dataset))) {
    throw new ConfigError('zip: expected a list or a record of datasets');
  }
  const parts = list as readonly Dataset<unknown>[];
  const sizes = parts.map((dataset) => dataset.size);
  const known = sizes.filter((size) => size !== undefined);
  const size = known.length === sizes.length ? Math.min(...known) : undefined;
  const join = (values: readonly unknown[]): Zipped<D> =>
    (keys === undefined ? values : Object.fromEntries(keys.map((key, i) => [key, values[i]]))) as Zipped<D>;
  const opens = parts.map((dataset) => () => dataset);
  return new Dataset({ size, open: () => zipElements(opens, join) });
};
