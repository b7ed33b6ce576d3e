/**
 * Jacobi rotations of many disjoint pairs of rows at once: the iterations behind `svd` and `eigh`.
 */
import type { Tensor } from '../../tensor.ts';
import { matmul } from '../contract.ts';
import {
  abs,
  add,
  div,
  equal,
  less,
  lessEqual,
  maximum,
  mul,
  rsqrt,
  sqrt,
  square,
  sub,
  where,
} from '../elementwise.ts';
import { foriLoop } from '../loop.ts';
import { concat, expandDims } from '../movement.ts';
import { pad } from '../pad.ts';
import { max, sum } from '../reduce.ts';
import {
  chain,
  diagonals,
  epsilonOf,
  firstColumns,
  firstRows,
  fromDiagonals,
  identities,
  transposed,
} from './matrix.ts';

/** Cosine and sine of the smaller angle that makes the off-diagonal of [[a, c], [c, b]] zero; nothing moves if `idle`. */
function rotation(a: Tensor, b: Tensor, c: Tensor, idle: Tensor): { readonly cos: Tensor; readonly sin: Tensor } {
  const zeta = div(sub(b, a), mul(where(idle, 1, c), 2));
  const size = div(1, add(abs(zeta), sqrt(add(square(zeta), 1))));
  const tangent = where(idle, 0, where(less(zeta, 0), size.neg(), size));
  const cos = rsqrt(add(square(tangent), 1));
  return { cos, sin: mul(cos, tangent) };
}

/**
 * Rows as two halves; those of one place are a pair. All but the first move on by one place, through the lower half and back,
 * so that after n − 1 rounds all have met and are where they were (R. Brent, F. Luk, 1985).
 */
function moveOn(top: Tensor, bottom: Tensor): Tensor {
  const half = top.shape[1]!;
  const parts =
    half === 1
      ? [top, bottom]
      : [
          firstRows(top, 1),
          firstRows(bottom, 1),
          firstRows(top, half - 2, 1),
          firstRows(bottom, half - 1, 1),
          firstRows(top, 1, half - 1),
        ];
  return concat(parts, 1);
}

/** Rotates pairs of rows and moves them on. */
function turn(x: Tensor, cos: Tensor, sin: Tensor): Tensor {
  const half = x.shape[1]! / 2;
  const [top, bottom] = [firstRows(x, half), firstRows(x, half, half)];
  return moveOn(sub(mul(cos, top), mul(sin, bottom)), add(mul(sin, top), mul(cos, bottom)));
}

/** Zeros behind odd sizes, so that every row has a partner. */
function even(x: Tensor, columns: boolean): Tensor {
  const odd = x.shape[1]! % 2;
  return odd === 0 ? x : pad(x, [0, [0, odd], [0, columns ? odd : 0]]);
}

/**
 * Runs sweeps, in which all rows meet. In each, off-diagonal elements below a tenth of their root mean square are left for
 * later: without this, clusters of equal values cost many sweeps (J. Wilkinson, 1965). The number of sweeps is fixed, as a
 * program cannot look at values; the last ones change nothing.
 */
function sweeps(
  start: Tensor,
  remainder: (state: Tensor) => Tensor,
  round: (state: Tensor, threshold: Tensor) => Tensor,
): Tensor {
  const n = start.shape[1]!;
  const count = Math.ceil(Math.log2(n)) + (start.dtype === 'float64' ? 12 : 6);
  return foriLoop(
    0,
    count,
    (_, state: Tensor) => {
      const off = remainder(state);
      const rest = sub(off, fromDiagonals(diagonals(off)));
      const threshold = mul(sqrt(sum(square(rest), [-2, -1], true)), 0.1 / n);
      return foriLoop(0, n - 1, (__, x: Tensor) => round(x, threshold), state);
    },
    start,
  );
}

/** Rotations drift from orthogonality by rounding; one Newton step brings them back (Å. Björck, C. Bowie, 1971). */
const polished = (j: Tensor): Tensor => sub(mul(j, 1.5), mul(chain(j, transposed(j), j), 0.5));

/** Makes the rows of [batch, n, m] orthogonal to each other: J·X, and the orthogonal J as [batch, n, n] if wanted. */
export function orthogonalizeRows(
  x: Tensor,
  wanted: boolean,
): { readonly rows: Tensor; readonly turns: Tensor | null } {
  const [batch, n, m] = x.shape as [number, number, number];
  const start = even(wanted ? concat([x, identities([batch], n, x)], -1) : x, false);
  const half = start.shape[1]! / 2;
  const epsilon = epsilonOf(x);
  /** Products of rows in units of the largest row, so that the threshold soon lets small rows turn freely. */
  const products = (state: Tensor): Tensor => {
    const all = matmul(firstColumns(state, m), transposed(firstColumns(state, m)));
    const top = max(abs(all), [-2, -1], true);
    return div(all, where(equal(top, 0), 1, top));
  };
  const end = sweeps(start, products, (state, threshold) => {
    const own = firstColumns(state, m);
    const [top, bottom] = [firstRows(own, half), firstRows(own, half, half)];
    const [a, b, c] = [sum(square(top), -1, true), sum(square(bottom), -1, true), sum(mul(top, bottom), -1, true)];
    const idle = lessEqual(abs(c), mul(mul(sqrt(a), sqrt(b)), maximum(threshold, epsilon / 4)));
    const { cos, sin } = rotation(a, b, c, idle);
    return turn(state, cos, sin);
  });
  const kept = firstRows(end, n);
  return { rows: firstColumns(kept, m), turns: wanted ? polished(firstColumns(kept, n, m)) : null };
}

/** The orthogonal J that makes symmetric matrices [batch, n, n] diagonal, as J·X·Jᵀ. */
export function diagonalize(x: Tensor): Tensor {
  const [batch, n] = x.shape as [number, number];
  const wide = even(x, true);
  const size = wide.shape[1]!;
  const half = size / 2;
  const start = concat([wide, identities([batch], size, x)], -1);
  const own = (state: Tensor): Tensor => firstColumns(state, size);
  const end = sweeps(start, own, (state, threshold) => {
    const part = (i: number, j: number): Tensor =>
      expandDims(diagonals(firstColumns(firstRows(own(state), half, i * half), half, j * half)), -1);
    const c = part(0, 1);
    const { cos, sin } = rotation(part(0, 0), part(1, 1), c, lessEqual(abs(c), threshold));
    const turned = turn(state, cos, sin);
    const left = transposed(turn(transposed(own(turned)), cos, sin));
    return concat([left, firstColumns(turned, size, size)], -1);
  });
  return polished(firstRows(firstColumns(end, n, size), n));
}
