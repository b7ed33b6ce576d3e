/**
 * exp, expm1, log, log1p and tanh on four floats. Polynomials are minimax fits made for these intervals; the last digits
 * are those of the rounded coefficients. Engine rules: `pmin`/`pmax` are one instruction where `min`/`max` are eight,
 * and adding a large number rounds faster than a saturating conversion.
 */
import { madd } from '../codegen/vec.ts';
import { useRelaxed } from '../settings.ts';
import { routine, type Linker, type Routine } from '../library/library.ts';
import type { Code, Local, V128 } from '../wasm/code.ts';

type Push = () => V128;

/** Writes a function of the vector in a local; leaves the result on the stack. */
export type VectorFunction = (f: Code, x: Local<V128>, linker: Linker) => V128;

/** Adding it moves the integer part of a small float into the low mantissa bits. */
export const MAGIC = 12_582_912;
export const INFINITY_BITS = 0x7f800000;
export const SIGN = -2_147_483_648;

/** c₀·xⁿ + … + cₙ. */
export function polynomial(f: Code, x: Local<V128>, coefficients: readonly number[]): V128 {
  const fused = useRelaxed();
  const sum = f.local('v128');
  f.set(sum, f.splat(coefficients[0]!));
  for (const c of coefficients.slice(1)) {
    f.set(
      sum,
      madd(
        f,
        fused,
        () => f.get(sum),
        () => f.get(x),
        () => f.splat(c),
      ),
    );
  }
  return f.get(sum);
}

/** a·b + c over locals and constants. */
export function fuse(f: Code, a: () => V128, b: () => V128, c: () => V128): V128 {
  return madd(f, useRelaxed(), a, b, c);
}

/** ln 2 in two parts; multiples of the first by small integers are exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;

interface Reduced {
  /** x − n·ln 2. */
  readonly r: Local<V128>;
  /** n + bias in the low bits. */
  readonly n: Local<V128>;
}

/** Splits x = n·ln 2 + r with |r| ≤ ½ ln 2. The bias is that of one exponent, or of two together. */
function reduceByLn2(f: Code, x: Push, bias: 127 | 254): Reduced {
  const [n, r, k] = [f.local('v128'), f.local('v128'), f.local('v128')];
  f.set(r, x());
  const magic = MAGIC + bias;
  f.set(
    n,
    fuse(
      f,
      () => f.get(r),
      () => f.splat(Math.LOG2E),
      () => f.splat(magic),
    ),
  );
  f.set(k, f.f32x4_sub(f.get(n), f.splat(magic)));
  for (const part of [LN2_HIGH, LN2_LOW]) {
    f.set(
      r,
      fuse(
        f,
        () => f.get(k),
        () => f.splat(-part),
        () => f.get(r),
      ),
    );
  }
  return { r, n };
}

/** 2ⁿ as two factors, so that overflow and gradual underflow come out of the multiplication. */
function scaleByPower(f: Code, y: V128, n: Local<V128>): V128 {
  const [half, scaled] = [f.local('v128'), f.local('v128')];
  f.set(scaled, y);
  f.set(half, f.i32x4_shr_u(f.get(n), f.i32(1)));
  return f.f32x4_mul(
    f.f32x4_mul(f.get(scaled), f.i32x4_shl(f.get(half), f.i32(23))),
    f.i32x4_shl(f.i32x4_sub(f.get(n), f.get(half)), f.i32(23)),
  );
}

const EXP = [1.381314127e-3, 8.369418792e-3, 4.166845605e-2, 1.666651517e-1, 4.999999404e-1] as const;

/** eʳ − 1 for |r| ≤ ½ ln 2. Halves of the polynomial side by side: the processor waits for results more than for room. */
function expm1NearZero(f: Code, r: Local<V128>): V128 {
  const [square, high, low] = [f.local('v128'), f.local('v128'), f.local('v128')];
  const [c4, c3, c2, c1, c0] = EXP.map((c) => (): V128 => f.splat(c)) as [Push, Push, Push, Push, Push];
  const [at, atSquare] = [(): V128 => f.get(r), (): V128 => f.get(square)];
  f.set(square, f.f32x4_mul(at(), at()));
  f.set(high, fuse(f, at, c3, c2));
  f.set(
    high,
    fuse(f, atSquare, c4, () => f.get(high)),
  );
  f.set(low, fuse(f, at, c1, c0));
  f.set(
    low,
    fuse(
      f,
      atSquare,
      () => f.get(high),
      () => f.get(low),
    ),
  );
  return fuse(f, atSquare, () => f.get(low), at);
}

/** eˣ for |x| ≤ 64. */
export function expWithin(f: Code, x: Push): V128 {
  const { r, n } = reduceByLn2(f, x, 127);
  const y = f.keepVector(expm1NearZero(f, r));
  f.set(n, f.i32x4_shl(f.get(n), f.i32(23)));
  // As exact as to add 1 first, one constant less.
  return fuse(
    f,
    () => f.get(y),
    () => f.get(n),
    () => f.get(n),
  );
}

/** eˣ for all x, with the same bits. */
const expAnywhere: VectorFunction = (f, x) => {
  // In this order a NaN passes both limits.
  const { r, n } = reduceByLn2(f, () => f.f32x4_pmax(f.f32x4_pmin(f.get(x), f.splat(89)), f.splat(-104)), 254);
  return scaleByPower(f, f.f32x4_add(expm1NearZero(f, r), f.splat(1)), n);
};

const anywhere = (): Routine =>
  routine(`exp.any.${useRelaxed() ? 'fused' : 'plain'}`, ['v128'], ['v128'], (code, [x], linker) => {
    expAnywhere(code, x, linker);
  });

/** The common case, a third shorter, in place; the other called. */
export const exp: VectorFunction = (f, x, linker) => {
  const y = f.local('v128');
  f.if(
    f.v128_any_true(f.f32x4_gt(f.f32x4_mul(f.get(x), f.get(x)), f.splat(4096))),
    () => f.set(y, f.call<V128>(linker.use(anywhere()), f.get(x))),
    () =>
      f.set(
        y,
        expWithin(f, () => f.get(x)),
      ),
  );
  return f.get(y);
};

const EXPM1 = [1.991562167e-4, 1.394204563e-3, 8.333270438e-3, 4.166634381e-2, 1.666666716e-1, 5e-1];

/** 2ⁿ·(eʳ − 1) + (2ⁿ − 1), whose parts are exact enough on their own. */
export const expm1: VectorFunction = (f, x) => {
  const { r, n } = reduceByLn2(f, () => f.f32x4_pmax(f.f32x4_pmin(f.get(x), f.splat(89)), f.splat(-20)), 254);
  const [y, power] = [f.local('v128'), f.local('v128')];
  f.set(y, polynomial(f, r, EXPM1));
  f.set(
    y,
    fuse(
      f,
      () => f.f32x4_mul(f.get(r), f.get(r)),
      () => f.get(y),
      () => f.get(r),
    ),
  );
  // Half of 2ⁿ fits where 2¹²⁸ does not.
  f.set(power, f.i32x4_shl(f.i32x4_sub(f.get(n), f.bits(128)), f.i32(23)));
  const half = fuse(
    f,
    () => f.get(power),
    () => f.get(y),
    () => f.f32x4_sub(f.get(power), f.splat(0.5)),
  );
  f.set(y, half);
  f.set(y, f.f32x4_add(f.get(y), f.get(y)));
  // Tiny arguments, among them −0, are their own result.
  return f.v128_bitselect(f.get(x), f.get(y), f.f32x4_lt(f.f32x4_abs(f.get(x)), f.splat(1e-8)));
};

const LOG = [
  -7.8595981e-2, 1.288163513e-1, -1.312875301e-1, 1.418119371e-1, -1.662455499e-1, 2.000228614e-1, -2.500081062e-1,
  3.333331645e-1,
];

/** log(1 + v) + e·ln 2 for v between √½ − 1 and √2 − 1. */
function logOfParts(f: Code, v: Local<V128>, e: Local<V128>): V128 {
  const [z, p] = [f.local('v128'), f.local('v128')];
  f.set(z, f.f32x4_mul(f.get(v), f.get(v)));
  f.set(p, polynomial(f, v, LOG));
  f.set(p, f.f32x4_mul(f.f32x4_mul(f.get(p), f.get(v)), f.get(z)));
  const into = (a: () => V128, b: number): void =>
    f.set(
      p,
      fuse(
        f,
        a,
        () => f.splat(b),
        () => f.get(p),
      ),
    );
  into(() => f.get(e), LN2_LOW);
  into(() => f.get(z), -0.5);
  f.set(p, f.f32x4_add(f.get(v), f.get(p)));
  into(() => f.get(e), LN2_HIGH);
  return f.get(p);
}

/** Exponent and mantissa: m = 2ᵉ·(1 + v) for positive normal m. */
function splitPower(f: Code, m: Local<V128>, e: Local<V128>, v: Local<V128>, bias: () => V128): void {
  const shifted = f.local('v128');
  // Moves the boundary between exponents from 1 to √½.
  f.set(shifted, f.i32x4_add(f.get(m), f.bits(0x3f800000 - 0x3f3504f3)));
  f.set(e, f.i32x4_sub(f.i32x4_shr_s(f.get(shifted), f.i32(23)), bias()));
  f.set(v, f.i32x4_add(f.v128_and(f.get(shifted), f.bits(0x7fffff)), f.bits(0x3f3504f3)));
  f.set(v, f.f32x4_sub(f.get(v), f.splat(1)));
  f.set(e, f.f32x4_convert_i32x4_s(f.get(e)));
}

/** Infinity and NaN give themselves, 0 gives −∞, negative numbers NaN. */
function logSpecials(f: Code, y: Local<V128>, x: () => V128): V128 {
  f.set(y, f.v128_bitselect(f.get(y), x(), f.f32x4_lt(x(), f.bits(INFINITY_BITS))));
  f.set(y, f.v128_bitselect(f.bits(INFINITY_BITS | SIGN), f.get(y), f.f32x4_eq(x(), f.bits(0))));
  return f.v128_or(f.get(y), f.f32x4_lt(x(), f.bits(0)));
}

export const log: VectorFunction = (f, x) => {
  const [m, e, v, small, y] = f.locals('v128', 5) as [Local<V128>, Local<V128>, Local<V128>, Local<V128>, Local<V128>];
  // Subnormals are scaled into the normal range first.
  f.set(small, f.f32x4_lt(f.get(x), f.bits(0x00800000)));
  f.set(m, f.v128_bitselect(f.f32x4_mul(f.get(x), f.splat(8_388_608)), f.get(x), f.get(small)));
  splitPower(f, m, e, v, () => f.i32x4_add(f.bits(127), f.v128_and(f.get(small), f.bits(23))));
  f.set(y, logOfParts(f, v, e));
  return logSpecials(f, y, () => f.get(x));
};

/** Near 0 the sum 1 + x would lose x, which is then the reduced argument itself; elsewhere what it lost is added back. */
export const log1p: VectorFunction = (f, x) => {
  const [u, e, v, y] = f.locals('v128', 4) as [Local<V128>, Local<V128>, Local<V128>, Local<V128>];
  f.set(u, f.f32x4_add(f.get(x), f.splat(1)));
  splitPower(f, u, e, v, () => f.bits(127));
  // 2⁻ᵉ, made of the same bits as e.
  const shifted = f.i32x4_add(f.get(u), f.bits(0x3f800000 - 0x3f3504f3));
  f.set(y, f.v128_and(shifted, f.bits(INFINITY_BITS | SIGN)));
  f.set(y, f.i32x4_max_s(f.i32x4_sub(f.bits(0x7f000000), f.get(y)), f.bits(0)));
  const lost = f.f32x4_sub(f.get(x), f.f32x4_sub(f.get(u), f.splat(1)));
  f.set(y, f.f32x4_mul(lost, f.get(y)));
  f.set(v, f.f32x4_add(f.get(v), f.get(y)));
  f.set(v, f.v128_bitselect(f.get(x), f.get(v), f.f32x4_eq(f.get(e), f.bits(0))));
  f.set(y, logOfParts(f, v, e));
  f.set(
    y,
    logSpecials(f, y, () => f.get(u)),
  );
  return f.v128_bitselect(f.get(x), f.get(y), f.f32x4_lt(f.f32x4_abs(f.get(x)), f.splat(1e-8)));
};

const TANH = [-5.717045162e-3, 2.065058798e-2, -5.374349654e-2, 1.333149076e-1, -3.333328366e-1];

/** 1 − 2/(e^2|x| + 1) away from 0, a polynomial near it. */
export const tanh: VectorFunction = (f, x) => {
  const [a, far, z, near] = f.locals('v128', 4) as [Local<V128>, Local<V128>, Local<V128>, Local<V128>];
  f.set(a, f.f32x4_abs(f.get(x)));
  f.set(far, f.f32x4_add(f.get(a), f.get(a)));
  // Beyond the limit the result is 1 already.
  f.set(
    far,
    f.f32x4_add(
      expWithin(f, () => f.f32x4_pmin(f.get(far), f.splat(40))),
      f.splat(1),
    ),
  );
  f.set(far, f.f32x4_sub(f.splat(1), f.f32x4_div(f.splat(2), f.get(far))));
  f.set(far, f.v128_or(f.get(far), f.v128_and(f.get(x), f.bits(SIGN))));
  f.set(z, f.f32x4_mul(f.get(x), f.get(x)));
  f.set(near, polynomial(f, z, TANH));
  // A product at the end keeps the sign of −0.
  f.set(
    near,
    fuse(
      f,
      () => f.get(near),
      () => f.get(z),
      () => f.splat(1),
    ),
  );
  f.set(near, f.f32x4_mul(f.get(near), f.get(x)));
  // A NaN is not above the limit and so comes out of the polynomial.
  return f.v128_bitselect(f.get(far), f.get(near), f.f32x4_gt(f.get(a), f.splat(0.625)));
};
