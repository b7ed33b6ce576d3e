/**
 * LU factors with partial pivoting.
 */
import { castTo, zeros, type TensorLike } from '../../create.ts';
import { apply } from '../../runtime/interpreter.ts';
import type { Tensor } from '../../tensor.ts';
import { compositeAll } from '../composite.ts';
import { abs, add, div, equal, logicalAnd, mul, sub, where } from '../elementwise.ts';
import { foriLoop } from '../loop.ts';
import { matmul } from '../contract.ts';
import { concat, expandDims, reshape } from '../movement.ts';
import { op } from '../op.ts';
import { argMax } from '../reduce.ts';
import {
  batched,
  columnOf,
  examplesLead,
  firstColumns,
  firstRows,
  identities,
  matrices,
  positions,
  rowOf,
  rowsInOrder,
  transposed,
  tril,
  triu,
} from './matrix.ts';
import { triangularSolve } from './triangular.ts';

/** The numbers 0 … n − 1 as a column for every matrix of a batch, [batch, n, 1]. */
function counted(batch: number, n: number): Tensor {
  return apply('iota', [], { shape: [batch, n, 1], axis: 1, dtype: 'int32' });
}

/** Row p of each matrix, as [batch, 1, columns]; `p` is [batch]. */
function rowsAt(x: Tensor, p: Tensor): Tensor {
  const batch = apply('iota', [], { shape: [x.shape[0]!], axis: 0, dtype: 'int32' });
  return expandDims(apply('gather', [x, batch, p], { axes: [0, 1] }), 1);
}

/** What elimination leaves, for [batch, m, n]. */
interface Factors {
  /** L below the diagonal (its own diagonal is ones), U on and above it. */
  readonly lu: Tensor;
  /** Which row was exchanged with row k in step k: int32 [batch, steps, 1]. */
  readonly pivots: Tensor;
  /** Row i of L·U is row `order[i]` of A: int32 [batch, m, 1]. */
  readonly order: Tensor;
}

/** Right-looking elimination: each step brings the largest element of its column to the diagonal. */
function eliminate(a: Tensor): Factors {
  const [batch, m, n] = a.shape as [number, number, number];
  const steps = Math.min(m, n);
  const start: Factors = { lu: a, pivots: zeros([batch, steps, 1], 'int32'), order: counted(batch, m) };
  if (steps === 0 || batch === 0) return start;
  const [row, column] = [positions(a.shape, -2), positions(a.shape, -1)];
  const place = positions([steps, 1], -2);
  return foriLoop(
    0,
    steps,
    (k, { lu, pivots, order }: Factors): Factors => {
      const size = where(row.less(k), -1, abs(columnOf(lu, k)));
      const p = argMax(reshape(size, [batch, m]), 1);
      const chosen = reshape(p, [batch, 1, 1]);
      const exchange = (x: Tensor): Tensor =>
        where(equal(row, k), rowsAt(x, p), where(equal(row, chosen), rowOf(x, k), x));
      const moved = exchange(lu);
      const pivotRow = rowsAt(lu, p);
      const pivot = columnOf(pivotRow, k);
      // A column of zeros is left as it is, as LAPACK does.
      const factor = div(exchange(columnOf(lu, k)), where(pivot.equal(0), 1, pivot));
      const reduced = where(equal(column, k), factor, sub(moved, mul(factor, pivotRow)));
      return {
        lu: where(logicalAnd(row.greater(k), column.greaterEqual(k)), reduced, moved),
        pivots: where(equal(place, k), chosen, pivots),
        order: exchange(order),
      };
    },
    start,
  );
}

/** L as [m, min(m, n)], with ones on its diagonal. */
function lowerOf(lu: Tensor): Tensor {
  const [m, n] = lu.shape.slice(-2) as [number, number];
  const steps = Math.min(m, n);
  const left = firstColumns(lu, steps);
  return add(tril(left, -1), castTo(equal(positions(left.shape, -2), positions(left.shape, -1)), lu.dtype));
}

/** U as [min(m, n), n]. */
const upperOf = (lu: Tensor): Tensor => triu(firstRows(lu, Math.min(lu.shape.at(-2)!, lu.shape.at(-1)!)));

/** The order that undoes another one. */
function inverseOrder(order: Tensor): Tensor {
  const hit = equal(order, positions([1, order.shape.at(-2)!], -1));
  return expandDims(argMax(castTo(hit, 'int32'), -2), -1);
}

/**
 * The cotangent of A from those of L and U. With A in rows of L·U and squares L₁, U₁ it is
 * L₁⁻ᵀ (tril₋₁(L₁ᵀ dL₁ − dU₂ U₂ᵀ) + triu(dU₁ U₁ᵀ − L₂ᵀ dL₂)) U₁⁻ᵀ, and what lies beyond the squares is solved for directly.
 */
function cotangentOf(lu: Tensor, order: Tensor, dlu: Tensor): Tensor {
  const [m, n] = lu.shape.slice(-2) as [number, number];
  const k = Math.min(m, n);
  const [l, u] = [lowerOf(lu), upperOf(lu)];
  const [dl, du] = [tril(firstColumns(dlu, k), -1), triu(firstRows(dlu, k))];
  const [l1, u1, dl1, du1] = [firstRows(l, k), firstColumns(u, k), firstRows(dl, k), firstColumns(du, k)];
  let [low, high] = [matmul(transposed(l1), dl1), matmul(du1, transposed(u1))];
  const fromLeft = (x: Tensor): Tensor => triangularSolve(l1, x, { lower: true, transpose: true, unit: true });
  const fromRight = (x: Tensor): Tensor => transposed(triangularSolve(u1, transposed(x), { lower: false }));
  let result: (square: Tensor) => Tensor = (square) => square;
  if (n > k) {
    const du2 = firstColumns(du, n - k, k);
    low = sub(low, matmul(du2, transposed(firstColumns(u, n - k, k))));
    result = (square) => concat([square, fromLeft(du2)], -1);
  } else if (m > k) {
    const dl2 = firstRows(dl, m - k, k);
    high = sub(high, matmul(transposed(firstRows(l, m - k, k)), dl2));
    result = (square) => concat([square, fromRight(dl2)], -2);
  }
  return rowsInOrder(result(fromRight(fromLeft(add(tril(low, -1), triu(high))))), inverseOrder(order));
}

/**
 * The tangent of the packed factors: with F = L₁⁻¹ dA₁ U₁⁻¹ of the leading squares, dL₁ = L₁ tril₋₁(F) and dU₁ = triu(F) U₁.
 */
function tangentOf(lu: Tensor, order: Tensor, da: Tensor): Tensor {
  const [m, n] = lu.shape.slice(-2) as [number, number];
  const k = Math.min(m, n);
  const moved = rowsInOrder(da, order);
  const [l, u] = [lowerOf(lu), upperOf(lu)];
  const [l1, u1] = [firstRows(l, k), firstColumns(u, k)];
  const fromLeft = (x: Tensor): Tensor => triangularSolve(l1, x, { lower: true, unit: true });
  const fromRight = (x: Tensor): Tensor =>
    transposed(triangularSolve(u1, transposed(x), { lower: false, transpose: true }));
  const f = fromRight(fromLeft(firstRows(firstColumns(moved, k), k)));
  const [dl1, du1] = [matmul(l1, tril(f, -1)), matmul(triu(f), u1)];
  const square = add(dl1, du1);
  if (n > k) {
    const du2 = fromLeft(sub(firstColumns(moved, n - k, k), matmul(dl1, firstColumns(u, n - k, k))));
    return concat([square, du2], -1);
  }
  if (m === k) return square;
  return concat([square, fromRight(sub(firstRows(moved, m - k, k), matmul(firstRows(l, m - k, k), du1)))], -2);
}

const factors: (inputs: readonly Tensor[], attrs: object) => Tensor[] = /* @__PURE__ */ compositeAll<object>(
  'luFactor',
  ([a]) =>
    batched([a!], (x) => {
      const { lu, pivots, order } = eliminate(x);
      return [lu, pivots, order];
    }),
  {
    vjp: (_, [lu, , order], [dlu]) => [() => cotangentOf(lu!, order!, dlu!)],
    jvp: (_, [lu, , order], [da]) => [tangentOf(lu!, order!, da!), null, null],
    vmap: /* @__PURE__ */ examplesLead((inputs) => factors(inputs, {})),
  },
);

/** L and U in one matrix, and the order of rows as [..., m, 1]. */
export function luParts(a: Tensor): { readonly lu: Tensor; readonly pivots: Tensor; readonly order: Tensor } {
  const [lu, pivots, order] = factors([a], {});
  return { lu: lu!, pivots: pivots!, order: order! };
}

/** The solution of A·x = b from the factors of A. */
export function luSolve(lu: Tensor, order: Tensor, b: Tensor): Tensor {
  const y = triangularSolve(lu, rowsInOrder(b, order), { lower: true, unit: true });
  return triangularSolve(lu, y, { lower: false });
}

/**
 * LU factors of the matrices in the last two axes, packed as LAPACK does: `[lu, pivots]` with L below the diagonal of `lu`
 * (ones on its diagonal), U on and above it, and int32 `pivots` that name the row exchanged with row k in step k, from 0.
 * Singular matrices are factored as well; U then has a zero on its diagonal. Follows `keras.ops.lu_factor`.
 *
 * @throws ShapeError when the rank is below 2.
 * @example const [lu, pivots] = luFactor([[0, 1], [2, 3]]); // lu [[2, 3], [0, 1]], pivots [1, 1]
 */
export const luFactor: (x: TensorLike) => [lu: Tensor, pivots: Tensor] = /* @__PURE__ */ op(
  'luFactor',
  (x: TensorLike): [lu: Tensor, pivots: Tensor] => {
    const { lu, pivots } = luParts(matrices(x, 'luFactor'));
    return [lu, reshape(pivots, pivots.shape.slice(0, -1))];
  },
);

/**
 * The matrices of A = P·L·U: a permutation, a lower triangle with ones on its diagonal, and an upper triangle. For A of
 * [..., m, n] and k = min(m, n) they are [..., m, m], [..., m, k] and [..., k, n]. As `scipy.linalg.lu`.
 *
 * @throws ShapeError when the rank is below 2.
 * @example const [p, l, u] = lu([[0, 1], [2, 3]]);
 */
export const lu: (x: TensorLike) => [p: Tensor, l: Tensor, u: Tensor] = /* @__PURE__ */ op(
  'lu',
  (x: TensorLike): [p: Tensor, l: Tensor, u: Tensor] => {
    const a = matrices(x, 'lu');
    const parts = luParts(a);
    const ones = identities(a.shape.slice(0, -2), a.shape.at(-2)!, a);
    return [transposed(rowsInOrder(ones, parts.order)), lowerOf(parts.lu), upperOf(parts.lu)];
  },
);
