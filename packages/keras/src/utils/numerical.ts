/**
 * toCategorical and normalize: arrays on the host, ready for `fit`.
 */
import { ConfigError, ShapeError, Tensor, type Nested, type TypedArray } from '@dl/tensor';
import { describe, normalizeAxis, sizeOf } from '@dl/tensor/interpreter';
import { hostArray, type HostArray } from '../data/host-array.ts';

/** Numbers on the host: nested or typed arrays, or typed values with a shape. */
export type HostData = Nested | TypedArray | HostArray;

/** What was given as host data; tensors are refused, since they may lie on a device. */
function read(x: HostData, where: string): HostArray {
  if ((x as unknown) instanceof Tensor) {
    throw new ConfigError(`${where}: expected arrays, got a tensor; pass { data: await x.data(), shape: x.shape }`);
  }
  return hostArray(typeof x === 'number' ? [x] : x, where);
}

/**
 * Class numbers as one-hot rows: [batch, …] to float32 [batch, …, numClasses]. A last axis of length 1 is replaced. Follows
 * `keras.utils.to_categorical`.
 *
 * @param numClasses The largest class + 1 unless given.
 * @throws ConfigError for a class that is no whole number in [0, numClasses), with its place.
 * @example console.log(toCategorical([0, 2]).data); // Float32Array [1, 0, 0, 0, 0, 1]
 */
export function toCategorical(x: HostData, numClasses?: number | null): { data: Float32Array; shape: number[] } {
  const { data, shape } = read(x, 'toCategorical');
  const classes = numClasses ?? (data as Float32Array).reduce((max, value) => Math.max(max, value), -1) + 1;
  if (!Number.isInteger(classes) || classes < 0) {
    throw new ConfigError(`toCategorical: numClasses must be a whole number, got ${describe(numClasses)}`);
  }
  const rows = new Float32Array(data.length * classes);
  data.forEach((value: number, i: number) => {
    if (!Number.isInteger(value) || value < 0 || value >= classes) {
      throw new ConfigError(
        `toCategorical: expected classes in [0, ${classes}), got ${value} at position ${i}; raise numClasses, or count classes from 0`,
      );
    }
    rows[i * classes + value] = 1;
  });
  const kept = shape.length > 1 && shape.at(-1) === 1 ? shape.slice(0, -1) : shape;
  return { data: rows, shape: [...kept, classes] };
}

/** The norm of every line along the axis. */
function lineNorm(data: TypedArray, start: number, stride: number, count: number, order: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) {
    const size = Math.abs(data[start + i * stride]!);
    total = order === Infinity ? Math.max(total, size) : total + size ** order;
  }
  return order === Infinity ? total : total ** (1 / order);
}

/**
 * Values divided by the norm of their line along an axis, as float32; lines of zeros stay. Follows `keras.utils.normalize`.
 *
 * @param axis −1 unless given.
 * @param order Of the norm: 2 unless given; a number above 0, or Infinity for the largest size.
 * @example console.log(normalize([[3, 4]]).data); // Float32Array [0.6, 0.8]
 */
export function normalize(x: HostData, axis: number = -1, order: number = 2): { data: Float32Array; shape: number[] } {
  const { data, shape } = read(x, 'normalize');
  if (shape.length === 0) throw new ShapeError('normalize: expected at least one axis, got a scalar');
  if (!(order > 0)) throw new ConfigError(`normalize: order must be above 0, got ${describe(order)}`);
  const place = normalizeAxis(axis, shape.length, 'normalize');
  const count = shape[place]!;
  const stride = sizeOf(shape.slice(place + 1));
  const out = new Float32Array(data.length);
  for (let block = 0; block < data.length; block += count * stride) {
    for (let lane = 0; lane < stride; lane++) {
      const norm = lineNorm(data, block + lane, stride, count, order) || 1;
      for (let i = 0; i < count; i++) out[block + lane + i * stride] = data[block + lane + i * stride]! / norm;
    }
  }
  return { data: out, shape: [...shape] };
}
