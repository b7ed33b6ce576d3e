/**
 * Small images for tests, on the reference backend.
 */
import { setBackend, tensor, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';

setBackend(reference());

export const numbers = (t: Tensor): number[] => [...t.dataSync()];
/** One image of one channel. */
export const picture = (rows: readonly (readonly number[])[]): Tensor =>
  tensor(Float64Array.from(rows.flat()), 'float64', [1, rows.length, rows[0]!.length, 1]);
/** Rows of the first channel of the first image. */
export const rowsOf = (t: Tensor): number[][] => {
  const [, height, width, channels] = t.shape as [number, number, number, number];
  const values = numbers(t);
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_u, x) => values[(y * width + x) * channels]!),
  );
};
export const o = { dtype: 'float64', seed: 5 } as const;
export const grid = picture([
  [1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
]);
export const photo = (batch: number, seed = 1): Tensor =>
  tensor(
    Float64Array.from({ length: batch * 6 * 5 * 3 }, (_, i) =>
      Math.floor(((Math.sin(i * 12.9898 + seed) + 1) / 2) * 256),
    ),
    'float64',
    [batch, 6, 5, 3],
  );
