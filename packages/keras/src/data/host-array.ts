/**
 * Training data on the host: row-major typed arrays with a shape, and how user data becomes one.
 */
import type { DlError } from '@dl/tensor';
import {
  ConfigError,
  DTypeError,
  isArrayData,
  ShapeError,
  Tensor,
  Variable,
  type Nested,
  type TypedArray,
} from '@dl/tensor';
import { describe, formatShape, sizeOf } from '@dl/tensor/interpreter';
import type { Several } from '../functional/structure.ts';
import { formOfData } from '../functional/forms.ts';

/** Row-major values; the first axis counts samples. */
export interface HostArray {
  readonly data: TypedArray;
  readonly shape: readonly number[];
}

/** What may be given as inputs, targets or weights: rows as nested or typed arrays, typed values with a shape, tensors. */
export type Data = Tensor | Variable | TypedArray | HostArray | Nested | readonly TypedArray[];

/** Data of one input, or of several in a list or by name. */
export type DataTree = Several<Data>;

/** The same, read. */
export type HostArrays = Several<HostArray>;

/** Values of several parts of data, where `formOfData` tells them apart; those that `keep` names stay as they are. */
export async function toHosts<K extends Data = never>(
  value: DataTree,
  where: string,
  keep: (one: unknown) => boolean = () => false,
): Promise<Several<HostArray | K>> {
  const form = formOfData(value);
  const read = async (one: Data, at: string): Promise<HostArray | K> => (keep(one) ? (one as K) : toHost(one, at));
  if (form.kind === 'one') return read(value as Data, where);
  const leaves = Object.values(value as Readonly<Record<string, Data>>);
  const hosts = await Promise.all(
    leaves.map((one, i) => read(one, `${where}[${form.kind === 'list' ? i : form.names[i]}]`)),
  );
  return form.kind === 'list' ? hosts : Object.fromEntries(form.names.map((name, i) => [name, hosts[i]!]));
}

/** Values of user data; `rows` is the shape of one sample where it is known, for flat typed arrays. */
export async function toHost(value: Data, where: string, sample?: readonly (number | null)[]): Promise<HostArray> {
  if (value instanceof Variable) return toHost(value.value, where, sample);
  if (value instanceof Tensor) return { data: await value.data(), shape: value.shape };
  return hostArray(value, where, sample);
}

/** The same for data that is on the host already. */
export function hostArray(
  value: Exclude<Data, Tensor | Variable>,
  where: string,
  sample?: readonly (number | null)[],
): HostArray {
  if (isArrayData(value)) {
    if (sizeOf(value.shape) === value.data.length) return { data: plain(value.data), shape: value.shape };
    throw new ShapeError(
      `${where}: shape ${formatShape(value.shape)} holds ${sizeOf(value.shape)} elements, got ${value.data.length} values`,
    );
  }
  if (ArrayBuffer.isView(value)) return shapeRows(plain(value as TypedArray), sample);
  if (Array.isArray(value)) return flatten(value as readonly unknown[], where);
  throw new DTypeError(`${where}: expected arrays, typed arrays or tensors, got ${describe(value)}`);
}

/** Clamped bytes count as bytes. */
function plain(data: TypedArray): TypedArray {
  const clamped = (data as unknown) instanceof Uint8ClampedArray;
  return clamped ? new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.length) : data;
}

/** Rows of a flat typed array, by the shape of one sample where that is known. */
function shapeRows(data: TypedArray, sample: readonly (number | null)[] | undefined): HostArray {
  const known = sample !== undefined && sample.length > 0 && sample.every((n) => n !== null);
  const size = known ? sizeOf(sample as readonly number[]) : 1;
  const fits = known && size > 0 && data.length % size === 0;
  return { data, shape: fits ? [data.length / size, ...(sample as readonly number[])] : [data.length] };
}

/** Row-major float32 values of nested arrays. */
function flatten(rows: readonly unknown[], where: string): HostArray {
  const shape: number[] = [];
  let level: unknown = rows;
  while (Array.isArray(level) || ArrayBuffer.isView(level)) {
    shape.push((level as ArrayLike<unknown>).length);
    level = (level as ArrayLike<unknown>)[0];
  }
  const data = new Float32Array(sizeOf(shape));
  let at = 0;
  const visit = (node: unknown, axis: number): void => {
    const list = Array.isArray(node) || ArrayBuffer.isView(node);
    if (axis === shape.length) {
      if (typeof node !== 'number' && typeof node !== 'boolean') throw badValue(rows, shape, where);
      data[at++] = Number(node);
      return;
    }
    if (!list || (node as ArrayLike<unknown>).length !== shape[axis]) throw badValue(rows, shape, where);
    if (ArrayBuffer.isView(node) && axis === shape.length - 1) {
      data.set(node as TypedArray, at);
      at += shape[axis]!;
      return;
    }
    for (let i = 0; i < shape[axis]!; i++) visit((node as ArrayLike<unknown>)[i], axis + 1);
  };
  visit(rows, 0);
  return { data, shape };
}

/** Finds the first place where nested arrays are ragged or hold something else than numbers. */
function badValue(rows: readonly unknown[], shape: readonly number[], where: string): DlError {
  const search = (node: unknown, axis: number, path: string): DlError | null => {
    const list = Array.isArray(node) || ArrayBuffer.isView(node);
    if (axis === shape.length) {
      if (list) return new ShapeError(`${where}: ragged array: ${path} is an array, expected a number as in [0]`);
      if (typeof node === 'number' || typeof node === 'boolean') return null;
      return new DTypeError(`${where}: expected numbers, got ${describe(node)} at ${path}`);
    }
    if (!list) {
      const wanted = `an array of ${shape[axis]}`;
      return typeof node === 'number' || typeof node === 'boolean'
        ? new ShapeError(`${where}: ragged array: ${path} is ${describe(node)}, expected ${wanted} as in [0]`)
        : new DTypeError(`${where}: expected ${wanted}, got ${describe(node)} at ${path}`);
    }
    const { length } = node as ArrayLike<unknown>;
    if (length !== shape[axis]) {
      return new ShapeError(
        `${where}: ragged array: ${path || 'the array'} has ${length} elements, expected ${shape[axis]} as in [0] (shape ${formatShape(shape)})`,
      );
    }
    for (let i = 0; i < length; i++) {
      const found = search((node as ArrayLike<unknown>)[i], axis + 1, `${path}[${i}]`);
      if (found !== null) return found;
    }
    return null;
  };
  return search(rows, 0, '') ?? new ConfigError(`${where}: the arrays changed while they were read`);
}

/** Number of values of one sample. */
export const rowSize = ({ shape }: HostArray): number => sizeOf(shape.slice(1));

/** A typed array of the same kind. */
export function likeArray(data: TypedArray, length: number): TypedArray {
  const TypedArrayClass = data.constructor as new (length: number) => TypedArray;
  return new TypedArrayClass(length);
}

/** Rows `start` to `stop`, without copying. */
export function sliceRows(array: HostArray, start: number, stop: number): HostArray {
  const row = rowSize(array);
  return {
    data: array.data.subarray(start * row, stop * row) as TypedArray,
    shape: [stop - start, ...array.shape.slice(1)],
  };
}

/** Copies the rows `order[start…stop)` into `target`. */
export function gatherRows(array: HostArray, order: Int32Array, start: number, stop: number, target: TypedArray): void {
  const row = rowSize(array);
  const { data } = array;
  if (row === 1) {
    for (let i = start; i < stop; i++) target[i - start] = data[order[i]!]!;
    return;
  }
  if (row <= 64) {
    for (let i = start; i < stop; i++) {
      const [to, from] = [(i - start) * row, order[i]! * row];
      for (let k = 0; k < row; k++) target[to + k] = data[from + k]!;
    }
    return;
  }
  for (let i = start; i < stop; i++) {
    const from = order[i]! * row;
    target.set(data.subarray(from, from + row), (i - start) * row);
  }
}
