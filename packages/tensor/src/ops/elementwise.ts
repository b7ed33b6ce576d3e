/**
 * Elementwise rows: a name, the dtypes it takes, and one scalar expression.
 */
import { computeDType, type DType } from '../dtype.ts';
import {
  binary,
  bitcast,
  cast,
  compare,
  constant,
  select,
  unary,
  type ArithmeticOp,
  type CompareOp,
  type ScalarExpr,
  type UnaryOp,
} from '../kernel/scalar.ts';
import { byteWidth } from '../dtype.ts';
import { DTypeError } from '../errors.ts';
import { broadcastAll, checkClass, sameDType, type DTypeClass } from './infer.ts';
import type { ElementwiseAttrs, ElementwiseName } from './attrs.ts';
import type { ElementwiseRow } from './spec.ts';

type None = Readonly<Record<never, never>>;
type E = ScalarExpr;

function unaryRow(name: string, accepts: DTypeClass, expr: (x: E) => E, result?: DType): ElementwiseRow<None> {
  return {
    kind: 'elementwise',
    infer: ([x]) => {
      checkClass(name, accepts, x!);
      return [{ shape: x!.shape, dtype: result ?? x!.dtype }];
    },
    expr: ([x]) => expr(x!),
  };
}

function binaryRow(name: string, accepts: DTypeClass, expr: (a: E, b: E) => E, result?: DType): ElementwiseRow<None> {
  return {
    kind: 'elementwise',
    infer: (inputs) => {
      const dtype = sameDType(name, inputs);
      checkClass(name, accepts, inputs[0]!);
      return [{ shape: broadcastAll(name, inputs), dtype: result ?? dtype }];
    },
    expr: ([a, b]) => expr(a!, b!),
  };
}

const direct =
  (op: UnaryOp): ((x: E) => E) =>
  (x) =>
    unary(op, x);
const arithmetic =
  (op: ArithmeticOp): ((a: E, b: E) => E) =>
  (a, b) =>
    binary(op, a, b);
/** A constant of the type of `like`. */
const c = (value: number, like: E): E => constant(value, like.dtype);
const add = arithmetic('add');
const sub = arithmetic('sub');
const mul = arithmetic('mul');
const div = arithmetic('div');
const exp = direct('exp');
const log1p = direct('log1p');
const abs = direct('abs');
const copySign = (magnitude: E, sign: E): E =>
  select(compare('lt', sign, c(0, sign)), unary('neg', magnitude), magnitude);

/** 1 / (1 + e^−x) without overflow: the exponent is never positive. */
function logistic(x: E): E {
  const e = exp(unary('neg', abs(x)));
  const s = div(c(1, x), add(c(1, x), e));
  return select(compare('ge', x, c(0, x)), s, mul(e, s));
}

/** From here on, e^x may overflow although its half does not. */
const NEAR_OVERFLOW = 88;

/** (e^x − e^−x)/2 through expm1, which keeps small arguments exact; the root of e^x avoids overflow near the top. */
function sinh(x: E): E {
  const a = abs(x);
  const top = compare('ge', a, c(NEAR_OVERFLOW, x));
  const m = unary('expm1', select(top, mul(c(0.5, x), a), a));
  const half = mul(c(0.5, x), m);
  return copySign(select(top, mul(half, m), add(half, div(half, add(m, c(1, x))))), x);
}

function cosh(x: E): E {
  const a = abs(x);
  const top = compare('ge', a, c(NEAR_OVERFLOW, x));
  const e = exp(select(top, mul(c(0.5, x), a), a));
  const half = mul(c(0.5, x), e);
  return select(top, mul(half, e), add(half, div(c(0.5, x), e)));
}

/** sign(x)·log1p(|x| + x²/(1 + √(x² + 1))); for large x, log(|x|) + log 2. */
function asinh(x: E): E {
  const a = abs(x);
  const square = mul(a, a);
  const near = log1p(add(a, div(square, add(c(1, x), unary('sqrt', add(square, c(1, x)))))));
  const far = add(unary('log', a), c(Math.LN2, x));
  const result = copySign(select(compare('lt', a, c(1e8, x)), near, far), x);
  return select(unary('isNan', x), x, result);
}

/** log1p(t + √(t·(|t| + 2))) with t = x − 1, the root of a negative number below 1; for large x, log(x) + log 2. */
function acosh(x: E): E {
  const t = sub(x, c(1, x));
  const near = log1p(add(t, unary('sqrt', mul(t, add(abs(t), c(2, x))))));
  return select(compare('lt', x, c(1e8, x)), near, add(unary('log', x), c(Math.LN2, x)));
}

/** ½·log1p(2x/(1 − x)) on |x|; below ½, where 1 − x is rounded, 2x/(1 − x) is taken as 2x + 2x·x/(1 − x). */
function atanh(x: E): E {
  const a = abs(x);
  const [twice, rest] = [add(a, a), sub(c(1, x), a)];
  const small = add(twice, div(mul(twice, a), rest));
  const argument = select(compare('lt', a, c(0.5, x)), small, div(twice, rest));
  return copySign(mul(c(0.5, x), log1p(argument)), x);
}

function polynomial(x: E, coefficients: readonly number[]): E {
  return coefficients.slice(1).reduce<E>((sum, k) => add(mul(sum, x), c(k, x)), c(coefficients[0]!, x));
}

/**
 * Inverse error function by M. Giles, "Approximating the erfinv function" (2010), single precision.
 * Two Newton steps would be needed for full double precision; float64 gets about 1e-7 relative.
 */
function erfInv(x: E): E {
  const w = unary('neg', log1p(unary('neg', mul(x, x))));
  const central = polynomial(
    sub(w, c(2.5, x)),
    [
      2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
      0.246640727, 1.50140941,
    ],
  );
  const tail = polynomial(
    sub(unary('sqrt', w), c(3, x)),
    [
      -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
      1.00167406, 2.83297682,
    ],
  );
  const value = mul(x, select(compare('lt', w, c(5, x)), central, tail));
  return select(compare('eq', abs(x), c(1, x)), div(x, c(0, x)), value);
}

/** Zero keeps its sign and NaN stays NaN. */
function sign(x: E): E {
  return select(compare('gt', x, c(0, x)), c(1, x), select(compare('lt', x, c(0, x)), c(-1, x), x));
}

/** NaN passes through, as IEEE says for comparisons: relu(NaN) is NaN. */
function relu(x: E): E {
  return select(compare('lt', x, c(0, x)), c(0, x), x);
}

const castRow: ElementwiseRow<{ readonly dtype: DType }> = {
  kind: 'elementwise',
  infer: ([x], { dtype }) => [{ shape: x!.shape, dtype }],
  expr: ([x], { dtype }) => cast(x!, computeDType(dtype)),
};

const bitcastRow: ElementwiseRow<{ readonly dtype: DType }> = {
  kind: 'elementwise',
  infer: ([x], { dtype }) => {
    for (const type of [x!.dtype, dtype]) {
      if (byteWidth(type) !== 4) throw new DTypeError(`bitcast: only 32-bit dtypes can be reinterpreted, got ${type}`);
    }
    return [{ shape: x!.shape, dtype }];
  },
  expr: ([x], { dtype }) => bitcast(x!, computeDType(dtype)),
};

const selectRow: ElementwiseRow<None> = {
  kind: 'elementwise',
  infer: ([cond, a, b]) => {
    checkClass('select', 'bool', cond!);
    const dtype = sameDType('select', [a!, b!]);
    return [{ shape: broadcastAll('select', [cond!, a!, b!]), dtype }];
  },
  expr: ([cond, a, b]) => select(cond!, a!, b!),
};

/** Rows of ops that scalar expressions know by the same name. */
const directRow = (op: UnaryOp, accepts: DTypeClass): ElementwiseRow<None> => unaryRow(op, accepts, direct(op));
const arithmeticRow = (op: ArithmeticOp, accepts: DTypeClass): ElementwiseRow<None> =>
  binaryRow(op, accepts, arithmetic(op));
const comparisonRow = (name: string, op: CompareOp): ElementwiseRow<None> =>
  binaryRow(name, 'any', (a, b) => compare(op, a, b), 'bool');

/** All elementwise rows. */
export const ELEMENTWISE: { readonly [K in ElementwiseName]: ElementwiseRow<ElementwiseAttrs[K]> } = {
  neg: directRow('neg', 'number'),
  abs: unaryRow('abs', 'number', abs),
  sign: unaryRow('sign', 'number', sign),
  floor: directRow('floor', 'float'),
  ceil: directRow('ceil', 'float'),
  round: directRow('round', 'float'),
  trunc: directRow('trunc', 'float'),
  sqrt: directRow('sqrt', 'float'),
  rsqrt: unaryRow('rsqrt', 'float', (x) => div(c(1, x), unary('sqrt', x))),
  exp: unaryRow('exp', 'float', exp),
  expm1: directRow('expm1', 'float'),
  log: directRow('log', 'float'),
  log1p: unaryRow('log1p', 'float', log1p),
  sin: directRow('sin', 'float'),
  cos: directRow('cos', 'float'),
  tan: unaryRow('tan', 'float', (x) => div(unary('sin', x), unary('cos', x))),
  asin: directRow('asin', 'float'),
  acos: directRow('acos', 'float'),
  atan: directRow('atan', 'float'),
  sinh: unaryRow('sinh', 'float', sinh),
  cosh: unaryRow('cosh', 'float', cosh),
  tanh: directRow('tanh', 'float'),
  asinh: unaryRow('asinh', 'float', asinh),
  acosh: unaryRow('acosh', 'float', acosh),
  atanh: unaryRow('atanh', 'float', atanh),
  erf: directRow('erf', 'float'),
  erfInv: unaryRow('erfInv', 'float', erfInv),
  logistic: unaryRow('logistic', 'float', logistic),
  relu: unaryRow('relu', 'number', relu),
  not: directRow('not', 'logical'),
  isNan: unaryRow('isNan', 'float', direct('isNan'), 'bool'),
  cast: castRow,
  bitcast: bitcastRow,
  stopGradient: unaryRow('stopGradient', 'any', (x) => x),
  add: binaryRow('add', 'number', add),
  sub: binaryRow('sub', 'number', sub),
  mul: binaryRow('mul', 'number', mul),
  div: binaryRow('div', 'number', div),
  rem: arithmeticRow('rem', 'number'),
  pow: arithmeticRow('pow', 'number'),
  atan2: arithmeticRow('atan2', 'float'),
  maximum: binaryRow('maximum', 'any', (a, b) => binary(a.dtype === 'bool' ? 'or' : 'max', a, b)),
  minimum: binaryRow('minimum', 'any', (a, b) => binary(a.dtype === 'bool' ? 'and' : 'min', a, b)),
  and: arithmeticRow('and', 'logical'),
  or: arithmeticRow('or', 'logical'),
  xor: arithmeticRow('xor', 'logical'),
  shiftLeft: binaryRow('shiftLeft', 'integer', arithmetic('shl')),
  shiftRight: binaryRow('shiftRight', 'integer', arithmetic('shr')),
  equal: comparisonRow('equal', 'eq'),
  notEqual: comparisonRow('notEqual', 'ne'),
  less: comparisonRow('less', 'lt'),
  lessEqual: comparisonRow('lessEqual', 'le'),
  greater: comparisonRow('greater', 'gt'),
  greaterEqual: comparisonRow('greaterEqual', 'ge'),
  select: selectRow,
};
