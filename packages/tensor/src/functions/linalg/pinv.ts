/**
 * Pseudoinverses, least squares and ranks, from singular values.
 */
import { asTensor, castTo, type TensorLike } from '../../create.ts';
import type { Tensor } from '../../tensor.ts';
import { composite } from '../composite.ts';
import { matmul } from '../contract.ts';
import { add, greater, mul, sub, where } from '../elementwise.ts';
import { expandDims } from '../movement.ts';
import { op } from '../op.ts';
import { max, sum } from '../reduce.ts';
import { chain, epsilonOf, examplesLead, matrices, sumOf, transposed } from './matrix.ts';
import { safeReciprocal, singularValues, thinSvd } from './svd.ts';
import { equations } from './triangular.ts';

interface Cutoff {
  /** Singular values up to this share of the largest count as 0. */
  readonly rcond: number;
}

/** The share below which singular values are noise, for sizes and dtype of `a`. */
const noise = (a: Tensor): number => Math.max(a.shape.at(-1)!, a.shape.at(-2)!) * epsilonOf(a);

/** U, 1/S and V, with 0 for the inverse of what counts as 0. */
function inverseParts(a: Tensor, rcond: number): { readonly u: Tensor; readonly inverse: Tensor; readonly v: Tensor } {
  const [u, s, vh] = thinSvd(a);
  const cutoff = s.shape.at(-1) === 0 ? s : mul(max(s, -1, true), rcond);
  return { u, inverse: safeReciprocal(where(greater(s, cutoff), s, 0)), v: transposed(vh) };
}

const pseudoinverse: (inputs: readonly Tensor[], attrs: Cutoff) => Tensor = /* @__PURE__ */ composite<Cutoff>(
  'pinv',
  ([a], { rcond }) => {
    const { u, inverse, v } = inverseParts(a!, rcond);
    return matmul(mul(v, expandDims(inverse, -2)), transposed(u));
  },
  {
    vjp: ([a], [p], [dp]) => [() => cotangentOf(a!, p!, dp!)],
    jvp: ([a], [p], [da]) => [tangentOf(a!, p!, da!)],
    vmap: /* @__PURE__ */ examplesLead((inputs, attrs) => pseudoinverse(inputs, attrs as unknown as Cutoff)),
  },
);

/**
 * With P = A⁺, at constant rank (G. Golub, V. Pereyra, 1973): −Pᵀ dP Pᵀ + (I − A P) dPᵀ P Pᵀ + Pᵀ P dPᵀ (I − P A).
 */
function cotangentOf(a: Tensor, p: Tensor, dp: Tensor): Tensor {
  const pt = transposed(p);
  const dpt = transposed(dp);
  const left = chain(dpt, p, pt);
  const right = chain(pt, p, dpt);
  return sub(add(sub(left, chain(a, p, left)), sub(right, chain(right, p, a))), chain(pt, dp, pt));
}

/** −P dA P + P Pᵀ dAᵀ (I − A P) + (I − P A) dAᵀ Pᵀ P, at constant rank. */
function tangentOf(a: Tensor, p: Tensor, da: Tensor): Tensor {
  const pt = transposed(p);
  const dat = transposed(da);
  const left = chain(p, pt, dat);
  const right = chain(dat, pt, p);
  return sub(add(sub(left, chain(left, a, p)), sub(right, chain(p, a, right))), chain(p, da, p));
}

/** Options of {@link pinv} and {@link lstsq}. */
export interface CutoffOptions {
  /** Singular values up to `rcond` times the largest count as 0. */
  readonly rcond?: number | null;
}

/**
 * The Moore–Penrose pseudoinverse A⁺ of each matrix in the last two axes, [..., n, m] for [..., m, n]. `rcond` is
 * max(m, n)·ε of the dtype by default. The gradient holds where the rank does not change. Follows `keras.ops.pinv`.
 *
 * @throws ShapeError when the rank is below 2.
 * @example pinv([[1, 0], [0, 2], [0, 0]]); // [[1, 0, 0], [0, 0.5, 0]]
 */
export const pinv: (x: TensorLike, options?: CutoffOptions) => Tensor = /* @__PURE__ */ op(
  'pinv',
  (x: TensorLike, { rcond }: CutoffOptions = {}) => {
    const a = matrices(x, 'pinv');
    return pseudoinverse([a], { rcond: rcond ?? noise(a) });
  },
);

const leastSquares: (inputs: readonly Tensor[], attrs: Cutoff) => Tensor = /* @__PURE__ */ composite<Cutoff>(
  'lstsq',
  ([a, b], { rcond }) => {
    const { u, inverse, v } = inverseParts(a!, rcond);
    return matmul(v, mul(expandDims(inverse, -1), matmul(transposed(u), b!)));
  },
  {
    // x = A⁺b
    vjp: ([a, b], _, [dx], { rcond }) => {
      const p = (): Tensor => pseudoinverse([a!], { rcond: rcond as number });
      return [() => cotangentOf(a!, p(), matmul(dx!, transposed(b!))), () => matmul(transposed(p()), dx!)];
    },
    jvp: ([a, b], _, [da, db], { rcond }) => {
      const p = pseudoinverse([a!], { rcond: rcond as number });
      return [sumOf(da && matmul(tangentOf(a!, p, da), b!), db && matmul(p, db))];
    },
    vmap: /* @__PURE__ */ examplesLead((inputs, attrs) => leastSquares(inputs, attrs as unknown as Cutoff)),
  },
);

/**
 * The x of least norm among those that make ‖A·x − b‖₂ least, for each matrix in the last two axes of `a`. `b` is
 * [..., m, k], or a vector for each matrix: [m], or the shape of `a` without its last axis. `rcond` is max(m, n)·ε of the dtype by default.
 * Follows `keras.ops.lstsq`.
 *
 * @throws ShapeError when `b` does not fit.
 * @example lstsq([[1, 0], [1, 1], [1, 2]], [1, 3, 5]); // [1, 2]
 */
export const lstsq: (a: TensorLike, b: TensorLike, options?: CutoffOptions) => Tensor = /* @__PURE__ */ op(
  'lstsq',
  (a: TensorLike, b: TensorLike, { rcond }: CutoffOptions = {}) => {
    const system = equations(a, b, 'lstsq');
    return system.finish(leastSquares([system.a, system.b], { rcond: rcond ?? noise(system.a) }));
  },
);

/**
 * The number of singular values above `tol` of each matrix in the last two axes, as int32. `tol` is max(m, n)·ε times the
 * largest singular value by default. Follows `keras.ops.matrix_rank`.
 *
 * @throws ShapeError when the rank is below 2.
 * @example matrixRank([[1, 2], [2, 4]]); // 1
 */
export const matrixRank: (x: TensorLike, options?: { readonly tol?: TensorLike | null }) => Tensor = /* @__PURE__ */ op(
  'matrixRank',
  (x: TensorLike, { tol }: { readonly tol?: TensorLike | null } = {}) => {
    const a = matrices(x, 'matrixRank');
    const s = singularValues(a);
    const none = s.shape.at(-1) === 0;
    const given = tol === undefined || tol === null ? null : asTensor(tol, 'matrixRank', s.dtype);
    const limit =
      given === null ? (none ? s : mul(max(s, -1, true), noise(a))) : given.rank === 0 ? given : expandDims(given, -1);
    return sum(castTo(greater(s, limit), 'int32'), -1);
  },
);
