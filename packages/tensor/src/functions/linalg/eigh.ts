/**
 * Eigenvalues and eigenvectors of symmetric matrices, by Jacobi rotations from both sides.
 */
import type { TensorLike } from '../../create.ts';
import type { Tensor } from '../../tensor.ts';
import { compositeAll } from '../composite.ts';
import { add, div, mul } from '../elementwise.ts';
import { matmul } from '../contract.ts';
import { squeeze } from '../movement.ts';
import { op } from '../op.ts';
import { sum } from '../reduce.ts';
import { diagonalize } from './jacobi.ts';
import {
  batched,
  chain,
  diagonals,
  examplesLead,
  fromDiagonals,
  mirrored,
  squareMatrices,
  symmetrized,
  transposed,
} from './matrix.ts';
import { scaleOf } from './qr.ts';
import { inverseGaps, sortRows } from './svd.ts';

function decompose(a: Tensor): Tensor[] {
  if (a.size === 0) return [sum(a, -1), a];
  const scale = scaleOf(a);
  const x = div(mirrored(a), scale);
  const turns = diagonalize(x);
  const [w, [rows]] = sortRows(sum(mul(matmul(turns, x), turns), -1), [turns], false);
  return [mul(w, squeeze(scale, -1)), transposed(rows!)];
}

/** V·(diag(dw) + F∘(Vᵀ dV))·Vᵀ with F_ij = 1/(w_j − w_i) (M. Giles, 2008), made symmetric. */
function cotangentOf(w: Tensor, v: Tensor, dw: Tensor, dv: Tensor): Tensor {
  const core = add(fromDiagonals(dw), mul(inverseGaps(w), matmul(transposed(v), dv)));
  return symmetrized(chain(v, core, transposed(v)));
}

/** dw = diag(P) and dV = V·(F∘P) with P = Vᵀ dA V, where dA is made symmetric. */
function tangentsOf(w: Tensor, v: Tensor, da: Tensor): [dw: Tensor, dv: Tensor] {
  const p = chain(transposed(v), symmetrized(da), v);
  return [diagonals(p), matmul(v, mul(inverseGaps(w), p))];
}

const decomposition: (inputs: readonly Tensor[], attrs: object) => Tensor[] = /* @__PURE__ */ compositeAll<object>(
  'eigh',
  ([a]) => batched([a!], decompose),
  {
    vjp: (_, [w, v], [dw, dv]) => [() => cotangentOf(w!, v!, dw!, dv!)],
    jvp: (_, [w, v], [da]) => tangentsOf(w!, v!, da!),
    vmap: /* @__PURE__ */ examplesLead((inputs) => decomposition(inputs, {})),
  },
);

/**
 * `[w, v]` for each symmetric matrix in the last two axes: eigenvalues, ascending, and orthonormal eigenvectors in the
 * columns of V, so that A·V = V·diag(w). Only the lower triangle of A is read; the gradient is symmetric, and needs distinct
 * eigenvalues for functions of the vectors. Signs of vectors are arbitrary. Follows `keras.ops.eigh`.
 *
 * @throws ShapeError when the matrices are not square.
 * @example const [w, v] = eigh([[2, 1], [1, 2]]); // w [1, 3]
 */
export const eigh: (x: TensorLike) => [w: Tensor, v: Tensor] = /* @__PURE__ */ op(
  'eigh',
  (x: TensorLike): [w: Tensor, v: Tensor] => {
    const [w, v] = decomposition([squareMatrices(x, 'eigh')], {});
    return [w!, v!];
  },
);
