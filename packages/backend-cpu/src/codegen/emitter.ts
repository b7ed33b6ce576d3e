/**
 * Scalar expressions as vector code at one position of a kernel's loops. Values that are used twice are kept in locals,
 * so that shared nodes are computed once.
 */
import {
  byteWidth,
  children,
  walk,
  type ComputeDType,
  type Int,
  type Operand,
  type ScalarExpr,
} from '@dl/tensor/backend';
import type { Linker } from '../library/library.ts';
import type { Code, I32, Local, V128 } from '../wasm/code.ts';
import { compareFloat64, emitFloat64 } from './float64.ts';
import { binaryFloat, compareLanes, unaryFloat, type Arg } from './float32.ts';
import { binaryBool, binaryInteger, narrowInteger, unaryInteger } from './integer.ts';
import { loadScattered, loadVec, loadVector, roundHalf, type Place } from './memory.ts';
import { castVector } from './cast.ts';
import { constantVector, scaled, undefinedFor, vecLocals, wideMask, type Vec } from './vec.ts';

/** What an expression needs to know of the loops around it. */
export interface Cell {
  readonly f: Code;
  readonly linker: Linker;
  /** Elements computed together: 4, or 1 (then all lanes hold the same). */
  readonly lanes: 1 | 4;
  /** The axis along which lanes differ; null when none does. */
  readonly laneAxis: number | null;
  readonly operands: readonly Operand[];
  /** Where a loaded operand lies at this position. */
  place(operand: number): Place;
  /** The index along an axis, of the first lane. */
  index(axis: number): I32;
  /** A stride or size. */
  int(value: Int): I32;
  /** Address of an operand's first element, for computed coordinates. */
  origin(operand: number): I32;
  /** A scalar parameter, in locals. */
  param(index: number, dtype: ComputeDType): Vec;
  iteration(): I32;
  stage(index: number): Vec;
}

/** The address of an `at` node as far as it is known before a loop: which coordinates it already counts. */
interface Base {
  readonly address: Local<I32>;
  readonly counted: readonly boolean[];
}

/** What was computed before a loop. */
export interface Known {
  readonly values: Map<ScalarExpr, Vec>;
  readonly bases: Map<ScalarExpr, Base>;
}

export function nothingKnown(): Known {
  return { values: new Map(), bases: new Map() };
}

type At = Extract<ScalarExpr, { kind: 'at' }>;

export class Emitter {
  readonly #cell: Cell;
  readonly #values: Map<ScalarExpr, Vec>;
  readonly #bases: ReadonlyMap<ScalarExpr, Base>;
  readonly #uses = new Map<ScalarExpr, number>();

  constructor(cell: Cell, known: Known = nothingKnown()) {
    this.#cell = cell;
    this.#values = new Map(known.values);
    this.#bases = known.bases;
  }

  /** Computes the roots into locals, in order. */
  emit(roots: readonly ScalarExpr[]): Vec[] {
    this.expect(roots);
    return roots.map((root) => this.vec(root));
  }

  /** Takes over values that were computed in the meantime. */
  learn({ values }: Known): void {
    values.forEach((value, e) => this.#values.has(e) || this.#values.set(e, value));
  }

  /** Announces uses, so that values needed more than once are kept. */
  expect(roots: readonly ScalarExpr[]): void {
    walk(roots, (e) => children(e).forEach((child) => this.#uses.set(child, (this.#uses.get(child) ?? 0) + 1)));
    for (const root of roots) this.#uses.set(root, (this.#uses.get(root) ?? 0) + 1);
  }

  /** A value in locals. */
  vec(e: ScalarExpr): Vec {
    const known = this.#values.get(e);
    if (known) return known;
    const { f } = this.#cell;
    let result: Vec;
    if (e.dtype === 'float64') {
      result = this.#double(e);
    } else {
      result = vecLocals(f, e.dtype);
      f.set(result[0]!, this.#value(e));
    }
    this.#values.set(e, result);
    return result;
  }

  /** Pushes a 32-bit value, remembering it when it is used again. */
  push(e: ScalarExpr): V128 {
    const { f } = this.#cell;
    const known = this.#values.get(e);
    if (known) return f.get(known[0]!);
    if (e.kind === 'const' || (this.#uses.get(e) ?? 0) < 2) return this.#value(e);
    return f.get(this.vec(e)[0]!);
  }

  /** A value as an operand of an operation. */
  #arg(e: ScalarExpr): Arg {
    return {
      expr: e,
      push: () => this.push(e),
      local: () => this.vec(e)[0]!,
    };
  }

  /** Whether a value is the same in all lanes. */
  #even(e: ScalarExpr): boolean {
    const { lanes, laneAxis, operands } = this.#cell;
    return lanes === 1 || !differs(e, laneAxis, operands);
  }

  #value(e: ScalarExpr): V128 {
    const { f, linker } = this.#cell;
    switch (e.kind) {
      case 'const':
        return constantVector(f, e.value, e.dtype);
      case 'param':
        return f.get(this.#cell.param(e.index, e.dtype)[0]!);
      case 'int':
        return f.i32x4_splat(this.#cell.int(e.value));
      case 'iteration':
        return f.i32x4_splat(this.#cell.iteration());
      case 'index': {
        const splat = f.i32x4_splat(this.#cell.index(e.axis));
        const moves = e.axis === this.#cell.laneAxis && this.#cell.lanes === 4;
        return moves ? f.i32x4_add(splat, f.words([0, 1, 2, 3])) : splat;
      }
      case 'stage':
        return f.get(this.#cell.stage(e.index)[0]!);
      case 'load':
        return loadVector(f, this.#cell.operands[e.operand]!.dtype, this.#cell.place(e.operand), this.#cell.lanes);
      case 'at':
        return f.get(this.#at(e)[0]!);
      case 'unary': {
        if (e.x.dtype === 'float64') return this.#isNanDouble(e.x);
        if (e.x.dtype === 'float32') return unaryFloat(f, linker, e.op, this.#arg(e.x));
        return unaryInteger(f, e.op, e.x.dtype, this.#arg(e.x));
      }
      case 'binary': {
        const [a, b] = [this.#arg(e.a), this.#arg(e.b)];
        if (e.dtype === 'float32') return binaryFloat(f, linker, e.op, a, b);
        return e.dtype === 'bool' ? binaryBool(f, e.op, a, b) : binaryInteger(f, linker, e.op, e.dtype, a, b);
      }
      case 'compare':
        if (e.a.dtype === 'float64') return compareFloat64(f, e.op, this.vec(e.a), this.vec(e.b));
        return compareLanes(f, e.op, e.a.dtype, this.push(e.a), this.push(e.b));
      case 'select':
        return this.#select(e.cond, e.a, e.b);
      case 'cast':
        return castVector(f, e.x.dtype, e.dtype, this.#arg(e.x), () => this.vec(e.x));
      case 'bitcast':
        return this.push(e.x);
      case 'narrow':
        return e.to === 'float16' ? roundHalf(f, this.vec(e.x)[0]!) : narrowInteger(f, e.to, this.push(e.x));
      default:
        return e satisfies never;
    }
  }

  #isNanDouble(x: ScalarExpr): V128 {
    const pair = this.vec(x);
    return compareFloat64(this.#cell.f, 'ne', pair, pair);
  }

  #select(cond: ScalarExpr, a: ScalarExpr, b: ScalarExpr): V128 {
    const { f } = this.#cell;
    if (isZero(a)) return f.v128_andnot(this.push(b), this.push(cond));
    if (isZero(b)) return f.v128_and(this.push(a), this.push(cond));
    return f.v128_bitselect(this.push(a), this.push(b), this.push(cond));
  }

  /** A float64 value. */
  #double(e: ScalarExpr): Vec {
    const { f, linker, lanes } = this.#cell;
    switch (e.kind) {
      case 'const': {
        const v = f.keepVector(f.splat64(e.value));
        return [v, v];
      }
      case 'param':
        return this.#cell.param(e.index, 'float64');
      case 'stage':
        return this.#cell.stage(e.index);
      case 'load':
        return loadVec(f, 'float64', this.#cell.place(e.operand), lanes);
      case 'at':
        return this.#at(e);
      case 'select': {
        const [cond, a, b] = [this.vec(e.cond)[0]!, this.vec(e.a), this.vec(e.b)];
        return a.map((x, part) =>
          f.keepVector(f.v128_bitselect(f.get(x), f.get(b[part]!), wideMask(f, f.get(cond), part))),
        );
      }
      case 'unary':
      case 'binary':
      case 'cast':
        return emitFloat64(f, linker, e, (x) => this.vec(x), this.#even(e) ? 1 : 4);
      default:
        return undefinedFor(e.kind, 'float64');
    }
  }

  /** A value read at computed coordinates. */
  #at(e: At): Vec {
    const { f, lanes, laneAxis, operands } = this.#cell;
    const { dtype, strides } = operands[e.operand]!;
    const moving = (coord: ScalarExpr): boolean => lanes === 4 && differs(coord, laneAxis, operands);
    const last = e.coords.length - 1;
    const run = runsAlong(e, laneAxis, strides) && lanes === 4 && !e.coords.slice(0, -1).some(moving);
    const even = e.coords.map((coord, i) => !moving(coord) || (run && i === last));
    const known = this.#bases.get(e);
    const open = e.coords.map((_, i) => even[i]! && !known?.counted[i]);
    const base = f.local('i32');
    f.set(base, known ? f.get(known.address) : this.#cell.origin(e.operand));
    this.advance(base, e, open);
    if (even.every(Boolean)) {
      const step = { kind: run ? (strides[last] === 1 ? 'unit' : 'back') : 'same' } as const;
      return loadVec(f, dtype, { pointer: base, offset: 0, step }, lanes);
    }
    const position = f.local('v128');
    f.set(position, f.bits(0));
    e.coords.forEach((coord, axis) => {
      const stride = strides[axis]!;
      if (stride === 0 || even[axis]) return;
      const value = this.push(coord);
      const step = stride === 1 ? value : f.i32x4_mul(value, f.i32x4_splat(this.#cell.int(stride)));
      f.set(position, f.i32x4_add(step, f.get(position)));
    });
    const address = (lane: number) => (): I32 =>
      f.i32_add(scaled(f, f.i32_lane(f.get(position), lane), byteWidth(dtype)), f.get(base));
    return loadScattered(f, dtype, [0, 1, 2, 3].map(address));
  }

  /** Adds chosen coordinates, which all lanes share, to the address of an `at` node. */
  advance(base: Local<I32>, { coords, operand }: At, chosen: readonly boolean[]): void {
    const { f, operands } = this.#cell;
    const { dtype, strides } = operands[operand]!;
    coords.forEach((coord, axis) => {
      const stride = strides[axis]!;
      if (stride === 0 || !chosen[axis]) return;
      const address = f.get(base);
      const value = this.#scalar(coord);
      const step = stride === 1 ? value : f.i32_mul(value, this.#cell.int(stride));
      f.set(base, f.i32_add(address, scaled(f, step, byteWidth(dtype))));
    });
  }

  /** The first lane of an int32 value. */
  #scalar(e: ScalarExpr): I32 {
    const { f } = this.#cell;
    switch (e.kind) {
      case 'const':
        return f.i32(e.value);
      case 'int':
        return this.#cell.int(e.value);
      case 'index':
        return this.#cell.index(e.axis);
      default:
        return f.i32_lane(f.get(this.vec(e)[0]!), 0);
    }
  }
}

/** Whether an `at` node reads neighbours in neighbouring lanes, forwards or backwards. */
export function runsAlong(e: At, laneAxis: number | null, strides: readonly Int[]): boolean {
  const last = e.coords.at(-1);
  const stride = strides.at(-1);
  return last?.kind === 'index' && last.axis === laneAxis && (stride === 1 || stride === -1);
}

const cache = new WeakMap<ScalarExpr, Map<number, { operands: readonly Operand[]; result: boolean }>>();

/** Whether a value differs between lanes along an axis. */
export function differs(e: ScalarExpr, axis: number | null, operands: readonly Operand[]): boolean {
  if (axis === null) return false;
  let known = cache.get(e);
  const entry = known?.get(axis);
  if (entry && entry.operands === operands) return entry.result;
  let result: boolean;
  if (e.kind === 'index') result = e.axis === axis;
  else if (e.kind === 'stage') result = true;
  else if (e.kind === 'load') result = (operands[e.operand]!.strides[axis] ?? 0) !== 0;
  else result = children(e).some((child) => differs(child, axis, operands));
  if (!known) cache.set(e, (known = new Map()));
  known.set(axis, { operands, result });
  return result;
}

function isZero(e: ScalarExpr): boolean {
  return e.kind === 'const' && Object.is(e.value, 0);
}

/**
 * Computes, before a loop, what does not change in it. `moves` says so for leaves; the cell is one of the loop's body, at
 * its first position.
 */
export function hoist(cell: Cell, exprs: readonly ScalarExpr[], moves: (leaf: ScalarExpr) => boolean): Known {
  const moving = new Map<ScalarExpr, boolean>();
  walk(exprs, (e) => moving.set(e, moves(e) || children(e).some((child) => moving.get(child)!)));
  const still = new Set<ScalarExpr>();
  const keep = (e: ScalarExpr): void => {
    if (!moving.get(e) && e.kind !== 'const') still.add(e);
  };
  exprs.forEach(keep);
  walk(exprs, (e) => moving.get(e) && children(e).forEach(keep));
  const known = nothingKnown();
  const emitter = new Emitter(cell);
  const list = [...still];
  emitter.emit(list).forEach((value, i) => known.values.set(list[i]!, value));
  walk(exprs, (e) => {
    if (e.kind !== 'at' || !moving.get(e)) return;
    const counted = e.coords.map((coord) => !moving.get(coord) && !differs(coord, cell.laneAxis, cell.operands));
    const address = cell.f.local('i32');
    cell.f.set(address, cell.origin(e.operand));
    emitter.advance(address, e, counted);
    known.bases.set(e, { address, counted });
  });
  return known;
}
