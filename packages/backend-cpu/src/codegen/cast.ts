/**
 * Conversions to 32-bit compute types: truncating and saturating from floats, NaN to 0, tests for ≠ 0 to bool.
 */
import type { ComputeDType } from '@dl/tensor/backend';
import type { Code, V128 } from '../wasm/code.ts';
import type { Arg } from './float32.ts';
import { compareFloat64 } from './float64.ts';
import { toFloats, undefinedFor, type Vec } from './vec.ts';

/** `double` gives the argument where it is float64. */
export function castVector(f: Code, from: ComputeDType, to: ComputeDType, x: Arg, double: () => Vec): V128 {
  if (from === 'float64') return fromFloat64(f, to, double());
  if (to === 'bool') return from === 'float32' ? f.f32x4_ne(x.push(), f.bits(0)) : f.i32x4_ne(x.push(), f.bits(0));
  if (from === 'bool') return f.v128_and(x.push(), to === 'float32' ? f.splat(1) : f.bits(1));
  if (to === 'float32')
    return from === 'uint32' ? f.f32x4_convert_i32x4_u(x.push()) : f.f32x4_convert_i32x4_s(x.push());
  if (from === 'float32')
    return to === 'uint32' ? f.i32x4_trunc_sat_f32x4_u(x.push()) : f.i32x4_trunc_sat_f32x4_s(x.push());
  return x.push();
}

function fromFloat64(f: Code, to: ComputeDType, x: Vec): V128 {
  const [low, high] = x as [Vec[number], Vec[number]];
  switch (to) {
    case 'float32':
      return toFloats(f, x);
    case 'int32':
      return f.shuffle(
        f.i32x4_trunc_sat_f64x2_s_zero(f.get(low)),
        f.i32x4_trunc_sat_f64x2_s_zero(f.get(high)),
        [0, 1, 4, 5],
      );
    case 'uint32':
      return f.shuffle(
        f.i32x4_trunc_sat_f64x2_u_zero(f.get(low)),
        f.i32x4_trunc_sat_f64x2_u_zero(f.get(high)),
        [0, 1, 4, 5],
      );
    case 'bool': {
      const zero = f.keepVector(f.bits(0));
      return compareFloat64(f, 'ne', x, [zero, zero]);
    }
    default:
      return undefinedFor('cast', `float64 to ${to}`);
  }
}
