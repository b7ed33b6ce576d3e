/**
 * Checks that index tensors point inside, where their values can be seen.
 */
import { ShapeError } from '../errors.ts';
import type { Tensor } from '../tensor.ts';

/** Whether the values of an index tensor can be looked at: not inside traces, nor where nothing is read at once. */
export function canSee(indices: Tensor): boolean {
  return indices.value === null && indices.backend.readSync !== undefined;
}

/**
 * Throws for the first index outside [0, size), or outside [−size, size) where negative ones count `fromEnd`. Where indices
 * are not seen, gathers clamp and scatters drop what lies outside.
 */
export function checkIndices(where: string, indices: Tensor, size: number, fromEnd = false): void {
  if (!canSee(indices)) return;
  const values = indices.dataSync();
  const least = fromEnd ? -size : 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < least || value >= size) {
      throw new ShapeError(`${where}: index ${value} at position ${i} is out of range [${least}, ${size})`);
    }
  }
}
