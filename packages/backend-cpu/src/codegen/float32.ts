/**
 * Operations on four floats.
 */
import type { ArithmeticOp, CompareOp, ComputeDType, ScalarExpr, UnaryOp } from '@dl/tensor/backend';
import type { Linker } from '../library/library.ts';
import { binaryRoutine, INLINE, unaryRoutine, type UnaryName } from '../math/routines.ts';
import type { Code, Local, V128 } from '../wasm/code.ts';
import { undefinedFor } from './vec.ts';

/** An operand: pushed where it is read once, in a local where it is read more often. */
export interface Arg {
  readonly expr: ScalarExpr;
  push(): V128;
  local(): Local<V128>;
}

export function unaryFloat(f: Code, linker: Linker, op: UnaryOp, x: Arg): V128 {
  switch (op) {
    case 'neg':
      return f.f32x4_neg(x.push());
    case 'abs':
      return f.f32x4_abs(x.push());
    case 'floor':
      return f.f32x4_floor(x.push());
    case 'ceil':
      return f.f32x4_ceil(x.push());
    case 'round':
      return f.f32x4_nearest(x.push());
    case 'trunc':
      return f.f32x4_trunc(x.push());
    case 'sqrt':
      return f.f32x4_sqrt(x.push());
    case 'isNan': {
      const v = x.local();
      return f.f32x4_ne(f.get(v), f.get(v));
    }
    case 'sign': {
      const v = x.local();
      const signed = f.v128_or(f.v128_and(f.get(v), f.bits(1 << 31)), f.splat(1));
      // Zeros and NaN give themselves.
      const nonzero = f.v128_or(f.f32x4_lt(f.get(v), f.bits(0)), f.f32x4_gt(f.get(v), f.bits(0)));
      const mask = f.keepVector(nonzero);
      const unit = f.keepVector(signed);
      return f.v128_bitselect(f.get(unit), f.get(v), f.get(mask));
    }
    case 'not':
      return undefinedFor(op, 'float32');
    default:
      return transcendental(f, linker, op, x);
  }
}

function transcendental(f: Code, linker: Linker, op: UnaryName, x: Arg): V128 {
  const inline = INLINE[op];
  if (inline) return inline(f, x.local(), linker);
  const fn = linker.use(unaryRoutine(op));
  return f.call<V128>(fn, x.push());
}

export function binaryFloat(f: Code, linker: Linker, op: ArithmeticOp, a: Arg, b: Arg): V128 {
  switch (op) {
    case 'add':
      return f.f32x4_add(a.push(), b.push());
    case 'sub':
      return f.f32x4_sub(a.push(), b.push());
    case 'mul':
      return f.f32x4_mul(a.push(), b.push());
    case 'div':
      return f.f32x4_div(a.push(), b.push());
    case 'max':
    case 'min':
      if (isNumber(b.expr)) return extremum(f, op, a.push(), b.push());
      if (isNumber(a.expr)) return extremum(f, op, b.push(), a.push());
      return safeExtremum(f, op, a.local(), b.local());
    case 'pow':
    case 'rem':
    case 'atan2': {
      const fn = linker.use(binaryRoutine(op));
      return f.call<V128>(fn, a.push(), b.push());
    }
    case 'and':
    case 'or':
    case 'xor': {
      const [x, y] = [f.f32x4_ne(a.push(), f.bits(0)), f.f32x4_ne(b.push(), f.bits(0))];
      return f.v128_and(f[`v128_${op}`](x, y), f.splat(1));
    }
    default:
      return undefinedFor(op, 'float32');
  }
}

function isNumber(e: ScalarExpr): boolean {
  return e.kind === 'const' && !Number.isNaN(e.value);
}

/** The larger or smaller; a NaN of the first wins, one of the second is lost. */
export function extremum(f: Code, op: 'max' | 'min', x: V128, y: V128): V128 {
  return op === 'max' ? f.f32x4_pmax(x, y) : f.f32x4_pmin(x, y);
}

/** The larger or smaller; a NaN of either side wins. */
export function safeExtremum(f: Code, op: 'max' | 'min', x: Local<V128>, y: Local<V128>): V128 {
  const best = f.keepVector(extremum(f, op, f.get(x), f.get(y)));
  return f.v128_bitselect(f.get(best), f.get(y), f.f32x4_eq(f.get(y), f.get(y)));
}

/** A mask of the lanes where the comparison holds; the operands are on the stack. */
export function compareLanes(f: Code, op: CompareOp, dtype: ComputeDType, x: V128, y: V128): V128 {
  if (dtype === 'float32') return f[`f32x4_${op}`](x, y);
  if (op === 'eq' || op === 'ne') return f[`i32x4_${op}`](x, y);
  // Masks are 0 and −1: only unsigned lanes order false before true.
  return dtype === 'int32' ? f[`i32x4_${op}_s`](x, y) : f[`i32x4_${op}_u`](x, y);
}
