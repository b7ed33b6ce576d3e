// Arrays as files hold them, and as JavaScript holds them.
import { FormatError, type FormatPlace } from './errors.ts';

/** Dtypes of arrays in memory. */
export type DType =
  'float32' | 'float64' | 'float16' | 'int32' | 'uint32' | 'int16' | 'uint16' | 'int8' | 'uint8' | 'bool';

/** Row-major values of one array; float16 as float32 numbers, bool as bytes 0 and 1. */
export interface NamedArray {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number> & ArrayBufferView;
}

/** Dtypes of files. Those that JavaScript has no array for are brought to one that holds their values. */
export type StoredDType = DType | 'bfloat16' | 'int64' | 'uint64';

/** Bytes of an element. */
export const WIDTHS: Readonly<Record<StoredDType, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  uint64: 8,
  int32: 4,
  uint32: 4,
  int16: 2,
  uint16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** The value of a half-precision number (IEEE 754 binary16). */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The half-precision number nearest to a value, ties to even. */
export function numberToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundEven(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  // log2 may round up to the next power of two.
  const power = 2 ** exponent > size ? exponent - 1 : exponent;
  return sign + ((power + 15) << 10) + roundEven((size / 2 ** power - 1) * 1024);
}

function roundEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/** Values of an array from its bytes, little-endian unless said. The bytes are copied. */
export function decode(
  bytes: Uint8Array,
  stored: StoredDType,
  shape: readonly number[],
  place: FormatPlace,
  bigEndian = false,
): NamedArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const n = bytes.byteLength / WIDTHS[stored];
  const little = !bigEndian;
  const fill = <T extends { [i: number]: number }>(target: T, read: (offset: number) => number): T => {
    for (let i = 0; i < n; i++) target[i] = read(i * WIDTHS[stored]);
    return target;
  };
  switch (stored) {
    case 'float64':
      return { dtype: stored, shape, data: fill(new Float64Array(n), (at) => view.getFloat64(at, little)) };
    case 'float32':
      return { dtype: stored, shape, data: fill(new Float32Array(n), (at) => view.getFloat32(at, little)) };
    case 'float16':
      return {
        dtype: stored,
        shape,
        data: fill(new Float32Array(n), (at) => halfToNumber(view.getUint16(at, little))),
      };
    case 'bfloat16': {
      const bits = fill(new Uint32Array(n), (at) => view.getUint16(at, little) << 16);
      return { dtype: 'float32', shape, data: new Float32Array(bits.buffer) };
    }
    case 'int64':
      return narrow(n, (at) => view.getBigInt64(at, little), shape, place);
    case 'uint64':
      return narrow(n, (at) => view.getBigUint64(at, little), shape, place);
    case 'int32':
      return { dtype: stored, shape, data: fill(new Int32Array(n), (at) => view.getInt32(at, little)) };
    case 'uint32':
      return { dtype: stored, shape, data: fill(new Uint32Array(n), (at) => view.getUint32(at, little)) };
    case 'int16':
      return { dtype: stored, shape, data: fill(new Int16Array(n), (at) => view.getInt16(at, little)) };
    case 'uint16':
      return { dtype: stored, shape, data: fill(new Uint16Array(n), (at) => view.getUint16(at, little)) };
    case 'int8':
      return { dtype: stored, shape, data: Int8Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, n)) };
    case 'uint8':
      return { dtype: stored, shape, data: Uint8Array.from(bytes) };
    case 'bool':
      return { dtype: stored, shape, data: Uint8Array.from(bytes, (byte) => Number(byte !== 0)) };
    default:
      return stored satisfies never;
  }
}

/** 64-bit integers as int32, where all of them fit. */
function narrow(n: number, read: (at: number) => bigint, shape: readonly number[], place: FormatPlace): NamedArray {
  const data = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const value = read(i * 8);
    if (value < -2147483648n || value > 2147483647n) {
      throw new FormatError(`the 64-bit integer ${value} at position ${i} does not fit into int32`, place);
    }
    data[i] = Number(value);
  }
  return { dtype: 'int32', shape, data };
}

/** Little-endian bytes of an array. */
export function encode({ dtype, data }: NamedArray): Uint8Array {
  const bytes = new Uint8Array(data.length * WIDTHS[dtype]);
  const view = new DataView(bytes.buffer);
  const put: Readonly<Record<DType, (at: number, value: number) => void>> = {
    float64: (at, value) => view.setFloat64(at, value, true),
    float32: (at, value) => view.setFloat32(at, value, true),
    float16: (at, value) => view.setUint16(at, numberToHalf(value), true),
    int32: (at, value) => view.setInt32(at, value, true),
    uint32: (at, value) => view.setUint32(at, value, true),
    int16: (at, value) => view.setInt16(at, value, true),
    uint16: (at, value) => view.setUint16(at, value, true),
    int8: (at, value) => view.setInt8(at, value),
    uint8: (at, value) => view.setUint8(at, value),
    bool: (at, value) => view.setUint8(at, Number(value !== 0)),
  };
  for (let i = 0; i < data.length; i++) put[dtype](i * WIDTHS[dtype], data[i]!);
  return bytes;
}

/** Number of elements of a shape; throws for sizes that are no counts, or too many elements to hold. */
export function countOf(shape: unknown, place: FormatPlace): number {
  if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n) && (n as number) >= 0)) {
    throw new FormatError(`expected a shape such as [2, 3], got ${JSON.stringify(shape)}`, place);
  }
  const count = (shape as number[]).reduce((a, b) => a * b, 1);
  if (!Number.isSafeInteger(count))
    throw new FormatError(`the shape [${shape.join(', ')}] has too many elements`, place);
  return count;
}
