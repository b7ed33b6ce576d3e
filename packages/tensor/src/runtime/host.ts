/**
 * Host arrays of elements: how values become storage bytes and back.
 */
import {
  dtypeOfArray,
  fromFloat16Bits,
  toFloat16Bits,
  viewBytes,
  byteWidth,
  type DType,
  type TypedArray,
} from '../dtype.ts';

/** Row-major values as an array of a dtype's storage form; the array itself where it is of that form. */
export function encode(values: ArrayLike<number>, size: number, dtype: DType): TypedArray {
  const stored = dtype !== 'float16' && dtype !== 'bool' && ArrayBuffer.isView(values);
  if (stored && values.length === size && dtypeOfArray(values) === dtype) return values as unknown as TypedArray;
  const array = viewBytes(dtype, new ArrayBuffer(size * byteWidth(dtype)));
  if (dtype === 'float16') for (let i = 0; i < size; i++) array[i] = toFloat16Bits(values[i]!);
  else if (dtype === 'bool') for (let i = 0; i < size; i++) array[i] = Number(values[i] !== 0);
  else array.set(values);
  return array;
}

/** Storage bytes as numbers: half floats become floats. */
export function decode(bytes: ArrayBuffer, dtype: DType): TypedArray {
  const array = viewBytes(dtype, bytes);
  return dtype === 'float16' ? Float32Array.from(array, fromFloat16Bits) : array;
}
