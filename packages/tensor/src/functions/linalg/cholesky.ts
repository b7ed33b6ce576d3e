/**
 * Cholesky factors.
 */
import type { TensorLike } from '../../create.ts';
import type { Tensor } from '../../tensor.ts';
import { composite } from '../composite.ts';
import { div, mul, sqrt, sub, where } from '../elementwise.ts';
import { foriLoop } from '../loop.ts';
import { matmul } from '../contract.ts';
import { op } from '../op.ts';
import {
  batched,
  columnOf,
  elementOf,
  examplesLead,
  halfTriangle,
  identities,
  positions,
  squareMatrices,
  symmetrized,
  transposed,
} from './matrix.ts';
import { triangularSolve } from './triangular.ts';

/** Right-looking: column k is finished, then taken out of all columns after it. */
function factor(a: Tensor): Tensor {
  const n = a.shape[1]!;
  if (n === 0) return a;
  const [row, column] = [positions(a.shape, -2), positions(a.shape, -1)];
  const done = foriLoop(
    0,
    n,
    (k, rest: Tensor) => {
      const own = div(columnOf(rest, k), sqrt(elementOf(rest, k)));
      const update = sub(rest, mul(own, transposed(own)));
      return where(column.less(k), rest, where(column.equal(k), own, update));
    },
    a,
  );
  return where(row.less(column), 0, done);
}

/** S = L⁻ᵀ Φ(Lᵀ dL) L⁻¹, where Φ takes the lower triangle and halves the diagonal (I. Murray, 2016). */
function cotangentOf(l: Tensor, dl: Tensor): Tensor {
  const half = halfTriangle(matmul(transposed(l), dl));
  const left = triangularSolve(l, half, { lower: true, transpose: true });
  return symmetrized(transposed(triangularSolve(l, transposed(left), { lower: true, transpose: true })));
}

/** dL = L Φ(L⁻¹ dA L⁻ᵀ), with the symmetric part of dA. */
function tangentOf(l: Tensor, da: Tensor): Tensor {
  const left = triangularSolve(l, symmetrized(da), { lower: true });
  return matmul(l, halfTriangle(transposed(triangularSolve(l, transposed(left), { lower: true }))));
}

const lowerFactor: (inputs: readonly Tensor[], attrs: object) => Tensor = /* @__PURE__ */ composite<object>(
  'cholesky',
  ([a]) => batched([a!], (x) => [factor(x)])[0]!,
  {
    vjp: (_, [l], [dl]) => [() => cotangentOf(l!, dl!)],
    jvp: (_, [l], [da]) => [tangentOf(l!, da!)],
    vmap: /* @__PURE__ */ examplesLead((inputs) => lowerFactor(inputs, {})),
  },
);

/** Options of {@link cholesky} and {@link choleskyInverse}. */
export interface CholeskyOptions {
  /** Whether the factor is upper triangular, so that A = UᵀU. Default false: A = LLᵀ. */
  readonly upper?: boolean;
}

/**
 * The triangular matrix L with A = L·Lᵀ, for each symmetric positive definite matrix in the last two axes.
 * Only the lower triangle of A is read; the gradient is symmetric. Where A is not positive definite, columns from the first
 * that fails are NaN. Follows `keras.ops.cholesky` and `numpy.linalg.cholesky`.
 *
 * @throws ShapeError when the matrices are not square.
 * @example cholesky([[4, 2], [2, 5]]); // [[2, 0], [1, 2]]
 */
export const cholesky: (x: TensorLike, options?: CholeskyOptions) => Tensor = /* @__PURE__ */ op(
  'cholesky',
  (x: TensorLike, { upper = false }: CholeskyOptions = {}) => {
    const l = lowerFactor([squareMatrices(x, 'cholesky')], {});
    return upper ? transposed(l) : l;
  },
);

/**
 * A⁻¹ from the Cholesky factor of A: (L·Lᵀ)⁻¹, or (Uᵀ·U)⁻¹ with `upper`. Follows `keras.ops.cholesky_inverse`.
 *
 * @throws ShapeError when the matrices are not square.
 * @example choleskyInverse(cholesky([[4, 2], [2, 5]])); // [[5, -2], [-2, 4]] / 16
 */
export const choleskyInverse: (x: TensorLike, options?: CholeskyOptions) => Tensor = /* @__PURE__ */ op(
  'choleskyInverse',
  (x: TensorLike, { upper = false }: CholeskyOptions = {}) => {
    const given = squareMatrices(x, 'choleskyInverse');
    const l = upper ? transposed(given) : given;
    const inverse = triangularSolve(l, identities(l.shape.slice(0, -2), l.shape.at(-1)!, l), { lower: true });
    return matmul(transposed(inverse), inverse);
  },
);
