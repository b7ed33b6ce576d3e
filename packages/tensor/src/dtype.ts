/**
 * Data types: their names, storage, compute types and promotion rules.
 * Promotion follows Keras's `result_type` (the JAX lattice); JS scalars are weakly typed.
 */
import { DTypeError, unknownName } from './errors.ts';

/** Element type of a tensor as it is stored. */
export type DType =
  'float32' | 'float64' | 'float16' | 'int32' | 'uint32' | 'int16' | 'uint16' | 'int8' | 'uint8' | 'bool';

/** Type of a value while a kernel computes with it: narrow storage types widen on load. */
export type ComputeDType = 'float32' | 'float64' | 'int32' | 'uint32' | 'bool';

/** Storage types that are narrower than what kernels compute with. */
export type NarrowDType = 'float16' | 'int16' | 'uint16' | 'int8' | 'uint8';

/** Typed arrays that hold tensor elements on the host. `float16` is held as raw bits in a `Uint16Array`. */
export type TypedArray =
  Float32Array | Float64Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array;

interface DTypeInfo {
  readonly bytes: number;
  readonly compute: ComputeDType;
  readonly kind: 'bool' | 'uint' | 'int' | 'float';
  readonly array: new (buffer: ArrayBufferLike, byteOffset: number, length: number) => TypedArray;
}

const INFO: { readonly [D in DType]: DTypeInfo } = {
  float32: { bytes: 4, compute: 'float32', kind: 'float', array: Float32Array },
  float64: { bytes: 8, compute: 'float64', kind: 'float', array: Float64Array },
  float16: { bytes: 2, compute: 'float32', kind: 'float', array: Uint16Array },
  int32: { bytes: 4, compute: 'int32', kind: 'int', array: Int32Array },
  uint32: { bytes: 4, compute: 'uint32', kind: 'uint', array: Uint32Array },
  int16: { bytes: 2, compute: 'int32', kind: 'int', array: Int16Array },
  uint16: { bytes: 2, compute: 'int32', kind: 'uint', array: Uint16Array },
  int8: { bytes: 1, compute: 'int32', kind: 'int', array: Int8Array },
  uint8: { bytes: 1, compute: 'int32', kind: 'uint', array: Uint8Array },
  bool: { bytes: 1, compute: 'bool', kind: 'bool', array: Uint8Array },
};

/** All dtype names. */
export const DTYPES: readonly DType[] = Object.keys(INFO) as DType[];

/** Whether `value` is a dtype name. */
export function isDType(value: unknown): value is DType {
  return typeof value === 'string' && Object.hasOwn(INFO, value);
}

/** Returns `value` when it is a dtype name; otherwise throws and suggests the nearest names. */
export function checkDType(value: unknown, where: string): DType {
  if (isDType(value)) return value;
  return unknownName(where, 'dtype', value, DTYPES);
}

/** Bytes one element takes in host memory. */
export function byteWidth(dtype: DType): number {
  return INFO[dtype].bytes;
}

/** The type kernels compute with when they load this dtype. */
export function computeDType(dtype: DType): ComputeDType {
  return INFO[dtype].compute;
}

/** Whether the storage type is narrower than its compute type, so that stores must round or wrap. */
export function isNarrow(dtype: DType): dtype is NarrowDType {
  return dtype !== 'bool' && INFO[dtype].compute !== dtype;
}

/** Whether the dtype holds real numbers (and so can carry gradients). */
export function isFloating(dtype: DType): boolean {
  return INFO[dtype].kind === 'float';
}

/** Whether the dtype is a signed or unsigned integer; `bool` is not. */
export function isInteger(dtype: DType): boolean {
  return INFO[dtype].kind === 'int' || INFO[dtype].kind === 'uint';
}

/** A typed-array view of `length` elements over raw bytes. */
export function viewBytes(dtype: DType, buffer: ArrayBufferLike, byteOffset = 0, length?: number): TypedArray {
  const { array: TypedArrayClass, bytes } = INFO[dtype];
  return new TypedArrayClass(buffer, byteOffset, length ?? Math.floor((buffer.byteLength - byteOffset) / bytes));
}

/** The dtype whose host array is of this class (`Uint8Array` is `uint8`, never `bool`). */
export function dtypeOfArray(array: ArrayBufferView): DType {
  if (array instanceof Float32Array) return 'float32';
  if (array instanceof Float64Array) return 'float64';
  if (array instanceof Int32Array) return 'int32';
  if (array instanceof Uint32Array) return 'uint32';
  if (array instanceof Int16Array) return 'int16';
  if (array instanceof Uint16Array) return 'uint16';
  if (array instanceof Int8Array) return 'int8';
  if (array instanceof Uint8Array || array instanceof Uint8ClampedArray) return 'uint8';
  throw new DTypeError(
    `tensor: ${array.constructor.name} is not supported; use Float32Array, Float64Array, Int32Array, Uint32Array, ` +
      'Int16Array, Uint16Array, Int8Array or Uint8Array',
  );
}

const INT_LATTICE: { readonly [pair: string]: DType } = {
  'int8,uint8': 'int16',
  'int8,uint16': 'int32',
  'int8,uint32': 'int32',
  'int16,uint8': 'int16',
  'int16,uint16': 'int32',
  'int16,uint32': 'int32',
  'int32,uint8': 'int32',
  'int32,uint16': 'int32',
  'int32,uint32': 'int32',
};

/**
 * The dtype of an operation between two tensors.
 * Integers give way to floats of any width; mixed signs go to the next signed type (never beyond int32, as in Keras
 * without 64-bit integers).
 *
 * @example promote('int32', 'float16') // 'float16'
 */
export function promote(a: DType, b: DType): DType {
  if (a === b) return a;
  if (a === 'bool') return b;
  if (b === 'bool') return a;
  const ka = INFO[a].kind;
  const kb = INFO[b].kind;
  if (ka === kb) return INFO[a].bytes > INFO[b].bytes ? a : b;
  if (ka === 'float') return a;
  if (kb === 'float') return b;
  return ka === 'int' ? INT_LATTICE[`${a},${b}`]! : INT_LATTICE[`${b},${a}`]!;
}

/** The dtype of an operation between a tensor and a weakly typed JS scalar. */
export function promoteScalar(dtype: DType, scalar: number | boolean): DType {
  if (typeof scalar === 'boolean') return dtype;
  if (isFloating(dtype)) return dtype;
  if (!Number.isInteger(scalar)) return 'float32';
  return dtype === 'bool' ? 'int32' : dtype;
}

/** The dtype of a result that must be real: floats stay, everything else becomes `float32`. */
export function toFloating(dtype: DType): DType {
  return isFloating(dtype) ? dtype : 'float32';
}

const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);

/** IEEE half-precision bits of a number, rounded to nearest even. */
export function toFloat16Bits(value: number): number {
  f32[0] = value;
  const bits = u32[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal: 0.5 carries the 24-bit float mantissa so that the addition itself rounds to even.
    f32[0] = Math.abs(value) + 0.5;
    return sign | (u32[0]! - 0x3f000000);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1) - 0x38000000;
  return sign | (rounded >>> 13);
}

/** The number that half-precision bits stand for. */
export function fromFloat16Bits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
