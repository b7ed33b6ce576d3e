// The Dataset class: a lazy, repeatable stream of elements and the operators on it. Readers and loaders live elsewhere.
import { checkFunction, checkInteger, checkNames } from './checks.ts';
import { ConfigError } from './errors.ts';
import {
  arrayIndices,
  collectIndices,
  fillFully,
  repeatIndices,
  shuffleIndices,
  skipIndices,
  takeIndices,
  type FillIndices,
} from './indices.ts';
import {
  batchElements,
  concatElements,
  filterElements,
  mapElements,
  prefetchElements,
  repeatElements,
  shuffleElements,
  skipElements,
  takeElements,
} from './operators.ts';
import { randomIndex, seedOrRandom } from './random.ts';
import type { Table } from './table.ts';
import type { Batched } from './types.ts';

/** Rows in memory and the order to read them in; lets batches be gathered without making row objects. */
export interface IndexedRows<T> {
  readonly table: Table<T>;
  /** Starts a new pass over the row numbers. */
  readonly indices: () => FillIndices;
}

/** Where a dataset's elements come from. */
export interface DatasetSource<T> {
  /** Number of elements, `Infinity` when endless, undefined when not known. */
  readonly size: number | undefined;
  /** Starts a new pass. */
  readonly open: () => AsyncIterable<T>;
  /** Present when the elements are rows in memory. */
  readonly indexed?: IndexedRows<T> | undefined;
}

/** Options of {@link Dataset.map}. */
export interface MapOptions {
  /** How many calls may be in flight at once; 1 unless given. The order of elements is kept. */
  readonly concurrency?: number;
}

/** Options of {@link Dataset.batch}. */
export interface BatchOptions {
  /** Leave out a last batch that is smaller than the others; false unless given. */
  readonly dropRemainder?: boolean;
}

async function* rowsOf<T>({ table, indices }: IndexedRows<T>): AsyncGenerator<T> {
  const fill = indices();
  const chunk = new Int32Array(256);
  for (let n = fill(chunk); n > 0; n = fill(chunk)) {
    for (let i = 0; i < n; i++) yield table.row(chunk[i]!);
  }
}

async function* batchRows<T>(rows: IndexedRows<T>, size: number, dropRemainder: boolean): AsyncGenerator<unknown> {
  const fill = rows.indices();
  const chunk = new Int32Array(size);
  while (true) {
    const n = fillFully(fill, chunk);
    if (n === 0 || (n < size && dropRemainder)) return;
    yield rows.table.gather(chunk.subarray(0, n));
  }
}

/** The source of rows in memory. */
export const indexedSource = <T>(indexed: IndexedRows<T>, size: number): DatasetSource<T> => ({
  size,
  open: () => rowsOf(indexed),
  indexed,
});

/**
 * A lazy stream of elements that can be run through any number of times; each `for await` is a new pass from the start.
 *
 * Make one with `fromArrays`, `fromGenerator`, `fromIterable`, `fromCsv` or `fromJsonLines`. Operators return a new
 * dataset and do no work until it is iterated.
 *
 * @example
 * const dataset = fromArrays({ x: Float32Array.of(1, 2, 3), y: Int32Array.of(0, 1, 1) })
 *   .shuffle(3, 42)
 *   .batch(2);
 * for await (const { x, y } of dataset) console.log(x.shape, y.data);
 */
export class Dataset<T> implements AsyncIterable<T> {
  readonly #source: DatasetSource<T>;

  constructor(source: DatasetSource<T>) {
    this.#source = source;
  }

  /** Number of elements of one pass: `Infinity` when endless, undefined when it is not known without a pass. */
  get size(): number | undefined {
    return this.#source.size;
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return this.#source.open()[Symbol.asyncIterator]();
  }

  /**
   * Calls `fn` on each element. With a `concurrency` above 1 that many calls run at once, in order of arrival, and
   * results keep the order of the elements. Rows from `fromArrays` are views: copy them before changing them.
   */
  map<U>(fn: (value: T, index: number) => U | Promise<U>, options: MapOptions = {}): Dataset<U> {
    checkFunction('map', 'fn', fn);
    checkNames('map', options, ['concurrency']);
    const { concurrency = 1 } = options;
    checkInteger('map', 'concurrency', concurrency, 1);
    const { size, open } = this.#source;
    return new Dataset({ size, open: () => mapElements(open(), fn, concurrency) });
  }

  /** Keeps the elements for which `keep` returns true. The size is then unknown. */
  filter(keep: (value: T, index: number) => boolean | Promise<boolean>): Dataset<T> {
    checkFunction('filter', 'keep', keep);
    const { open } = this.#source;
    return new Dataset({ size: undefined, open: () => filterElements(open(), keep) });
  }

  /**
   * Groups `size` elements into one. Numbers and numeric rows become `{ data, shape }` with the batch as first axis,
   * tuples and records are batched field by field, other values become an array. Rows in memory keep their element
   * type; numbers made by `map` become float32. Throws a `ShapeError` when elements differ in shape or structure.
   *
   * @example
   * fromArrays([[1, 2], [3, 4], [5, 6]]).batch(2); // shapes [2, 2], [1, 2]
   */
  batch(size: number, options: BatchOptions = {}): Dataset<Batched<T>> {
    checkInteger('batch', 'size', size, 1);
    checkNames('batch', options, ['dropRemainder']);
    const { dropRemainder = false } = options;
    if (typeof dropRemainder !== 'boolean') throw new ConfigError('batch: dropRemainder must be true or false');
    const { size: count, open, indexed } = this.#source;
    const batches =
      count === undefined ? undefined : dropRemainder ? Math.floor(count / size) : Math.ceil(count / size);
    return new Dataset({
      size: batches,
      open: () =>
        (indexed === undefined
          ? batchElements(open(), size, dropRemainder)
          : batchRows(indexed, size, dropRemainder)) as AsyncGenerator<Batched<T>>,
    });
  }

  /**
   * Shuffles through a buffer: each element is drawn from the next `bufferSize` ones, so a buffer as large as the
   * dataset gives a uniform shuffle. Rows in memory buffer their numbers only, 4 bytes each.
   *
   * @param seed - The same seed gives the same orders; drawn at random when left out.
   * @param reshuffleEachIteration - A new order for each pass (the default), or the same order always.
   */
  shuffle(bufferSize: number, seed?: number, reshuffleEachIteration: boolean = true): Dataset<T> {
    checkInteger('shuffle', 'bufferSize', bufferSize, 1);
    if (typeof reshuffleEachIteration !== 'boolean') {
      throw new ConfigError('shuffle: reshuffleEachIteration must be true or false');
    }
    const base = seedOrRandom('shuffle', seed);
    let pass = 0;
    const random = () => randomIndex(base, reshuffleEachIteration ? pass++ : 0);
    const { size, open, indexed } = this.#source;
    if (indexed !== undefined && size !== undefined) {
      const { table, indices } = indexed;
      const buffer = Math.min(bufferSize, size);
      return new Dataset(indexedSource({ table, indices: () => shuffleIndices(indices(), buffer, random()) }, size));
    }
    return new Dataset({ size, open: () => shuffleElements(open(), bufferSize, random()) });
  }

  /** Runs through the dataset `times` times, endlessly when left out. */
  repeat(times: number = Infinity): Dataset<T> {
    if (times !== Infinity) checkInteger('repeat', 'times', times, 0);
    const { size: count, open, indexed } = this.#source;
    const size = count === 0 || times === 0 ? 0 : count === undefined && times === Infinity ? Infinity : count;
    const total = size === undefined ? undefined : size === 0 ? 0 : size * times;
    if (indexed !== undefined && total !== undefined) {
      const { table, indices } = indexed;
      return new Dataset(indexedSource({ table, indices: () => repeatIndices(indices, times) }, total));
    }
    return new Dataset({ size: total, open: () => repeatElements(open, times) });
  }

  /** The first `count` elements. */
  take(count: number): Dataset<T> {
    checkInteger('take', 'count', count, 0);
    const { size, open, indexed } = this.#source;
    const left = size === undefined ? undefined : Math.min(size, count);
    if (indexed !== undefined && left !== undefined) {
      const { table, indices } = indexed;
      return new Dataset(indexedSource({ table, indices: () => takeIndices(indices(), count) }, left));
    }
    return new Dataset({ size: left, open: () => takeElements(open(), count) });
  }

  /** All but the first `count` elements. */
  skip(count: number): Dataset<T> {
    checkInteger('skip', 'count', count, 0);
    const { size, open, indexed } = this.#source;
    const left = size === undefined ? undefined : Math.max(0, size - count);
    if (indexed !== undefined && left !== undefined) {
      const { table, indices } = indexed;
      return new Dataset(indexedSource({ table, indices: () => skipIndices(indices(), count) }, left));
    }
    return new Dataset({ size: left, open: () => skipElements(open(), count) });
  }

  /** This dataset, then the others. */
  concat(...others: readonly Dataset<T>[]): Dataset<T> {
    const sources = [this, ...others].map((dataset) => {
      if (!(dataset instanceof Dataset)) throw new ConfigError('concat: every argument must be a Dataset');
      return dataset.#source;
    });
    const sizes = sources.map((source) => source.size);
    const size = sizes.includes(Infinity)
      ? Infinity
      : sizes.reduce((a, b) => (a === undefined || b === undefined ? undefined : a + b), 0);
    return new Dataset({ size, open: () => concatElements(sources.map((source) => source.open)) });
  }

  /**
   * Remembers the elements of the first complete pass and replays them, in the order of that pass. Put it after work
   * that need not be redone and before `shuffle`.
   */
  cache(): Dataset<T> {
    const { size, open, indexed } = this.#source;
    if (size === Infinity) throw new ConfigError('cache: the dataset is endless; use take(n) first');
    if (indexed !== undefined && size !== undefined) {
      let order: Int32Array | undefined;
      const { table, indices } = indexed;
      const replay = () => arrayIndices((order ??= collectIndices(indices(), size)));
      return new Dataset(indexedSource({ table, indices: replay }, size));
    }
    let stored: readonly T[] | undefined;
    async function* fillOrReplay(): AsyncGenerator<T> {
      if (stored !== undefined) return yield* stored;
      const values: T[] = [];
      for await (const value of open()) {
        values.push(value);
        yield value;
      }
      stored ??= values;
    }
    return new Dataset({ size, open: fillOrReplay });
  }

  /** Works on up to `count` elements ahead while the caller uses the current one. */
  prefetch(count: number): Dataset<T> {
    checkInteger('prefetch', 'count', count, 1);
    const { size, open } = this.#source;
    return new Dataset({ size, open: () => prefetchElements(open(), count) });
  }

  /** Calls `fn` on each element, one after the other, and waits for each call. */
  async forEach(fn: (value: T, index: number) => void | Promise<void>): Promise<void> {
    checkFunction('forEach', 'fn', fn);
    let index = 0;
    for await (const value of this) await fn(value, index++);
  }

  /** All elements of one pass. Throws a `ConfigError` for an endless dataset. */
  async toArray(): Promise<T[]> {
    if (this.size === Infinity) throw new ConfigError('toArray: the dataset is endless; use take(n) first');
    const values: T[] = [];
    for await (const value of this) values.push(value);
    return values;
  }
}
