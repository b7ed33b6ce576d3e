/**
 * Rows of numbers for embeddings: data as a matrix, and a matrix as rows.
 */
import { DTypeError, ShapeError, tensor, type Tensor } from '@dl/tensor';
import { formatShape } from '@dl/tensor/interpreter';
import { toHost, type Data } from '../data/host-array.ts';

/** One row of coordinates for each sample. */
export type Points = readonly (readonly number[])[];

/** Data as a float32 matrix [n, d] with the mean of each column taken away, and the means. Further axes count to d. */
export async function centred(x: Data, where: string): Promise<{ readonly rows: Tensor; readonly mean: Tensor }> {
  const { data, shape } = await toHost(x, where);
  const n = shape[0] ?? 0;
  if (shape.length < 2 || n < 2 || data.length === 0) {
    throw new ShapeError(`${where}: expected at least two rows [n, d], got shape ${formatShape(shape)}`);
  }
  const bad = data.findIndex((value: number) => !Number.isFinite(value));
  if (bad >= 0)
    throw new DTypeError(
      `${where}: expected finite numbers, got ${data[bad]} in row ${Math.floor((bad * n) / data.length)}`,
    );
  const matrix = tensor(Float32Array.from(data), 'float32', [n, data.length / n]);
  const mean = matrix.mean(0);
  return { rows: matrix.sub(mean), mean };
}

/** The rows of a matrix. */
export async function rowsOfMatrix(matrix: Tensor): Promise<number[][]> {
  return (await matrix.array()) as number[][];
}
