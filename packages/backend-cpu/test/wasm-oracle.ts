/**
 * What every instruction without immediates computes, in plain numbers: the expectation of the assembler's tests.
 */
import type { PLAIN } from '../src/wasm/instructions.ts';

const VIEWS = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;
export type Lane = keyof typeof VIEWS;
type Value = number | bigint;

/** The lanes of some bytes. */
export function lanesOf(bytes: Uint8Array, lane: Lane): Value[] {
  return [...new VIEWS[lane](bytes.slice().buffer)];
}

/** Sixteen bytes that begin with some lanes; numbers that do not fit a lane wrap. */
export function bytesOf(values: readonly Value[], lane: Lane): Uint8Array {
  const out = new Uint8Array(16);
  if (lane === 'i64' || lane === 'u64') values.forEach((v, i) => (new VIEWS[lane](out.buffer)[i] = BigInt(v)));
  else values.forEach((v, i) => (new VIEWS[lane](out.buffer)[i] = Number(v)));
  return out;
}

/** `out` is the lane type in which results compare (NaN equals NaN); results shorter than 16 bytes end in zeros. */
export interface Oracle {
  readonly from: Lane;
  readonly out: Lane;
  /** `scalar` marks operands that are one number instead of a vector. */
  run(operands: readonly Uint8Array[], scalar: readonly boolean[]): Uint8Array;
}

/** Applies a function to equal lanes; a scalar operand meets every lane, and `at` chooses which lane feeds which. */
function each(
  from: Lane,
  out: Lane,
  fn: (...xs: never[]) => Value,
  convert: (v: Value) => Value,
  at: (i: number) => number = (i) => i,
): Oracle {
  return {
    from,
    out,
    run: (operands, scalar) => {
      const all = scalar.every(Boolean);
      const count = all ? 1 : 16 / VIEWS[out].BYTES_PER_ELEMENT;
      const lanes = operands.map((bytes, o) => lanesOf(bytes, scalar[o] && !all ? 'i32' : from));
      const results = Array.from({ length: count }, (_, i) => {
        const xs = lanes.map((list, o) => list[scalar[o] ? 0 : at(i)]);
        if (xs.includes(undefined)) return 0;
        return fn(...(xs.map((x) => convert(x!)) as never[]));
      });
      return bytesOf(results, out);
    },
  };
}

const num = (from: Lane, out: Lane, fn: (...xs: number[]) => Value, at?: (i: number) => number): Oracle =>
  each(from, out, fn, Number, at);
const big = (from: Lane, out: Lane, fn: (...xs: bigint[]) => bigint, at?: (i: number) => number): Oracle =>
  each(from, out, fn, BigInt, at);

const nearest = (x: number): number => {
  if (Math.abs(x) >= 2 ** 52 || x !== x) return x;
  const low = Math.floor(x);
  const rounded = x - low < 0.5 || (x - low === 0.5 && low % 2 === 0) ? low : low + 1;
  const negativeZero = rounded === 0 && (x < 0 || Object.is(x, -0));
  return negativeZero ? -0 : rounded;
};
const saturate = (low: number, high: number) => (x: number) =>
  Number.isNaN(x) ? 0 : Math.min(high, Math.max(low, Math.trunc(x)));
const [toInt, toUint] = [saturate(-(2 ** 31), 2 ** 31 - 1), saturate(0, 2 ** 32 - 1)];
const upper = (lanes: number) => (i: number) => i + lanes;
const low64 = (x: bigint): bigint => BigInt.asIntN(64, x);

/** Scalar instructions on one number. */
const one = (name: 'i32' | 'u32' | 'f64', fn: (...xs: number[]) => number): Oracle => num(name, 'i32', fn);
const double = (fn: (...xs: number[]) => number): Oracle => num('f64', 'f64', fn);
const single = (fn: (...xs: number[]) => number): Oracle => num('f32', 'f32', (...xs) => Math.fround(fn(...xs)));
const mask = (lane: Lane, fn: (a: number, b: number) => boolean): Oracle => {
  const out = lane === 'f64' ? 'i64' : 'i32';
  return num(lane, out, ((a: number, b: number) => (fn(a, b) ? -1 : 0)) as (...xs: number[]) => number);
};
const bits = (fn: (...xs: bigint[]) => bigint): Oracle => big('i64', 'i64', fn);

const COMPARE = {
  eq: (a: number, b: number) => a === b,
  ne: (a: number, b: number) => a !== b,
  lt: (a: number, b: number) => a < b,
  gt: (a: number, b: number) => a > b,
  le: (a: number, b: number) => a <= b,
  ge: (a: number, b: number) => a >= b,
};
const test = (lane: 'i32' | 'u32' | 'f64', op: keyof typeof COMPARE): Oracle =>
  one(lane, ((a: number, b: number) => Number(COMPARE[op](a, b))) as (...xs: number[]) => number);

/** Two vectors narrowed into one, saturating to unsigned. */
const narrow = (from: Lane, out: Lane, limit: number): Oracle => ({
  from,
  out,
  run: (operands) => {
    const lanes = operands.flatMap((bytes) => lanesOf(bytes, from));
    return bytesOf(
      lanes.map((x) => Math.min(limit, Math.max(0, Number(x)))),
      out,
    );
  },
});

type Relaxed = 'f32x4_relaxed_madd' | 'f64x2_relaxed_madd';

/** Fused multiply-add may round once or twice and has a test of its own. */
export const ORACLES: { readonly [K in Exclude<keyof typeof PLAIN, Relaxed>]: Oracle } = {
  i32_eqz: one('i32', (a) => Number(a === 0)),
  i32_eq: test('i32', 'eq'),
  i32_lt_s: test('i32', 'lt'),
  i32_lt_u: test('u32', 'lt'),
  i32_gt_s: test('i32', 'gt'),
  i32_gt_u: test('u32', 'gt'),
  i32_le_s: test('i32', 'le'),
  i32_ge_s: test('i32', 'ge'),
  i32_ge_u: test('u32', 'ge'),
  i64_lt_s: big('i64', 'i32', (a, b) => BigInt(a! < b!)),
  f64_ne: test('f64', 'ne'),
  i32_add: one('i32', (a, b) => a! + b!),
  i32_sub: one('i32', (a, b) => a! - b!),
  i32_mul: one('i32', (a, b) => Math.imul(a!, b!)),
  i32_div_s: one('i32', (a, b) => Math.trunc(a! / b!)),
  i32_div_u: one('u32', (a, b) => Math.trunc(a! / b!)),
  i32_rem_s: one('i32', (a, b) => a! % b!),
  i32_rem_u: one('u32', (a, b) => a! % b!),
  i32_and: one('i32', (a, b) => a! & b!),
  i32_or: one('i32', (a, b) => a! | b!),
  i32_shl: one('i32', (a, b) => a! << b!),
  i32_shr_s: one('i32', (a, b) => a! >> b!),
  i32_shr_u: one('i32', (a, b) => a! >>> b!),
  i64_xor: bits((a, b) => a! ^ b!),
  i64_shr_s: bits((a, b) => a! >> (b! & 63n)),
  i64_shr_u: bits((a, b) => low64(BigInt.asUintN(64, a!) >> (b! & 63n))),
  f64_add: double((a, b) => a! + b!),
  i64_extend_i32_s: num('i32', 'i64', (a) => a!),
  i64_extend_i32_u: num('u32', 'i64', (a) => a!),
  f32_demote_f64: num('f64', 'f32', (a) => a!),
  f64_promote_f32: num('f32', 'f64', (a) => a!),
  i32_reinterpret_f32: num('i32', 'i32', (a) => a!),
  i64_reinterpret_f64: bits((a) => a!),
  i32x4_splat: splat('i32'),
  f32x4_splat: splat('f32'),
  f64x2_splat: splat('f64'),
  i32x4_eq: mask('i32', COMPARE.eq),
  i32x4_ne: mask('i32', COMPARE.ne),
  i32x4_lt_s: mask('i32', COMPARE.lt),
  i32x4_lt_u: mask('u32', COMPARE.lt),
  i32x4_gt_s: mask('i32', COMPARE.gt),
  i32x4_gt_u: mask('u32', COMPARE.gt),
  i32x4_le_s: mask('i32', COMPARE.le),
  i32x4_le_u: mask('u32', COMPARE.le),
  i32x4_ge_s: mask('i32', COMPARE.ge),
  i32x4_ge_u: mask('u32', COMPARE.ge),
  f32x4_eq: mask('f32', COMPARE.eq),
  f32x4_ne: mask('f32', COMPARE.ne),
  f32x4_lt: mask('f32', COMPARE.lt),
  f32x4_gt: mask('f32', COMPARE.gt),
  f32x4_le: mask('f32', COMPARE.le),
  f32x4_ge: mask('f32', COMPARE.ge),
  f64x2_eq: mask('f64', COMPARE.eq),
  f64x2_ne: mask('f64', COMPARE.ne),
  f64x2_lt: mask('f64', COMPARE.lt),
  f64x2_gt: mask('f64', COMPARE.gt),
  f64x2_le: mask('f64', COMPARE.le),
  f64x2_ge: mask('f64', COMPARE.ge),
  v128_not: bits((a) => ~a!),
  v128_and: bits((a, b) => a! & b!),
  v128_andnot: bits((a, b) => a! & ~b!),
  v128_or: bits((a, b) => a! | b!),
  v128_xor: bits((a, b) => a! ^ b!),
  v128_bitselect: bits((a, b, c) => (a! & c!) | (b! & ~c!)),
  v128_any_true: {
    from: 'i32',
    out: 'i32',
    run: ([a]) => bytesOf([Number(a!.some((byte) => byte !== 0))], 'i32'),
  },
  f32x4_demote_f64x2_zero: num('f64', 'f32', (a) => a!),
  f64x2_promote_low_f32x4: num('f32', 'f64', (a) => a!),
  i8x16_narrow_i16x8_u: narrow('i16', 'u8', 255),
  f32x4_ceil: single(Math.ceil),
  f32x4_floor: single(Math.floor),
  f32x4_trunc: single(Math.trunc),
  f32x4_nearest: single((a) => nearest(a!)),
  f64x2_ceil: double(Math.ceil),
  f64x2_floor: double(Math.floor),
  f64x2_trunc: double(Math.trunc),
  f64x2_nearest: double((a) => nearest(a!)),
  i16x8_narrow_i32x4_u: narrow('i32', 'u16', 65_535),
  i16x8_extend_low_i8x16_s: num('i8', 'i16', (a) => a!),
  i16x8_extend_low_i8x16_u: num('u8', 'i16', (a) => a!),
  i32x4_abs: num('i32', 'i32', (a) => Math.abs(a!)),
  i32x4_neg: num('i32', 'i32', (a) => -a!),
  i32x4_extend_low_i16x8_s: num('i16', 'i32', (a) => a!),
  i32x4_extend_low_i16x8_u: num('u16', 'i32', (a) => a!),
  i32x4_shl: num('i32', 'i32', (a, b) => a! << b!),
  i32x4_shr_s: num('i32', 'i32', (a, b) => a! >> b!),
  i32x4_shr_u: num('i32', 'u32', (a, b) => a! >>> b!),
  i32x4_add: num('i32', 'i32', (a, b) => a! + b!),
  i32x4_sub: num('i32', 'i32', (a, b) => a! - b!),
  i32x4_mul: num('i32', 'i32', (a, b) => Math.imul(a!, b!)),
  i32x4_min_s: num('i32', 'i32', Math.min),
  i32x4_min_u: num('u32', 'u32', Math.min),
  i32x4_max_s: num('i32', 'i32', Math.max),
  i32x4_max_u: num('u32', 'u32', Math.max),
  i64x2_extend_low_i32x4_s: num('i32', 'i64', (a) => a!),
  i64x2_extend_high_i32x4_s: num('i32', 'i64', (a) => a!, upper(2)),
  i64x2_shl: bits((a, b) => low64(a! << (b! & 63n))),
  i64x2_extmul_low_i32x4_s: big('i32', 'i64', (a, b) => a! * b!),
  i64x2_extmul_high_i32x4_s: big('i32', 'i64', (a, b) => a! * b!, upper(2)),
  i64x2_extmul_low_i32x4_u: big('u32', 'u64', (a, b) => a! * b!),
  i64x2_extmul_high_i32x4_u: big('u32', 'u64', (a, b) => a! * b!, upper(2)),
  f32x4_abs: single(Math.abs),
  f32x4_neg: single((a) => -a!),
  f32x4_sqrt: single(Math.sqrt),
  f32x4_add: single((a, b) => a! + b!),
  f32x4_sub: single((a, b) => a! - b!),
  f32x4_mul: single((a, b) => a! * b!),
  f32x4_div: single((a, b) => a! / b!),
  f32x4_pmin: single((a, b) => (b! < a! ? b! : a!)),
  f32x4_pmax: single((a, b) => (a! < b! ? b! : a!)),
  f64x2_abs: double(Math.abs),
  f64x2_neg: double((a) => -a!),
  f64x2_sqrt: double(Math.sqrt),
  f64x2_add: double((a, b) => a! + b!),
  f64x2_sub: double((a, b) => a! - b!),
  f64x2_mul: double((a, b) => a! * b!),
  f64x2_div: double((a, b) => a! / b!),
  f64x2_min: double(Math.min),
  f64x2_max: double(Math.max),
  f64x2_pmin: double((a, b) => (b! < a! ? b! : a!)),
  f64x2_pmax: double((a, b) => (a! < b! ? b! : a!)),
  i32x4_trunc_sat_f32x4_s: num('f32', 'i32', toInt),
  i32x4_trunc_sat_f32x4_u: num('f32', 'u32', toUint),
  f32x4_convert_i32x4_s: num('i32', 'f32', (a) => a!),
  f32x4_convert_i32x4_u: num('u32', 'f32', (a) => a!),
  i32x4_trunc_sat_f64x2_s_zero: num('f64', 'i32', toInt),
  i32x4_trunc_sat_f64x2_u_zero: num('f64', 'u32', toUint),
  f64x2_convert_low_i32x4_s: num('i32', 'f64', (a) => a!),
  f64x2_convert_low_i32x4_u: num('u32', 'f64', (a) => a!),
};

function splat(lane: Lane): Oracle {
  return {
    from: lane,
    out: lane,
    run: ([bytes]) => bytesOf(Array<Value>(16 / VIEWS[lane].BYTES_PER_ELEMENT).fill(lanesOf(bytes!, lane)[0]!), lane),
  };
}
