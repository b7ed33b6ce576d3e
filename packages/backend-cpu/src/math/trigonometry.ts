/**
 * sin, cos, their inverses and erf on four floats. Angles are reduced in float64, so that results stay accurate beside
 * the zeros.
 */
import { lowWords, madd64, toDoubles, toFloats } from '../codegen/vec.ts';
import type { Linker } from '../library/library.ts';
import { useRelaxed } from '../settings.ts';
import type { Code, Local, V128 } from '../wasm/code.ts';
import { expWithin, fuse, polynomial, SIGN, type VectorFunction } from './exp-log.ts';
import { perLane } from './host.ts';

const SIN = [-1.951601153e-4, 8.332168683e-3, -1.666665524e-1];
const COS = [2.44370076e-5, -1.388735487e-3, 4.166664556e-2];

/** π/2 in two parts: multiples of the first up to 2²⁰ are exact doubles. */
const HALF_PI_HIGH = 1.5707963267341256;
const HALF_PI_LOW = 6.077100506506192e-11;
const MAGIC_64 = 6_755_399_441_055_744;
/** Beyond this the reduction loses digits; such angles go to the host one by one. */
const LARGE_ANGLE = 1e6;

/** sin (shift 0) and cos (shift 1): the quadrant chooses polynomial and sign. */
function circular(f: Code, x: Local<V128>, linker: Linker, shift: 0 | 1): V128 {
  const [r, q, z, s, c] = f.locals('v128', 5) as [Local<V128>, Local<V128>, Local<V128>, Local<V128>, Local<V128>];
  const fused = useRelaxed();
  const parts = toDoubles(f, x, (v) => f.f64x2_promote_low_f32x4(v));
  const quadrants = f.locals('v128', 2);
  parts.forEach((part, i) => {
    const k = quadrants[i]!;
    const less = (bits: number): void =>
      f.set(
        part,
        madd64(
          f,
          fused,
          () => f.f64x2_sub(f.get(k), f.splat64(MAGIC_64)),
          () => f.splat64(-bits),
          () => f.get(part),
        ),
      );
    f.set(k, f.f64x2_add(f.f64x2_mul(f.get(part), f.splat64(2 / Math.PI)), f.splat64(MAGIC_64)));
    less(HALF_PI_HIGH);
    less(HALF_PI_LOW);
  });
  f.set(r, toFloats(f, parts));
  f.set(q, lowWords(f, f.get(quadrants[0]!), f.get(quadrants[1]!)));
  if (shift === 1) f.set(q, f.i32x4_add(f.get(q), f.bits(1)));
  f.set(z, f.f32x4_mul(f.get(r), f.get(r)));
  f.set(s, polynomial(f, z, SIN));
  f.set(
    s,
    fuse(
      f,
      () => f.f32x4_mul(f.get(s), f.get(z)),
      () => f.get(r),
      () => f.get(r),
    ),
  );
  f.set(c, f.f32x4_mul(polynomial(f, z, COS), f.get(z)));
  f.set(
    c,
    fuse(
      f,
      () => f.f32x4_sub(f.get(c), f.splat(0.5)),
      () => f.get(z),
      () => f.splat(1),
    ),
  );
  const bit = (n: number): V128 => f.i32x4_shl(f.get(q), f.i32(31 - n));
  f.set(s, f.v128_bitselect(f.get(c), f.get(s), f.i32x4_shr_s(bit(0), f.i32(31))));
  f.set(s, f.v128_xor(f.get(s), f.v128_and(bit(1), f.bits(SIGN))));
  const large = f.keepVector(f.v128_not(f.f32x4_le(f.f32x4_abs(f.get(x)), f.splat(LARGE_ANGLE))));
  f.if(f.v128_any_true(f.get(large)), () => {
    // Only these lanes, so that no result depends on its neighbours.
    f.set(c, perLane(f, linker, shift === 0 ? 'sin' : 'cos', [x]));
    f.set(s, f.v128_bitselect(f.get(c), f.get(s), f.get(large)));
  });
  // −0 stays −0.
  return shift === 1 ? f.get(s) : f.v128_bitselect(f.get(x), f.get(s), f.f32x4_eq(f.get(x), f.bits(0)));
}

export const sin = (f: Code, x: Local<V128>, linker: Linker): V128 => circular(f, x, linker, 0);
export const cos = (f: Code, x: Local<V128>, linker: Linker): V128 => circular(f, x, linker, 1);

const ATAN = [8.055444062e-2, -1.387845278e-1, 1.9977808e-1, -3.333295286e-1];
const QUARTER_PI = Math.PI / 4;

/** What the nearest float leaves of a number. */
function lowPart(value: number): number {
  return value - Math.fround(value);
}

/** turn − y, with the digits of the turn that a float has no room for. */
function turnLess(f: Code, turn: number, y: Local<V128>): V128 {
  return f.f32x4_sub(f.splat(turn), f.f32x4_sub(f.get(y), f.splat(lowPart(turn))));
}

/** t + t³·P(t²), the inverse tangent for |t| ≤ √2 − 1. */
function atanNear(f: Code, t: Local<V128>): V128 {
  const [z, p] = [f.local('v128'), f.local('v128')];
  f.set(z, f.f32x4_mul(f.get(t), f.get(t)));
  f.set(p, f.f32x4_mul(polynomial(f, z, ATAN), f.get(z)));
  return fuse(
    f,
    () => f.get(p),
    () => f.get(t),
    () => f.get(t),
  );
}

/** The inverse tangent of a fraction n/d with 0 ≤ n ≤ d, turned by an eighth where it is large. */
function atanOfFraction(f: Code, n: Local<V128>, d: Local<V128>): V128 {
  const [t, turned, top, bottom] = f.locals('v128', 4) as [Local<V128>, Local<V128>, Local<V128>, Local<V128>];
  const lost = f.local('v128');
  f.set(turned, f.f32x4_gt(f.get(n), f.f32x4_mul(f.get(d), f.splat(Math.SQRT2 - 1))));
  f.set(top, f.v128_bitselect(f.f32x4_sub(f.get(n), f.get(d)), f.get(n), f.get(turned)));
  f.set(bottom, f.v128_bitselect(f.f32x4_add(f.get(n), f.get(d)), f.get(d), f.get(turned)));
  f.set(t, f.f32x4_div(f.get(top), f.get(bottom)));
  // What the rounded difference and sum lost moves the quotient by this much.
  const lostBelow = f.f32x4_sub(f.get(n), f.f32x4_sub(f.get(bottom), f.get(d)));
  f.set(lost, f.f32x4_mul(lostBelow, f.get(t)));
  const lostAbove = f.f32x4_sub(f.get(n), f.f32x4_add(f.get(top), f.get(d)));
  f.set(lost, f.f32x4_div(f.f32x4_sub(lostAbove, f.get(lost)), f.get(bottom)));
  const low = f.v128_and(f.f32x4_add(f.get(lost), f.splat(lowPart(QUARTER_PI))), f.get(turned));
  f.set(lost, f.f32x4_add(low, atanNear(f, t)));
  return f.f32x4_add(f.v128_and(f.splat(QUARTER_PI), f.get(turned)), f.get(lost));
}

export const atan: VectorFunction = (f, x) => {
  const [a, n, d, swapped, y] = f.locals('v128', 5) as [
    Local<V128>,
    Local<V128>,
    Local<V128>,
    Local<V128>,
    Local<V128>,
  ];
  f.set(a, f.f32x4_abs(f.get(x)));
  f.set(swapped, f.f32x4_gt(f.get(a), f.splat(1)));
  // 1/|x| rather than 1 over |x|, so that infinity needs no case of its own.
  f.set(n, f.v128_bitselect(f.f32x4_div(f.splat(1), f.get(a)), f.get(a), f.get(swapped)));
  f.set(d, f.splat(1));
  f.set(y, atanOfFraction(f, n, d));
  f.set(y, f.v128_bitselect(turnLess(f, Math.PI / 2, y), f.get(y), f.get(swapped)));
  return f.v128_or(f.get(y), f.v128_and(f.get(x), f.bits(SIGN)));
};

/** The angle of the point (x, y), in (−π, π]. */
export function atan2(f: Code, y: Local<V128>, x: Local<V128>): V128 {
  const [ax, ay, n, d, a] = f.locals('v128', 5) as [Local<V128>, Local<V128>, Local<V128>, Local<V128>, Local<V128>];
  f.set(ax, f.f32x4_abs(f.get(x)));
  f.set(ay, f.f32x4_abs(f.get(y)));
  f.set(n, f.f32x4_pmin(f.get(ax), f.get(ay)));
  f.set(d, f.f32x4_pmax(f.get(ax), f.get(ay)));
  // Two infinities meet at an eighth turn, two zeros at none.
  const infinite = f.f32x4_eq(f.get(n), f.bits(0x7f800000));
  f.set(a, infinite);
  f.set(n, f.v128_bitselect(f.splat(1), f.get(n), f.get(a)));
  f.set(d, f.v128_bitselect(f.splat(1), f.get(d), f.v128_or(f.get(a), f.f32x4_eq(f.get(d), f.bits(0)))));
  // Scaled towards 1, because the sum of two huge numbers overflows and tiny ones have few digits.
  f.set(a, f.v128_bitselect(f.splat(2 ** -64), f.splat(1), f.f32x4_gt(f.get(d), f.splat(2 ** 100))));
  f.set(a, f.v128_bitselect(f.splat(2 ** 64), f.get(a), f.f32x4_lt(f.get(d), f.splat(2 ** -100))));
  f.set(n, f.f32x4_mul(f.get(n), f.get(a)));
  f.set(d, f.f32x4_mul(f.get(d), f.get(a)));
  f.set(a, atanOfFraction(f, n, d));
  // The angle is added to or taken from no, a quarter or half a turn, whose low part goes to the smaller summand.
  const [steep, left] = [f.local('v128'), f.local('v128')];
  f.set(steep, f.f32x4_gt(f.get(ay), f.get(ax)));
  f.set(left, f.i32x4_shr_s(f.get(x), f.i32(31)));
  const turn = (part: (value: number) => number): V128 => {
    const quarter = f.splat(part(Math.PI / 2));
    return f.v128_bitselect(quarter, f.v128_and(f.splat(part(Math.PI)), f.get(left)), f.get(steep));
  };
  const backwards = f.v128_and(f.v128_xor(f.get(steep), f.get(left)), f.bits(SIGN));
  f.set(a, f.v128_xor(backwards, f.get(a)));
  f.set(a, f.f32x4_add(f.get(a), turn(lowPart)));
  f.set(a, f.f32x4_add(turn(Math.fround), f.get(a)));
  f.set(a, f.v128_or(f.get(a), f.v128_and(f.get(y), f.bits(SIGN))));
  return f.v128_or(f.get(a), f.v128_or(f.f32x4_ne(f.get(x), f.get(x)), f.f32x4_ne(f.get(y), f.get(y))));
}

const ASIN = [4.221855104e-2, 2.414761111e-2, 4.547709599e-2, 7.495241612e-2, 1.666675359e-1];

interface HalfArc {
  /** Where |x| > ½. */
  readonly large: Local<V128>;
  /** asin |x| for small |x|, and asin √((1 − |x|)/2) for large. */
  readonly arc: Local<V128>;
  /** The argument of that inverse sine, and by which part of itself the result exceeds it. */
  readonly sine: Local<V128>;
  readonly excess: Local<V128>;
}

function halfArc(f: Code, x: Local<V128>): HalfArc {
  const [a, z, s, large] = f.locals('v128', 4) as [Local<V128>, Local<V128>, Local<V128>, Local<V128>];
  const [arc, excess] = [f.local('v128'), f.local('v128')];
  f.set(a, f.f32x4_abs(f.get(x)));
  f.set(large, f.f32x4_gt(f.get(a), f.splat(0.5)));
  const half = f.f32x4_mul(f.f32x4_sub(f.splat(1), f.get(a)), f.splat(0.5));
  f.set(z, f.v128_bitselect(half, f.f32x4_mul(f.get(a), f.get(a)), f.get(large)));
  f.set(s, f.v128_bitselect(f.f32x4_sqrt(f.get(z)), f.get(a), f.get(large)));
  f.set(excess, f.f32x4_mul(polynomial(f, z, ASIN), f.get(z)));
  f.set(
    arc,
    fuse(
      f,
      () => f.get(excess),
      () => f.get(s),
      () => f.get(s),
    ),
  );
  return { large, arc, sine: s, excess };
}

export const asin: VectorFunction = (f, x) => {
  const { large, arc, sine, excess } = halfArc(f, x);
  const y = f.local('v128');
  // π/2 − 2·(sine + sine·excess) with 1.5 added last, so that every sum on the way is small where it matters.
  const twice = (): V128 => f.f32x4_mul(f.f32x4_add(f.get(sine), f.get(sine)), f.get(excess));
  f.set(y, f.f32x4_sub(f.splat(lowPart(Math.PI / 2)), twice()));
  const less = f.f32x4_sub(f.f32x4_sub(f.splat(Math.fround(Math.PI / 2) - 1.5), f.get(sine)), f.get(sine));
  const complement = f.f32x4_add(f.f32x4_add(less, f.get(y)), f.splat(1.5));
  f.set(y, f.v128_bitselect(complement, f.get(arc), f.get(large)));
  return f.v128_or(f.get(y), f.v128_and(f.get(x), f.bits(SIGN)));
};

export const acos: VectorFunction = (f, x) => {
  const { large, arc } = halfArc(f, x);
  const [y, negative] = [f.local('v128'), f.local('v128')];
  f.set(negative, f.i32x4_shr_s(f.get(x), f.i32(31)));
  const twice = f.f32x4_add(f.get(arc), f.get(arc));
  f.set(y, twice);
  const reflected = f.f32x4_sub(f.splat(Math.PI), f.get(y));
  f.set(y, f.v128_bitselect(reflected, f.get(y), f.get(negative)));
  const near = f.f32x4_sub(f.splat(Math.PI / 2), f.v128_xor(f.get(arc), f.v128_and(f.get(negative), f.bits(SIGN))));
  f.set(arc, near);
  return f.v128_bitselect(f.get(y), f.get(arc), f.get(large));
};

/** erf(x)/x − 1 in powers of x². */
const ERF_NEAR = [
  8.215427079e-5, -8.105966263e-4, 5.197797436e-3, -2.685810439e-2, 1.12836726e-1, -3.761263192e-1, 1.28379167e-1,
];
/** −log(1 − erf x) on [0.9, 4]. */
const ERF_FAR = [
  -1.982191316e-4, 3.065485274e-3, -2.231519483e-2, 1.041136384e-1, 6.369761229e-1, 1.127797246, 1.664530573e-4,
];

export const erf: VectorFunction = (f, x) => {
  const [a, z, near, far] = f.locals('v128', 4) as [Local<V128>, Local<V128>, Local<V128>, Local<V128>];
  f.set(a, f.f32x4_abs(f.get(x)));
  f.set(z, f.f32x4_mul(f.get(x), f.get(x)));
  f.set(near, polynomial(f, z, ERF_NEAR));
  f.set(
    near,
    fuse(
      f,
      () => f.get(near),
      () => f.get(x),
      () => f.get(x),
    ),
  );
  // At 4 the complement is below half a unit in the last place.
  f.set(z, f.f32x4_pmin(f.get(a), f.splat(4)));
  f.set(far, f.f32x4_neg(polynomial(f, z, ERF_FAR)));
  f.set(
    far,
    f.f32x4_sub(
      f.splat(1),
      expWithin(f, () => f.get(far)),
    ),
  );
  f.set(far, f.v128_or(f.get(far), f.v128_and(f.get(x), f.bits(SIGN))));
  return f.v128_bitselect(f.get(far), f.get(near), f.f32x4_gt(f.get(a), f.splat(0.92)));
};
