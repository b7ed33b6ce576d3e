/**
 * Sizes of matrix products, which every system takes from here.
 */

/** Sizes, and products in each repeat. */
export const SIZES: readonly (readonly [size: number, inner: number])[] = [
  [128, 200],
  [256, 40],
  [512, 8],
  [1024, 1],
];
