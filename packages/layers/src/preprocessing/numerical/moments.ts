/**
 * Running mean and variance of features.
 */

/** Means and variances of columns, batch after batch (T. Chan, G. Golub, R. LeVeque, 1983), in float64. */
export class Moments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  #count = 0;

  constructor(columns: number) {
    this.mean = new Float64Array(columns);
    this.variance = new Float64Array(columns);
  }

  /** Takes row-major values; those that agree along the kept axes belong to one column. */
  add(values: ArrayLike<number>, shape: readonly number[], kept: readonly number[]): void {
    const columns = this.mean.length;
    const count = values.length / columns;
    if (count === 0) return;
    const column = columnsOf(shape, kept);
    const mean = new Float64Array(columns);
    const squares = new Float64Array(columns);
    for (let i = 0; i < values.length; i++) mean[column[i]!]! += values[i]! / count;
    for (let i = 0; i < values.length; i++) squares[column[i]!]! += (values[i]! - mean[column[i]!]!) ** 2;
    const share = count / (this.#count + count);
    for (let c = 0; c < columns; c++) {
      const step = mean[c]! - this.mean[c]!;
      this.variance[c] =
        (1 - share) * this.variance[c]! + (share * squares[c]!) / count + share * (1 - share) * step ** 2;
      this.mean[c]! += share * step;
    }
    this.#count += count;
  }
}

/** The column of each element. */
function columnsOf(shape: readonly number[], kept: readonly number[]): Int32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  const column = new Int32Array(size);
  let inner = size;
  shape.forEach((n, axis) => {
    inner /= Math.max(n, 1);
    if (!kept.includes(axis)) return;
    for (let i = 0; i < size; i++) column[i] = column[i]! * n + (Math.floor(i / inner) % n);
  });
  return column;
}
