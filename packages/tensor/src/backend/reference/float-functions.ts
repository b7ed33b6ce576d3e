/**
 * Scalar operations on floats, in doubles. Backends that call the host for a function call these.
 */
import type { ArithmeticOp, UnaryOp } from '../../kernel/scalar.ts';

function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

const TWO_OVER_ROOT_PI = 1.1283791670955126;

/** Coefficients of erf(x)/x·√π/2 in powers of x², all but the first: (−1)ⁿ / (n!·(2n + 1)). */
const ERF: readonly number[] = ((): number[] => {
  const list: number[] = [];
  for (let n = 1, power = 1; n <= 20; n++) list.push((power /= -n) / (2 * n + 1));
  return list;
})();

/** erf within 2 ulp: its Maclaurin series up to 1, one minus a continued fraction of the complement beyond. */
function erf(x: number): number {
  const a = Math.abs(x);
  if (x === 0 || Number.isNaN(x)) return x;
  if (a >= 6) return Math.sign(x);
  if (a <= 1) {
    const first = TWO_OVER_ROOT_PI * x;
    return first + first * ERF.reduceRight((sum, c) => (sum + c) * (a * a), 0);
  }
  let tail = a;
  // Convergence slows down with the square of the argument.
  for (let n = 12 + Math.ceil(160 / (a * a)); n > 0; n--) tail = a + n / 2 / tail;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * tail));
}

/** What one-argument operations mean on floats. */
export const FLOAT_UNARY: { readonly [K in UnaryOp]: (x: number) => number } = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
  trunc: Math.trunc,
  sqrt: Math.sqrt,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  erf,
  not: (x) => ~x,
  isNan: (x) => Number(Number.isNaN(x)),
};

/** IEEE 754 power: unlike `**`, `pow(1, NaN)` and `pow(±1, ±∞)` are 1. */
function power(a: number, b: number): number {
  return a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;
}

/** What two-argument operations mean on floats; shifts have no meaning there. */
export const FLOAT_ARITHMETIC: { readonly [K in ArithmeticOp]: (a: number, b: number) => number } = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  rem: (a, b) => a % b,
  pow: power,
  atan2: Math.atan2,
  min: Math.min,
  max: Math.max,
  and: (a, b) => Number(a !== 0 && b !== 0),
  or: (a, b) => Number(a !== 0 || b !== 0),
  xor: (a, b) => Number((a !== 0) !== (b !== 0)),
  shl: () => NaN,
  shr: () => NaN,
  mulHi: () => NaN,
};
