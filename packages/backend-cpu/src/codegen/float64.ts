/**
 * Operations on four doubles in two vectors. Transcendental functions run in the host.
 */
import type { CompareOp, ScalarExpr } from '@dl/tensor/backend';
import type { Linker } from '../library/library.ts';
import { perDouble } from '../math/host.ts';
import type { Code, V128 } from '../wasm/code.ts';
import { toDoubles, undefinedFor, wideMask, type Vec } from './vec.ts';

type Operation = Extract<ScalarExpr, { kind: 'unary' | 'binary' | 'cast' }>;

/** Writes one operation; `vec` gives its operands. */
export function emitFloat64(f: Code, linker: Linker, e: Operation, vec: (e: ScalarExpr) => Vec, lanes: 1 | 4): Vec {
  if (e.kind === 'cast') return toFloat64(f, e.x, vec);
  return e.kind === 'unary'
    ? unary(f, linker, e.op, vec(e.x), lanes)
    : binary(f, linker, e.op, vec(e.a), vec(e.b), lanes);
}

function unary(f: Code, linker: Linker, op: Extract<ScalarExpr, { kind: 'unary' }>['op'], x: Vec, lanes: 1 | 4): Vec {
  const each = (write: (part: V128) => V128): Vec => x.map((part) => f.keepVector(write(f.get(part))));
  switch (op) {
    case 'neg':
      return each((v) => f.f64x2_neg(v));
    case 'abs':
      return each((v) => f.f64x2_abs(v));
    case 'floor':
      return each((v) => f.f64x2_floor(v));
    case 'ceil':
      return each((v) => f.f64x2_ceil(v));
    case 'round':
      return each((v) => f.f64x2_nearest(v));
    case 'trunc':
      return each((v) => f.f64x2_trunc(v));
    case 'sqrt':
      return each((v) => f.f64x2_sqrt(v));
    case 'sign':
      return x.map((part) => {
        const signBit = f.words([0, 1 << 31, 0, 1 << 31]);
        const unit = f.keepVector(f.v128_or(f.v128_and(signBit, f.get(part)), f.splat64(1)));
        const nonzero = f.v128_or(f.f64x2_lt(f.get(part), f.bits(0)), f.f64x2_gt(f.get(part), f.bits(0)));
        const mask = f.keepVector(nonzero);
        return f.keepVector(f.v128_bitselect(f.get(unit), f.get(part), f.get(mask)));
      });
    case 'not':
    case 'isNan':
      return undefinedFor(op, 'float64');
    default:
      return perDouble(f, linker, op, [x], lanes);
  }
}

function binary(
  f: Code,
  linker: Linker,
  op: Extract<ScalarExpr, { kind: 'binary' }>['op'],
  a: Vec,
  b: Vec,
  lanes: 1 | 4,
): Vec {
  const each = (write: (x: V128, y: V128) => V128): Vec =>
    a.map((part, i) => f.keepVector(write(f.get(part), f.get(b[i]!))));
  switch (op) {
    case 'add':
      return each((x, y) => f.f64x2_add(x, y));
    case 'sub':
      return each((x, y) => f.f64x2_sub(x, y));
    case 'mul':
      return each((x, y) => f.f64x2_mul(x, y));
    case 'div':
      return each((x, y) => f.f64x2_div(x, y));
    case 'min':
      return each((x, y) => f.f64x2_min(x, y));
    case 'max':
      return each((x, y) => f.f64x2_max(x, y));
    case 'pow':
    case 'rem':
    case 'atan2':
      return perDouble(f, linker, op, [a, b], lanes);
    case 'and':
    case 'or':
    case 'xor':
      return a.map((part, i) => {
        const [x, y] = [f.f64x2_ne(f.get(part), f.bits(0)), f.f64x2_ne(f.get(b[i]!), f.bits(0))];
        return f.keepVector(f.v128_and(f[`v128_${op}`](x, y), f.splat64(1)));
      });
    default:
      return undefinedFor(op, 'float64');
  }
}

function toFloat64(f: Code, x: ScalarExpr, vec: (e: ScalarExpr) => Vec): Vec {
  const v = vec(x)[0]!;
  switch (x.dtype) {
    case 'float32':
      return toDoubles(f, v, (part) => f.f64x2_promote_low_f32x4(part));
    case 'int32':
      return toDoubles(f, v, (part) => f.f64x2_convert_low_i32x4_s(part));
    case 'uint32':
      return toDoubles(f, v, (part) => f.f64x2_convert_low_i32x4_u(part));
    case 'bool':
      return [0, 1].map((part) => f.keepVector(f.v128_and(wideMask(f, f.get(v), part), f.splat64(1))));
    default:
      return undefinedFor('cast', `${x.dtype} to float64`);
  }
}

/** A 32-bit mask of the lanes where the comparison holds. */
export function compareFloat64(f: Code, op: CompareOp, a: Vec, b: Vec): V128 {
  const [low, high] = a.map((part, i) => f.keepVector(f[`f64x2_${op}`](f.get(part), f.get(b[i]!))));
  return f.shuffle(f.get(low!), f.get(high!), [0, 2, 4, 6]);
}
