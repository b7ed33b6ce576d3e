/**
 * Operations on four integers, and on four truth values.
 */
import type { ArithmeticOp, ComputeDType, NarrowDType, UnaryOp } from '@dl/tensor/backend';
import type { Linker } from '../library/library.ts';
import { binaryRoutine } from '../math/routines.ts';
import type { Code, V128 } from '../wasm/code.ts';
import type { Arg } from './float32.ts';
import { undefinedFor } from './vec.ts';

export function unaryInteger(f: Code, op: UnaryOp, dtype: ComputeDType, x: Arg): V128 {
  switch (op) {
    case 'neg':
      return f.i32x4_neg(x.push());
    case 'abs':
      return dtype === 'int32' ? f.i32x4_abs(x.push()) : x.push();
    case 'not':
      return f.v128_not(x.push());
    case 'sign': {
      const v = x.local();
      if (dtype !== 'int32') return f.i32x4_min_u(f.get(v), f.bits(1));
      return f.i32x4_max_s(f.i32x4_min_s(f.get(v), f.bits(1)), f.bits(-1));
    }
    case 'floor':
    case 'ceil':
    case 'round':
    case 'trunc':
      return x.push();
    case 'isNan':
      return f.bits(0);
    default:
      return undefinedFor(op, dtype);
  }
}

export function binaryBool(f: Code, op: ArithmeticOp, a: Arg, b: Arg): V128 {
  switch (op) {
    case 'and':
    case 'min':
    case 'mul':
      return f.v128_and(a.push(), b.push());
    case 'or':
    case 'max':
      return f.v128_or(a.push(), b.push());
    case 'xor':
      return f.v128_xor(a.push(), b.push());
    default:
      return undefinedFor(op, 'bool');
  }
}

export function binaryInteger(
  f: Code,
  linker: Linker,
  op: ArithmeticOp,
  dtype: 'int32' | 'uint32' | 'float64',
  a: Arg,
  b: Arg,
): V128 {
  const unsigned = dtype === 'uint32';
  switch (op) {
    case 'add':
      return f.i32x4_add(a.push(), b.push());
    case 'sub':
      return f.i32x4_sub(a.push(), b.push());
    case 'mul':
      return f.i32x4_mul(a.push(), b.push());
    case 'and':
      return f.v128_and(a.push(), b.push());
    case 'or':
      return f.v128_or(a.push(), b.push());
    case 'xor':
      return f.v128_xor(a.push(), b.push());
    case 'min':
      return unsigned ? f.i32x4_min_u(a.push(), b.push()) : f.i32x4_min_s(a.push(), b.push());
    case 'max':
      return unsigned ? f.i32x4_max_u(a.push(), b.push()) : f.i32x4_max_s(a.push(), b.push());
    case 'mulHi': {
      const [x, y] = [a.local(), b.local()];
      const product = (half: 'low' | 'high'): V128 =>
        unsigned
          ? f[`i64x2_extmul_${half}_i32x4_u`](f.get(x), f.get(y))
          : f[`i64x2_extmul_${half}_i32x4_s`](f.get(x), f.get(y));
      return f.shuffle(product('low'), product('high'), [1, 3, 5, 7]);
    }
    case 'shl':
    case 'shr':
      if (b.expr.kind === 'const') {
        const x = a.push();
        const count = f.i32(b.expr.value);
        return op === 'shl' ? f.i32x4_shl(x, count) : unsigned ? f.i32x4_shr_u(x, count) : f.i32x4_shr_s(x, count);
      }
      return routine(f, linker, op, unsigned, a, b);
    case 'div':
    case 'rem':
      if (b.expr.kind === 'const' && unsigned && isPowerOfTwo(b.expr.value)) {
        if (op === 'rem') return f.v128_and(a.push(), f.bits(b.expr.value - 1));
        return f.i32x4_shr_u(a.push(), f.i32(Math.log2(b.expr.value)));
      }
      return routine(f, linker, op, unsigned, a, b);
    case 'pow':
      return routine(f, linker, op, unsigned, a, b);
    default:
      return undefinedFor(op, 'int32');
  }
}

function routine(
  f: Code,
  linker: Linker,
  op: 'div' | 'rem' | 'pow' | 'shl' | 'shr',
  unsigned: boolean,
  a: Arg,
  b: Arg,
): V128 {
  const fn = linker.use(binaryRoutine(`${unsigned ? 'uint32' : 'int32'}.${op}`));
  return f.call<V128>(fn, a.push(), b.push());
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value));
}

/** Wraps to a narrow integer type. */
export function narrowInteger(f: Code, to: Exclude<NarrowDType, 'float16'>, x: V128): V128 {
  if (to === 'uint8' || to === 'uint16') return f.v128_and(x, f.bits(to === 'uint8' ? 0xff : 0xffff));
  const bits = to === 'int8' ? 24 : 16;
  return f.i32x4_shr_s(f.i32x4_shl(x, f.i32(bits)), f.i32(bits));
}
