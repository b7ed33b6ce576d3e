/**
 * Elementwise functions of NumPy beyond the primitive ones.
 */
import { asTensor, castTo, promotePair, type TensorLike } from '../../create.ts';
import { isFloating } from '../../dtype.ts';
import { apply } from '../../runtime/interpreter.ts';
import type { Tensor } from '../../tensor.ts';
import { filled, integers, real, realPair, scalar } from '../arguments.ts';
import { composite } from '../composite.ts';
import {
  abs,
  add,
  atan2,
  div,
  equal,
  exp,
  isFinite as finite,
  isNan,
  less,
  log1p,
  logicalAnd,
  logicalOr,
  maximum,
  minimum,
  mul,
  pow,
  sigmoid,
  sign,
  sin,
  sqrt,
  square,
  sub,
  trunc,
  where,
} from '../elementwise.ts';
import { op } from '../op.ts';
import { all } from '../reduce.ts';

type Unary = (x: TensorLike) => Tensor;
type Binary = (a: TensorLike, b: TensorLike) => Tensor;
type None = Readonly<Record<never, never>>;

const reals = (name: string, body: (x: Tensor) => Tensor): Unary =>
  /* @__PURE__ */ op(name, (x: TensorLike) => body(real(x, name)));
const realPairs = (name: string, body: (a: Tensor, b: Tensor) => Tensor): Binary =>
  /* @__PURE__ */ op(name, (a: TensorLike, b: TensorLike) => body(...realPair(a, b, name)));

/** A power of two thirds needs a root first; one Newton step makes it exact for cubes. */
const cbrtOf = /* @__PURE__ */ composite<None>(
  'cbrt',
  ([x]) => {
    const a = abs(x!);
    const y = pow(a, 1 / 3);
    const plain = logicalOr(equal(y, 0), equal(y, Infinity));
    const safe = where(plain, 1, y);
    const better = sub(y, div(sub(safe, div(a, square(safe))), 3));
    return mul(sign(x!), where(plain, y, better));
  },
  { vjp: (_, [y], [dy]) => [() => div(dy!, mul(square(y!), 3))] },
);
/** Cube root, of negative numbers too; its slope at 0 is infinite. */
export const cbrt: Unary = /* @__PURE__ */ reals('cbrt', (x) => cbrtOf([x], {}));
/** Degrees as radians. */
export const deg2rad: Unary = /* @__PURE__ */ reals('deg2rad', (x) => mul(x, Math.PI / 180));
/** Radians as degrees. */
export const rad2deg: Unary = /* @__PURE__ */ reals('rad2deg', (x) => mul(x, 180 / Math.PI));
/** 2^x. */
export const exp2: Unary = /* @__PURE__ */ reals('exp2', (x) => pow(scalar(2, x.dtype), x));
/** |x| as a real number: integers give float32. */
export const fabs: Unary = /* @__PURE__ */ reals('fabs', abs);
/** sin(πx)/(πx), 1 at 0. */
export const sinc: Unary = /* @__PURE__ */ reals('sinc', (x) => {
  const zero = equal(x, 0);
  const angle = mul(where(zero, 1, x), Math.PI);
  return where(zero, 1, div(sin(angle), angle));
});

/** a / b, and 0 where b is 0, with gradients of 0 there. */
export const divideNoNan: Binary = /* @__PURE__ */ realPairs('divideNoNan', (a, b) => {
  const zero = equal(b, 0);
  return where(zero, 0, div(a, where(zero, 1, b)));
});

const keepNumber = (name: string, combine: Binary): Binary =>
  /* @__PURE__ */ op(name, (a: TensorLike, b: TensorLike) => {
    const [x, y] = promotePair(a, b, name);
    if (!isFloating(x.dtype)) return combine(x, y);
    return where(isNan(x), y, where(isNan(y), x, combine(x, y)));
  });
/** The larger of both; where one is NaN, the other. */
export const fmax: Binary = /* @__PURE__ */ keepNumber('fmax', maximum);
/** The smaller of both; where one is NaN, the other. */
export const fmin: Binary = /* @__PURE__ */ keepNumber('fmin', minimum);

/** Remainder with the sign of the dividend, as in C. */
export const fmod: Binary = /* @__PURE__ */ op('fmod', (a: TensorLike, b: TensorLike) => {
  const [x, y] = promotePair(a, b, 'fmod');
  const whole = x.dtype === 'bool' ? 'int32' : x.dtype;
  return apply('rem', [castTo(x, whole), castTo(y, whole)], {});
});

/** 0 below 0, 1 above, and the second argument at 0; NaN stays. */
export const heaviside: Binary = /* @__PURE__ */ realPairs('heaviside', (x, atZero) =>
  where(less(x, 0), 0, where(equal(x, 0), atZero, where(isNan(x), x, 1))),
);

const hypotOf = /* @__PURE__ */ composite<None>(
  'hypot',
  ([a, b]) => {
    const [x, y] = [abs(a!), abs(b!)];
    const [large, small] = [maximum(x, y), minimum(x, y)];
    const plain = logicalOr(equal(large, 0), equal(large, Infinity));
    const ratio = div(small, where(plain, 1, large));
    const result = where(plain, large, mul(large, sqrt(add(square(ratio), 1))));
    return where(logicalOr(equal(x, Infinity), equal(y, Infinity)), Infinity, result);
  },
  {
    vjp: ([a, b], [h], [dy]) => {
      const part = (x: Tensor): Tensor => mul(dy!, divideNoNan(x, h!));
      return [() => part(a!), () => part(b!)];
    },
  },
);
/** √(a² + b²) without overflow; infinite where either is, even against NaN. Both slopes at the origin are 0. */
export const hypot: Binary = /* @__PURE__ */ realPairs('hypot', (a, b) => {
  const [x, y] = spread(a, b);
  return hypotOf([x, y], {});
});

/** Both tensors in their common shape, for rules that give gradients of that shape. */
function spread(a: Tensor, b: Tensor): [Tensor, Tensor] {
  const { shape } = add(a, b);
  return [apply('broadcastTo', [a], { shape }), apply('broadcastTo', [b], { shape })];
}

const logAdd = (name: string, ln: number): Binary => {
  const run = composite<None>(
    name,
    ([a, b]) => {
      // Equal infinities have no difference, and need none.
      const gap = where(equal(a!, b!), 0, sub(a!, b!));
      return add(maximum(a!, b!), mul(log1p(exp(mul(abs(gap), -ln))), 1 / ln));
    },
    {
      vjp: ([a, b], _, [dy]) => {
        const share = (x: Tensor, y: Tensor): Tensor => mul(dy!, sigmoid(mul(where(equal(x, y), 0, sub(x, y)), ln)));
        return [() => share(a!, b!), () => share(b!, a!)];
      },
    },
  );
  return /* @__PURE__ */ realPairs(name, (a, b) => run(spread(a, b), {}));
};
/** log(e^a + e^b) without overflow. */
export const logAddExp: Binary = /* @__PURE__ */ logAdd('logAddExp', 1);
/** log₂(2^a + 2^b) without overflow. */
export const logAddExp2: Binary = /* @__PURE__ */ logAdd('logAddExp2', Math.LN2);

/** x·2^n for integers n; the power is applied in two halves, so that it does not overflow before the result does. */
export const ldexp: Binary = /* @__PURE__ */ op('ldexp', (x: TensorLike, n: TensorLike) => {
  const t = real(x, 'ldexp');
  const exponent = castTo(integers(n, 'ldexp'), t.dtype);
  const half = trunc(mul(exponent, 0.5));
  const two = scalar(2, t.dtype);
  return mul(mul(t, pow(two, half)), pow(two, sub(exponent, half)));
});

/** Largest finite number of each floating dtype. */
const LARGEST: { readonly [dtype: string]: number } = {
  float16: 65504,
  float32: 3.4028234663852886e38,
  float64: Number.MAX_VALUE,
};

/** Replaces NaN (by 0), ∞ and −∞ (by the largest and smallest finite number of the dtype, unless given). */
export const nanToNum: (x: TensorLike, nan?: number, posInf?: number | null, negInf?: number | null) => Tensor =
  /* @__PURE__ */ op(
    'nanToNum',
    (x: TensorLike, nan = 0, posInf: number | null = null, negInf: number | null = null) => {
      const t = asTensor(x, 'nanToNum');
      if (!isFloating(t.dtype)) return t;
      const largest = LARGEST[t.dtype]!;
      const low = where(equal(t, -Infinity), negInf ?? -largest, t);
      return where(isNan(t), nan, where(equal(t, Infinity), posInf ?? largest, low));
    },
  );

const test = (name: string, body: (x: Tensor) => Tensor): Unary =>
  /* @__PURE__ */ op(name, (x: TensorLike) => body(asTensor(x, name)));
const never = (t: Tensor): Tensor => filled(t.shape, 0, 'bool');
/** Whether an element is −∞. */
export const isNegInf: Unary = /* @__PURE__ */ test('isNegInf', (t) =>
  isFloating(t.dtype) ? equal(t, -Infinity) : never(t));
/** Whether an element is +∞. */
export const isPosInf: Unary = /* @__PURE__ */ test('isPosInf', (t) =>
  isFloating(t.dtype) ? equal(t, Infinity) : never(t));
/** Whether an element is a real number: always, as there are no complex dtypes. */
export const isReal: Unary = /* @__PURE__ */ test('isReal', (t) => filled(t.shape, 1, 'bool'));
/** Whether an element is below 0, or −0. The sign of NaN is not seen. */
export const signbit: Unary = /* @__PURE__ */ test('signbit', (t) =>
  isFloating(t.dtype) ? less(where(equal(t, 0), div(1, t), t), 0) : less(t, 0));
/** The real part of real numbers: the tensor itself. */
export const realPart: Unary = /* @__PURE__ */ test('real', (t) => t);
/** The imaginary part of real numbers: zeros. */
export const imag: Unary = /* @__PURE__ */ test('imag', (t) => filled(t.shape, 0, t.dtype));
/** The complex conjugate of real numbers: the tensor itself. */
export const conj: Unary = /* @__PURE__ */ test('conj', (t) => t);
/** The angle of real numbers in the complex plane: π below 0 and at −0, else 0; NaN stays. */
export const angle: Unary = /* @__PURE__ */ reals('angle', (x) => atan2(filled(x.shape, 0, x.dtype), x));

/** Options of {@link isClose}. */
export interface CloseOptions {
  /** Tolerance relative to |b|. Default 1e-5. */
  readonly rtol?: number;
  /** Absolute tolerance. Default 1e-8. */
  readonly atol?: number;
  /** Whether NaN equals NaN. Default false. */
  readonly equalNan?: boolean;
}

/** Whether |a − b| ≤ atol + rtol·|b|, elementwise; equal infinities are close. */
export const isClose: (a: TensorLike, b: TensorLike, options?: CloseOptions) => Tensor = /* @__PURE__ */ op(
  'isClose',
  (a: TensorLike, b: TensorLike, { rtol = 1e-5, atol = 1e-8, equalNan = false }: CloseOptions = {}) => {
    const [x, y] = realPair(a, b, 'isClose');
    const near = apply('lessEqual', [abs(sub(x, y)), add(mul(abs(y), rtol), atol)], {});
    const close = logicalOr(equal(x, y), logicalAnd(near, finite(y)));
    return equalNan ? logicalOr(close, logicalAnd(isNan(x), isNan(y))) : close;
  },
);
/** Whether all elements are close, as a bool scalar. See {@link isClose}. */
export const allclose: (a: TensorLike, b: TensorLike, options?: CloseOptions) => Tensor = /* @__PURE__ */ op(
  'allclose',
  (a: TensorLike, b: TensorLike, options?: CloseOptions) => all(isClose(a, b, options)),
);
