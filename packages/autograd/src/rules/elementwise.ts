/**
 * Derivatives of elementwise ops. At kinks: relu and abs have slope 0 at 0; the maximum and minimum of equal values share
 * the gradient; the exponent of a negative base has no real derivative (NaN).
 */
import {
  add,
  cast,
  cos,
  cosh,
  div,
  equal,
  exp,
  greater,
  less,
  log,
  mul,
  neg,
  pow,
  rsqrt,
  sign,
  sin,
  sinh,
  sqrt,
  square,
  sub,
  trunc,
  where,
  type Tensor,
} from '@dl/tensor';
import { isFloating, type ElementwiseName } from '@dl/tensor/interpreter';
import type { VjpTable } from './table.ts';
import { binaryRule, unaryRule, unbroadcast } from './rule.ts';

/** 1 where a wins, ½ on ties, 0 elsewhere. */
const share = (wins: Tensor, ties: Tensor): Tensor => where(ties, 0.5, cast(wins, 'float32'));
const shared = (dy: Tensor, wins: Tensor, ties: Tensor): Tensor => mul(dy, cast(share(wins, ties), dy.dtype));

/** Rules of elementwise ops. */
export const ELEMENTWISE_RULES: Pick<VjpTable, ElementwiseName> = {
  neg: (dy) => [() => neg(dy)],
  abs: unaryRule('abs', (dy, x) => mul(dy, sign(x))),
  sign: null,
  floor: null,
  ceil: null,
  round: null,
  trunc: null,
  sqrt: unaryRule('sqrt', (dy, _, y) => div(mul(dy, 0.5), y)),
  rsqrt: unaryRule('rsqrt', (dy, x, y) => div(mul(mul(dy, -0.5), y), x)),
  exp: unaryRule('exp', (dy, _, y) => mul(dy, y)),
  expm1: unaryRule('expm1', (dy, _, y) => mul(dy, add(y, 1))),
  log: unaryRule('log', (dy, x) => div(dy, x)),
  log1p: unaryRule('log1p', (dy, x) => div(dy, add(x, 1))),
  sin: unaryRule('sin', (dy, x) => mul(dy, cos(x))),
  cos: unaryRule('cos', (dy, x) => mul(dy, neg(sin(x)))),
  tan: unaryRule('tan', (dy, _, y) => mul(dy, add(square(y), 1))),
  asin: unaryRule('asin', (dy, x) => mul(dy, rsqrt(sub(1, square(x))))),
  acos: unaryRule('acos', (dy, x) => neg(mul(dy, rsqrt(sub(1, square(x)))))),
  atan: unaryRule('atan', (dy, x) => div(dy, add(square(x), 1))),
  sinh: unaryRule('sinh', (dy, x) => mul(dy, cosh(x))),
  cosh: unaryRule('cosh', (dy, x) => mul(dy, sinh(x))),
  tanh: unaryRule('tanh', (dy, _, y) => mul(dy, sub(1, square(y)))),
  asinh: unaryRule('asinh', (dy, x) => mul(dy, rsqrt(add(square(x), 1)))),
  acosh: unaryRule('acosh', (dy, x) => div(dy, mul(sqrt(sub(x, 1)), sqrt(add(x, 1))))),
  atanh: unaryRule('atanh', (dy, x) => div(dy, mul(sub(1, x), add(1, x)))),
  erf: unaryRule('erf', (dy, x) => mul(mul(dy, 2 / Math.sqrt(Math.PI)), exp(neg(square(x))))),
  erfInv: unaryRule('erfInv', (dy, _, y) => mul(mul(dy, Math.sqrt(Math.PI) / 2), exp(square(y)))),
  logistic: unaryRule('logistic', (dy, _, y) => mul(dy, mul(y, sub(1, y)))),
  relu: unaryRule('relu', (dy, _, y) => where(greater(y, 0), dy, 0)),
  not: null,
  isNan: null,
  cast: (dy, { inputs: [x] }) => [isFloating(x!.dtype) ? () => cast(dy, x!.dtype) : null],
  bitcast: null,
  stopGradient: null,
  add: (dy, { inputs: [a, b] }) => [() => unbroadcast(dy, a!), () => unbroadcast(dy, b!)],
  sub: (dy, { inputs: [a, b] }) => [() => unbroadcast(dy, a!), () => unbroadcast(neg(dy), b!)],
  mul: (dy, { inputs: [a, b] }) => [() => unbroadcast(mul(dy, b!), a!), () => unbroadcast(mul(dy, a!), b!)],
  div: binaryRule(
    'div',
    (dy, _, b) => div(dy, b),
    (dy, _, b, y) => neg(div(mul(dy, y), b)),
  ),
  rem: binaryRule(
    'rem',
    (dy) => dy,
    (dy, a, b) => neg(mul(dy, trunc(div(a, b)))),
  ),
  pow: binaryRule(
    'pow',
    // The inner guard keeps 0·∞ away where the exponent is 0.
    (dy, a, b) => where(equal(b, 0), 0, mul(dy, mul(b, pow(a, where(equal(b, 0), 1, sub(b, 1)))))),
    (dy, a, _, y) => where(equal(a, 0), 0, mul(dy, mul(y, log(where(equal(a, 0), 1, a))))),
  ),
  atan2: binaryRule(
    'atan2',
    (dy, a, b) => div(mul(dy, b), add(square(a), square(b))),
    (dy, a, b) => neg(div(mul(dy, a), add(square(a), square(b)))),
  ),
  maximum: binaryRule(
    'maximum',
    (dy, a, b) => shared(dy, greater(a, b), equal(a, b)),
    (dy, a, b) => shared(dy, greater(b, a), equal(a, b)),
  ),
  minimum: binaryRule(
    'minimum',
    (dy, a, b) => shared(dy, less(a, b), equal(a, b)),
    (dy, a, b) => shared(dy, less(b, a), equal(a, b)),
  ),
  and: null,
  or: null,
  xor: null,
  shiftLeft: null,
  shiftRight: null,
  equal: null,
  notEqual: null,
  less: null,
  lessEqual: null,
  greater: null,
  greaterEqual: null,
  select: (dy, { inputs: [condition, a, b] }) => [
    null,
    () => unbroadcast(where(condition!, dy, 0), a!),
    () => unbroadcast(where(condition!, 0, dy), b!),
  ],
};
