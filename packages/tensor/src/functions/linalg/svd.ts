/**
 * Singular value decomposition by one-sided Jacobi rotations.
 */
import type { TensorLike } from '../../create.ts';
import { applyAll } from '../../runtime/interpreter.ts';
import type { Tensor } from '../../tensor.ts';
import { compositeAll } from '../composite.ts';
import { add, div, equal, less, mul, square, sqrt, sub, where } from '../elementwise.ts';
import { matmul } from '../contract.ts';
import { concat, expandDims } from '../movement.ts';
import { op } from '../op.ts';
import { sum } from '../reduce.ts';
import { orthogonalizeRows } from './jacobi.ts';
import {
  batched,
  chain,
  diagonals,
  examplesLead,
  firstColumns,
  firstRows,
  fromDiagonals,
  identities,
  matrices,
  rowsInOrder,
  transposed,
  triu,
} from './matrix.ts';
import { orthogonalOf, reflect, scaleOf } from './qr.ts';

interface SvdAttrs {
  readonly full: boolean;
}

/** Rows in the order of a sort of one number each, and those numbers. */
export function sortRows(keys: Tensor, rows: readonly Tensor[], descending: boolean): [Tensor, Tensor[]] {
  const [sorted, order] = applyAll('sort', [keys], { axis: keys.rank - 1, descending });
  const place = expandDims(order!, -1);
  return [sorted!, rows.map((x) => rowsInOrder(x, place))];
}

/**
 * For [batch, m, n] with m ≥ n: A = Q·R, and rotations J make the rows of R orthogonal, J·R = S·W. Then U = Q·Jᵀ and Vᵀ = W.
 * W comes from a QR factorization, so that its rows are orthonormal for singular values of 0 as well.
 */
function tall(a: Tensor, vectors: boolean, full: boolean): Tensor[] {
  const [batch, m, n] = a.shape as [number, number, number];
  if (n === 0 || batch === 0) {
    const [left, right] = [identities([batch], full ? m : n, a), identities([batch], n, a)];
    const u = full ? left : firstColumns(identities([batch], m, a), n);
    return vectors ? [u, sum(right, -1), right] : [sum(right, -1)];
  }
  const scale = scaleOf(a);
  const parts = reflect(div(a, scale));
  const { rows, turns } = orthogonalizeRows(triu(firstRows(parts.packed, n)), vectors);
  const size = sqrt(sum(square(rows), -1));
  const [sorted, moved] = sortRows(size, turns === null ? [] : [rows, turns], true);
  const s = mul(sorted, scale.squeeze(-1));
  if (!vectors) return [s];
  const [w, j] = moved as [Tensor, Tensor];
  const right = reflect(transposed(w));
  const signs = where(less(diagonals(right.packed), 0), -1, 1);
  const vh = mul(transposed(orthogonalOf(right, n)), expandDims(signs, -1));
  const q = orthogonalOf(parts, full ? m : n);
  const own = matmul(firstColumns(q, n), transposed(j));
  return [full && m > n ? concat([own, firstColumns(q, m - n, n)], -1) : own, s, vh];
}

function decompose(a: Tensor, vectors: boolean, full: boolean): Tensor[] {
  if (a.shape[1]! >= a.shape[2]!) return tall(a, vectors, full);
  const [u, s, vh] = tall(transposed(a), vectors, full);
  return vectors ? [transposed(vh!), s!, transposed(u!)] : [u!];
}

/** 1/x, and 0 for 0. */
export const safeReciprocal = (x: Tensor): Tensor => where(equal(x, 0), 0, div(1, where(equal(x, 0), 1, x)));

/** 1/(x_j − x_i), and 0 where they are equal: for differences that functions of the matrix alone do not feel. */
export const inverseGaps = (x: Tensor): Tensor => safeReciprocal(sub(expandDims(x, -2), expandDims(x, -1)));

/** By J. Townsend (2016); vectors beyond the smaller size are not determined by A and have no share. */
function cotangentOf(u: Tensor, s: Tensor, vh: Tensor, du: Tensor, ds: Tensor, dvh: Tensor): Tensor {
  const v = transposed(vh);
  const dv = transposed(dvh);
  const gaps = inverseGaps(square(s));
  const turn = (x: Tensor, dx: Tensor): Tensor => {
    const p = matmul(transposed(x), dx);
    return mul(gaps, sub(p, transposed(p)));
  };
  const column = expandDims(s, -1);
  const row = expandDims(s, -2);
  const core = add(add(mul(turn(u, du), row), mul(column, turn(v, dv))), fromDiagonals(ds));
  const inverse = expandDims(safeReciprocal(s), -2);
  const outside = (x: Tensor, dx: Tensor): Tensor => mul(sub(dx, chain(x, transposed(x), dx)), inverse);
  let result = chain(u, core, vh);
  if (u.shape.at(-2)! > s.shape.at(-1)!) result = add(result, matmul(outside(u, du), vh));
  if (v.shape.at(-2)! > s.shape.at(-1)!) result = add(result, matmul(u, transposed(outside(v, dv))));
  return result;
}

/**
 * With P = Uᵀ dA V: dS = diag(P), dU = U·(F∘(P S + S Pᵀ)) + (I − U Uᵀ) dA V S⁻¹ and the same with U and V exchanged, where
 * F_ij = 1/(s_j² − s_i²).
 */
function tangentsOf(u: Tensor, s: Tensor, vh: Tensor, da: Tensor): [du: Tensor, ds: Tensor, dvh: Tensor] {
  const v = transposed(vh);
  const gaps = inverseGaps(square(s));
  const row = expandDims(s, -2);
  const side = (x: Tensor, moved: Tensor): Tensor => {
    const p = matmul(transposed(x), moved);
    const scaled = mul(p, row);
    const inside = matmul(x, mul(gaps, add(scaled, transposed(scaled))));
    if (x.shape.at(-2)! === s.shape.at(-1)!) return inside;
    return add(inside, mul(sub(moved, matmul(x, p)), safeReciprocal(row)));
  };
  const moved = matmul(da, v);
  const ds = sum(mul(u, moved), -2);
  return [side(u, moved), ds, transposed(side(v, matmul(transposed(da), u)))];
}

const decomposition: (inputs: readonly Tensor[], attrs: SvdAttrs) => Tensor[] = /* @__PURE__ */ compositeAll<SvdAttrs>(
  'svd',
  ([a], { full }) => batched([a!], (x) => decompose(x, true, full)),
  {
    vjp: (_, [u, s, vh], [du, ds, dvh]) => {
      const k = s!.shape.at(-1)!;
      const [own, down] = [firstColumns(u!, k), firstColumns(du!, k)];
      return [() => cotangentOf(own, s!, firstRows(vh!, k), down, ds!, firstRows(dvh!, k))];
    },
    jvp: (_, [u, s, vh], [da]) => {
      const k = s!.shape.at(-1)!;
      const [du, ds, dvh] = tangentsOf(firstColumns(u!, k), s!, firstRows(vh!, k), da!);
      // Vectors beyond the smaller size are not determined by A: they count as constant.
      const wide = (x: Tensor, dx: Tensor): Tensor =>
        x.shape.at(-1)! === k ? dx : concat([dx, mul(firstColumns(x, x.shape.at(-1)! - k, k), 0)], -1);
      return [wide(u!, du), ds, transposed(wide(transposed(vh!), transposed(dvh)))];
    },
    vmap: /* @__PURE__ */ examplesLead((inputs, attrs) => decomposition(inputs, attrs as unknown as SvdAttrs)),
  },
);

const values: (inputs: readonly Tensor[], attrs: object) => Tensor[] = /* @__PURE__ */ compositeAll<object>(
  'singularValues',
  ([a]) => batched([a!], (x) => decompose(x, false, false)),
  {
    vjp: ([a], _, [ds]) => [
      () => {
        const [u, , vh] = decomposition([a!], { full: false });
        return matmul(mul(u!, expandDims(ds!, -2)), vh!);
      },
    ],
    jvp: ([a], _, [da]) => {
      const [u, , vh] = decomposition([a!], { full: false });
      return [sum(mul(u!, matmul(da!, transposed(vh!))), -2)];
    },
    vmap: /* @__PURE__ */ examplesLead((inputs) => values(inputs, {})),
  },
);

/** Singular values alone. */
export const singularValues = (a: Tensor): Tensor => values([a], {})[0]!;

/** U, S and Vᵀ with min(m, n) singular vectors. */
export function thinSvd(a: Tensor): [u: Tensor, s: Tensor, vh: Tensor] {
  return decomposition([a], { full: false }) as [Tensor, Tensor, Tensor];
}

/** Options of {@link svd}. */
export interface SvdOptions {
  /** Whether U and Vᵀ are square (default), or hold min(m, n) vectors. */
  readonly fullMatrices?: boolean;
  /** Whether to compute U and Vᵀ (default), or the singular values alone. */
  readonly computeUv?: boolean;
}

interface Svd {
  (x: TensorLike, options: SvdOptions & { readonly computeUv: false }): Tensor;
  (x: TensorLike, options?: SvdOptions & { readonly computeUv?: true }): [u: Tensor, s: Tensor, vh: Tensor];
}

/**
 * Singular value decomposition of each matrix in the last two axes: `[u, s, vh]` with A = U·diag(S)·Vᵀ, S descending; with
 * `computeUv: false` S alone. U and V have orthonormal columns also where A has no full rank. Signs of pairs of vectors are
 * arbitrary. The gradient needs distinct singular values for functions of the vectors, and takes no notice of vectors beyond
 * the first min(m, n). Follows `keras.ops.svd`.
 *
 * @throws ShapeError when the rank is below 2.
 * @example const [u, s, vh] = svd([[3, 0], [4, 5]]); // s [6.708, 2.236]
 */
export const svd: Svd = /* @__PURE__ */ op(
  'svd',
  (x: TensorLike, { fullMatrices = true, computeUv = true }: SvdOptions = {}) => {
    const a = matrices(x, 'svd');
    return computeUv ? decomposition([a], { full: fullMatrices }) : singularValues(a);
  },
) as Svd;
