/**
 * Arrays of data sets in npz files, and how they are divided.
 */
import { loadArrays, type ByteSource, type NamedArray } from '@dl/formats';
import { ConfigError, FormatError, type TypedArray } from '@dl/tensor';
import { describe, formatShape } from '@dl/tensor/interpreter';
import { gatherRows, likeArray, rowSize, type HostArray } from '../data/host-array.ts';
import { numpyPermutation } from '../data/numpy-shuffle.ts';

/** Bytes with a shape. */
type Bytes = { readonly data: Uint8Array; readonly shape: readonly number[] };
/** Float32 numbers with a shape. */
type Floats = { readonly data: Float32Array; readonly shape: readonly number[] };

/** Images and labels for training and for testing. */
export type LabelledData = readonly [train: readonly [x: Bytes, y: Bytes], test: readonly [x: Bytes, y: Bytes]];

/** Features and targets for training and for testing, in float32. */
export type RegressionData = readonly [train: readonly [x: Floats, y: Floats], test: readonly [x: Floats, y: Floats]];

/** Throws unless a source was given. */
export function needSource(source: unknown, where: string, what: string): void {
  if (source !== undefined && source !== null) return;
  throw new ConfigError(`${where}: there is no download built in; pass ${what} as a path, a URL or bytes`);
}

/** The arrays of an npz file by name. */
export async function readArrays(
  source: ByteSource,
  names: readonly string[],
  where: string,
): Promise<readonly NamedArray[]> {
  needSource(source, where, 'the .npz file');
  const arrays = await loadArrays(source);
  return names.map((name) => {
    const found = arrays.get(name);
    if (found !== undefined) return found;
    throw new FormatError(`${where}: the file has no array '${name}'; it has ${[...arrays.keys()].join(', ')}`);
  });
}

/** Throws unless x and y have one row for each other. */
export function checkRows(x: HostArray, y: HostArray, rank: number, where: string): void {
  if (x.shape.length === rank && y.shape.length > 0 && x.shape[0] === y.shape[0]) return;
  throw new FormatError(
    `${where}: expected ${rank} axes of x and as many rows of y, got ${formatShape(x.shape)} and ${formatShape(y.shape)}`,
  );
}

/** Rows of an array in an order. */
export function rowsIn(array: HostArray, order: Int32Array): HostArray {
  const data = likeArray(array.data, order.length * rowSize(array));
  gatherRows(array, order, 0, order.length, data);
  return { data: data as TypedArray, shape: [order.length, ...array.shape.slice(1)] };
}

/** A share of the data from 0 to below 1. */
export function checkShare(share: unknown, where: string): number {
  if (typeof share === 'number' && share >= 0 && share < 1) return share;
  throw new ConfigError(`${where}: testSplit must be at least 0 and below 1, got ${describe(share)}`);
}

/** Row numbers for training and for testing, mixed by a seed as in Keras. */
export function divide(count: number, testSplit: number, seed: number): readonly [train: Int32Array, test: Int32Array] {
  const order = numpyPermutation(count, seed);
  const train = Math.trunc(count * (1 - testSplit));
  return [order.subarray(0, train), order.subarray(train)];
}
