// Descriptions of dtypes as HDF5 files hold them (datatype messages), for writing.
import type { StoredDType } from '../arrays.ts';
import { join } from '../zip/write.ts';
import { pack } from './buffer.ts';

const integer = (size: number, signed: boolean): Uint8Array =>
  pack([1, 0x10], [1, signed ? 8 : 0], [2, 0], [4, size], [2, 0], [2, 8 * size]);

const float = (size: number, mantissa: number, exponent: number, bias: number): Uint8Array =>
  join([
    pack([1, 0x11], [1, 0x20], [1, 8 * size - 1], [1, 0], [4, size], [2, 0], [2, 8 * size]),
    pack([1, mantissa], [1, exponent], [1, 0], [1, mantissa], [4, bias]),
  ]);

/** Booleans are an enumeration of bytes, as h5py writes them. */
const bool = (): Uint8Array =>
  join([
    pack([1, 0x18], [2, 2], [1, 0], [4, 1]),
    integer(1, true),
    new TextEncoder().encode('FALSE\0\0\0TRUE\0\0\0\0'),
    Uint8Array.of(0, 1),
  ]);

/** The description of a dtype; bfloat16 is opaque, as HDF5 does not know it. */
export function describe(dtype: StoredDType): Uint8Array {
  switch (dtype) {
    case 'float16':
      return float(2, 10, 5, 15);
    case 'float32':
      return float(4, 23, 8, 127);
    case 'float64':
      return float(8, 52, 11, 1023);
    case 'bfloat16':
      return pack([1, 0x15], [1, 0], [2, 0], [4, 2]);
    case 'bool':
      return bool();
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
      return integer(Number(dtype.slice(3)) / 8, true);
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'uint64':
      return integer(Number(dtype.slice(4)) / 8, false);
    default:
      return dtype satisfies never;
  }
}

/** Texts of a fixed number of bytes, filled up with zeros. */
export const fixedText = (size: number, ascii: boolean): Uint8Array =>
  pack([1, 0x13], [1, ascii ? 0x01 : 0x11], [2, 0], [4, size]);

/** UTF-8 texts of any length, which stand in the heap of the file. */
export const heapText = (): Uint8Array => join([pack([1, 0x19], [1, 1], [1, 1], [1, 0], [4, 16]), integer(1, false)]);

/** A shape as files hold it (dataspace message); a single value has no axes. */
export const dataspace = (shape: readonly number[]): Uint8Array =>
  join([pack([1, 1], [1, shape.length], [2, 0], [4, 0]), pack(...shape.map((size) => [8, size] as const))]);
