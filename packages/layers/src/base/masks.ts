/**
 * Masks: which entries of a tensor count. They travel beside the tensors they belong to.
 */
import type { Tensor } from '@dl/tensor';

const masks = new WeakMap<Tensor, Tensor>();

/**
 * The mask of a layer's output, or null: a bool tensor, true where an entry counts.
 *
 * @example maskOf(new Embedding(10, 4, { maskZero: true }).apply(ids)); // ids ≠ 0
 */
export function maskOf(tensor: Tensor): Tensor | null {
  return masks.get(tensor) ?? null;
}

/** Gives a tensor a mask, for the layers and losses that take it next. */
export function setMask(tensor: Tensor, mask: Tensor): void {
  masks.set(tensor, mask);
}
