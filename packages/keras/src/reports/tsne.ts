/**
 * t-SNE: points in the plane whose neighbours are those of the data (L. van der Maaten and G. Hinton, 2008).
 */
import {
  arange,
  ConfigError,
  div,
  exp,
  foriLoop,
  Generator,
  jit,
  log,
  matmul,
  maximum,
  mul,
  sign,
  stack,
  sub,
  transpose,
  where,
  type Tensor,
} from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { Data } from '../data/host-array.ts';
import { Pace } from '../training/pace.ts';
import { pca } from './pca.ts';
import { centred, rowsOfMatrix, type Points } from './points.ts';

/** Options of {@link tsne}. */
export interface TSNEOptions {
  /** About how many neighbours a point has; 30 unless given, and below the number of rows. */
  readonly perplexity?: number | undefined;
  /** 1000 unless given; at least 250. */
  readonly iterations?: number | undefined;
  /** Step size; the number of rows / 48, but at least 50, unless given. */
  readonly learningRate?: number | undefined;
  /** Draws the little noise that the start has; 0 unless given. */
  readonly seed?: number | undefined;
  /** Ends it after the iterations under way with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link tsne} finds. */
export interface TSNE {
  /** [n, 2]. Directions, and distances between groups, mean nothing; neighbourhoods do. */
  readonly points: Points;
  /** How much the neighbourhoods of the points differ from those of the data: the Kullback-Leibler divergence. */
  readonly divergence: number;
  /** The divergence after every 50 iterations; in the first 250 neighbours attract each other 12 times as much. */
  readonly divergences: readonly number[];
}

/** Iterations that run as one program. */
const GROUP = 50;
const EXPLORATION = 250;
const EXAGGERATION = 12;
const BISECTIONS = 32;
const SMALLEST = 1e-12;

/** Which pairs are a row and itself. */
function own(n: number): Tensor {
  const places = arange(n);
  return places.expandDims(1).equal(places.expandDims(0));
}

/**
 * Probabilities that two rows are neighbours: Gaussians around each row, whose widths are found by bisection so that all have
 * the same entropy, made symmetric.
 */
const neighbours: (rows: Tensor, entropy: number) => Tensor = /* @__PURE__ */ jit(
  (rows: Tensor, entropy: number) => {
    const n = rows.shape[0]!;
    const self = own(n);
    const norms = rows.square().sum(1, true);
    const squares = maximum(norms.add(transpose(norms)).sub(mul(2, matmul(rows, transpose(rows)))), 0);
    const nearest = where(self, Infinity, squares).min(1, true);
    const spread = maximum(where(self, 0, squares).mean(1, true), SMALLEST);
    // Distances beyond the nearest, in units of their mean: one range of widths then fits every row.
    const far = where(self, 0, sub(squares, nearest).div(spread));
    const weightsFor = (sharpness: Tensor): Tensor => where(self, 0, exp(mul(far, sharpness).neg()));
    const ends = foriLoop(
      0,
      BISECTIONS,
      (_, { low, high }) => {
        const middle = low.add(high).div(2);
        const sharpness = exp(middle);
        const weights = weightsFor(sharpness);
        const total = weights.sum(1, true);
        const found = log(total).add(mul(sharpness, mul(weights, far).sum(1, true)).div(total));
        const wide = found.greater(entropy);
        return { low: where(wide, middle, low), high: where(wide, high, middle) };
      },
      { low: spread.mul(0).sub(15), high: spread.mul(0).add(25) },
    );
    const weights = weightsFor(exp(ends.low.add(ends.high).div(2)));
    const each = div(weights, weights.sum(1, true));
    return maximum(each.add(transpose(each)).div(2 * n), SMALLEST);
  },
  { name: 'tsne.neighbours', openBatch: true },
);

interface Layout {
  /** Places [2, n], and how they move. */
  readonly at: Tensor;
  readonly speed: Tensor;
  readonly gains: Tensor;
}

/** Student's t weights of pairs, and the coordinates' differences. */
function pairs(at: Tensor): { readonly weights: Tensor; readonly across: Tensor; readonly up: Tensor } {
  const difference = (line: Tensor): Tensor => sub(line.expandDims(1), line.expandDims(0));
  const [across, up] = [difference(at.at(0)), difference(at.at(1))];
  const weights = where(own(at.shape[1]!), 0, div(1, across.square().add(up.square()).add(1)));
  return { weights, across, up };
}

/** Some iterations of gradient descent with momentum and a gain for each coordinate. */
const descend: (
  layout: Layout,
  p: Tensor,
  settings: { readonly rate: number; readonly momentum: number; readonly exaggeration: number },
) => Layout = /* @__PURE__ */ jit(
  (layout: Layout, p: Tensor, settings: { rate: number; momentum: number; exaggeration: number }) =>
    foriLoop(
      0,
      GROUP,
      (_, { at, speed, gains }) => {
        const { weights, across, up } = pairs(at);
        const force = sub(mul(p, settings.exaggeration), div(weights, weights.sum())).mul(weights);
        const gradient = stack([mul(force, across).sum(1), mul(force, up).sum(1)]).mul(4);
        const turned = sign(gradient).equal(sign(speed));
        const next = maximum(where(turned, gains.mul(0.8), gains.add(0.2)), 0.01);
        const velocity = mul(speed, settings.momentum).sub(mul(next, gradient).mul(settings.rate));
        const moved = at.add(velocity);
        return { at: sub(moved, moved.mean(1, true)), speed: velocity, gains: next };
      },
      layout,
    ),
  { name: 'tsne.descend', openBatch: true },
);

/** The Kullback-Leibler divergence between neighbourhoods of the data and of the layout. */
const divergenceOf: (p: Tensor, at: Tensor) => Tensor = /* @__PURE__ */ jit(
  (p: Tensor, at: Tensor) => {
    const { weights } = pairs(at);
    return mul(p, log(div(p, maximum(div(weights, weights.sum()), SMALLEST)))).sum();
  },
  { name: 'tsne.divergence', openBatch: true },
);

/**
 * Places rows [n, d] (further axes count to d) in the plane, so that rows that are close in the data are close there. Exact:
 * time and memory grow with n², so it is for up to a few thousand rows; compiled programs do the work. It starts from the
 * first two principal components with a little noise, and goes on as `sklearn.manifold.TSNE(method='exact')` does.
 *
 * @throws ConfigError for a perplexity that is not below n or fewer than 250 iterations, ShapeError for fewer than two rows.
 * @example
 * const rows = Array.from({ length: 60 }, (_, i) => [i % 3, Math.sin(i), Math.cos(i)]);
 * const { points, divergence } = await tsne(rows, { perplexity: 10, iterations: 250 });
 */
export async function tsne(x: Data, options: TSNEOptions = {}): Promise<TSNE> {
  const { perplexity = 30, iterations = 1000, seed = 0, signal } = options;
  const { rows } = await centred(x, 'tsne');
  const [n, d] = rows.shape as [number, number];
  if (!(perplexity >= 1 && perplexity < n)) {
    throw new ConfigError(`tsne: perplexity must be from 1 to below the ${n} rows, got ${describe(perplexity)}`);
  }
  if (!Number.isInteger(iterations) || iterations < EXPLORATION) {
    throw new ConfigError(
      `tsne: iterations must be an integer of at least ${EXPLORATION}, got ${describe(iterations)}`,
    );
  }
  const rate = options.learningRate ?? Math.max(n / EXAGGERATION / 4, 50);
  if (!(rate > 0)) throw new ConfigError(`tsne: learningRate must be positive, got ${describe(rate)}`);
  signal?.throwIfAborted();
  // A constant column is a second direction for data that has one only.
  const start = d === 1 ? matmul(rows, [[1, 0]]) : rows;
  const { points } = await pca(start, 2);
  const scale = Math.sqrt(points.reduce((all, point) => all + point[0]! ** 2, 0) / n) || 1;
  const at = transpose(new Generator(seed).normal([n, 2], 0, 1e-6).add(mul(points, 1e-4 / scale)));
  const p = neighbours(rows, Math.log(perplexity));
  let layout: Layout = { at, speed: mul(at, 0), gains: mul(at, 0).add(1) };
  const divergences: number[] = [];
  const pace = new Pace();
  for (let done = 0; done < iterations; done += GROUP) {
    const early = done < EXPLORATION;
    layout = descend(layout, p, { rate, momentum: early ? 0.5 : 0.8, exaggeration: early ? EXAGGERATION : 1 });
    divergences.push(await divergenceOf(p, layout.at).item());
    await pace.step();
    signal?.throwIfAborted();
  }
  return { points: await rowsOfMatrix(transpose(layout.at)), divergence: divergences.at(-1)!, divergences };
}
