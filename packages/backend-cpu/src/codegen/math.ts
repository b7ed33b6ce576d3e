/**
 * Vector math on four floats: exp, log, tanh and friends as WebAssembly functions, made when first used.
 * Polynomials are the single-precision ones of Cephes (S. Moshier). V8 rules observed: `pmin/pmax` instead of
 * `min/max`, rounding by adding a large number, no saturating conversions in hot paths.
 */
import type { Code, I32, Local, Module, V128 } from '../wasm/assembler.ts';

type Emit = (f: Code, x: Local<V128>, lib: MathLibrary) => V128;

const MAGIC = 12_582_912;
const MAGIC_BITS = 0x4b400000;
const INF = 0x7f800000;

/** c0·x^n + … by Horner's rule. */
function horner(f: Code, x: Local<V128>, coefficients: readonly number[]): V128 {
  let sum = f.splat(coefficients[0]!);
  for (const c of coefficients.slice(1)) {
    // Arguments are already on the stack in order: sum, then x.
    sum = f.f32x4_add(f.f32x4_mul(sum, f.get(x)), f.splat(c));
  }
  return sum;
}

const exp: Emit = (f, x) => {
  const [n, r, i, h] = [f.local('v128'), f.local('v128'), f.local('v128'), f.local('v128')];
  f.set(r, f.f32x4_pmax(f.f32x4_pmin(f.get(x), f.splat(89)), f.splat(-104)));
  f.set(n, f.f32x4_add(f.f32x4_mul(f.get(r), f.splat(Math.LOG2E)), f.splat(MAGIC)));
  f.set(i, f.i32x4_sub(f.get(n), f.bits(MAGIC_BITS)));
  f.set(n, f.f32x4_sub(f.get(n), f.splat(MAGIC)));
  f.set(r, f.f32x4_sub(f.get(r), f.f32x4_mul(f.get(n), f.splat(0.693359375))));
  f.set(r, f.f32x4_add(f.get(r), f.f32x4_mul(f.get(n), f.splat(2.1219444e-4))));
  f.set(
    n,
    horner(f, r, [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1]),
  );
  f.set(n, f.f32x4_add(f.f32x4_add(f.f32x4_mul(f.f32x4_mul(f.get(n), f.get(r)), f.get(r)), f.get(r)), f.splat(1)));
  // Two factors reach overflow and gradual underflow alike.
  f.set(h, f.i32x4_shr_s(f.get(i), f.i32(1)));
  const power = (e: () => V128): V128 => f.i32x4_shl(f.i32x4_add(e(), f.bits(127)), f.i32(23));
  return f.f32x4_mul(
    f.f32x4_mul(
      f.get(n),
      power(() => f.get(h)),
    ),
    power(() => f.i32x4_sub(f.get(i), f.get(h))),
  );
};

const log: Emit = (f, x) => {
  const [m, e, z, p, k] = [f.local('v128'), f.local('v128'), f.local('v128'), f.local('v128'), f.local('v128')];
  f.set(k, f.f32x4_lt(f.get(x), f.bits(0x00800000)));
  f.set(m, f.v128_bitselect(f.f32x4_mul(f.get(x), f.splat(8_388_608)), f.get(x), f.get(k)));
  f.set(e, f.v128_and(f.get(k), f.splat(-23)));
  f.set(
    e,
    f.f32x4_add(f.get(e), f.f32x4_convert_i32x4_s(f.i32x4_sub(f.i32x4_shr_u(f.get(m), f.i32(23)), f.bits(126)))),
  );
  f.set(m, f.v128_or(f.v128_and(f.get(m), f.bits(0x007fffff)), f.bits(0x3f000000)));
  f.set(k, f.f32x4_lt(f.get(m), f.splat(Math.SQRT1_2)));
  f.set(e, f.f32x4_sub(f.get(e), f.v128_and(f.get(k), f.splat(1))));
  f.set(m, f.f32x4_sub(f.f32x4_add(f.get(m), f.v128_and(f.get(k), f.get(m))), f.splat(1)));
  f.set(z, f.f32x4_mul(f.get(m), f.get(m)));
  f.set(
    p,
    horner(
      f,
      m,
      [
        7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
        2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
      ],
    ),
  );
  f.set(p, f.f32x4_mul(f.f32x4_mul(f.get(p), f.get(m)), f.get(z)));
  f.set(p, f.f32x4_sub(f.get(p), f.f32x4_mul(f.get(e), f.splat(2.1219444e-4))));
  f.set(p, f.f32x4_sub(f.get(p), f.f32x4_mul(f.get(z), f.splat(0.5))));
  f.set(p, f.f32x4_add(f.f32x4_add(f.get(m), f.get(p)), f.f32x4_mul(f.get(e), f.splat(0.693359375))));
  // Infinity and NaN give themselves, 0 gives −∞, negative numbers NaN.
  f.set(p, f.v128_bitselect(f.get(p), f.get(x), f.f32x4_lt(f.get(x), f.bits(INF))));
  f.set(p, f.v128_bitselect(f.bits(INF | (1 << 31)), f.get(p), f.f32x4_eq(f.get(x), f.splat(0))));
  return f.v128_or(f.get(p), f.f32x4_lt(f.get(x), f.splat(0)));
};

/** Kahan's form: the rounding of 1 + x cancels. */
const log1p: Emit = (f, x, lib) => {
  const [u, y, keep] = [f.local('v128'), f.local('v128'), f.local('v128')];
  f.set(u, f.f32x4_add(f.get(x), f.splat(1)));
  f.set(y, f.f32x4_mul(lib.call(f, 'log', f.get(u)), f.f32x4_div(f.get(x), f.f32x4_sub(f.get(u), f.splat(1)))));
  f.set(keep, f.v128_or(f.f32x4_eq(f.get(u), f.splat(1)), f.f32x4_eq(f.get(x), f.bits(INF))));
  return f.v128_bitselect(f.get(x), f.get(y), f.get(keep));
};

const expm1: Emit = (f, x, lib) => {
  const [u, d, y] = [f.local('v128'), f.local('v128'), f.local('v128')];
  f.set(u, lib.call(f, 'exp', f.get(x)));
  f.set(d, f.f32x4_sub(f.get(u), f.splat(1)));
  f.set(y, f.f32x4_mul(f.get(d), f.f32x4_div(f.get(x), lib.call(f, 'log', f.get(u)))));
  // Far from 0 the subtraction is exact enough, and e^x may have left the range of log.
  f.set(y, f.v128_bitselect(f.get(y), f.get(d), f.f32x4_lt(f.f32x4_abs(f.get(x)), f.splat(15))));
  return f.v128_bitselect(f.get(x), f.get(y), f.f32x4_eq(f.get(u), f.splat(1)));
};

/** 1 − 2/(e^2|x| + 1) away from 0, a polynomial near it. */
const tanh: Emit = (f, x) => {
  const [a, d, z] = [f.local('v128'), f.local('v128'), f.local('v128')];
  f.set(a, f.f32x4_mul(f.f32x4_abs(f.get(x)), f.splat(2)));
  f.set(d, exp(f, a, undefined as never));
  f.set(d, f.f32x4_sub(f.splat(1), f.f32x4_div(f.splat(2), f.f32x4_add(f.get(d), f.splat(1)))));
  f.set(d, f.v128_or(f.get(d), f.v128_and(f.get(x), f.bits(1 << 31))));
  f.set(z, f.f32x4_mul(f.get(x), f.get(x)));
  f.set(a, horner(f, z, [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1]));
  f.set(a, f.f32x4_add(f.f32x4_mul(f.f32x4_mul(f.get(a), f.get(z)), f.get(x)), f.get(x)));
  return f.v128_bitselect(f.get(d), f.get(a), f.f32x4_gt(f.f32x4_abs(f.get(x)), f.splat(0.625)));
};

/** Beyond this the three-part reduction loses digits; such angles go through float64 one by one. */
const LARGE_ANGLE = 8192;

/** sin (shift 0) and cos (shift 1): the quadrant chooses polynomial and sign. */
const circular =
  (shift: 0 | 1): Emit =>
  (f, x, lib) => {
    const [a, k, r, z, q, s, y] = [
      f.local('v128'),
      f.local('v128'),
      f.local('v128'),
      f.local('v128'),
      f.local('v128'),
      f.local('v128'),
      f.local('v128'),
    ];
    f.set(a, f.f32x4_abs(f.get(x)));
    f.set(k, f.f32x4_add(f.f32x4_mul(f.get(a), f.splat(2 / Math.PI)), f.splat(MAGIC)));
    f.set(q, f.i32x4_add(f.i32x4_sub(f.get(k), f.bits(MAGIC_BITS)), f.bits(shift)));
    f.set(k, f.f32x4_sub(f.get(k), f.splat(MAGIC)));
    f.set(r, f.f32x4_sub(f.get(a), f.f32x4_mul(f.get(k), f.splat(1.5703125))));
    f.set(r, f.f32x4_sub(f.get(r), f.f32x4_mul(f.get(k), f.splat(4.837512969970703e-4))));
    f.set(r, f.f32x4_sub(f.get(r), f.f32x4_mul(f.get(k), f.splat(7.549789948768648e-8))));
    f.set(z, f.f32x4_mul(f.get(r), f.get(r)));
    f.set(s, horner(f, z, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]));
    f.set(s, f.f32x4_add(f.f32x4_mul(f.f32x4_mul(f.get(s), f.get(z)), f.get(r)), f.get(r)));
    f.set(y, horner(f, z, [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2]));
    f.set(
      y,
      f.f32x4_add(
        f.f32x4_sub(f.f32x4_mul(f.f32x4_mul(f.get(y), f.get(z)), f.get(z)), f.f32x4_mul(f.get(z), f.splat(0.5))),
        f.splat(1),
      ),
    );
    const bit = (n: number): V128 => f.i32x4_shl(f.get(q), f.i32(31 - n));
    f.set(y, f.v128_bitselect(f.get(y), f.get(s), f.i32x4_shr_s(bit(0), f.i32(31))));
    f.set(y, f.v128_xor(f.get(y), f.v128_and(bit(1), f.bits(1 << 31))));
    if (shift === 0) f.set(y, f.v128_xor(f.get(y), f.v128_and(f.get(x), f.bits(1 << 31))));
    f.if(f.v128_any_true(f.v128_not(f.f32x4_le(f.get(a), f.splat(LARGE_ANGLE)))), () => {
      f.set(y, lib.perLane(f, shift === 0 ? 'sin' : 'cos', [x]));
    });
    return f.get(y);
  };

/** x·P(x²) below 1, 1 − e^(−x²)·Q(1/x) above. */
const erf: Emit = (f, x, lib) => {
  const [a, z, near, far, q, w] = [
    f.local('v128'),
    f.local('v128'),
    f.local('v128'),
    f.local('v128'),
    f.local('v128'),
    f.local('v128'),
  ];
  f.set(a, f.f32x4_abs(f.get(x)));
  f.set(z, f.f32x4_mul(f.get(x), f.get(x)));
  f.set(
    near,
    horner(
      f,
      z,
      [
        7.853861353153693e-5, -8.010193625184903e-4, 5.188327685732524e-3, -2.685381193529856e-2, 1.128358514861418e-1,
        -3.7612625824233e-1, 1.12837916572671,
      ],
    ),
  );
  f.set(near, f.f32x4_mul(f.get(near), f.get(x)));
  f.set(q, f.f32x4_div(f.splat(1), f.get(a)));
  f.set(w, f.f32x4_mul(f.get(q), f.get(q)));
  f.set(
    far,
    f.v128_bitselect(
      horner(
        f,
        w,
        [
          2.326819970068386e-2, -1.387039388740657e-1, 3.687424674597105e-1, -5.824733027278666e-1,
          6.210004621745983e-1, -4.944515323274145e-1, 3.404879937665872e-1, -2.741127028184656e-1,
          5.638259427386472e-1,
        ],
      ),
      horner(
        f,
        w,
        [
          -10.47766399936249, 12.97719955372516, -7.495518717768503, 2.921019019210786, -1.0152652792027,
          4.218463358204948e-1, -2.820767439740514e-1, 5.641895067754075e-1,
        ],
      ),
      f.f32x4_lt(f.get(a), f.splat(2)),
    ),
  );
  f.set(far, f.f32x4_mul(f.f32x4_mul(lib.call(f, 'exp', f.f32x4_neg(f.get(z))), f.get(q)), f.get(far)));
  // From 4 on the complement is below half a unit in the last place.
  f.set(far, f.f32x4_sub(f.splat(1), f.v128_and(f.get(far), f.f32x4_lt(f.get(a), f.splat(4)))));
  f.set(far, f.v128_or(f.get(far), f.v128_and(f.get(x), f.bits(1 << 31))));
  return f.v128_bitselect(f.get(far), f.get(near), f.f32x4_ge(f.get(a), f.splat(1)));
};

const EMITTERS: { readonly [name: string]: Emit } = {
  exp,
  log,
  log1p,
  expm1,
  tanh,
  sin: circular(0),
  cos: circular(1),
  erf,
};

/** Functions of the host, in float64: exact where a vector polynomial would not be. */
export const HOST_MATH: { readonly [name: string]: (...args: number[]) => number } = {
  sin: Math.sin,
  cos: Math.cos,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  atan2: Math.atan2,
  // IEEE 754: unlike Math.pow, pow(1, NaN) and pow(±1, ±∞) are 1.
  pow: (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b),
  fmod: (a, b) => a % b,
};

/** The math functions of one module. */
export class MathLibrary {
  readonly #module: Module;
  readonly #functions = new Map<string, Code>();
  readonly #imports: ReadonlyMap<string, { readonly index: number }>;

  /** @param host Names of {@link HOST_MATH} to import; imports must precede all functions. */
  constructor(module: Module, host: Iterable<string>) {
    this.#module = module;
    this.#imports = new Map(
      [...host].map((name) => [
        name,
        module.import(name, HOST_MATH[name]!.length === 1 ? ['f64'] : ['f64', 'f64'], ['f64']),
      ]),
    );
  }

  /** Calls a vector function with its argument on the stack. */
  call(f: Code, name: string, _x: V128): V128 {
    return f.call(this.#function(name));
  }

  /** Emits a vector function in place, for hot loops. */
  inline(f: Code, name: string, x: V128): V128 {
    const local = f.local('v128');
    f.set(local, x);
    return EMITTERS[name]!(f, local, this);
  }

  #function(name: string): Code {
    let fn = this.#functions.get(name);
    if (!fn) {
      const { code, params } = this.#module.fn(['v128'], ['v128']);
      this.#functions.set(name, code);
      EMITTERS[name]!(code, params[0], this);
      fn = code;
    }
    return fn;
  }

  /** Four calls of a host function, in float64. */
  perLane(f: Code, name: string, args: readonly Local<V128>[]): V128 {
    const host = this.#imports.get(name)!;
    const out = f.local('v128');
    f.set(out, f.splat(0));
    for (let lane = 0; lane < 4; lane++) {
      f.set(
        out,
        f.i32_replace(
          f.get(out),
          lane,
          f.i32_reinterpret_f32(
            f.f32_demote_f64(f.call(host, ...args.map((x) => f.f64_promote_f32(f.f32_lane(f.get(x), lane))))),
          ),
        ),
      );
    }
    return f.get(out);
  }

  /** A scalar integer operation on each lane; on one lane only where all are known to be equal. */
  perLaneInteger(
    f: Code,
    a: Local<V128>,
    b: Local<V128>,
    equal: boolean,
    op: (x: () => I32, y: () => I32) => I32,
  ): V128 {
    if (equal)
      return f.i32x4_splat(
        op(
          () => f.i32_lane(f.get(a), 0),
          () => f.i32_lane(f.get(b), 0),
        ),
      );
    const out = f.local('v128');
    f.set(out, f.splat(0));
    for (let lane = 0; lane < 4; lane++) {
      const x = (): I32 => f.i32_lane(f.get(a), lane);
      const y = (): I32 => f.i32_lane(f.get(b), lane);
      f.set(out, f.i32_replace(f.get(out), lane, op(x, y)));
    }
    return f.get(out);
  }
}

/** Which host functions an operation may call. */
export function hostNeeds(op: string): readonly string[] {
  if (op === 'rem') return ['fmod'];
  return op in HOST_MATH ? [op] : [];
}
