/**
 * Elementwise functions. Arguments broadcast and promote as in NumPy and Keras; integers become float32 where the result is real.
 */
import { asTensor, castTo, promotePair, type TensorLike } from '../create.ts';
import { checkDType, isFloating, isInteger, promote, toFloating, type DType } from '../dtype.ts';
import { DTypeError } from '../errors.ts';
import type { OpName } from '../ops/attrs.ts';
import { apply } from '../runtime/interpreter.ts';
import { Tensor } from '../tensor.ts';
import { Variable } from '../variable.ts';
import { op } from './op.ts';

/** Ops without attributes. */
type Plain = {
  [K in OpName]: Readonly<Record<never, never>> extends import('../ops/attrs.ts').OpAttrs[K] ? K : never;
}[OpName];

type Unary = (x: TensorLike) => Tensor;
type Binary = (a: TensorLike, b: TensorLike) => Tensor;
const NONE = {};

const real = (name: Plain): Unary =>
  /* @__PURE__ */ op(name, (x: TensorLike) => {
    const t = asTensor(x, name);
    return apply(name, [castTo(t, toFloating(t.dtype))], NONE);
  });
const plain = (name: Plain, label: string = name): Unary =>
  /* @__PURE__ */ op(label, (x: TensorLike) => {
    const t = asTensor(x, label);
    return apply(name, [t.dtype === 'bool' ? castTo(t, 'int32') : t], NONE);
  });
/** Rounding ops leave integers as they are. */
const rounding = (name: Plain): Unary =>
  /* @__PURE__ */ op(name, (x: TensorLike) => {
    const t = asTensor(x, name);
    return isFloating(t.dtype) ? apply(name, [t], NONE) : t;
  });
const arithmetic = (name: Plain): Binary =>
  /* @__PURE__ */ op(name, (a: TensorLike, b: TensorLike) => {
    const [x, y] = promotePair(a, b, name);
    if (x.dtype === 'bool') return apply(name, [castTo(x, 'int32'), castTo(y, 'int32')], NONE);
    return apply(name, [x, y], NONE);
  });
const comparison = (name: Plain): Binary =>
  /* @__PURE__ */ op(name, (a: TensorLike, b: TensorLike) => apply(name, promotePair(a, b, name), NONE));

export const neg: Unary = /* @__PURE__ */ plain('neg');
export const abs: Unary = /* @__PURE__ */ plain('abs');
/** −1, 0 or 1; NaN stays NaN. */
export const sign: Unary = /* @__PURE__ */ plain('sign');
export const floor: Unary = /* @__PURE__ */ rounding('floor');
export const ceil: Unary = /* @__PURE__ */ rounding('ceil');
const nearest: Unary = /* @__PURE__ */ rounding('round');
/** To the nearest number with so many decimals (0; below 0, tens and hundreds), halves to the even one. */
export const round: (x: TensorLike, decimals?: number) => Tensor = /* @__PURE__ */ op(
  'round',
  (x: TensorLike, decimals = 0) => {
    const t = asTensor(x, 'round');
    if (decimals === 0 || (decimals > 0 && !isFloating(t.dtype))) return nearest(t);
    const scale = 10 ** Math.abs(decimals);
    return decimals > 0 ? div(nearest(mul(t, scale)), scale) : castTo(mul(nearest(div(t, scale)), scale), t.dtype);
  },
);
export const trunc: Unary = /* @__PURE__ */ rounding('trunc');
export const sqrt: Unary = /* @__PURE__ */ real('sqrt');
/** 1/√x. */
export const rsqrt: Unary = /* @__PURE__ */ real('rsqrt');
export const exp: Unary = /* @__PURE__ */ real('exp');
/** e^x − 1, exact near 0. */
export const expm1: Unary = /* @__PURE__ */ real('expm1');
export const log: Unary = /* @__PURE__ */ real('log');
/** log(1 + x), exact near 0. */
export const log1p: Unary = /* @__PURE__ */ real('log1p');
export const sin: Unary = /* @__PURE__ */ real('sin');
export const cos: Unary = /* @__PURE__ */ real('cos');
export const tan: Unary = /* @__PURE__ */ real('tan');
export const asin: Unary = /* @__PURE__ */ real('asin');
export const acos: Unary = /* @__PURE__ */ real('acos');
export const atan: Unary = /* @__PURE__ */ real('atan');
export const sinh: Unary = /* @__PURE__ */ real('sinh');
export const cosh: Unary = /* @__PURE__ */ real('cosh');
export const tanh: Unary = /* @__PURE__ */ real('tanh');
export const asinh: Unary = /* @__PURE__ */ real('asinh');
export const acosh: Unary = /* @__PURE__ */ real('acosh');
export const atanh: Unary = /* @__PURE__ */ real('atanh');
export const erf: Unary = /* @__PURE__ */ real('erf');
export const erfInv: Unary = /* @__PURE__ */ real('erfInv');
/** 1/(1 + e^−x), stable at both ends. */
export const sigmoid: Unary = /* @__PURE__ */ real('logistic');
/** max(x, 0). */
export const relu: Unary = /* @__PURE__ */ plain('relu');
export const log2: Unary = /* @__PURE__ */ op('log2', (x: TensorLike) => mul(log(x), Math.LOG2E));
export const log10: Unary = /* @__PURE__ */ op('log10', (x: TensorLike) => mul(log(x), Math.LOG10E));
export const square: Unary = /* @__PURE__ */ op('square', (x: TensorLike) => {
  const t = asTensor(x, 'square');
  return mul(t, t);
});
export const reciprocal: Unary = /* @__PURE__ */ op('reciprocal', (x: TensorLike) => div(1, x));

export const add: Binary = /* @__PURE__ */ arithmetic('add');
export const sub: Binary = /* @__PURE__ */ arithmetic('sub');
export const mul: Binary = /* @__PURE__ */ arithmetic('mul');
/** True division: integers give float32. */
export const div: Binary = /* @__PURE__ */ op('div', (a: TensorLike, b: TensorLike) => {
  const [x, y] = promotePair(a, b, 'div');
  const dtype = toFloating(x.dtype);
  return apply('div', [castTo(x, dtype), castTo(y, dtype)], NONE);
});
/** The integer at or below a / b. */
export const floorDiv: Binary = /* @__PURE__ */ op('floorDiv', (a: TensorLike, b: TensorLike) => {
  const [x, y] = promotePair(a, b, 'floorDiv');
  if (isFloating(x.dtype)) return floor(div(x, y));
  const quotient = apply('div', [x, y], NONE);
  const remainder = apply('rem', [x, y], NONE);
  const signsDiffer = logicalAnd(notEqual(remainder, 0), notEqual(less(remainder, 0), less(y, 0)));
  return sub(quotient, signsDiffer);
});
/** Remainder with the sign of the divisor, as in NumPy and Python. */
export const mod: Binary = /* @__PURE__ */ op('mod', (a: TensorLike, b: TensorLike) => {
  const [x, y] = promotePair(a, b, 'mod');
  const remainder = apply('rem', [x, y], NONE);
  const signsDiffer = logicalAnd(notEqual(remainder, 0), notEqual(less(remainder, 0), less(y, 0)));
  return where(signsDiffer, add(remainder, y), remainder);
});
/**
 * a^b. Small constant exponents become products and roots, which are exact for negative bases too. The slope by the base is
 * 0 for an exponent of 0 and infinite at 0 for one below 1; by the exponent it is 0 for a base of 0 and NaN for a negative
 * one. As IEEE says, pow(1, NaN) and pow(NaN, 0) are 1.
 */
export const pow: Binary = /* @__PURE__ */ op('pow', (a: TensorLike, b: TensorLike) => {
  if (b === 1) return asTensor(a, 'pow');
  if (b === 2) return square(a);
  if (b === 3) return mul(square(a), a);
  if (b === 0.5) return sqrt(a);
  if (b === -1) return reciprocal(a);
  const [x, y] = promotePair(a, b, 'pow');
  return apply('pow', [x, y], NONE);
});
export const atan2: Binary = /* @__PURE__ */ op('atan2', (a: TensorLike, b: TensorLike) => {
  const [x, y] = promotePair(a, b, 'atan2');
  const dtype = toFloating(x.dtype);
  return apply('atan2', [castTo(x, dtype), castTo(y, dtype)], NONE);
});
/** The larger of both; NaN if either is. */
export const maximum: Binary = /* @__PURE__ */ comparison('maximum');
/** The smaller of both; NaN if either is. */
export const minimum: Binary = /* @__PURE__ */ comparison('minimum');

export const equal: Binary = /* @__PURE__ */ comparison('equal');
export const notEqual: Binary = /* @__PURE__ */ comparison('notEqual');
export const less: Binary = /* @__PURE__ */ comparison('less');
export const lessEqual: Binary = /* @__PURE__ */ comparison('lessEqual');
export const greater: Binary = /* @__PURE__ */ comparison('greater');
export const greaterEqual: Binary = /* @__PURE__ */ comparison('greaterEqual');

const truth = (x: TensorLike, name: string): Tensor => castTo(asTensor(x, name), 'bool');
const logical = (name: 'and' | 'or' | 'xor', label: string): Binary =>
  /* @__PURE__ */ op(label, (a: TensorLike, b: TensorLike) => apply(name, [truth(a, label), truth(b, label)], NONE));
const bitwise = (name: Plain, label: string): Binary =>
  /* @__PURE__ */ op(label, (a: TensorLike, b: TensorLike) => {
    const [x, y] = promotePair(a, b, label);
    if (isFloating(x.dtype))
      throw new DTypeError(`${label}: expected integers or booleans, got ${x.dtype}; use cast()`);
    return apply(name, [x, y], NONE);
  });

export const logicalAnd: Binary = /* @__PURE__ */ logical('and', 'logicalAnd');
export const logicalOr: Binary = /* @__PURE__ */ logical('or', 'logicalOr');
export const logicalXor: Binary = /* @__PURE__ */ logical('xor', 'logicalXor');
export const logicalNot: Unary = /* @__PURE__ */ op('logicalNot', (x: TensorLike) =>
  apply('not', [truth(x, 'logicalNot')], NONE),
);
export const bitwiseAnd: Binary = /* @__PURE__ */ bitwise('and', 'bitwiseAnd');
export const bitwiseOr: Binary = /* @__PURE__ */ bitwise('or', 'bitwiseOr');
export const bitwiseXor: Binary = /* @__PURE__ */ bitwise('xor', 'bitwiseXor');
export const bitwiseNot: Unary = /* @__PURE__ */ op('bitwiseNot', (x: TensorLike) => {
  const t = asTensor(x, 'bitwiseNot');
  if (!isInteger(t.dtype))
    throw new DTypeError(`bitwiseNot: expected integers, got ${t.dtype}; use cast() or logicalNot()`);
  return apply('not', [t], NONE);
});
export const leftShift: Binary = /* @__PURE__ */ bitwise('shiftLeft', 'leftShift');
/** Arithmetic for signed integers, logical for unsigned ones. */
export const rightShift: Binary = /* @__PURE__ */ bitwise('shiftRight', 'rightShift');

const floatTest = (label: string, test: (x: Tensor) => Tensor): Unary =>
  /* @__PURE__ */ op(label, (x: TensorLike) => {
    const t = asTensor(x, label);
    return test(castTo(t, toFloating(t.dtype)));
  });
export const isNan: Unary = /* @__PURE__ */ floatTest('isNan', (x) => apply('isNan', [x], NONE));
export const isInf: Unary = /* @__PURE__ */ floatTest('isInf', (x) => equal(abs(x), Infinity));
export const isFinite: Unary = /* @__PURE__ */ floatTest('isFinite', (x) => less(abs(x), Infinity));

/**
 * `a` where the condition holds, otherwise `b`; all three broadcast.
 * Both branches are computed and both are differentiated: where the branch that is not taken has an infinite derivative
 * (√x at 0, log at 0), its gradient is 0 × ∞ = NaN. Guard the argument: `where(x > 0, sqrt(where(x > 0, x, 1)), 0)`.
 */
export const where: (condition: TensorLike, a: TensorLike, b: TensorLike) => Tensor = /* @__PURE__ */ op(
  'where',
  (condition: TensorLike, a: TensorLike, b: TensorLike) => {
    const [x, y] = promotePair(a, b, 'where');
    return apply('select', [truth(condition, 'where'), x, y], NONE);
  },
);

/** Limits values to [low, high]. */
export const clip: (x: TensorLike, low: TensorLike, high: TensorLike) => Tensor = /* @__PURE__ */ op(
  'clip',
  (x: TensorLike, low: TensorLike, high: TensorLike) => minimum(maximum(x, low), high),
);

/** Converts to another dtype. Floats to integers truncate and saturate; anything to bool tests for ≠ 0. */
export const cast: (x: TensorLike, dtype: DType) => Tensor = /* @__PURE__ */ op('cast', (x: TensorLike, dtype: DType) =>
  castTo(asTensor(x, 'cast'), checkDType(dtype, 'cast')),
);

/** Passes the value on and stops gradients. */
export const stopGradient: Unary = /* @__PURE__ */ op('stopGradient', (x: TensorLike) =>
  apply('stopGradient', [asTensor(x, 'stopGradient')], NONE),
);

/**
 * The dtype an operation on these dtypes and scalars has, by Keras's rules.
 *
 * @example resultType('int32', 'float16', 2.5); // 'float16'
 */
export function resultType(...types: readonly (DType | Tensor | Variable | number)[]): DType {
  const strong = types
    .filter((t) => typeof t !== 'number')
    .map((t) => (t instanceof Tensor || t instanceof Variable ? t.dtype : t))
    .reduce<DType | null>((a, b) => (a === null ? b : promote(a, b)), null);
  const numbers = types.filter((t) => typeof t === 'number');
  if (strong === null) return numbers.every(Number.isInteger) ? 'int32' : 'float32';
  return isFloating(strong) || numbers.every(Number.isInteger)
    ? strong === 'bool' && numbers.length > 0
      ? 'int32'
      : strong
    : 'float32';
}
