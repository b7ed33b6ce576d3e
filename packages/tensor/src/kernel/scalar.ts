/**
 * ScalarExpr: the closed, typed algebra in which kernels compute one element.
 * Expressions are immutable directed acyclic graphs: a node used twice is the same object, and printers emit it once.
 */
import type { ComputeDType, NarrowDType } from '../dtype.ts';

/** A size, stride or offset in elements: an immediate, or a run-time parameter of the program. */
export type Int = number | IntParam;

/** A run-time integer: entry `param` of the values given to `Executable.run`. */
export interface IntParam {
  readonly param: number;
}

/** One-argument operations. `not` is logical on bool and bitwise on integers; `round` ties to even. */
export type UnaryOp =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'trunc'
  | 'sqrt'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'erf'
  | 'not'
  | 'isNan';

/** Two-argument operations whose result has the type of their arguments. `rem` truncates; `mulHi` is the upper word. */
export type ArithmeticOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'rem'
  | 'pow'
  | 'atan2'
  | 'min'
  | 'max'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'shr'
  | 'mulHi';

/** Two-argument operations whose result is bool. */
export type CompareOp = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';

/**
 * One node of the algebra. All nodes carry `dtype`, the type of their value in registers.
 *
 * - `load` reads an operand at the kernel's index; `at` reads it at computed int32 coordinates, which must be in range.
 * - `index` is the int32 coordinate along an axis of the kernel's index space; `iteration` that of the enclosing loop.
 * - `stage` is the result of an earlier stage of a reduce, or the accumulator (0) of a matmul or conv.
 * - `param` is a run-time scalar; `int` a size, stride or other integer of the shape.
 * - `cast` converts between compute types (float to integer truncates and saturates, NaN gives 0); `narrow` rounds or
 *   wraps to a narrow storage type while staying in registers; `bitcast` reinterprets 32 bits.
 */
export type ScalarExpr =
  | { readonly kind: 'const'; readonly dtype: ComputeDType; readonly value: number }
  | { readonly kind: 'param'; readonly dtype: ComputeDType; readonly index: number }
  | { readonly kind: 'int'; readonly dtype: 'int32'; readonly value: Int }
  | { readonly kind: 'load'; readonly dtype: ComputeDType; readonly operand: number }
  | {
      readonly kind: 'at';
      readonly dtype: ComputeDType;
      readonly operand: number;
      readonly coords: readonly ScalarExpr[];
    }
  | { readonly kind: 'index'; readonly dtype: 'int32'; readonly axis: number }
  | { readonly kind: 'iteration'; readonly dtype: 'int32' }
  | { readonly kind: 'stage'; readonly dtype: ComputeDType; readonly index: number }
  | { readonly kind: 'unary'; readonly dtype: ComputeDType; readonly op: UnaryOp; readonly x: ScalarExpr }
  | {
      readonly kind: 'binary';
      readonly dtype: ComputeDType;
      readonly op: ArithmeticOp;
      readonly a: ScalarExpr;
      readonly b: ScalarExpr;
    }
  | {
      readonly kind: 'compare';
      readonly dtype: 'bool';
      readonly op: CompareOp;
      readonly a: ScalarExpr;
      readonly b: ScalarExpr;
    }
  | {
      readonly kind: 'select';
      readonly dtype: ComputeDType;
      readonly cond: ScalarExpr;
      readonly a: ScalarExpr;
      readonly b: ScalarExpr;
    }
  | { readonly kind: 'cast'; readonly dtype: ComputeDType; readonly x: ScalarExpr }
  | { readonly kind: 'bitcast'; readonly dtype: ComputeDType; readonly x: ScalarExpr }
  | { readonly kind: 'narrow'; readonly dtype: ComputeDType; readonly to: NarrowDType; readonly x: ScalarExpr };

export type Load = Extract<ScalarExpr, { kind: 'load' }>;

export function constant(value: number | boolean, dtype: ComputeDType = 'float32'): ScalarExpr {
  return { kind: 'const', dtype, value: Number(value) };
}

export function param(index: number, dtype: ComputeDType): ScalarExpr {
  return { kind: 'param', dtype, index };
}

export function int(value: Int): ScalarExpr {
  return { kind: 'int', dtype: 'int32', value };
}

export function load(operand: number, dtype: ComputeDType): ScalarExpr {
  return { kind: 'load', dtype, operand };
}

export function at(operand: number, dtype: ComputeDType, coords: readonly ScalarExpr[]): ScalarExpr {
  return { kind: 'at', dtype, operand, coords };
}

export function index(axis: number): ScalarExpr {
  return { kind: 'index', dtype: 'int32', axis };
}

export function iteration(): ScalarExpr {
  return { kind: 'iteration', dtype: 'int32' };
}

export function stage(i: number, dtype: ComputeDType): ScalarExpr {
  return { kind: 'stage', dtype, index: i };
}

export function unary(op: UnaryOp, x: ScalarExpr): ScalarExpr {
  return { kind: 'unary', op, x, dtype: op === 'isNan' ? 'bool' : x.dtype };
}

export function binary(op: ArithmeticOp, a: ScalarExpr, b: ScalarExpr): ScalarExpr {
  return { kind: 'binary', op, a, b, dtype: a.dtype };
}

export function compare(op: CompareOp, a: ScalarExpr, b: ScalarExpr): ScalarExpr {
  return { kind: 'compare', op, a, b, dtype: 'bool' };
}

export function select(cond: ScalarExpr, a: ScalarExpr, b: ScalarExpr): ScalarExpr {
  return { kind: 'select', cond, a, b, dtype: a.dtype };
}

export function cast(x: ScalarExpr, dtype: ComputeDType): ScalarExpr {
  return x.dtype === dtype ? x : { kind: 'cast', x, dtype };
}

export function bitcast(x: ScalarExpr, dtype: ComputeDType): ScalarExpr {
  return x.dtype === dtype ? x : { kind: 'bitcast', x, dtype };
}

export function narrow(x: ScalarExpr, to: NarrowDType): ScalarExpr {
  return { kind: 'narrow', x, to, dtype: x.dtype };
}

/** The nodes that `e` uses directly, in evaluation order. */
export function children(e: ScalarExpr): readonly ScalarExpr[] {
  switch (e.kind) {
    case 'unary':
    case 'cast':
    case 'bitcast':
    case 'narrow':
      return [e.x];
    case 'binary':
    case 'compare':
      return [e.a, e.b];
    case 'select':
      return [e.cond, e.a, e.b];
    case 'at':
      return e.coords;
    case 'const':
    case 'param':
    case 'int':
    case 'load':
    case 'index':
    case 'iteration':
    case 'stage':
      return [];
    default:
      return e satisfies never;
  }
}

/** Rebuilds `e` with its direct children replaced; returns `e` itself when none changed. */
export function withChildren(e: ScalarExpr, next: readonly ScalarExpr[]): ScalarExpr {
  const old = children(e);
  if (old.every((child, i) => child === next[i])) return e;
  switch (e.kind) {
    case 'unary':
    case 'cast':
    case 'bitcast':
    case 'narrow':
      return { ...e, x: next[0]! };
    case 'binary':
    case 'compare':
      return { ...e, a: next[0]!, b: next[1]! };
    case 'select':
      return { ...e, cond: next[0]!, a: next[1]!, b: next[2]! };
    case 'at':
      return { ...e, coords: next };
    default:
      return e;
  }
}

/** Rewrites bottom-up, once per shared node: `f` sees each node with its children already rewritten. */
export function rewrite(roots: readonly ScalarExpr[], f: (e: ScalarExpr) => ScalarExpr): ScalarExpr[] {
  const done = new Map<ScalarExpr, ScalarExpr>();
  const visit = (e: ScalarExpr): ScalarExpr => {
    const known = done.get(e);
    if (known) return known;
    const result = f(withChildren(e, children(e).map(visit)));
    done.set(e, result);
    return result;
  };
  return roots.map(visit);
}

/** Calls `f` once for each distinct node below and including `roots`, children first. */
export function walk(roots: readonly ScalarExpr[], f: (e: ScalarExpr) => void): void {
  const seen = new Set<ScalarExpr>();
  const visit = (e: ScalarExpr): void => {
    if (seen.has(e)) return;
    seen.add(e);
    children(e).forEach(visit);
    f(e);
  };
  roots.forEach(visit);
}

/** How many distinct nodes the expressions hold. */
export function countNodes(roots: readonly ScalarExpr[]): number {
  let count = 0;
  walk(roots, () => count++);
  return count;
}
