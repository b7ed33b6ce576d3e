/**
 * Systems of equations, inverses and determinants.
 */
import { castTo, type TensorLike } from '../../create.ts';
import type { Tensor } from '../../tensor.ts';
import { composite, compositeAll } from '../composite.ts';
import { abs, equal, log, mul, neg, notEqual, sign, where } from '../elementwise.ts';
import { matmul } from '../contract.ts';
import { expandDims } from '../movement.ts';
import { op } from '../op.ts';
import { prod, sum } from '../reduce.ts';
import { cholesky } from './cholesky.ts';
import { luParts, luSolve } from './lu.ts';
import { chain, diagonals, examplesLead, identities, positions, squareMatrices, sumOf, transposed } from './matrix.ts';
import { squareEquations } from './triangular.ts';

/** Solutions of square systems, without checks. */
export const solution: (inputs: readonly Tensor[], attrs: object) => Tensor = /* @__PURE__ */ composite<object>(
  'solve',
  ([a, b]) => {
    const { lu, order } = luParts(a!);
    return luSolve(lu, order, b!);
  },
  {
    // x = A⁻¹b: db = A⁻ᵀdx, dA = −db·xᵀ.
    vjp: ([a], [x], [dx]) => {
      const db = (): Tensor => solution([transposed(a!), dx!], {});
      return [() => neg(matmul(db(), transposed(x!))), db];
    },
    // dx = A⁻¹(db − dA·x)
    jvp: ([a], [x], [da, db]) => [solution([a!, sumOf(db, da && neg(matmul(da, x!)))], {})],
    vmap: /* @__PURE__ */ examplesLead((inputs) => solution(inputs, {})),
  },
);

/**
 * The solution x of A·x = b for the square matrices in the last two axes of `a`. `b` is [..., n, k], or a vector for each
 * matrix: [n], or the shape of `a` without its last axis; other leading axes broadcast. By LU factors with partial pivoting. A singular matrix gives infinities or
 * NaN, as its values cannot be looked at inside `jit`. Follows `keras.ops.solve`.
 *
 * @throws ShapeError when the matrices are not square or `b` does not fit.
 * @example solve([[2, 1], [1, 3]], [3, 5]); // [0.8, 1.4]
 */
export const solve: (a: TensorLike, b: TensorLike) => Tensor = /* @__PURE__ */ op(
  'solve',
  (a: TensorLike, b: TensorLike) => {
    const system = squareEquations(a, b, 'solve');
    return system.finish(solution([system.a, system.b], {}));
  },
);

const inverse: (inputs: readonly Tensor[], attrs: object) => Tensor = /* @__PURE__ */ composite<object>(
  'inv',
  ([a]) => solution([a!, identities(a!.shape.slice(0, -2), a!.shape.at(-1)!, a!)], {}),
  {
    // Y = A⁻¹: the cotangent of A is −Yᵀ dY Yᵀ, the tangent of Y is −Y dA Y.
    vjp: (_, [y], [dy]) => [() => neg(chain(transposed(y!), dy!, transposed(y!)))],
    jvp: (_, [y], [da]) => [neg(chain(y!, da!, y!))],
    vmap: /* @__PURE__ */ examplesLead((inputs) => inverse(inputs, {})),
  },
);

/** The inverses of square matrices, without checks. */
export const inverseOf = (a: Tensor): Tensor => inverse([a], {});

/**
 * The inverse of each square matrix in the last two axes; infinities or NaN where a matrix is singular. To solve equations
 * use {@link solve}, which is faster and more accurate. Follows `keras.ops.inv`.
 *
 * @throws ShapeError when the matrices are not square.
 * @example inv([[2, 0], [0, 4]]); // [[0.5, 0], [0, 0.25]]
 */
export const inv: (x: TensorLike) => Tensor = /* @__PURE__ */ op('inv', (x: TensorLike) =>
  inverseOf(squareMatrices(x, 'inv')),
);

/** 1 or −1 for even and odd permutations, from the exchanges of rows. */
function parity(pivots: Tensor): Tensor {
  const moved = sum(castTo(notEqual(pivots, positions([pivots.shape.at(-2)!, 1], -2)), 'int32'), [-2, -1]);
  return where(equal(moved.mod(2), 0), 1, -1);
}

/** Adds axes to a scalar of each matrix. */
const perMatrix = (x: Tensor): Tensor => expandDims(x, [-2, -1]);

/** tr(A⁻¹ dA): how log|det A| changes. */
const traceOf = (a: Tensor, da: Tensor): Tensor => sum(mul(transposed(inverseOf(a)), da), [-2, -1]);

const determinant: (inputs: readonly Tensor[], attrs: object) => Tensor = /* @__PURE__ */ composite<object>(
  'det',
  ([a]) => {
    const { lu, pivots } = luParts(a!);
    return mul(prod(diagonals(lu), -1), castTo(parity(pivots), a!.dtype));
  },
  {
    // dA = det A · A⁻ᵀ
    vjp: ([a], [y], [dy]) => [() => mul(perMatrix(mul(dy!, y!)), transposed(inverseOf(a!)))],
    jvp: ([a], [y], [da]) => [mul(y!, traceOf(a!, da!))],
    vmap: /* @__PURE__ */ examplesLead((inputs) => determinant(inputs, {})),
  },
);

/**
 * The determinant of each square matrix in the last two axes, from LU factors; 0 where one is singular, and its gradient is
 * NaN there. Large matrices overflow: see {@link slogdet}. Follows `keras.ops.det`.
 *
 * @throws ShapeError when the matrices are not square.
 * @example det([[1, 2], [3, 4]]); // -2
 */
export const det: (x: TensorLike) => Tensor = /* @__PURE__ */ op('det', (x: TensorLike) =>
  determinant([squareMatrices(x, 'det')], {}),
);

const signAndLog: (inputs: readonly Tensor[], attrs: object) => Tensor[] = /* @__PURE__ */ compositeAll<object>(
  'slogdet',
  ([a]) => {
    const { lu, pivots } = luParts(a!);
    const diagonal = diagonals(lu);
    return [mul(prod(sign(diagonal), -1), castTo(parity(pivots), a!.dtype)), sum(log(abs(diagonal)), -1)];
  },
  {
    vjp: ([a], _, [, dlog]) => [() => mul(perMatrix(dlog!), transposed(inverseOf(a!)))],
    jvp: ([a], _, [da]) => [null, traceOf(a!, da!)],
    vmap: /* @__PURE__ */ examplesLead((inputs) => signAndLog(inputs, {})),
  },
);

/**
 * `[sign, log|det|]` of each square matrix in the last two axes; `[0, −∞]` where one is singular. Follows
 * `keras.ops.slogdet`.
 *
 * @throws ShapeError when the matrices are not square.
 * @example const [sign, log] = slogdet([[1, 2], [3, 4]]); // -1 and log 2
 */
export const slogdet: (x: TensorLike) => [sign: Tensor, logAbsDet: Tensor] = /* @__PURE__ */ op(
  'slogdet',
  (x: TensorLike): [sign: Tensor, logAbsDet: Tensor] => {
    const [s, l] = signAndLog([squareMatrices(x, 'slogdet')], {});
    return [s!, l!];
  },
);

/**
 * The logarithm of the determinant of each symmetric positive definite matrix in the last two axes, by Cholesky factors;
 * NaN where a matrix is not positive definite. Follows `keras.ops.logdet`.
 *
 * @throws ShapeError when the matrices are not square.
 * @example logdet([[4, 2], [2, 5]]); // log 16
 */
export const logdet: (x: TensorLike) => Tensor = /* @__PURE__ */ op('logdet', (x: TensorLike) =>
  mul(sum(log(diagonals(cholesky(squareMatrices(x, 'logdet')))), -1), 2),
);
