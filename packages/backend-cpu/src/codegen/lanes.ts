/**
 * Scalar expressions as vector code: every value is four 32-bit lanes (floats, integers, or masks for bool).
 */
import {
  BackendError,
  children,
  walk,
  type ArithmeticOp,
  type ComputeDType,
  type CompareOp,
  type Operand,
  type ScalarExpr,
  type UnaryOp,
} from '@dl/tensor/backend';
import type { Code, I32, Local, V128 } from '../wasm/assembler.ts';
import { division, integerPower, plainDivision } from './integers.ts';
import type { MathLibrary } from './math.ts';
import { load4, loadLanes, roundHalf, scaled } from './memory.ts';

/** What an expression needs from the loop around it. */
export interface LaneScope {
  readonly f: Code;
  readonly library: MathLibrary;
  /** Elements computed together: 4, or 1 (then all lanes hold the same). */
  readonly lanes: 1 | 4;
  /** The axis along which lanes differ; null when none does. */
  readonly laneAxis: number | null;
  readonly operands: readonly Operand[];
  /** The index along an axis (of the first lane). */
  index(axis: number): I32;
  /** A stride or size, on the stack. */
  int(value: Operand['offset']): I32;
  /** Byte address of an operand at the current index of all axes but the lane axis. */
  start(operand: number): Local<I32>;
  /** Byte address of an operand's first element, for computed coordinates. */
  origin(operand: number): I32;
  param(index: number, dtype: ComputeDType): V128;
  stage(index: number): Local<V128>;
}

/** Emits expressions; values used twice are kept in locals. */
export class Lanes {
  readonly #scope: LaneScope;
  readonly #known: Map<ScalarExpr, Local<V128>>;
  readonly #uses = new Map<ScalarExpr, number>();

  constructor(scope: LaneScope, hoisted: ReadonlyMap<ScalarExpr, Local<V128>> = new Map()) {
    this.#scope = scope;
    this.#known = new Map(hoisted);
  }

  /** Computes the roots into locals, in order. */
  emit(roots: readonly ScalarExpr[]): Local<V128>[] {
    walk(roots, (e) => children(e).forEach((child) => this.#uses.set(child, (this.#uses.get(child) ?? 0) + 1)));
    return roots.map((root) => {
      const known = this.#known.get(root);
      if (known) return known;
      const local = this.#scope.f.local('v128');
      this.#scope.f.set(local, this.#value(root));
      this.#known.set(root, local);
      return local;
    });
  }

  /** Pushes a value, remembering it when it is used again. */
  #push(e: ScalarExpr): V128 {
    const { f } = this.#scope;
    const known = this.#known.get(e);
    if (known) return f.get(known);
    const value = this.#value(e);
    if ((this.#uses.get(e) ?? 0) < 2) return value;
    const local = f.local('v128');
    this.#known.set(e, local);
    return f.tee(local, value);
  }

  /** A value in a local, for code that reads it several times. */
  #local(e: ScalarExpr): Local<V128> {
    const known = this.#known.get(e);
    if (known) return known;
    const local = this.#scope.f.local('v128');
    this.#scope.f.set(local, this.#value(e));
    this.#known.set(e, local);
    return local;
  }

  #value(e: ScalarExpr): V128 {
    const { f } = this.#scope;
    switch (e.kind) {
      case 'const':
        return constantLanes(f, e.value, e.dtype);
      case 'param':
        return this.#scope.param(e.index, e.dtype);
      case 'int':
        return f.i32x4_splat(this.#scope.int(e.value));
      case 'index': {
        const splat = f.i32x4_splat(this.#scope.index(e.axis));
        const differs = e.axis === this.#scope.laneAxis && this.#scope.lanes === 4;
        return differs ? f.i32x4_add(splat, f.lanes([0, 1, 2, 3])) : splat;
      }
      case 'stage':
        return f.get(this.#scope.stage(e.index));
      case 'load':
        return this.#load(e.operand);
      case 'at':
        return this.#at(e);
      case 'unary':
        return this.#unary(e.op, e.dtype, e.x);
      case 'binary':
        return this.#binary(e.op, e.dtype, e.a, e.b);
      case 'compare':
        return this.#compare(e.op, e.a, e.b);
      case 'select':
        return this.#select(e.cond, e.a, e.b);
      case 'cast':
        return this.#cast(e.x, e.dtype);
      case 'bitcast':
        return this.#push(e.x);
      case 'narrow':
        return this.#narrow(e);
      case 'iteration':
        throw new BackendError('cpu: an iteration number outside a loop');
      default:
        return e satisfies never;
    }
  }

  #load(slot: number): V128 {
    const { f, lanes, laneAxis, operands } = this.#scope;
    const { dtype, strides } = operands[slot]!;
    const start = this.#scope.start(slot);
    const stride = laneAxis === null ? 0 : strides[laneAxis]!;
    if (stride === 0) return loadLanes(f, dtype, [() => f.get(start)]);
    const moved = (lane: number): I32 => {
      const i = this.#scope.index(laneAxis!);
      const at = lane === 0 ? i : f.i32_add(i, f.i32(lane));
      return f.i32_add(scaled(f, stride === 1 ? at : f.i32_mul(at, this.#scope.int(stride)), dtype), f.get(start));
    };
    if (lanes === 1) return loadLanes(f, dtype, [() => moved(0)]);
    if (stride === 1) return load4(f, dtype, () => moved(0));
    return loadLanes(
      f,
      dtype,
      [0, 1, 2, 3].map((lane) => () => moved(lane)),
    );
  }

  #at(e: Extract<ScalarExpr, { kind: 'at' }>): V128 {
    const { f, lanes, laneAxis, operands } = this.#scope;
    const { dtype, strides } = operands[e.operand]!;
    const last = e.coords.at(-1);
    const neighbours =
      lanes === 4 &&
      last?.kind === 'index' &&
      last.axis === laneAxis &&
      strides.at(-1) === 1 &&
      e.coords.slice(0, -1).every((coord) => !differs(coord, laneAxis, operands));
    const position = f.local('v128');
    f.set(position, f.i32x4_splat(f.i32(0)));
    e.coords.forEach((coord, axis) => {
      const stride = strides[axis]!;
      if (stride === 0) return;
      const value = this.#push(coord);
      const step = stride === 1 ? value : f.i32x4_mul(value, f.i32x4_splat(this.#scope.int(stride)));
      f.set(position, f.i32x4_add(step, f.get(position)));
    });
    const address = (lane: number): I32 =>
      f.i32_add(scaled(f, f.i32_lane(f.get(position), lane), dtype), this.#scope.origin(e.operand));
    const varies = lanes === 4 && e.coords.some((coord) => differs(coord, laneAxis, operands));
    if (!varies) return loadLanes(f, dtype, [() => address(0)]);
    if (neighbours) return load4(f, dtype, () => address(0));
    return loadLanes(
      f,
      dtype,
      [0, 1, 2, 3].map((lane) => () => address(lane)),
    );
  }

  #unary(op: UnaryOp, dtype: ComputeDType, x: ScalarExpr): V128 {
    const { f, library } = this.#scope;
    const float = x.dtype === 'float32';
    switch (op) {
      case 'neg':
        return float ? f.f32x4_neg(this.#push(x)) : f.i32x4_neg(this.#push(x));
      case 'abs':
        if (float) return f.f32x4_abs(this.#push(x));
        return dtype === 'uint32' ? this.#push(x) : f.i32x4_abs(this.#push(x));
      case 'not':
        return f.v128_not(this.#push(x));
      case 'isNan': {
        const v = this.#local(x);
        return f.f32x4_ne(f.get(v), f.get(v));
      }
      case 'floor':
        return f.f32x4_floor(this.#push(x));
      case 'ceil':
        return f.f32x4_ceil(this.#push(x));
      case 'round':
        return f.f32x4_nearest(this.#push(x));
      case 'trunc':
        return f.f32x4_trunc(this.#push(x));
      case 'sqrt':
        return f.f32x4_sqrt(this.#push(x));
      case 'sign': {
        const v = this.#local(x);
        const unit = f.local('v128');
        f.set(unit, f.v128_or(f.v128_and(f.get(v), f.bits(1 << 31)), f.splat(1)));
        // Zeros and NaN give themselves.
        return f.v128_bitselect(
          f.get(unit),
          f.get(v),
          f.v128_or(f.f32x4_lt(f.get(v), f.splat(0)), f.f32x4_gt(f.get(v), f.splat(0))),
        );
      }
      case 'asin':
      case 'acos':
      case 'atan':
        return library.perLane(f, op, [this.#local(x)]);
      case 'exp':
      case 'log':
      case 'tanh':
        return library.inline(f, op, this.#push(x));
      default:
        return library.call(f, op, this.#push(x));
    }
  }

  #binary(op: ArithmeticOp, dtype: ComputeDType, a: ScalarExpr, b: ScalarExpr): V128 {
    if (dtype === 'float32') return this.#float(op, a, b);
    if (dtype === 'bool') {
      const { f } = this.#scope;
      if (op === 'and' || op === 'min') return f.v128_and(this.#push(a), this.#push(b));
      if (op === 'or' || op === 'max') return f.v128_or(this.#push(a), this.#push(b));
      return f.v128_xor(this.#push(a), this.#push(b));
    }
    return this.#integer(op, dtype === 'uint32', a, b);
  }

  #float(op: ArithmeticOp, a: ScalarExpr, b: ScalarExpr): V128 {
    const { f, library } = this.#scope;
    switch (op) {
      case 'add':
        return f.f32x4_add(this.#push(a), this.#push(b));
      case 'sub':
        return f.f32x4_sub(this.#push(a), this.#push(b));
      case 'mul':
        return f.f32x4_mul(this.#push(a), this.#push(b));
      case 'div':
        return f.f32x4_div(this.#push(a), this.#push(b));
      case 'max':
      case 'min': {
        const [x, y] = [this.#local(a), this.#local(b)];
        return extremum(f, op, x, y, b.kind !== 'const' || Number.isNaN(b.value));
      }
      case 'pow':
      case 'atan2':
        return library.perLane(f, op, [this.#local(a), this.#local(b)]);
      case 'rem':
        return library.perLane(f, 'fmod', [this.#local(a), this.#local(b)]);
      default:
        throw new BackendError(`cpu: '${op}' is not defined for floats`);
    }
  }

  #integer(op: ArithmeticOp, unsigned: boolean, a: ScalarExpr, b: ScalarExpr): V128 {
    const { f, library } = this.#scope;
    switch (op) {
      case 'add':
        return f.i32x4_add(this.#push(a), this.#push(b));
      case 'sub':
        return f.i32x4_sub(this.#push(a), this.#push(b));
      case 'mul':
        return f.i32x4_mul(this.#push(a), this.#push(b));
      case 'and':
        return f.v128_and(this.#push(a), this.#push(b));
      case 'or':
        return f.v128_or(this.#push(a), this.#push(b));
      case 'xor':
        return f.v128_xor(this.#push(a), this.#push(b));
      case 'min':
        return unsigned ? f.i32x4_min_u(this.#push(a), this.#push(b)) : f.i32x4_min_s(this.#push(a), this.#push(b));
      case 'max':
        return unsigned ? f.i32x4_max_u(this.#push(a), this.#push(b)) : f.i32x4_max_s(this.#push(a), this.#push(b));
      case 'shl':
      case 'shr':
        return this.#shift(op, unsigned, a, b);
      case 'mulHi': {
        const [x, y] = [this.#local(a), this.#local(b)];
        return f.shuffle(
          f.i64x2_extmul_low_i32x4_u(f.get(x), f.get(y)),
          f.i64x2_extmul_high_i32x4_u(f.get(x), f.get(y)),
          [1, 3, 5, 7],
        );
      }
      case 'div':
      case 'rem': {
        const x = this.#local(a);
        // A divisor known in advance becomes a multiplication in the engine.
        if (b.kind === 'const' && b.value > 0) {
          const by = (): I32 => f.i32(b.value);
          return library.perLaneInteger(f, x, x, this.#equalLanes(a, b), (p) =>
            plainDivision(f, op, unsigned, p(), by()),
          );
        }
        const y = this.#local(b);
        return library.perLaneInteger(f, x, y, this.#equalLanes(a, b), (p, q) => division(f, op, unsigned, p, q));
      }
      case 'pow': {
        const [x, y] = [this.#local(a), this.#local(b)];
        return library.perLaneInteger(f, x, y, this.#equalLanes(a, b), (p, q) => integerPower(f, unsigned, p, q));
      }
      default:
        throw new BackendError(`cpu: '${op}' is not defined for integers`);
    }
  }

  /** Whether both values are the same in all lanes. */
  #equalLanes(a: ScalarExpr, b: ScalarExpr): boolean {
    const { lanes, laneAxis, operands } = this.#scope;
    return lanes === 1 || (!differs(a, laneAxis, operands) && !differs(b, laneAxis, operands));
  }

  #shift(op: 'shl' | 'shr', unsigned: boolean, a: ScalarExpr, b: ScalarExpr): V128 {
    const { f, library } = this.#scope;
    const shifted = (x: V128, count: I32): V128 =>
      op === 'shl' ? f.i32x4_shl(x, count) : unsigned ? f.i32x4_shr_u(x, count) : f.i32x4_shr_s(x, count);
    if (b.kind === 'const') return shifted(this.#push(a), f.i32(b.value));
    const [x, y] = [this.#local(a), this.#local(b)];
    return library.perLaneInteger(f, x, y, this.#equalLanes(a, b), (p, q) =>
      op === 'shl' ? f.i32_shl(p(), q()) : unsigned ? f.i32_shr_u(p(), q()) : f.i32_shr_s(p(), q()),
    );
  }

  #compare(op: CompareOp, a: ScalarExpr, b: ScalarExpr): V128 {
    const { f } = this.#scope;
    const [x, y] = [this.#push(a), this.#push(b)];
    if (a.dtype === 'float32') return f[`f32x4_${op}`](x, y);
    if (op === 'eq' || op === 'ne') return f[`i32x4_${op}`](x, y);
    // Masks are 0 and −1: only unsigned lanes order false before true.
    if (a.dtype === 'uint32' || a.dtype === 'bool') return f[`i32x4_${op}_u`](x, y);
    return f[`i32x4_${op}_s`](x, y);
  }

  #select(cond: ScalarExpr, a: ScalarExpr, b: ScalarExpr): V128 {
    const { f } = this.#scope;
    if (isZero(a)) return f.v128_andnot(this.#push(b), this.#push(cond));
    if (isZero(b)) return f.v128_and(this.#push(a), this.#push(cond));
    return f.v128_bitselect(this.#push(a), this.#push(b), this.#push(cond));
  }

  #cast(x: ScalarExpr, to: ComputeDType): V128 {
    const { f } = this.#scope;
    const from = x.dtype;
    if (to === 'bool')
      return from === 'float32' ? f.f32x4_ne(this.#push(x), f.splat(0)) : f.i32x4_ne(this.#push(x), f.bits(0));
    if (from === 'bool') return f.v128_and(this.#push(x), to === 'float32' ? f.splat(1) : f.bits(1));
    if (to === 'float32')
      return from === 'uint32' ? f.f32x4_convert_i32x4_u(this.#push(x)) : f.f32x4_convert_i32x4_s(this.#push(x));
    if (from === 'float32')
      return to === 'uint32' ? f.i32x4_trunc_sat_f32x4_u(this.#push(x)) : f.i32x4_trunc_sat_f32x4_s(this.#push(x));
    return this.#push(x);
  }

  #narrow(e: Extract<ScalarExpr, { kind: 'narrow' }>): V128 {
    const { f } = this.#scope;
    if (e.to === 'float16') return roundHalf(f, this.#local(e.x));
    if (e.to === 'uint8' || e.to === 'uint16')
      return f.v128_and(this.#push(e.x), f.bits(e.to === 'uint8' ? 0xff : 0xffff));
    const bits = e.to === 'int8' ? 24 : 16;
    return f.i32x4_shr_s(f.i32x4_shl(this.#push(e.x), f.i32(bits)), f.i32(bits));
  }
}

/** Whether a value differs between lanes along an axis. */
export function differs(e: ScalarExpr, axis: number | null, operands: readonly Operand[]): boolean {
  if (axis === null) return false;
  if (e.kind === 'index') return e.axis === axis;
  if (e.kind === 'stage') return true;
  if (e.kind === 'load') return operands[e.operand]!.strides[axis] !== 0;
  return children(e).some((child) => differs(child, axis, operands));
}

function isZero(e: ScalarExpr): boolean {
  return e.kind === 'const' && Object.is(e.value, 0);
}

/** A constant in all lanes. */
export function constantLanes(f: Code, value: number, dtype: ComputeDType): V128 {
  if (dtype === 'float32') return f.splat(value);
  return f.bits(dtype === 'bool' ? (value === 0 ? 0 : -1) : value);
}

/** Larger or smaller of both; NaN of either side wins. `pmax` alone drops a NaN on its second side. */
export function extremum(f: Code, op: 'max' | 'min', x: Local<V128>, y: Local<V128>, checkSecond: boolean): V128 {
  const best = op === 'max' ? f.f32x4_pmax(f.get(x), f.get(y)) : f.f32x4_pmin(f.get(x), f.get(y));
  if (!checkSecond) return best;
  const kept = f.local('v128');
  f.set(kept, best);
  return f.v128_bitselect(f.get(kept), f.get(y), f.f32x4_eq(f.get(y), f.get(y)));
}
