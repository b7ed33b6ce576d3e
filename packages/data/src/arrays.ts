// Numeric arrays with a shape: the type batches are made of, and its checks.
import { show } from './checks.ts';
import { ShapeError } from './errors.ts';

/** The typed arrays that hold numbers. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/**
 * Row-major numbers with a shape. Plain data: hand `data` and `shape` to any framework.
 *
 * @example
 * const images: NDArray<Uint8Array> = { data: new Uint8Array(2 * 28 * 28), shape: [2, 28, 28] };
 */
export interface NDArray<A extends TypedArray = TypedArray> {
  /** The numbers, last axis fastest; as many as the product of `shape`. */
  readonly data: A;
  /** Length of each axis. */
  readonly shape: readonly number[];
}

/** Whether a value is one of the typed arrays that hold numbers. */
export const isTypedArray = (value: unknown): value is TypedArray =>
  ArrayBuffer.isView(value) &&
  !(value instanceof DataView) &&
  !(value instanceof BigInt64Array) &&
  !(value instanceof BigUint64Array);

/** Whether a value has the form of an {@link NDArray}. */
export const isNDArray = (value: unknown): value is NDArray =>
  typeof value === 'object' &&
  value !== null &&
  'data' in value &&
  'shape' in value &&
  isTypedArray(value.data) &&
  Array.isArray(value.shape);

/** Number of elements of a shape; 1 for the empty shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** Throws a {@link ShapeError} unless the shape is valid and matches the data. */
export const checkNDArray = (where: string, array: NDArray): void => {
  for (const length of array.shape) {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new ShapeError(`${where}: shape [${array.shape.join(', ')}] has the invalid length ${show(length)}`);
    }
  }
  const size = sizeOf(array.shape);
  if (size !== array.data.length) {
    throw new ShapeError(
      `${where}: shape [${array.shape.join(', ')}] needs ${size} elements, data has ${array.data.length}`,
    );
  }
};

/** A new zeroed array of the same element type. */
export const emptyLike = <A extends TypedArray>(array: A, length: number): A =>
  new (array.constructor as new (length: number) => A)(length);

/** Numbers in arrays in arrays, as in `[[1, 2], [3, 4]]`. */
export type NestedNumbers = readonly (number | NestedNumbers | TypedArray)[];

/**
 * Turns nested arrays of numbers into an {@link NDArray} of float32; throws a {@link ShapeError} when they are ragged.
 *
 * @example
 * ndarray([[1, 2], [3, 4]]); // { data: Float32Array [1, 2, 3, 4], shape: [2, 2] }
 */
export const ndarray = (nested: NestedNumbers): NDArray<Float32Array> => {
  const shape: number[] = [];
  for (let level: unknown = nested; Array.isArray(level) || isTypedArray(level); level = level[0]) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  const data = new Float32Array(sizeOf(shape));
  let offset = 0;
  const copy = (value: unknown, axis: number, path: string): void => {
    const expected = shape[axis];
    if (expected === undefined) {
      if (typeof value !== 'number') throw new ShapeError(`ndarray: expected a number at ${path}, got ${show(value)}`);
      data[offset++] = value;
      return;
    }
    if (!Array.isArray(value) && !isTypedArray(value)) {
      throw new ShapeError(`ndarray: expected an array of length ${expected} at ${path}, got ${show(value)}`);
    }
    if (value.length !== expected) {
      throw new ShapeError(`ndarray: ragged arrays, expected length ${expected} at ${path}, got ${value.length}`);
    }
    for (let i = 0; i < expected; i++) copy(value[i], axis + 1, `${path}[${i}]`);
  };
  copy(nested, 0, 'the top');
  return { data, shape };
};
