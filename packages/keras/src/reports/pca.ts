/**
 * Principal components: the directions in which data varies most.
 */
import {
  abs,
  argMax,
  ConfigError,
  eye,
  foriLoop,
  Generator,
  jit,
  matmul,
  sign,
  sum,
  takeAlongAxis,
  transpose,
  type Tensor,
} from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { eigh, qr } from '@dl/tensor/linalg';
import type { Data } from '../data/host-array.ts';
import { centred, rowsOfMatrix, type Points } from './points.ts';

/** What {@link pca} finds. */
export interface PCA {
  /** The data in the new coordinates, [n, k]. */
  readonly points: Points;
  /** The directions, orthonormal rows [k, d]; the largest entry of each is positive. */
  readonly components: Tensor;
  /** Mean of each column, [d]. */
  readonly mean: Tensor;
  /** Variance along each direction, over n − 1. */
  readonly explainedVariance: readonly number[];
  /** The same as shares of the whole variance. */
  readonly explainedVarianceRatio: readonly number[];
}

/** Up to so many columns all directions are computed at once. */
const DIRECT = 64;
/** Directions that are followed beside those that are wanted, so that these settle sooner. */
const SPARE = 12;
const STEPS = 4;
const MOST_ROUNDS = 60;
const TOLERANCE = 1e-6;

/** Turns an orthonormal basis towards the directions that vary most. */
const refine: (rows: Tensor, basis: Tensor) => Tensor = /* @__PURE__ */ jit(
  (rows: Tensor, basis: Tensor) => foriLoop(0, STEPS, (_, q) => qr(matmul(transpose(rows), matmul(rows, q)))[0], basis),
  { name: 'pca', openBatch: true },
);

/** Variances (times n − 1), descending, and directions within the span of a basis. */
function within(rows: Tensor, basis: Tensor): { readonly energies: Tensor; readonly directions: Tensor } {
  const seen = matmul(rows, basis);
  const [energies, turns] = eigh(matmul(transpose(seen), seen));
  return { energies: energies.flip(-1), directions: matmul(basis, turns.flip(-1)) };
}

/**
 * The first `k` principal components of rows [n, d] (further axes count to d). Data of many columns is followed by subspace
 * iteration (N. Halko et al., 2011) until variances settle to six digits. Follows `sklearn.decomposition.PCA`.
 *
 * @throws ConfigError unless 1 ≤ k ≤ min(n, d), ShapeError for fewer than two rows, DTypeError for NaN and infinity.
 * @example
 * const { points, explainedVarianceRatio } = await pca([[1, 2], [2, 4], [3, 6.1]], 1);
 */
export async function pca(x: Data, k = 2): Promise<PCA> {
  const { rows, mean } = await centred(x, 'pca');
  const [n, d] = rows.shape as [number, number];
  if (!Number.isInteger(k) || k < 1 || k > Math.min(n, d)) {
    throw new ConfigError(
      `pca: k must be an integer from 1 to ${Math.min(n, d)} for ${n} rows of ${d}, got ${describe(k)}`,
    );
  }
  let basis = d <= DIRECT ? eye(d) : qr(new Generator(0).normal([d, Math.min(k + SPARE, n, d)]))[0];
  let found = within(rows, basis);
  if (d > DIRECT) {
    let before: ArrayLike<number> = [];
    for (let round = 0; round < MOST_ROUNDS; round++) {
      basis = refine(rows, basis);
      found = within(rows, basis);
      const now = await found.energies.data();
      const settled = Array.from({ length: k }, (_, i) => Math.abs(now[i]! - (before[i] ?? 0)) <= TOLERANCE * now[0]!);
      if (settled.every(Boolean)) break;
      before = now;
    }
  }
  const directions = transpose(found.directions).slice([0, 0], [k, d]);
  const largest = takeAlongAxis(directions, argMax(abs(directions), -1, true), -1);
  const components = directions.mul(sign(largest));
  const energies = await found.energies.data();
  const whole = await sum(rows.square()).item();
  const variances = Array.from({ length: k }, (_, i) => Math.max(0, energies[i]!) / (n - 1));
  return {
    points: await rowsOfMatrix(matmul(rows, transpose(components))),
    components,
    mean,
    explainedVariance: variances,
    explainedVarianceRatio: variances.map((one) => (whole === 0 ? 0 : (one * (n - 1)) / whole)),
  };
}
