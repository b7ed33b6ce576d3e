/**
 * pow and rem on four floats, computed in float64 so that the exponent multiplies no rounding error.
 */
import { madd64, toDoubles, toFloats, type Vec } from '../codegen/vec.ts';
import type { Linker } from '../library/library.ts';
import { useRelaxed } from '../settings.ts';
import type { Code, Local, V128 } from '../wasm/code.ts';
import { INFINITY_BITS, SIGN } from './exp-log.ts';
import { perLane, widened } from './host.ts';

/** log₂((1 + s)/(1 − s)) / s in powers of s². */
const LOG2 = [0.3407803984063635, 0.4116700482005457, 0.5770836287526707, 0.961796673115581, 2.8853900817902653];
/** 2ʳ on [−½, ½]. */
const EXP2 = [
  0.0001534581032272759, 0.0013399931291058868, 0.009618488963126743, 0.055503287769854116, 0.24022646890584218,
  0.6931472057370408, 1.0000000005542233,
];
/** Moves the integer part into the low bits, with the bias of a double's exponent. */
const MAGIC_64 = 6_755_399_441_055_744 + 1023;

function polynomial64(f: Code, x: Local<V128>, coefficients: readonly number[]): V128 {
  const fused = useRelaxed();
  const sum = f.local('v128');
  f.set(sum, f.splat64(coefficients[0]!));
  for (const c of coefficients.slice(1)) {
    f.set(
      sum,
      madd64(
        f,
        fused,
        () => f.get(sum),
        () => f.get(x),
        () => f.splat64(c),
      ),
    );
  }
  return f.get(sum);
}

/** 2^(y·(e + log₂ m)) for one pair of doubles; m between √½ and √2. */
function powerOfParts(f: Code, m: Local<V128>, e: Local<V128>, y: Local<V128>): V128 {
  const [s, z, t, k] = f.locals('v128', 4) as [Local<V128>, Local<V128>, Local<V128>, Local<V128>];
  f.set(s, f.f64x2_sub(f.get(m), f.splat64(1)));
  f.set(s, f.f64x2_div(f.get(s), f.f64x2_add(f.get(m), f.splat64(1))));
  f.set(z, f.f64x2_mul(f.get(s), f.get(s)));
  f.set(t, f.f64x2_add(f.f64x2_mul(polynomial64(f, z, LOG2), f.get(s)), f.get(e)));
  // Beyond these limits the float result is infinite or 0 for certain; NaN passes.
  f.set(t, f.f64x2_mul(f.get(t), f.get(y)));
  f.set(t, f.f64x2_pmax(f.f64x2_pmin(f.get(t), f.splat64(200)), f.splat64(-200)));
  f.set(k, f.f64x2_add(f.get(t), f.splat64(MAGIC_64)));
  f.set(t, f.f64x2_sub(f.get(t), f.f64x2_sub(f.get(k), f.splat64(MAGIC_64))));
  return f.f64x2_mul(polynomial64(f, t, EXP2), f.i64x2_shl(f.get(k), f.i32(52)));
}

/** x^y with the special cases of IEEE 754. */
export function pow(f: Code, x: Local<V128>, y: Local<V128>): V128 {
  const [a, m, e, k, out] = f.locals('v128', 5) as [Local<V128>, Local<V128>, Local<V128>, Local<V128>, Local<V128>];
  f.set(a, f.f32x4_abs(f.get(x)));
  // Subnormals are scaled into the normal range; the boundary between exponents moves from 1 to √½.
  f.set(k, f.f32x4_lt(f.get(a), f.bits(0x00800000)));
  f.set(m, f.v128_bitselect(f.f32x4_mul(f.get(a), f.splat(8_388_608)), f.get(a), f.get(k)));
  f.set(m, f.i32x4_add(f.get(m), f.bits(0x3f800000 - 0x3f3504f3)));
  f.set(e, f.i32x4_shr_s(f.get(m), f.i32(23)));
  f.set(e, f.i32x4_sub(f.get(e), f.i32x4_add(f.bits(127), f.v128_and(f.get(k), f.bits(23)))));
  f.set(m, f.i32x4_add(f.v128_and(f.get(m), f.bits(0x7fffff)), f.bits(0x3f3504f3)));
  const ms = widened(f, m);
  const ys = widened(f, y);
  const es = toDoubles(f, e, (v) => f.f64x2_convert_low_i32x4_s(v));
  const parts: Vec = f.locals('v128', 2);
  parts.forEach((part, i) => f.set(part, powerOfParts(f, ms[i]!, es[i]!, ys[i]!)));
  f.set(out, toFloats(f, parts));
  return powerSpecials(f, x, y, a, out);
}

function powerSpecials(f: Code, x: Local<V128>, y: Local<V128>, a: Local<V128>, out: Local<V128>): V128 {
  const [edge, huge, whole, odd] = f.locals('v128', 4) as [Local<V128>, Local<V128>, Local<V128>, Local<V128>];
  const [zero, one] = [(): V128 => f.bits(0), (): V128 => f.splat(1)];
  // |x| of 0 or infinity gives the same or the other one, by the sign of y.
  const infinite = (): V128 => f.f32x4_eq(f.get(a), f.bits(INFINITY_BITS));
  const nothing = (): V128 => f.f32x4_eq(f.get(a), zero());
  f.set(edge, f.v128_or(nothing(), infinite()));
  f.set(
    huge,
    f.v128_or(
      f.v128_and(nothing(), f.f32x4_lt(f.get(y), zero())),
      f.v128_and(infinite(), f.f32x4_gt(f.get(y), zero())),
    ),
  );
  f.set(edge, f.v128_and(f.get(edge), f.f32x4_eq(f.get(y), f.get(y))));
  f.set(out, f.v128_bitselect(f.v128_and(f.bits(INFINITY_BITS), f.get(huge)), f.get(out), f.get(edge)));
  // |x| of 1 gives 1 even where y is infinite.
  f.set(
    out,
    f.v128_bitselect(one(), f.get(out), f.v128_and(f.f32x4_eq(f.get(a), one()), f.f32x4_eq(f.get(y), f.get(y)))),
  );
  // Negative x: the sign of odd powers, NaN for powers that are not whole (except of 0 and infinity).
  f.set(whole, f.f32x4_eq(f.f32x4_trunc(f.get(y)), f.get(y)));
  f.set(odd, f.f32x4_mul(f.get(y), f.splat(0.5)));
  f.set(odd, f.v128_and(f.get(whole), f.f32x4_ne(f.f32x4_trunc(f.get(odd)), f.get(odd))));
  f.set(out, f.v128_xor(f.get(out), f.v128_and(f.v128_and(f.get(x), f.get(odd)), f.bits(SIGN))));
  const undefinedPower = f.v128_andnot(f.v128_andnot(f.f32x4_lt(f.get(x), zero()), f.get(whole)), f.get(edge));
  f.set(odd, undefinedPower);
  f.set(out, f.v128_or(f.get(out), f.v128_or(f.get(odd), f.f32x4_ne(f.get(x), f.get(x)))));
  return f.v128_bitselect(one(), f.get(out), f.v128_or(f.f32x4_eq(f.get(x), one()), f.f32x4_eq(f.get(y), zero())));
}

/** Products of quotients below this with a float are exact doubles. */
const EXACT_QUOTIENT = 2 ** 29;

/** The remainder of a truncating division; it has the sign of `a`. */
export function rem(f: Code, a: Local<V128>, b: Local<V128>, linker: Linker): V128 {
  const [out, hard] = [f.local('v128'), f.local('v128')];
  const [as, bs] = [widened(f, a), widened(f, b)];
  f.set(hard, f.v128_not(f.f32x4_lt(f.f32x4_abs(f.get(b)), f.bits(INFINITY_BITS))));
  const parts = as.map((x, i) => {
    const [q, r] = [f.local('v128'), f.local('v128')];
    f.set(q, f.f64x2_trunc(f.f64x2_div(f.get(x), f.get(bs[i]!))));
    f.set(hard, f.v128_or(f.get(hard), f.v128_not(f.f64x2_lt(f.f64x2_abs(f.get(q)), f.splat64(EXACT_QUOTIENT)))));
    f.set(r, f.f64x2_sub(f.get(x), f.f64x2_mul(f.get(q), f.get(bs[i]!))));
    // A quotient that rounded up to a whole number leaves a remainder of the other sign.
    f.set(q, f.f64x2_lt(f.f64x2_mul(f.get(r), f.get(x)), f.bits(0)));
    const turned = f.f64x2_sub(f.f64x2_abs(f.get(bs[i]!)), f.f64x2_abs(f.get(r)));
    f.set(r, f.v128_bitselect(turned, f.f64x2_abs(f.get(r)), f.get(q)));
    return r;
  });
  f.set(out, f.v128_or(toFloats(f, parts), f.v128_and(f.get(a), f.bits(SIGN))));
  f.if(f.v128_any_true(f.get(hard)), () => f.set(out, perLane(f, linker, 'rem', [a, b])));
  return f.get(out);
}
