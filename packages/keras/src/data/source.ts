/**
 * Where batches come from: arrays in memory, or anything iterable.
 */
import { ConfigError, isArrayData, tensor, Tensor, type TypedArray } from '@dl/tensor';
import type { Tensors } from '@dl/layers';
import { describe, isPlain, leavesOf } from '@dl/tensor/interpreter';
import { listOf, mapSeveral } from '../functional/structure.ts';
import type { Data, DataTree, HostArray, HostArrays } from './host-array.ts';
import { gatherRows, likeArray, rowSize, sliceRows, toHosts } from './host-array.ts';
import { permutation, permuteBatches } from './permutation.ts';

/** One batch, on the device. */
export interface Batch {
  readonly x: Tensors;
  readonly y: Tensors | null;
  readonly sampleWeight: Tensors | null;
  /** Whether the tensors were made for this batch, so that they can be freed after it. */
  readonly owned: boolean;
}

/** Runs through batches; `null` ends a pass. Arrays answer at once. */
export interface BatchStream {
  next(): Batch | null | Promise<Batch | null>;
  /** Leaves out batches without making them. Returns how many there were, `count` at most. */
  skip(count: number): number | Promise<number>;
  /** Ends the pass before its end: generators get to their `finally`. */
  close(): Promise<void>;
}

/** A repeatable source of batches. */
export interface BatchSource {
  /** Batches of one pass: Infinity when endless, undefined when not known. */
  readonly steps: number | undefined;
  /** What decides the order of samples, together with the epoch; undefined where the source has its own order. */
  seed: number | undefined;
  /** Starts the pass of an epoch. */
  open(epoch: number): BatchStream;
}

/** Arrays of one length: one of each, or several in the form of what the model takes and gives. */
export interface ArrayColumns {
  readonly x: HostArrays;
  readonly y: HostArrays | null;
  readonly sampleWeight: HostArrays | null;
}

/** Number of samples. */
export const rowsOf = ({ x }: ArrayColumns): number => listOf<HostArray>(x, isArrayData)[0]!.shape[0]!;

/** How arrays are shuffled: whole, inside each batch, or not at all. */
export type Shuffle = boolean | 'batch';

/** Batches of arrays, gathered row by row. */
export class ArraySource implements BatchSource {
  readonly steps: number;
  readonly #columns: ArrayColumns;
  readonly #batchSize: number;
  readonly #shuffle: Shuffle;
  seed: number;
  readonly #scratch = new Map<HostArray, TypedArray>();

  constructor(columns: ArrayColumns, batchSize: number, shuffle: Shuffle, seed: number) {
    this.#columns = columns;
    this.#batchSize = batchSize;
    this.#shuffle = shuffle;
    this.seed = seed;
    this.steps = Math.ceil(rowsOf(columns) / batchSize);
  }

  open(epoch: number): BatchStream {
    const n = rowsOf(this.#columns);
    const order = this.#shuffle === false ? null : this.#order(n, this.seed + epoch);
    let start = 0;
    return {
      next: () => {
        if (start >= n) return null;
        const stop = Math.min(start + this.#batchSize, n);
        const batch = this.#batch(order, start, stop);
        start = stop;
        return batch;
      },
      skip: (count) => {
        const there = Math.min(count, Math.ceil((n - start) / this.#batchSize));
        start = Math.min(start + there * this.#batchSize, n);
        return there;
      },
      close: () => Promise.resolve(),
    };
  }

  #order(n: number, seed: number): Int32Array {
    return this.#shuffle === 'batch' ? permuteBatches(n, this.#batchSize, seed) : permutation(n, seed);
  }

  #batch(order: Int32Array | null, start: number, stop: number): Batch {
    const { x, y, sampleWeight } = this.#columns;
    const take = (array: HostArray): Tensor => {
      const shape = [stop - start, ...array.shape.slice(1)];
      if (order === null) return tensor(sliceRows(array, start, stop).data, undefined, shape);
      const row = rowSize(array);
      let scratch = this.#scratch.get(array);
      if (!scratch) this.#scratch.set(array, (scratch = likeArray(array.data, this.#batchSize * row)));
      gatherRows(array, order, start, stop, scratch);
      // The tensor copies, so the scratch array serves every batch.
      return tensor(scratch.subarray(0, (stop - start) * row) as TypedArray, undefined, shape);
    };
    const all = (arrays: HostArrays): Tensors => mapSeveral<HostArray, Tensor>(arrays, isArrayData, take);
    return {
      x: all(x),
      y: y === null ? null : all(y),
      sampleWeight: sampleWeight === null ? null : all(sampleWeight),
      owned: true,
    };
  }
}

/** Weights of the samples of a batch, from its targets. */
export type Weigher = (y: HostArrays) => HostArray;

/** Batches from a dataset or another iterable of tuples [x, y, sampleWeight], records { x, y, sampleWeight }, or inputs. */
export class IterableSource implements BatchSource {
  readonly steps: number | undefined;
  readonly seed: undefined;
  readonly #elements: AsyncIterable<unknown> | Iterable<unknown>;
  readonly #weigh: Weigher | null;
  readonly #where: string;

  constructor(elements: AsyncIterable<unknown> | Iterable<unknown>, where: string, weigh: Weigher | null) {
    this.#elements = elements;
    this.#where = where;
    this.#weigh = weigh;
    const { size } = elements as { readonly size?: unknown };
    this.steps = typeof size === 'number' ? size : undefined;
  }

  open(): BatchStream {
    const elements = this.#elements;
    const iterator: AsyncIterator<unknown> | Iterator<unknown> =
      Symbol.asyncIterator in elements ? elements[Symbol.asyncIterator]() : elements[Symbol.iterator]();
    let ended = false;
    return {
      next: async () => {
        const { done, value } = await iterator.next();
        if (done === true) ended = true;
        return done === true ? null : this.#batch(value);
      },
      skip: async (count) => {
        for (let skipped = 0; skipped < count; skipped++) {
          const { done } = await iterator.next();
          if (done === true) ended = true;
          if (done === true) return skipped;
        }
        return count;
      },
      close: async () => {
        if (!ended) await iterator.return?.();
        ended = true;
      },
    };
  }

  async #batch(element: unknown): Promise<Batch> {
    const { x, y, sampleWeight } = splitElement(element, this.#where);
    if (this.#weigh !== null && sampleWeight !== undefined) {
      throw new ConfigError(`${this.#where}: the dataset gives sample weights already; leave classWeight out`);
    }
    const weights =
      this.#weigh === null || y === undefined
        ? sampleWeight
        : this.#weigh(await toHosts<never>(y, `${this.#where}: y`));
    return {
      x: await toBatch(x, `${this.#where}: x`),
      y: y === undefined ? null : await toBatch(y, `${this.#where}: y`),
      sampleWeight: weights === undefined ? null : await toBatch(weights, `${this.#where}: sampleWeight`),
      owned: leavesOf([x, y, weights]).length === 0,
    };
  }
}

async function toBatch(value: DataTree, where: string): Promise<Tensors> {
  if (value instanceof Tensor) return value;
  const hosts = await toHosts(value, where, (one) => one instanceof Tensor);
  return mapSeveral<HostArray | Tensor, Tensor>(hosts, isOneBatch, (one) =>
    one instanceof Tensor ? one : tensor(one.data, undefined, one.shape),
  );
}

const isOneBatch = (value: unknown): boolean => value instanceof Tensor || isArrayData(value);

interface Parts {
  readonly x: DataTree;
  readonly y: DataTree | undefined;
  readonly sampleWeight: DataTree | undefined;
}

/** The parts of a dataset's element. */
function splitElement(element: unknown, where: string): Parts {
  if (element instanceof Tensor || ArrayBuffer.isView(element) || isArrayData(element)) {
    return { x: element as Data, y: undefined, sampleWeight: undefined };
  }
  if (Array.isArray(element)) {
    const parts = element as readonly DataTree[];
    if (typeof parts[0] === 'number') return { x: parts as Data, y: undefined, sampleWeight: undefined };
    if (parts.length < 1 || parts.length > 3) {
      throw new ConfigError(
        `${where}: a dataset must give [x], [x, y] or [x, y, sampleWeight], got ${parts.length} parts`,
      );
    }
    return { x: parts[0]!, y: parts[1], sampleWeight: parts[2] };
  }
  if (typeof element === 'object' && element !== null && 'x' in element) {
    const { x, y, sampleWeight } = element as Parts;
    return { x, y, sampleWeight };
  }
  if (isPlain(element) && Object.keys(element).length > 0) {
    return { x: element as DataTree, y: undefined, sampleWeight: undefined };
  }
  throw new ConfigError(
    `${where}: a dataset must give batches [x, y] or { x, y }, got ${describe(element)}; call .batch(32) on datasets of rows`,
  );
}

/** Whether data is a dataset or another iterable of batches. */
export function isBatches(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value) || ArrayBuffer.isView(value) || value instanceof Tensor) return false;
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}

/** With datasets, options may stand where targets would. */
export function splitArguments<O extends object>(
  x: unknown,
  y: DataTree | O | null | undefined,
  options: O | undefined,
): readonly [DataTree | undefined, O] {
  if (isBatches(x) && options === undefined) return [undefined, (y ?? {}) as O];
  return [(y ?? undefined) as DataTree | undefined, options ?? ({} as O)];
}
