/**
 * QR factors by Householder reflections.
 */
import { eye, zeros, type TensorLike } from '../../create.ts';
import { ConfigError, unknownName } from '../../errors.ts';
import { apply } from '../../runtime/interpreter.ts';
import type { Tensor } from '../../tensor.ts';
import { compositeAll } from '../composite.ts';
import {
  abs,
  add,
  div,
  equal,
  isFinite,
  less,
  logicalAnd,
  logicalOr,
  mul,
  neg,
  sqrt,
  square,
  sub,
  where,
} from '../elementwise.ts';
import { foriLoop } from '../loop.ts';
import { matmul } from '../contract.ts';
import { concat } from '../movement.ts';
import { op } from '../op.ts';
import { max, sum } from '../reduce.ts';
import {
  batched,
  columnOf,
  elementOf,
  examplesLead,
  firstColumns,
  firstRows,
  matrices,
  positions,
  rowOf,
  transposed,
  tril,
  triu,
} from './matrix.ts';
import { triangularSolve } from './triangular.ts';

/** A divisor per matrix that keeps squares of its elements within range; 1, and so exact, for ordinary numbers. */
export function scaleOf(a: Tensor): Tensor {
  const top = max(abs(a), [-2, -1], true);
  const extreme = logicalAnd(logicalOr(less(top, 2 ** -40), top.greater(2 ** 40)), isFinite(top));
  return where(logicalAnd(extreme, top.greater(0)), top, 1);
}

/** R on and above the diagonal, the reflections I − τ·v·vᵀ below it (v is 1 on the diagonal), and τ as [batch, steps, 1]. */
export interface Reflections {
  readonly packed: Tensor;
  readonly tau: Tensor;
}

/** Reflects column after column of [batch, m, n] onto the axes, with the signs of LAPACK. */
export function reflect(a: Tensor): Reflections {
  const [batch, m, n] = a.shape as [number, number, number];
  const steps = Math.min(m, n);
  const start = { packed: a, tau: zeros([batch, steps, 1], a.dtype) };
  if (a.size === 0) return start;
  const [row, column, place] = [positions(a.shape, -2), positions(a.shape, -1), positions([steps, 1], -2)];
  return foriLoop(
    0,
    steps,
    (k, { packed, tau }: Reflections): Reflections => {
      const below = row.greater(k);
      const scale = scaleOf(where(less(row, k), 0, columnOf(packed, k)));
      const [own, alpha] = [div(columnOf(packed, k), scale), div(elementOf(packed, k), scale)];
      const tail = sum(square(where(below, own, 0)), 1, true);
      const flat = equal(tail, 0);
      const norm = sqrt(add(square(alpha), tail));
      const beta = where(flat, alpha, where(less(alpha, 0), norm, neg(norm)));
      const factor = where(flat, 0, div(sub(beta, alpha), where(flat, 1, beta)));
      const v = where(below, div(own, where(flat, 1, sub(alpha, beta))), where(equal(row, k), 1, 0));
      const update = sub(packed, mul(mul(factor, v), matmul(transposed(v), packed)));
      const kept = where(below, v, where(equal(row, k), mul(beta, scale), packed));
      return {
        packed: where(less(column, k), packed, where(equal(column, k), kept, update)),
        tau: where(equal(place, k), factor, tau),
      };
    },
    start,
  );
}

/** The first `count` columns of Q, the product of all reflections. */
export function orthogonalOf({ packed, tau }: Reflections, count: number): Tensor {
  const [batch, m] = packed.shape as [number, number];
  const steps = tau.shape[1]!;
  const start = apply('broadcastTo', [eye(m, count, 0, packed.dtype)], { shape: [batch, m, count] });
  if (steps === 0 || start.size === 0) return start;
  const row = positions(start.shape, -2);
  return foriLoop(
    0,
    steps,
    (i, q: Tensor) => {
      const k = sub(steps - 1, i);
      const v = where(row.greater(k), columnOf(packed, k), where(equal(row, k), 1, 0));
      return sub(q, mul(mul(rowOf(tau, k), v), matmul(transposed(v), q)));
    },
    start,
  );
}

/** For A of full column rank: (dQ + Q·copyltu(M))·R⁻ᵀ with M = R·dRᵀ − dQᵀ·Q (Seeger and others, 2017). */
function tallCotangent(q: Tensor, r: Tensor, dq: Tensor, dr: Tensor): Tensor {
  const m = sub(matmul(r, transposed(dr)), matmul(transposed(dq), q));
  const mirrored = add(tril(m), transposed(tril(m, -1)));
  const right = add(dq, matmul(q, mirrored));
  return transposed(triangularSolve(r, transposed(right), { lower: false }));
}

/** Columns beyond the rows are Qᵀ·A, so their share goes to Q and to them. */
function cotangentOf(a: Tensor, q: Tensor, r: Tensor, dq: Tensor, dr: Tensor): Tensor {
  const [m, n] = a.shape.slice(-2) as [number, number];
  if (m >= n) return tallCotangent(q, r, dq, triu(dr));
  const rest = n - m;
  const drest = firstColumns(dr, rest, m);
  const shared = add(dq, matmul(firstColumns(a, rest, m), transposed(drest)));
  const square = tallCotangent(q, firstColumns(r, m), shared, triu(firstColumns(dr, m)));
  return concat([square, matmul(q, drest)], -1);
}

/** For A of full column rank: with M = Qᵀ dA R⁻¹ and the rotation Ω of its lower triangle, dQ = dA R⁻¹ − Q·(M − Ω), dR = (M − Ω)·R. */
function tallTangents(q: Tensor, r: Tensor, da: Tensor): [dq: Tensor, dr: Tensor] {
  const right = transposed(triangularSolve(r, transposed(da), { lower: false, transpose: true }));
  const m = matmul(transposed(q), right);
  const low = tril(m, -1);
  const upper = add(sub(m, low), transposed(low));
  return [sub(right, matmul(q, upper)), matmul(upper, r)];
}

/** Columns beyond the rows are Qᵀ·A. */
function tangentsOf(a: Tensor, q: Tensor, r: Tensor, da: Tensor): [dq: Tensor, dr: Tensor] {
  const [m, n] = a.shape.slice(-2) as [number, number];
  if (m >= n) return tallTangents(q, r, da);
  const [dq, dr] = tallTangents(q, firstColumns(r, m), firstColumns(da, m));
  const rest = (x: Tensor): Tensor => firstColumns(x, n - m, m);
  return [dq, concat([dr, add(matmul(transposed(dq), rest(a)), matmul(transposed(q), rest(da)))], -1)];
}

interface QrAttrs {
  readonly complete: boolean;
}

/** Refuses derivatives of columns that are not determined. */
function checkDetermined(a: Tensor, complete: unknown): void {
  const [m, n] = a.shape.slice(-2) as [number, number];
  if (complete !== true || m <= n) return;
  throw new ConfigError(
    `qr: with mode 'complete' the last ${m - n} columns of Q are not determined by A, so there is no derivative; use mode 'reduced'`,
  );
}

const factors: (inputs: readonly Tensor[], attrs: QrAttrs) => Tensor[] = /* @__PURE__ */ compositeAll<QrAttrs>(
  'qr',
  ([a], { complete }) =>
    batched([a!], (x) => {
      const parts = reflect(x);
      const [m, n] = x.shape.slice(1) as [number, number];
      const count = complete ? m : Math.min(m, n);
      return [orthogonalOf(parts, count), triu(firstRows(parts.packed, count))];
    }),
  {
    vjp: ([a], [q, r], [dq, dr], { complete }) => {
      checkDetermined(a!, complete);
      return [() => cotangentOf(a!, q!, r!, dq!, dr!)];
    },
    jvp: ([a], [q, r], [da], { complete }) => {
      checkDetermined(a!, complete);
      return tangentsOf(a!, q!, r!, da!);
    },
    vmap: /* @__PURE__ */ examplesLead((inputs, attrs) => factors(inputs, attrs as unknown as QrAttrs)),
  },
);

/** Options of {@link qr}. */
export interface QrOptions {
  /** 'reduced' (default) gives Q as [..., m, min(m, n)], 'complete' as [..., m, m]. */
  readonly mode?: 'reduced' | 'complete';
}

/**
 * `[q, r]` with A = Q·R for each matrix in the last two axes: Q has orthonormal columns, R is upper triangular. Signs are
 * those of LAPACK and NumPy. The gradient needs a leading square of full rank. Follows `keras.ops.qr`.
 *
 * @throws ShapeError when the rank is below 2, ConfigError for an unknown mode, or for the gradient of a complete Q with
 * more rows than columns of A.
 * @example const [q, r] = qr([[3, 1], [4, 2]]); // r [[-5, -2.2], [0, 0.4]]
 */
export const qr: (x: TensorLike, options?: QrOptions) => [q: Tensor, r: Tensor] = /* @__PURE__ */ op(
  'qr',
  (x: TensorLike, { mode = 'reduced' }: QrOptions = {}): [q: Tensor, r: Tensor] => {
    if (mode !== 'reduced' && mode !== 'complete') unknownName('qr', 'mode', mode, ['reduced', 'complete']);
    const [q, r] = factors([matrices(x, 'qr')], { complete: mode === 'complete' });
    return [q!, r!];
  },
);
