/**
 * Powers and exponentials of matrices.
 */
import type { TensorLike } from '../../create.ts';
import { ConfigError } from '../../errors.ts';
import { describe } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { composite } from '../composite.ts';
import { matmul } from '../contract.ts';
import {
  abs,
  add,
  ceil,
  clip,
  div,
  equal,
  exp,
  less,
  log2,
  mul,
  round,
  stopGradient,
  sub,
  where,
} from '../elementwise.ts';
import { foriLoop } from '../loop.ts';
import { concat } from '../movement.ts';
import { op } from '../op.ts';
import { max, sum } from '../reduce.ts';
import { batched, examplesLead, firstColumns, firstRows, identities, squareMatrices, transposed } from './matrix.ts';
import { inverseOf, solution } from './solve.ts';

const power = /* @__PURE__ */ composite<{ readonly n: number }>('matrixPower', ([a], { n }) => {
  let square = n < 0 ? inverseOf(a!) : a!;
  let result: Tensor | null = null;
  for (let left = Math.abs(n); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = result === null ? square : matmul(result, square);
    if (left > 1) square = matmul(square, square);
  }
  return result ?? identities(a!.shape.slice(0, -2), a!.shape.at(-1)!, a!);
});

/**
 * The n-th power of each square matrix in the last two axes, for a whole number n; negative ones invert. Products grow with
 * the logarithm of n. Follows `keras.ops.matrix_power`.
 *
 * @throws ShapeError when the matrices are not square, ConfigError when n is no whole number.
 * @example matrixPower([[1, 1], [0, 1]], 5); // [[1, 5], [0, 1]]
 */
export const matrixPower: (x: TensorLike, n: number) => Tensor = /* @__PURE__ */ op(
  'matrixPower',
  (x: TensorLike, n: number) => {
    if (!Number.isSafeInteger(n))
      throw new ConfigError(`matrixPower: the exponent must be a whole number, got ${describe(n)}`);
    return power([squareMatrices(x, 'matrixPower')], { n });
  },
);

/** Coefficients of the Padé approximation of degree 13, from those of x⁰ up (N. Higham, 2005). */
const PADE = /* @__PURE__ */ [
  64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
  670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
].map((c) => c / 64764752532480000);

/** The largest 1-norm for which the approximation is exact to rounding in float64. */
const REACH = 5.371920351148152;

/** Most halvings; matrices whose exponential is finite and whose norm is up to 5·2²⁰ are exact. */
const HALVINGS = 20;

/** The approximation, for matrices of a norm up to {@link REACH}. */
function approximate(a: Tensor): Tensor {
  const one = identities(a.shape.slice(0, -2), a.shape.at(-1)!, a);
  const a2 = matmul(a, a);
  const a4 = matmul(a2, a2);
  const a6 = matmul(a2, a4);
  const powers = [one, a2, a4, a6];
  const combine = (from: number): Tensor =>
    powers
      .flatMap((p, i) => (i * 2 + from < PADE.length ? [mul(p, PADE[i * 2 + from]!)] : []))
      .reduce((x, y) => add(x, y));
  const upper = (from: number): Tensor =>
    [a2, a4, a6].map((p, i) => mul(p, PADE[i * 2 + 8 + from]!)).reduce((x, y) => add(x, y));
  const v = add(matmul(a6, upper(0)), combine(0));
  const u = matmul(a, add(matmul(a6, upper(1)), combine(1)));
  return solution([sub(v, u), add(v, u)], {});
}

function exponential(a: Tensor): Tensor {
  if (a.size === 0) return a;
  const norm = max(sum(abs(a), -2, true), -1, true);
  const halvings = clip(ceil(log2(div(norm, REACH))), 0, HALVINGS);
  const start = approximate(div(a, round(exp(mul(halvings, Math.LN2)))));
  return foriLoop(0, HALVINGS, (i, x: Tensor) => where(less(i, halvings), matmul(x, x), x), start);
}

/** How e^A changes along dA: the upper right block of the exponential of [[A, dA], [0, A]] (C. Van Loan, 1978), with dA of size 1. */
function derivativeAlong(a: Tensor, da: Tensor): Tensor {
  const n = a.shape.at(-1)!;
  if (a.size === 0) return da;
  const top = max(abs(da), [-2, -1], true);
  const size = stopGradient(where(equal(top, 0), 1, top));
  const upper = concat([a, div(da, size)], -1);
  const lower = concat([mul(a, 0), a], -1);
  const block = matrixExponential([concat([upper, lower], -2)], {});
  return mul(firstColumns(firstRows(block, n), n, n), size);
}

const matrixExponential: (inputs: readonly Tensor[], attrs: object) => Tensor = /* @__PURE__ */ composite<object>(
  'expm',
  ([a]) => batched([a!], (x) => [exponential(x)])[0]!,
  {
    vjp: ([a], _, [dy]) => [() => derivativeAlong(transposed(a!), dy!)],
    jvp: ([a], _, [da]) => [derivativeAlong(a!, da!)],
    vmap: /* @__PURE__ */ examplesLead((inputs) => matrixExponential(inputs, {})),
  },
);

/**
 * The exponential e^A of each square matrix in the last two axes, by scaling, a Padé approximation of degree 13, and squaring
 * (N. Higham, 2005). Matrices whose 1-norm is above 5·10⁶ lose accuracy.
 *
 * @throws ShapeError when the matrices are not square.
 * @example expm([[0, -1], [1, 0]]); // a rotation by one radian
 */
export const expm: (x: TensorLike) => Tensor = /* @__PURE__ */ op('expm', (x: TensorLike) =>
  matrixExponential([squareMatrices(x, 'expm')], {}),
);
