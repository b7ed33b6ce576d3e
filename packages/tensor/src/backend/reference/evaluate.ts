/**
 * Turns scalar expressions into straight-line JS: one slot per distinct node, one closure per operation.
 * Values are float64 while they are in slots; stores round. This file defines what every scalar operation means.
 */
import {
  fromFloat16Bits,
  toFloat16Bits,
  type ComputeDType,
  type DType,
  type NarrowDType,
  type TypedArray,
} from '../../dtype.ts';
import type { Operand } from '../../kernel/kernel.ts';
import { children, walk, type ArithmeticOp, type CompareOp, type Int, type ScalarExpr } from '../../kernel/scalar.ts';
import { FLOAT_ARITHMETIC, FLOAT_UNARY } from './float-functions.ts';

/** What surrounds an evaluation: memory, run-time parameters, loop iteration. */
export interface Frame {
  readonly arrays: readonly TypedArray[];
  readonly params: readonly number[];
  iteration: number;
}

/** The number an `Int` stands for. */
export function resolve(value: Int, frame: Frame): number {
  return typeof value === 'number' ? value : frame.params[value.param]!;
}

/** An operand whose strides are known and whose memory is at hand. */
export interface BoundOperand {
  readonly array: TypedArray;
  readonly dtype: DType;
  readonly base: number;
  readonly strides: readonly number[];
}

export function bind(operand: Operand, frame: Frame): BoundOperand {
  const step = operand.iterationStride === undefined ? 0 : resolve(operand.iterationStride, frame) * frame.iteration;
  return {
    array: frame.arrays[operand.buffer]!,
    dtype: operand.dtype,
    base: resolve(operand.offset, frame) + step,
    strides: operand.strides.map((stride) => resolve(stride, frame)),
  };
}

/** Element position of an index in a bound operand. Extra axes of the index are ignored. */
export function position(operand: BoundOperand, index: ArrayLike<number>): number {
  let at = operand.base;
  for (let axis = 0; axis < operand.strides.length; axis++) at += operand.strides[axis]! * index[axis]!;
  return at;
}

export function readElement(array: TypedArray, dtype: DType, at: number): number {
  const raw = array[at]!;
  if (dtype === 'float16') return fromFloat16Bits(raw);
  return dtype === 'bool' ? Number(raw !== 0) : raw;
}

export function writeElement(array: TypedArray, dtype: DType, at: number, value: number): void {
  array[at] = dtype === 'float16' ? toFloat16Bits(value) : value;
}

/** A compiled group of expressions: `run()` fills the slots, `value(i)` is the i-th root's value. */
export interface Evaluator {
  run(): void;
  value(root: number): number;
}

/**
 * Compiles expressions against bound operands, the current index and the stage values, all read at `run()`.
 */
export function evaluator(
  roots: readonly ScalarExpr[],
  operands: readonly BoundOperand[],
  index: ArrayLike<number>,
  stages: ArrayLike<number>,
  frame: Frame,
): Evaluator {
  const slots: number[] = [];
  const slotOf = new Map<ScalarExpr, number>();
  const steps: (() => void)[] = [];
  walk(roots, (e) => {
    const slot = slots.push(0) - 1;
    slotOf.set(e, slot);
    const args = children(e).map((child) => slotOf.get(child)!);
    const [a = 0, b = 0, c = 0] = args;
    switch (e.kind) {
      case 'const':
        slots[slot] = e.dtype === 'float32' ? Math.fround(e.value) : e.value;
        return;
      case 'param':
        slots[slot] = wrap(frame.params[e.index]!, e.dtype);
        return;
      case 'int':
        slots[slot] = resolve(e.value, frame);
        return;
      case 'load': {
        const operand = operands[e.operand]!;
        steps.push(() => (slots[slot] = readElement(operand.array, operand.dtype, position(operand, index))));
        return;
      }
      case 'at': {
        const operand = operands[e.operand]!;
        const coords = new Int32Array(args.length);
        steps.push(() => {
          for (let i = 0; i < args.length; i++) coords[i] = slots[args[i]!]!;
          slots[slot] = readElement(operand.array, operand.dtype, position(operand, coords));
        });
        return;
      }
      case 'index':
        steps.push(() => (slots[slot] = index[e.axis]!));
        return;
      case 'iteration':
        steps.push(() => (slots[slot] = frame.iteration));
        return;
      case 'stage':
        steps.push(() => (slots[slot] = stages[e.index]!));
        return;
      case 'unary': {
        const f = e.op === 'not' && e.dtype === 'bool' ? (x: number) => 1 - x : FLOAT_UNARY[e.op];
        steps.push(() => (slots[slot] = wrap(f(slots[a]!), e.dtype)));
        return;
      }
      case 'binary': {
        const f = e.dtype === 'float32' || e.dtype === 'float64' ? FLOAT_ARITHMETIC[e.op] : INTEGER[e.op](e.dtype);
        steps.push(() => (slots[slot] = f(slots[a]!, slots[b]!)));
        return;
      }
      case 'compare': {
        const f = COMPARE[e.op];
        steps.push(() => (slots[slot] = Number(f(slots[a]!, slots[b]!))));
        return;
      }
      case 'select':
        steps.push(() => (slots[slot] = slots[a] ? slots[b]! : slots[c]!));
        return;
      case 'cast': {
        const f = caster(e.x.dtype, e.dtype);
        steps.push(() => (slots[slot] = f(slots[a]!)));
        return;
      }
      case 'bitcast': {
        const from = SCRATCH[e.x.dtype]!;
        const to = SCRATCH[e.dtype]!;
        steps.push(() => {
          from[0] = slots[a]!;
          slots[slot] = to[0]!;
        });
        return;
      }
      case 'narrow': {
        const f = NARROW[e.to];
        steps.push(() => (slots[slot] = f(slots[a]!)));
        return;
      }
      default:
        e satisfies never;
    }
  });
  const rootSlots = roots.map((root) => slotOf.get(root)!);
  return {
    run: () => {
      for (const step of steps) step();
    },
    value: (root) => slots[rootSlots[root]!]!,
  };
}

const scratch = new ArrayBuffer(8);
const SCRATCH: { readonly [D in ComputeDType]?: TypedArray } = {
  float32: new Float32Array(scratch),
  int32: new Int32Array(scratch),
  uint32: new Uint32Array(scratch),
};

/** Brings a number into the range of an integer type; floats pass. */
function wrap(value: number, dtype: ComputeDType): number {
  if (dtype === 'int32') return value | 0;
  return dtype === 'uint32' ? value >>> 0 : value;
}

/** Integers wrap; division and remainder by zero give 0; shifts take their count modulo 32. */
const INTEGER: { readonly [K in ArithmeticOp]: (dtype: ComputeDType) => (a: number, b: number) => number } = {
  add: (dtype) => (a, b) => wrap(a + b, dtype),
  sub: (dtype) => (a, b) => wrap(a - b, dtype),
  mul: (dtype) => (a, b) => wrap(Math.imul(a, b), dtype),
  div: (dtype) => (a, b) => (b === 0 ? 0 : wrap(Math.trunc(a / b), dtype)),
  rem: (dtype) => (a, b) => (b === 0 ? 0 : wrap(a % b, dtype)),
  pow: (dtype) => (a, b) => {
    if (b < 0) return a === 1 ? 1 : a === -1 ? (b % 2 ? -1 : 1) : 0;
    let result = 1;
    for (let base = a, n = b; n > 0; n = Math.floor(n / 2), base = Math.imul(base, base)) {
      if (n % 2) result = Math.imul(result, base);
    }
    return wrap(result, dtype);
  },
  atan2: () => Math.atan2,
  min: () => Math.min,
  max: () => Math.max,
  and: (dtype) => (a, b) => wrap(a & b, dtype),
  or: (dtype) => (a, b) => wrap(a | b, dtype),
  xor: (dtype) => (a, b) => wrap(a ^ b, dtype),
  shl: (dtype) => (a, b) => wrap(a << b, dtype),
  shr: (dtype) => (a, b) => (dtype === 'uint32' ? a >>> b : a >> b),
  mulHi: () => (a, b) => Number((BigInt(a) * BigInt(b)) >> 32n),
};

const COMPARE: { readonly [K in CompareOp]: (a: number, b: number) => boolean } = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
};

/** Conversion between compute types: float to integer truncates and saturates (NaN gives 0), to bool tests for ≠ 0. */
function caster(from: ComputeDType, to: ComputeDType): (x: number) => number {
  if (to === 'bool') return (x) => Number(x !== 0);
  if (to === 'float64') return (x) => x;
  if (to === 'float32') return Math.fround;
  if (from === 'float32' || from === 'float64') {
    const [low, high] = to === 'int32' ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
    return (x) => (Number.isNaN(x) ? 0 : Math.min(high, Math.max(low, Math.trunc(x))));
  }
  return (x) => wrap(x, to);
}

const NARROW: { readonly [D in NarrowDType]: (x: number) => number } = {
  float16: (x) => fromFloat16Bits(toFloat16Bits(x)),
  int16: (x) => (x << 16) >> 16,
  uint16: (x) => x & 0xffff,
  int8: (x) => (x << 24) >> 24,
  uint8: (x) => x & 0xff,
};
