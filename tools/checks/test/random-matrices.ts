/**
 * Repeatable random matrices.
 */
import { swapAxes, tensor, type Tensor } from '@dl/tensor';
import { testRandom } from '@dl/tensor/testing';

export type Float = 'float32' | 'float64';

/** Nearly normally distributed numbers. */
export function normal(shape: readonly number[], seed: number, dtype: Float = 'float64'): Tensor {
  const random = testRandom(seed);
  const draw = (): number => Array.from({ length: 12 }, () => random.next()).reduce((a, b) => a + b) - 6;
  return tensor(Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, draw), dtype, shape);
}

/** Transposes of matrices. */
export const t = (x: Tensor): Tensor => swapAxes(x, -1, -2);
