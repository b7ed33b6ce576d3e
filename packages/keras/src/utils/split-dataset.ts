/**
 * splitDataset: two datasets of rows from one.
 */
import { Dataset, fromArrays, fromIterable, isNDArray, isTypedArray, type Column } from '@dl/data';
import { ConfigError, freshSeed } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { permutation } from '../data/permutation.ts';

/** Options of {@link splitDataset}. */
export interface SplitDatasetOptions {
  /** Rows of the first dataset: a count, or a share below 1. The rest of `rightSize` unless given. */
  readonly leftSize?: number | null | undefined;
  /** Rows of the second dataset: a count, or a share below 1. The rest of `leftSize` unless given. */
  readonly rightSize?: number | null | undefined;
  /** Whether rows are mixed before they are divided; false unless given. */
  readonly shuffle?: boolean | undefined;
  /** Of the mixing; drawn unless given. */
  readonly seed?: number | null | undefined;
}

/** To the nearest whole number, ties to the even one, as Python rounds. */
function roundEven(value: number): number {
  const low = Math.floor(value);
  return value - low === 0.5 ? low + (low % 2) : Math.round(value);
}

function rows(name: string, size: number | null, total: number): number | null {
  if (size === null) return null;
  const share = size > 0 && size < 1;
  if (!share && (!Number.isInteger(size) || size < 1)) {
    throw new ConfigError(`splitDataset: ${name} must be a count or a share between 0 and 1, got ${describe(size)}`);
  }
  const count = share ? roundEven(size * total) : size;
  if (count > total) {
    throw new ConfigError(`splitDataset: ${name} is ${count}, but the dataset has ${total} rows only`);
  }
  return count;
}

/** How many rows go left and right. */
function sizes({ leftSize = null, rightSize = null }: SplitDatasetOptions, total: number): [number, number] {
  if (leftSize === null && rightSize === null) {
    throw new ConfigError('splitDataset: give leftSize, rightSize or both');
  }
  const [left, right] = [rows('leftSize', leftSize, total), rows('rightSize', rightSize, total)];
  const [first, second] = [left ?? total - right!, right ?? total - left!];
  if (first + second > total) {
    throw new ConfigError(
      `splitDataset: leftSize and rightSize together are ${first + second}, but the dataset has ${total} rows only`,
    );
  }
  if (first === 0 || second === 0) {
    throw new ConfigError(
      `splitDataset: ${first} and ${second} of ${total} rows leave one part empty; choose other sizes`,
    );
  }
  return [first, second];
}

/**
 * Divides a dataset, an array, or arrays of one length in a list, into two datasets of rows. All rows of a dataset are read
 * into memory. Follows `keras.utils.split_dataset`.
 *
 * @throws ConfigError for sizes that do not fit, and for endless datasets.
 * @example
 * const [train, validation] = await splitDataset([[[1], [2], [3], [4]], Int32Array.of(0, 1, 0, 1)], { leftSize: 0.75 });
 * console.log(train.size, validation.size); // 3 1
 */
export async function splitDataset<T = unknown>(
  dataset: Dataset<T> | Column | readonly Column[],
  options: SplitDatasetOptions = {},
): Promise<[left: Dataset<T>, right: Dataset<T>]> {
  const source = toDataset<T>(dataset);
  const values = await source.toArray();
  const [left, right] = sizes(options, values.length);
  const mixed =
    options.shuffle === true
      ? Array.from(permutation(values.length, options.seed ?? freshSeed()), (row) => values[row]!)
      : values;
  return [fromIterable(mixed.slice(0, left)), fromIterable(mixed.slice(mixed.length - right))];
}

function toDataset<T>(value: Dataset<T> | Column | readonly Column[]): Dataset<T> {
  if (value instanceof Dataset) return value;
  if (!Array.isArray(value)) return fromArrays(value as Column) as unknown as Dataset<T>;
  const parts = value as readonly Column[];
  const several = parts.length > 1 && parts.every((one) => isNDArray(one) || isTypedArray(one) || Array.isArray(one));
  // Rows of one array have one length of numbers; columns of arrays count their rows first.
  const isRows = parts.every((one) => Array.isArray(one) && one.every((item) => typeof item === 'number'));
  if (!several || isRows) return fromArrays(value as Column) as unknown as Dataset<T>;
  return fromArrays(...(parts as [Column, Column])) as unknown as Dataset<T>;
}
