/**
 * Quantiles of numbers that come in batches.
 */

/** Values with what each counts, in rising order. */
type Weighted = readonly (readonly [value: number, weight: number])[];

/** y at x, between points (xs, ys), and at the ends outside. */
function interpolate(x: number, xs: readonly number[], ys: readonly number[]): number {
  let high = xs.findIndex((at) => at >= x);
  if (high === 0) return ys[0]!;
  if (high < 0) return ys.at(-1)!;
  // Of equal points, the last counts.
  while (high + 1 < xs.length && xs[high + 1] === x) high++;
  const low = high - 1;
  const span = xs[high]! - xs[low]!;
  return span === 0 ? ys[high]! : ys[low]! + ((x - xs[low]!) / span) * (ys[high]! - ys[low]!);
}

/** At most 1/epsilon values that stand for all, by the share of weights up to each. */
function compress(summary: Weighted, epsilon: number): Weighted {
  if (summary.length * epsilon < 1) return summary;
  let sum = 0;
  const sums = summary.map(([, weight]) => (sum += weight));
  const shares = sums.map((s) => s / sum);
  const values = summary.map(([value]) => value);
  const percents: number[] = [];
  const steps = Math.ceil(1 / epsilon - 1e-9);
  for (let k = 0; k < steps; k++) percents.push(epsilon + k * epsilon);
  let before = 0;
  return percents.map((share) => {
    const total = interpolate(share, shares, sums);
    const weight = total - before;
    before = total;
    return [interpolate(share, shares, values), weight] as const;
  });
}

/**
 * Keeps about 1/epsilon values of all that were added, each with a weight, as Keras does: the sorted values of a batch at
 * even steps, merged with what is there.
 */
export class QuantileSummary {
  readonly #epsilon: number;
  #kept: Weighted = [];

  constructor(epsilon: number) {
    this.#epsilon = epsilon;
  }

  /** How many values are kept. */
  get size(): number {
    return this.#kept.length;
  }

  add(values: ArrayLike<number>): void {
    const sorted = Float64Array.from(values).sort();
    const increment = sorted.length * this.#epsilon;
    const step = Math.max(increment, 1);
    const batch: [number, number][] = [];
    for (let i = Math.trunc(increment); i < sorted.length; i += Math.trunc(step)) batch.push([sorted[i]!, step]);
    const merged = [...batch, ...this.#kept].sort((a, b) => a[0] - b[0]);
    this.#kept = compress(merged, this.#epsilon);
  }

  /** Boundaries of so many ranges, about as full. */
  boundaries(bins: number): number[] {
    return compress(this.#kept, 1 / bins)
      .slice(0, -1)
      .map(([value]) => value);
  }
}
