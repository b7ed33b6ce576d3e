/**
 * Derivative derivatives of elementwise ops: one entry gives the rules of both directions. At kinks: relu and abs have slope 0
 * at 0; the maximum and minimum of equal values share the gradient; the exponent of a negative base has no real derivative
 * (NaN).
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
import { composite, type ElementwiseName } from '@dl/tensor/interpreter';

/**
 * From a change `d` of one input to the change of the output, elementwise; the same from a cotangent of the output to that
 * of the input. Gets the inputs too, then the output.
 */
export type Derivative = (d: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor;

/** 1 where a wins, ½ on ties, 0 elsewhere. */
const share = (wins: Tensor, ties: Tensor): Tensor => where(ties, 0.5, cast(wins, 'float32'));
const shared = (d: Tensor, wins: Tensor, ties: Tensor): Tensor => mul(d, cast(share(wins, ties), d.dtype));

/** The partial derivatives of every elementwise op, by its inputs; null where there are none. */
const PARTIALS: { readonly [K in ElementwiseName]: readonly (Derivative | null)[] | null } = {
  neg: [neg],
  abs: [(d, x) => mul(d, sign(x))],
  sign: null,
  floor: null,
  ceil: null,
  round: null,
  trunc: null,
  sqrt: [(d, _, y) => div(mul(d, 0.5), y)],
  rsqrt: [(d, x, y) => div(mul(mul(d, -0.5), y), x)],
  exp: [(d, _, y) => mul(d, y)],
  expm1: [(d, _, y) => mul(d, add(y, 1))],
  log: [(d, x) => div(d, x)],
  log1p: [(d, x) => div(d, add(x, 1))],
  sin: [(d, x) => mul(d, cos(x))],
  cos: [(d, x) => mul(d, neg(sin(x)))],
  tan: [(d, _, y) => mul(d, add(square(y), 1))],
  asin: [(d, x) => mul(d, rsqrt(sub(1, square(x))))],
  acos: [(d, x) => neg(mul(d, rsqrt(sub(1, square(x)))))],
  atan: [(d, x) => div(d, add(square(x), 1))],
  sinh: [(d, x) => mul(d, cosh(x))],
  cosh: [(d, x) => mul(d, sinh(x))],
  tanh: [(d, _, y) => mul(d, sub(1, square(y)))],
  asinh: [(d, x) => mul(d, rsqrt(add(square(x), 1)))],
  acosh: [(d, x) => div(d, mul(sqrt(sub(x, 1)), sqrt(add(x, 1))))],
  atanh: [(d, x) => div(d, mul(sub(1, x), add(1, x)))],
  erf: [(d, x) => mul(mul(d, 2 / Math.sqrt(Math.PI)), exp(neg(square(x))))],
  erfInv: [(d, _, y) => mul(mul(d, Math.sqrt(Math.PI) / 2), exp(square(y)))],
  logistic: [(d, _, y) => mul(d, mul(y, sub(1, y)))],
  relu: [(d, _, y) => where(greater(y, 0), d, 0)],
  not: null,
  isNan: null,
  cast: [(d) => d],
  bitcast: null,
  stopGradient: null,
  add: [(d) => d, (d) => d],
  sub: [(d) => d, neg],
  mul: [(d, _, b) => mul(d, b), (d, a) => mul(d, a)],
  div: [(d, _, b) => div(d, b), (d, _, b, y) => neg(div(mul(d, y), b))],
  rem: [(d) => d, (d, a, b) => neg(mul(d, trunc(div(a, b))))],
  pow: [
    // The inner guard keeps 0·∞ away where the exponent is 0.
    (d, a, b) => where(equal(b, 0), 0, mul(d, mul(b, pow(a, where(equal(b, 0), 1, sub(b, 1)))))),
    (d, a, _, y) => where(equal(a, 0), 0, mul(d, mul(y, log(where(equal(a, 0), 1, a))))),
  ],
  atan2: [
    (d, a, b) => div(mul(d, b), add(square(a), square(b))),
    (d, a, b) => neg(div(mul(d, a), add(square(a), square(b)))),
  ],
  maximum: [(d, a, b) => shared(d, greater(a, b), equal(a, b)), (d, a, b) => shared(d, greater(b, a), equal(a, b))],
  minimum: [(d, a, b) => shared(d, less(a, b), equal(a, b)), (d, a, b) => shared(d, less(b, a), equal(a, b))],
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
  select: [null, (d, condition) => where(condition, d, 0), (d, condition) => where(condition, 0, d)],
};

/** Ops whose partial derivatives are at most one op. */
const SINGLE: ReadonlySet<string> = /* @__PURE__ */ new Set(['neg', 'cast', 'add', 'sub', 'mul', 'select']);

/** A partial derivative that eagerly runs as one kernel. */
function fused(name: string, partial: Derivative): Derivative {
  const run = composite<object>(name, (values) => partial(...(values as Parameters<Derivative>)));
  return (...values) => run(values, {});
}

/** Makes a rule for every elementwise op from its partial derivatives. */
export function fromPartials<R>(rule: (partials: readonly (Derivative | null)[]) => R): {
  [K in ElementwiseName]: R | null;
} {
  const entries = Object.entries(PARTIALS).map(([op, partials]) => {
    const run = (partial: Derivative | null): Derivative | null =>
      partial === null || SINGLE.has(op) ? partial : fused(`${op}Grad`, partial);
    return [op, partials && rule(partials.map(run))] as const;
  });
  return Object.fromEntries(entries) as { [K in ElementwiseName]: R | null };
}

/** What a change `d` of one of the inputs makes. */
export function change(partial: Derivative, d: Tensor, inputs: readonly Tensor[], output: Tensor): Tensor {
  return partial(...([d, ...inputs, output] as unknown as Parameters<Derivative>));
}
