/**
 * Values of kernels in registers: four elements, as one vector of 32-bit lanes (floats, integers, or masks for bool) or as
 * two vectors of doubles.
 */
import { BackendError, type ComputeDType } from '@dl/tensor/backend';
import type { Code, I32, Local, V128 } from '../wasm/code.ts';

/** One vector, or two for float64: elements 0 and 1, then 2 and 3. */
export type Vec = readonly Local<V128>[];

/** Vectors per value. */
export function partsOf(dtype: ComputeDType): 1 | 2 {
  return dtype === 'float64' ? 2 : 1;
}

/** Ends the compilation of an op that its dtype has no form of. */
export function undefinedFor(op: string, dtype: string): never {
  throw new BackendError(`cpu: '${op}' is not defined for ${dtype}`);
}

/** New locals for a value. */
export function vecLocals(f: Code, dtype: ComputeDType): Vec {
  return f.locals('v128', partsOf(dtype));
}

/** The same constant in all lanes of one vector. */
export function constantVector(f: Code, value: number, dtype: ComputeDType): V128 {
  switch (dtype) {
    case 'float32':
      return f.splat(value);
    case 'float64':
      return f.splat64(value);
    case 'bool':
      return f.bits(value === 0 ? 0 : -1);
    default:
      return f.bits(value);
  }
}

/** a·b + c, fused where that is allowed. */
export function madd(f: Code, fused: boolean, a: () => V128, b: () => V128, c: () => V128): V128 {
  if (fused) return f.f32x4_relaxed_madd(a(), b(), c());
  return f.f32x4_add(f.f32x4_mul(a(), b()), c());
}

/** a·b + c for doubles. */
export function madd64(f: Code, fused: boolean, a: () => V128, b: () => V128, c: () => V128): V128 {
  if (fused) return f.f64x2_relaxed_madd(a(), b(), c());
  return f.f64x2_add(f.f64x2_mul(a(), b()), c());
}

/** The even 32-bit words of two vectors: the low halves of four 64-bit lanes. */
export function lowWords(f: Code, low: V128, high: V128): V128 {
  return f.shuffle(low, high, [0, 2, 4, 6]);
}

/** Widens a 32-bit mask to the lanes of a pair. */
export function wideMask(f: Code, mask: V128, part: number): V128 {
  return part === 0 ? f.i64x2_extend_low_i32x4_s(mask) : f.i64x2_extend_high_i32x4_s(mask);
}

/** The upper two words in the lower half. */
export function upperHalf(f: Code, v: Local<V128>): V128 {
  return f.shuffle(f.get(v), f.get(v), [2, 3, 2, 3]);
}

/** Four int32 lanes, or four floats, as doubles. */
export function toDoubles(f: Code, v: Local<V128>, widen: (v: V128) => V128): Vec {
  const [low, high] = [f.local('v128'), f.local('v128')];
  f.set(low, widen(f.get(v)));
  f.set(high, widen(upperHalf(f, v)));
  return [low, high];
}

/** Doubles as four floats. */
export function toFloats(f: Code, [low, high]: Vec): V128 {
  return f.shuffle(f.f32x4_demote_f64x2_zero(f.get(low!)), f.f32x4_demote_f64x2_zero(f.get(high!)), [0, 1, 4, 5]);
}

/** A number of elements as bytes. */
export function scaled(f: Code, elements: I32, bytesPerElement: number): I32 {
  const shift = Math.log2(bytesPerElement);
  return shift === 0 ? elements : f.i32_shl(elements, f.i32(shift));
}
