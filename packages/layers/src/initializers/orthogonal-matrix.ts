/**
 * Random orthogonal matrices, made on the host in float64.
 */
import { Generator, withBackend } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';

/**
 * A [rows, columns] matrix with orthonormal rows or columns, whichever are fewer, times `gain`, in row-major order.
 * The Q of a Gram–Schmidt orthogonalization, run twice per column, of a matrix of normal numbers; its R has a positive
 * diagonal, which makes the distribution uniform.
 */
export function orthogonalMatrix(seed: number, rows: number, columns: number, gain: number): Float64Array {
  const [long, short] = [Math.max(rows, columns), Math.min(rows, columns)];
  // Always on the reference backend: it reads synchronously, and every device then starts from the same matrix.
  const draws = withBackend(reference(), () => new Generator(seed).normal([long, short]).dataSync());
  const vectors = Array.from({ length: short }, (_, j) =>
    Float64Array.from({ length: long }, (_unused, i) => draws[i * short + j]!),
  );
  vectors.forEach((vector, j) => {
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < j; k++) {
        const other = vectors[k]!;
        let dot = 0;
        for (let i = 0; i < long; i++) dot += vector[i]! * other[i]!;
        for (let i = 0; i < long; i++) vector[i]! -= dot * other[i]!;
      }
    }
    const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
    for (let i = 0; i < long; i++) vector[i]! /= norm;
  });
  const matrix = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      matrix[i * columns + j] = gain * (rows < columns ? vectors[i]![j]! : vectors[j]![i]!);
    }
  }
  return matrix;
}
