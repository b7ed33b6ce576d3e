/**
 * Accumulators of reductions: combining vectors, combining lanes, and long float sums in blocks.
 */
import type { ComputeDType, ReduceOp } from '@dl/tensor/backend';
import { extremum, safeExtremum } from '../codegen/float32.ts';
import { compareFloat64 } from '../codegen/float64.ts';
import { constantVector, toFloats, upperHalf, wideMask, type Vec } from '../codegen/vec.ts';
import type { Code, Local, V128 } from '../wasm/code.ts';

export type CombiningOp = Exclude<ReduceOp, 'argMax' | 'argMin'>;

/** The value of reducing nothing. */
export function identityValue(op: ReduceOp, dtype: ComputeDType): number {
  const float = dtype === 'float32' || dtype === 'float64';
  switch (op) {
    case 'prod':
      return 1;
    case 'max':
      return float ? -Infinity : dtype === 'int32' ? -(2 ** 31) : 0;
    case 'min':
      return float ? Infinity : dtype === 'int32' ? 2 ** 31 - 1 : dtype === 'uint32' ? 2 ** 32 - 1 : 1;
    default:
      return 0;
  }
}

export function identity(f: Code, op: ReduceOp, dtype: ComputeDType): V128 {
  return constantVector(f, identityValue(op, dtype), dtype);
}

/** acc ∘ value, for one part of a value. */
function combined(f: Code, op: CombiningOp, dtype: ComputeDType, acc: Local<V128>, value: Local<V128>): V128 {
  const [a, v] = [(): V128 => f.get(acc), (): V128 => f.get(value)];
  switch (dtype) {
    case 'float32':
      if (op === 'sum') return f.f32x4_add(a(), v());
      if (op === 'prod') return f.f32x4_mul(a(), v());
      return safeExtremum(f, op, acc, value);
    case 'float64':
      if (op === 'sum') return f.f64x2_add(a(), v());
      if (op === 'prod') return f.f64x2_mul(a(), v());
      return op === 'max' ? f.f64x2_max(a(), v()) : f.f64x2_min(a(), v());
    case 'bool':
      return op === 'max' || op === 'sum' ? f.v128_or(a(), v()) : f.v128_and(a(), v());
    default:
      if (op === 'sum') return f.i32x4_add(a(), v());
      if (op === 'prod') return f.i32x4_mul(a(), v());
      if (dtype === 'uint32') return op === 'max' ? f.i32x4_max_u(a(), v()) : f.i32x4_min_u(a(), v());
      return op === 'max' ? f.i32x4_max_s(a(), v()) : f.i32x4_min_s(a(), v());
  }
}

/**
 * Where NaNs are noted apart from the largest or smallest number, which is less work in a loop; null where there are none.
 */
export function noteNaNs(f: Code, op: CombiningOp, dtype: ComputeDType): Local<V128> | null {
  return dtype === 'float32' && (op === 'max' || op === 'min') ? f.keepVector(f.bits(0)) : null;
}

/** Puts the NaNs that were noted into an accumulator: a mask of ones is one. */
export function takeNaNs(f: Code, acc: Vec, noted: Local<V128> | null): void {
  if (noted !== null) f.set(acc[0]!, f.v128_or(f.get(acc[0]!), f.get(noted)));
}

/** Takes a value into an accumulator, and its NaNs into where they are noted. */
export function combine(
  f: Code,
  op: CombiningOp,
  dtype: ComputeDType,
  acc: Vec,
  value: Vec,
  noted: Local<V128> | null = null,
): void {
  if (noted !== null && (op === 'max' || op === 'min')) {
    const [best, v] = [acc[0]!, value[0]!];
    f.set(best, extremum(f, op, f.get(best), f.get(v)));
    f.set(noted, f.v128_or(f.get(noted), f.f32x4_ne(f.get(v), f.get(v))));
    return;
  }
  acc.forEach((part, i) => f.set(part, combined(f, op, dtype, part, value[i]!)));
}

/** Combines the lanes of an accumulator; every lane ends with the result. */
export function combineLanes(f: Code, op: CombiningOp, dtype: ComputeDType, acc: Vec): void {
  const turned = f.local('v128');
  const turn = (part: Local<V128>, order: readonly [number, number, number, number]): void => {
    f.set(turned, f.shuffle(f.get(part), f.get(part), order));
    f.set(part, combined(f, op, dtype, part, turned));
  };
  if (dtype === 'float64') {
    const [low, high] = acc as [Local<V128>, Local<V128>];
    f.set(low, combined(f, op, dtype, low, high));
    turn(low, [2, 3, 0, 1]);
    f.set(high, f.get(low));
    return;
  }
  turn(acc[0]!, [2, 3, 0, 1]);
  turn(acc[0]!, [1, 0, 3, 2]);
}

/** Adds four floats to totals in float64, which keeps long sums exact to the last digits. */
export function addToTotals(f: Code, totals: Vec, v: Local<V128>): void {
  const [low, high] = totals as [Local<V128>, Local<V128>];
  f.set(low, f.f64x2_add(f.get(low), f.f64x2_promote_low_f32x4(f.get(v))));
  f.set(high, f.f64x2_add(f.get(high), f.f64x2_promote_low_f32x4(upperHalf(f, v))));
}

/** Totals as four floats; with `lanes` combined their sum is in all. */
export function totalsAsFloats(f: Code, totals: Vec, lanes: boolean): V128 {
  if (lanes) combineLanes(f, 'sum', 'float64', totals);
  return toFloats(f, totals);
}

/** The first position of the largest or smallest value: a running best and where it was, −1 before the first. */
export class ArgAccumulator {
  readonly best: Vec;
  readonly where: Local<V128>;
  readonly #f: Code;
  readonly #op: 'argMax' | 'argMin';
  readonly #dtype: ComputeDType;

  constructor(f: Code, op: 'argMax' | 'argMin', dtype: ComputeDType) {
    this.#f = f;
    this.#op = op;
    this.#dtype = dtype;
    this.best = f.locals('v128', dtype === 'float64' ? 2 : 1);
    this.where = f.local('v128');
    for (const part of this.best) f.set(part, f.bits(0));
    f.set(this.where, f.bits(-1));
  }

  /** Lanes where `x` beats `y`: it is better, or the first NaN. */
  #beats(x: Vec, y: Vec): V128 {
    const f = this.#f;
    const larger = this.#op === 'argMax';
    const [a, b] = [(): V128 => f.get(x[0]!), (): V128 => f.get(y[0]!)];
    switch (this.#dtype) {
      case 'float64': {
        const better = f.keepVector(compareFloat64(f, larger ? 'gt' : 'lt', x, y));
        const ordered = f.keepVector(compareFloat64(f, 'eq', y, y));
        const unordered = compareFloat64(f, 'ne', x, x);
        return f.v128_or(f.v128_and(unordered, f.get(ordered)), f.get(better));
      }
      case 'float32': {
        const better = larger ? f.f32x4_gt(a(), b()) : f.f32x4_lt(a(), b());
        return f.v128_or(better, f.v128_and(f.f32x4_ne(a(), a()), f.f32x4_eq(b(), b())));
      }
      case 'int32':
        return larger ? f.i32x4_gt_s(a(), b()) : f.i32x4_lt_s(a(), b());
      default:
        return larger ? f.i32x4_gt_u(a(), b()) : f.i32x4_lt_u(a(), b());
    }
  }

  #take(wins: Local<V128>, value: Vec, where: () => V128): void {
    const f = this.#f;
    this.best.forEach((part, i) => {
      const chosen = this.best.length === 1 ? [f.get(value[i]!), f.get(part), f.get(wins)] : null;
      if (chosen) f.set(part, f.v128_bitselect(...(chosen as [V128, V128, V128])));
      else f.set(part, f.v128_bitselect(f.get(value[i]!), f.get(part), wideMask(f, f.get(wins), i)));
    });
    f.set(this.where, f.v128_bitselect(where(), f.get(this.where), f.get(wins)));
  }

  /** Takes values at positions; `mask` leaves lanes out. */
  add(value: Vec, at: Local<V128>, mask?: () => V128): void {
    const f = this.#f;
    const wins = f.keepVector(this.#beats(value, this.best));
    f.set(wins, f.v128_or(f.get(wins), f.i32x4_lt_s(f.get(this.where), f.bits(0))));
    if (mask) f.set(wins, f.v128_and(f.get(wins), mask()));
    this.#take(wins, value, () => f.get(at));
  }

  /** Combines the lanes; among equals the first position counts. */
  combineLanes(): void {
    const f = this.#f;
    for (const order of [
      [2, 3, 0, 1],
      [1, 0, 3, 2],
    ] as const) {
      const where = f.keepVector(f.shuffle(f.get(this.where), f.get(this.where), order));
      const best = this.#turned(order);
      const wins = f.keepVector(this.#beats(best, this.best));
      const loses = f.keepVector(this.#beats(this.best, best));
      const earlier = f.v128_andnot(f.i32x4_lt_u(f.get(where), f.get(this.where)), f.get(loses));
      f.set(wins, f.v128_or(f.get(wins), earlier));
      f.set(wins, f.v128_or(f.get(wins), f.i32x4_lt_s(f.get(this.where), f.bits(0))));
      f.set(wins, f.v128_andnot(f.get(wins), f.i32x4_lt_s(f.get(where), f.bits(0))));
      this.#take(wins, best, () => f.get(where));
    }
  }

  /** The best values with their lanes in another order. */
  #turned(order: readonly [number, number, number, number]): Vec {
    const f = this.#f;
    if (this.best.length === 1) return [f.keepVector(f.shuffle(f.get(this.best[0]!), f.get(this.best[0]!), order))];
    const [low, high] = this.best as [Local<V128>, Local<V128>];
    if (order[0] === 2) return [high, low].map((part) => f.keepVector(f.get(part)));
    return [low, high].map((part) => f.keepVector(f.shuffle(f.get(part), f.get(part), [2, 3, 0, 1])));
  }

  /** The position; 0 when there was no value. */
  result(): Vec {
    const f = this.#f;
    return [f.keepVector(f.i32x4_max_s(f.get(this.where), f.bits(0)))];
  }
}
