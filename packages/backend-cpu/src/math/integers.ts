/**
 * Integer operations without a vector instruction.
 */
import { toDoubles } from '../codegen/vec.ts';
import type { Code, I32, Local, V128 } from '../wasm/code.ts';

/** Adding it leaves a whole double's value, modulo 2³², in the low word. */
const MAGIC_64 = 6_755_399_441_055_744;

/** The truncated quotient, which is exact in doubles; 0 where the divisor is 0, wrapping where it does not fit. */
export function quotient(f: Code, unsigned: boolean, a: Local<V128>, b: Local<V128>): V128 {
  const widen = (v: V128): V128 => (unsigned ? f.f64x2_convert_low_i32x4_u(v) : f.f64x2_convert_low_i32x4_s(v));
  const [as, bs] = [toDoubles(f, a, widen), toDoubles(f, b, widen)];
  as.forEach((x, i) => {
    const q = f.f64x2_trunc(f.f64x2_div(f.get(x), f.get(bs[i]!)));
    f.set(x, f.f64x2_add(q, f.splat64(MAGIC_64)));
  });
  const low = f.shuffle(f.get(as[0]!), f.get(as[1]!), [0, 2, 4, 6]);
  return f.v128_andnot(low, f.i32x4_eq(f.get(b), f.bits(0)));
}

/** What the truncated quotient leaves; 0 where the divisor is 0. */
export function remainder(f: Code, unsigned: boolean, a: Local<V128>, b: Local<V128>): V128 {
  const q = f.local('v128');
  f.set(q, quotient(f, unsigned, a, b));
  const rest = f.i32x4_sub(f.get(a), f.i32x4_mul(f.get(q), f.get(b)));
  return f.v128_andnot(rest, f.i32x4_eq(f.get(b), f.bits(0)));
}

/** aⁿ by squaring; a negative exponent leaves 1 for 1, ±1 for −1 and 0 for everything else. */
export function integerPower(f: Code, unsigned: boolean, a: Local<V128>, n: Local<V128>): V128 {
  const [base, left, out, bit] = f.locals('v128', 4) as [Local<V128>, Local<V128>, Local<V128>, Local<V128>];
  f.set(base, f.get(a));
  f.set(left, f.get(n));
  f.set(out, f.bits(1));
  f.block(() => {
    f.loop(() => {
      f.br_if(1, f.i32_eqz(f.v128_any_true(f.get(left))));
      f.set(bit, f.i32x4_shr_s(f.i32x4_shl(f.get(left), f.i32(31)), f.i32(31)));
      f.set(out, f.i32x4_mul(f.get(out), f.v128_bitselect(f.get(base), f.bits(1), f.get(bit))));
      f.set(base, f.i32x4_mul(f.get(base), f.get(base)));
      f.set(left, f.i32x4_shr_u(f.get(left), f.i32(1)));
      f.br(0);
    });
  });
  if (unsigned) return f.get(out);
  // ±1 are their own inverses, and the powers of −1 depend on the lowest bit alone.
  const unit = f.i32x4_le_u(f.i32x4_add(f.get(a), f.bits(1)), f.bits(2));
  f.set(bit, f.v128_andnot(unit, f.i32x4_eq(f.get(a), f.bits(0))));
  f.set(bit, f.v128_or(f.get(bit), f.i32x4_ge_s(f.get(n), f.bits(0))));
  return f.v128_and(f.get(out), f.get(bit));
}

/** Shifts whose counts differ between lanes. */
export function shift(f: Code, op: 'shl' | 'shr', unsigned: boolean, a: Local<V128>, n: Local<V128>): V128 {
  const out = f.local('v128');
  const at = (lane: number): I32 => {
    const [x, by] = [f.i32_lane(f.get(a), lane), f.i32_lane(f.get(n), lane)];
    return op === 'shl' ? f.i32_shl(x, by) : unsigned ? f.i32_shr_u(x, by) : f.i32_shr_s(x, by);
  };
  f.set(out, f.i32x4_splat(at(0)));
  for (let lane = 1; lane < 4; lane++) {
    const target = f.get(out);
    f.set(out, f.i32_replace(target, lane, at(lane)));
  }
  return f.get(out);
}
