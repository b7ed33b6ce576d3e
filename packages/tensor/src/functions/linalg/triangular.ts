/**
 * Systems of equations with triangular matrices.
 */
import { promotePair, type TensorLike } from '../../create.ts';
import { ShapeError } from '../../errors.ts';
import { formatShape, sameShape } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { composite } from '../composite.ts';
import { div, mul, neg, sub, where } from '../elementwise.ts';
import { foriLoop } from '../loop.ts';
import { matmul } from '../contract.ts';
import { expandDims, squeeze } from '../movement.ts';
import { op } from '../op.ts';
import {
  batched,
  broadcastBatch,
  columnOf,
  elementOf,
  examplesLead,
  matrices,
  positions,
  real,
  rowOf,
  squareMatrices,
  sumOf,
  transposed,
  tril,
  triu,
} from './matrix.ts';

/** How {@link triangularSolve} reads its matrices. */
export interface Triangle {
  /** Which triangle is read. */
  readonly lower: boolean;
  /** Whether to solve with the transpose of that triangle. */
  readonly transpose?: boolean;
  /** Whether the diagonal counts as ones. */
  readonly unit?: boolean;
}

/** The triangle of a matrix that is read. */
const triangleOf = (a: Tensor, { lower, unit = false }: Triangle): Tensor =>
  lower ? tril(a, unit ? -1 : 0) : triu(a, unit ? 1 : 0);

/** Substitution by columns: x_k is finished, then taken out of all equations after it. */
function substitute(a: Tensor, b: Tensor, { lower, unit = false }: Triangle): Tensor {
  const n = a.shape[1]!;
  if (n === 0 || b.size === 0) return b;
  const row = positions(b.shape, -2);
  return foriLoop(
    0,
    n,
    (i, x: Tensor) => {
      const k = lower ? i : sub(n - 1, i);
      const right = rowOf(x, k);
      const own = unit ? right : div(right, elementOf(a, k));
      const later = lower ? row.greater(k) : row.less(k);
      return where(later, sub(x, mul(columnOf(a, k), own)), where(row.equal(k), own, x));
    },
    b,
  );
}

const triangular: (inputs: readonly Tensor[], attrs: Triangle) => Tensor = /* @__PURE__ */ composite<Triangle>(
  'solveTriangular',
  ([a, b], { lower, transpose = false, unit }) =>
    batched([a!, b!], (m, x) => [
      substitute(transpose ? transposed(m) : m, x, { lower: lower !== transpose, unit: unit ?? false }),
    ])[0]!,
  {
    // x = A⁻¹b: db = A⁻ᵀdx, dA = −db·xᵀ in the triangle that is read.
    vjp: ([a], [x], [dx], attrs) => {
      const { lower, transpose = false, unit = false } = attrs as unknown as Triangle;
      const db = (): Tensor => triangular([a!, dx!], { lower, transpose: !transpose, unit });
      const product = (): Tensor => {
        const [p, q] = transpose ? [x!, db()] : [db(), x!];
        return neg(matmul(p, transposed(q)));
      };
      return [() => triangleOf(product(), { lower, unit }), db];
    },
    // dx = A⁻¹(db − dA·x)
    jvp: ([a], [x], [da, db], attrs) => {
      const triangle = attrs as unknown as Triangle;
      const change = da && triangleOf(da, triangle);
      const moved = change && neg(matmul(triangle.transpose ? transposed(change) : change, x!));
      return [triangular([a!, sumOf(db, moved)], triangle)];
    },
    vmap: /* @__PURE__ */ examplesLead((inputs, attrs) => triangular(inputs, attrs as unknown as Triangle)),
  },
);

/** The solution x of A·x = b for matrices of the same leading axes. */
export const triangularSolve = (a: Tensor, b: Tensor, triangle: Triangle): Tensor => triangular([a, b], triangle);

/** Whether `b` holds a vector for each matrix of `a`, with as many elements as it has rows. */
const holdsVectors = (a: Tensor, b: Tensor): boolean => b.rank === 1 || sameShape(b.shape, a.shape.slice(0, -1));

/** Matrices and right-hand sides that fit: promoted, with common leading axes; vectors as columns. */
export function equations(
  a: TensorLike,
  b: TensorLike,
  where: string,
): { readonly a: Tensor; readonly b: Tensor; readonly finish: (x: Tensor) => Tensor } {
  const [x, y] = promotePair(a, b, where);
  const matrix = matrices(x, where);
  const vector = holdsVectors(matrix, y);
  const right = real(vector ? expandDims(y, -1) : y);
  if (right.rank < 2 || right.shape.at(-2) !== matrix.shape.at(-2)) {
    throw new ShapeError(
      `${where}: ${matrix.shape.at(-2)} equations ${formatShape(matrix.shape)} need as many rows in b, got shape ${formatShape(y.shape)}`,
    );
  }
  const [wideA, wideB] = broadcastBatch(matrix, right, where);
  return { a: wideA, b: wideB, finish: (solution) => (vector ? squeeze(solution, -1) : solution) };
}

/** As {@link equations}, with square matrices only. */
export const squareEquations = (a: TensorLike, b: TensorLike, where: string): ReturnType<typeof equations> =>
  equations(squareMatrices(a, where), b, where);

/**
 * The solution x of A·x = b for triangular matrices in the last two axes of `a`. `b` is [..., n, k], or a vector for each
 * matrix: [n], or the shape of `a` without its last axis. Only the chosen triangle of `a` is read. Zeros on the diagonal give infinities or NaN.
 * Follows `keras.ops.solve_triangular`.
 *
 * @throws ShapeError when the matrices are not square or `b` does not fit.
 * @example solveTriangular([[2, 0], [1, 4]], [2, 9], { lower: true }); // [1, 2]
 */
export const solveTriangular: (a: TensorLike, b: TensorLike, options?: { readonly lower?: boolean }) => Tensor =
  /* @__PURE__ */ op('solveTriangular', (a: TensorLike, b: TensorLike, { lower = false } = {}) => {
    const system = squareEquations(a, b, 'solveTriangular');
    return system.finish(triangularSolve(system.a, system.b, { lower }));
  });
