/**
 * Lines of sorts, and keys whose order as integers is that of the elements.
 */
import { computeDType, type SortKernel } from '@dl/tensor/backend';
import { loadVector, type Place } from '../codegen/memory.ts';
import type { Code, I32, I64, Local } from '../wasm/code.ts';
import type { Space, Spot } from './space.ts';

/** Visits so many elements of a line. */
export function each(space: Space, spot: Spot, axis: number, n: Local<I32>, visit: (at: Spot) => void): void {
  const { f } = space.w;
  f.scope(() => {
    const at = space.branch(spot, axis);
    const left = f.keep(f.get(n));
    f.repeat(() => {
      f.scope(() => visit(at));
      space.move(at, axis, 1);
      return f.tee(left, f.i32_sub(f.get(left), f.i32(1)));
    });
  });
}

/** A number whose order is that of the elements: zeros are equal, NaN is last in both directions. */
export function keyOf(f: Code, { input, descending }: SortKernel, place: Place): I64 {
  const dtype = computeDType(input.dtype);
  if (dtype === 'float64') return doubleKey(f, place, descending);
  const x = f.keepVector(loadVector(f, input.dtype, place, 1));
  if (dtype === 'float32') {
    f.set(x, f.f32x4_add(f.get(x), f.bits(0)));
    const key = f.keepVector(f.i32x4_shr_s(f.get(x), f.i32(31)));
    f.set(key, f.v128_xor(f.v128_and(f.get(key), f.bits(0x7fffffff)), f.get(x)));
    if (descending) f.set(key, f.v128_not(f.get(key)));
    f.set(key, f.v128_bitselect(f.bits(0x7fffffff), f.get(key), f.f32x4_ne(f.get(x), f.get(x))));
    return f.i64_extend_i32_s(f.i32_lane(f.get(key), 0));
  }
  // Masks of bool are 0 and −1.
  const lane = f.i32_lane(f.get(x), 0);
  const key = dtype === 'int32' ? f.i64_extend_i32_s(lane) : f.i64_extend_i32_u(lane);
  return descending ? f.i64_xor(key, f.i64(-1)) : key;
}

function doubleKey(f: Code, place: Place, descending: boolean): I64 {
  const x = f.local('f64');
  const key = f.local('i64');
  f.set(x, f.f64_add(f.f64_load(f.get(place.pointer), place.offset), f.f64(0)));
  f.set(key, f.i64_reinterpret_f64(f.get(x)));
  const sign = (): I64 => f.i64_shr_u(f.i64_shr_s(f.get(key), f.i64(63)), f.i64(1));
  f.set(key, f.i64_xor(f.get(key), sign()));
  if (descending) f.set(key, f.i64_xor(f.get(key), f.i64(-1)));
  return f.select(f.i64_shr_u(f.i64(-1), f.i64(1)), f.get(key), f.f64_ne(f.get(x), f.get(x)));
}
