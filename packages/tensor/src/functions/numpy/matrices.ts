/**
 * Matrices by their diagonals and powers: diag, diagonal, trace, tri, vander.
 */
import { asTensor, castTo, type TensorLike } from '../../create.ts';
import { checkDType, type DType } from '../../dtype.ts';
import { ShapeError } from '../../errors.ts';
import { apply } from '../../runtime/interpreter.ts';
import { checkShape, formatShape, normalizeAxis } from '../../shape.ts';
import { Tensor } from '../../tensor.ts';
import { positions, wholeNumber } from '../arguments.ts';
import { add, equal } from '../elementwise.ts';
import { flip, reshape, slice, transpose } from '../movement.ts';
import { op } from '../op.ts';
import { pad } from '../pad.ts';
import { sum } from '../reduce.ts';

/** Sum of a diagonal of the first two axes, or of those named. */
export const trace: (x: TensorLike, offset?: number, axis1?: number, axis2?: number) => Tensor = /* @__PURE__ */ op(
  'trace',
  (x: TensorLike, offset = 0, axis1 = 0, axis2 = 1) => sum(diagonal(x, offset, axis1, axis2), -1),
);

/**
 * The elements on a diagonal of two axes (default the first two), as a new last axis; `offset` counts places right of the
 * main one.
 */
export const diagonal: (x: TensorLike, offset?: number, axis1?: number, axis2?: number) => Tensor = /* @__PURE__ */ op(
  'diagonal',
  (x: TensorLike, offset = 0, axis1 = 0, axis2 = 1) => {
    const t = asTensor(x, 'diagonal');
    if (t.rank < 2) throw new ShapeError(`diagonal: expected a matrix or more axes, got shape ${formatShape(t.shape)}`);
    const [i, j] = [normalizeAxis(axis1, t.rank, 'diagonal'), normalizeAxis(axis2, t.rank, 'diagonal')];
    if (i === j) throw new ShapeError(`diagonal: expected two axes, got ${axis1} twice`);
    const rest = t.shape.map((_, d) => d).filter((d) => d !== i && d !== j);
    const moved = transpose(t, [i, j, ...rest]);
    const [rows, columns] = moved.shape as [number, number];
    const [down, right] = [Math.max(-offset, 0), Math.max(offset, 0)];
    const count = Math.max(Math.min(rows - down, columns - right), 0);
    const taken =
      count === 0
        ? slice(reshape(moved, [rows * columns, ...moved.shape.slice(2)]), 0, 0)
        : apply('gather', [moved, add(positions(count), down), add(positions(count), right)], { axes: [0, 1] });
    return transpose(taken, [...rest.map((_, d) => d + 1), 0]);
  },
);

/** A matrix with the vector on a diagonal, or the diagonal of a matrix; `offset` counts places right of the main one. */
export const diag: (x: TensorLike, offset?: number) => Tensor = /* @__PURE__ */ op(
  'diag',
  (x: TensorLike, offset = 0) => {
    const t = asTensor(x, 'diag');
    if (t.rank === 2) return diagonal(t, offset);
    if (t.rank !== 1) throw new ShapeError(`diag: expected a vector or matrix, got shape ${formatShape(t.shape)}`);
    const n = t.size + Math.abs(offset);
    const row = positions(n, 0, 2);
    const onDiagonal = equal(add(row, offset), positions(n, 1, 2));
    const padded = pad(t, [[Math.max(-offset, 0), Math.max(offset, 0)]]);
    const zero = Tensor.scalar(0, t.dtype);
    return apply('select', [onDiagonal, apply('broadcastTo', [reshape(padded, [n, 1])], { shape: [n, n] }), zero], {});
  },
);

/** A matrix with all elements of `x` on a diagonal. */
export const diagflat: (x: TensorLike, offset?: number) => Tensor = /* @__PURE__ */ op(
  'diagflat',
  (x: TensorLike, offset = 0) => diag(reshape(x, [-1]), offset),
);

/** Powers of the elements of a vector as columns: falling from n − 1 to 0, or rising. */
export const vander: (x: TensorLike, columns?: number | null, options?: { readonly increasing?: boolean }) => Tensor =
  /* @__PURE__ */ op(
    'vander',
    (x: TensorLike, columns: number | null = null, { increasing = false }: { readonly increasing?: boolean } = {}) => {
      const t = asTensor(x, 'vander');
      if (t.rank !== 1) throw new ShapeError(`vander: expected a vector, got shape ${formatShape(t.shape)}`);
      const n = wholeNumber(columns ?? t.size, 0, 'vander: the number of columns');
      const typed = t.dtype === 'bool' ? castTo(t, 'int32') : t;
      const base = apply('broadcastTo', [reshape(typed, [-1, 1])], { shape: [t.size, n] });
      const powers = apply('cumulative', [base], { op: 'prod', axis: 1, reverse: false, exclusive: true });
      return increasing ? powers : flip(powers, 1);
    },
  );

/** Ones at and below a diagonal of a [rows, columns] matrix, zeros above; `offset` counts places right of the main one. */
export function tri(rows: number, columns: number = rows, offset = 0, dtype: DType = 'float32'): Tensor {
  checkShape([rows, columns], 'tri');
  const below = apply('lessEqual', [positions(columns, 1, 2), add(positions(rows, 0, 2), offset)], {});
  return castTo(below, checkDType(dtype, 'tri'));
}
