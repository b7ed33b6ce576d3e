/**
 * Checks that index tensors point inside, where their values can be seen.
 */
import { ShapeError } from '../errors.ts';
import type { Tensor } from '../tensor.ts';

/**
 * Throws for the first index outside [−size, size). Inside traces, and on backends without synchronous reads, indices are
 * not seen; there gathers clamp and scatters drop what lies outside.
 */
export function checkIndices(where: string, indices: Tensor, size: number): void {
  if (indices.value !== null || !indices.backend.readSync) return;
  const values = indices.dataSync();
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < -size || value >= size) {
      throw new ShapeError(`${where}: index ${value} at position ${i} is out of range [0, ${size})`);
    }
  }
}
