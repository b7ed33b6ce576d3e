/**
 * Norms of vectors and matrices.
 */
import { asTensor, castTo, type TensorLike } from '../../create.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { describe, formatShape, normalizeAxis } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { abs, equal, notEqual, pow, sqrt, square, where } from '../elementwise.ts';
import { expandDims, moveAxis } from '../movement.ts';
import { op } from '../op.ts';
import { max, min, sum } from '../reduce.ts';
import { real } from './matrix.ts';
import { singularValues } from './svd.ts';

/** Which norm: a power for vectors; ±1, ±2, ±∞, 'fro' or 'nuc' for matrices; null for the Euclidean one. */
export type NormOrder = number | 'fro' | 'nuc' | null;

/** Options of {@link norm}. */
export interface NormOptions {
  readonly ord?: NormOrder;
  /** One axis for norms of vectors, two for matrices (rows, columns); null for all. */
  readonly axis?: number | readonly number[] | null;
  readonly keepDims?: boolean;
}

/** A root whose slope at 0 is 0. */
function safely(root: (x: Tensor) => Tensor, x: Tensor): Tensor {
  const zero = equal(x, 0);
  return where(zero, 0, root(where(zero, 1, x)));
}

function vectorNorm(x: Tensor, ord: NormOrder, axes: readonly number[], keepDims: boolean): Tensor {
  if (ord === null || ord === 2) return safely(sqrt, sum(square(x), axes, keepDims));
  if (typeof ord === 'string' || Number.isNaN(ord)) {
    throw new ConfigError(`norm: ord ${describe(ord)} is a norm of matrices; give two axes, or a number for vectors`);
  }
  const size = abs(x);
  if (ord === Infinity) return max(size, axes, keepDims);
  if (ord === -Infinity) return min(size, axes, keepDims);
  if (ord === 0) return sum(castTo(notEqual(x, 0), x.dtype), axes, keepDims);
  if (ord === 1) return sum(size, axes, keepDims);
  const total = sum(pow(size, ord), axes, keepDims);
  const root = (t: Tensor): Tensor => pow(t, 1 / ord);
  return ord > 0 ? safely(root, total) : root(total);
}

/** Of matrices in the last two axes. */
function matrixNorm(x: Tensor, ord: NormOrder): Tensor {
  switch (ord) {
    case null:
    case 'fro':
      return vectorNorm(x, null, [x.rank - 2, x.rank - 1], false);
    case 'nuc':
      return sum(singularValues(x), -1);
    case 2:
      return max(singularValues(x), -1);
    case -2:
      return min(singularValues(x), -1);
    case 1:
      return max(sum(abs(x), -2), -1);
    case -1:
      return min(sum(abs(x), -2), -1);
    case Infinity:
      return max(sum(abs(x), -1), -1);
    case -Infinity:
      return min(sum(abs(x), -1), -1);
    default:
      throw new ConfigError(
        `norm: ord ${describe(ord)} is no norm of matrices; known: 1, -1, 2, -2, Infinity, -Infinity, 'fro', 'nuc'`,
      );
  }
}

/**
 * The norm of vectors along one axis or of matrices in two. Without `ord` it is the square root of the sum of squares, over
 * all axes unless some are named. Vectors: any power, ±∞, and 0 for the count of elements that are not 0. Matrices: ±1 and ±∞
 * for column and row sums, ±2 for singular values, 'fro' and 'nuc'. The gradient of a norm at 0 is 0. Integers give float32.
 * Follows `keras.ops.norm`.
 *
 * @throws ConfigError for an order that is not known, ShapeError for axes that do not fit.
 * @example norm([[3, 4], [6, 8]], { axis: 1 }); // [5, 10]
 */
export const norm: (x: TensorLike, options?: NormOptions) => Tensor = /* @__PURE__ */ op(
  'norm',
  (x: TensorLike, { ord = null, axis = null, keepDims = false }: NormOptions = {}) => {
    const t = real(asTensor(x, 'norm'));
    const list = axis === null ? t.shape.map((_, i) => i) : typeof axis === 'number' ? [axis] : axis;
    const axes = list.map((a) => normalizeAxis(a, t.rank, 'norm'));
    if (ord === null && axis === null) return vectorNorm(t, null, axes, keepDims);
    if (axes.length === 1) return vectorNorm(t, ord, axes, keepDims);
    const [row, column] = axes;
    if (axes.length !== 2 || row === column) {
      throw new ShapeError(
        `norm: expected one axis or two different ones for ord ${describe(ord)}, got [${list.join(', ')}] of shape ${formatShape(t.shape)}`,
      );
    }
    const moved = moveAxis(moveAxis(t, row!, -1), column! > row! ? column! - 1 : column!, -1);
    const result = matrixNorm(moved, ord);
    return keepDims ? expandDims(result, axes) : result;
  },
);
