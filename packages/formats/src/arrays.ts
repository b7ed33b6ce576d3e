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

/** Whether typed arrays hold their numbers as files do. */
const LITTLE_ENDIAN: boolean = /* @__PURE__ */ new Uint8Array(/* @__PURE__ */ Uint16Array.of(1).buffer)[0] === 1;

/** Typed arrays whose memory is what files hold. */
type Plain = Float64Array | Float32Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array;

/** Typed array of the values of a dtype as files hold them; none for those that JavaScript has no array for. */
const ARRAYS: Readonly<Partial<Record<StoredDType, new (buffer: ArrayBuffer) => Plain>>> = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/** Turns the bytes of all elements around, in place. */
function swap(bytes: Uint8Array, width: number): void {
  for (let at = 0; at + width <= bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}

/** Values of an array from its bytes, little-endian unless said. The bytes are copied. */
export function decode(
  bytes: Uint8Array,
  stored: StoredDType,
  shape: readonly number[],
  place: FormatPlace,
  bigEndian = false,
): NamedArray {
  // A Buffer of Node would share its memory; a plain array has its own.
  const copy = new Uint8Array(bytes.byteLength);
  copy.set(bytes);
  if (bigEndian && WIDTHS[stored] > 1) swap(copy, WIDTHS[stored]);
  return adopt(copy, stored, shape, place);
}

/** Values of an array from little-endian bytes, which become its memory where that is possible. */
export function adopt(
  bytes: Uint8Array<ArrayBuffer>,
  stored: StoredDType,
  shape: readonly number[],
  place: FormatPlace,
): NamedArray {
  if (!LITTLE_ENDIAN && WIDTHS[stored] > 1) swap(bytes, WIDTHS[stored]);
  if (stored === 'int64') return narrow(new BigInt64Array(bytes.buffer), shape, place);
  if (stored === 'uint64') return narrow(new BigUint64Array(bytes.buffer), shape, place);
  const data = new ARRAYS[stored]!(bytes.buffer);
  if (stored === 'bfloat16') {
    const bits = new Uint32Array(data.length);
    for (let i = 0; i < bits.length; i++) bits[i] = data[i]! << 16;
    return { dtype: 'float32', shape, data: new Float32Array(bits.buffer) };
  }
  if (stored === 'float16') {
    const values = new Float32Array(data.length);
    // Many values are looked up; there are only so many different ones.
    const table =
      values.length > 2 ** 17 ? Float32Array.from({ length: 2 ** 16 }, (_, bits) => halfToNumber(bits)) : undefined;
    for (let i = 0; i < values.length; i++) values[i] = table === undefined ? halfToNumber(data[i]!) : table[data[i]!]!;
    return { dtype: stored, shape, data: values };
  }
  if (stored === 'bool') for (let i = 0; i < data.length; i++) data[i] = Number(data[i] !== 0);
  return { dtype: stored, shape, data };
}

/** 64-bit integers as int32, where all of them fit. */
function narrow(values: BigInt64Array | BigUint64Array, shape: readonly number[], place: FormatPlace): NamedArray {
  const data = new Int32Array(values.length);
  for (let i = 0; i < data.length; i++) {
    const value = values[i]!;
    if (value < -2147483648n || value > 2147483647n) {
      throw new FormatError(`the 64-bit integer ${value} at position ${i} does not fit into int32`, place);
    }
    data[i] = Number(value);
  }
  return { dtype: 'int32', shape, data };
}

/**
 * Little-endian bytes of an array. They are its own memory where that holds the same: to be written at once, or copied.
 */
export function bytesOf({ dtype, data }: NamedArray): Uint8Array<ArrayBuffer> {
  const Kind = ARRAYS[dtype]!;
  const same = data instanceof Kind && dtype !== 'float16' && dtype !== 'bool' && data.buffer instanceof ArrayBuffer;
  if (same && (LITTLE_ENDIAN || WIDTHS[dtype] === 1)) {
    return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  }
  const bytes = new Uint8Array(data.length * WIDTHS[dtype]);
  const target = new Kind(bytes.buffer);
  if (dtype === 'float16') for (let i = 0; i < data.length; i++) target[i] = numberToHalf(data[i]!);
  else if (dtype === 'bool') for (let i = 0; i < data.length; i++) target[i] = Number(data[i] !== 0);
  else target.set(data);
  if (!LITTLE_ENDIAN && WIDTHS[dtype] > 1) swap(bytes, WIDTHS[dtype]);
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
