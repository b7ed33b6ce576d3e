/**
 * Sizes that every system takes from here.
 */

/** Sizes, and products in each repeat. */
export const SIZES: readonly (readonly [size: number, inner: number])[] = [
  [128, 200],
  [256, 40],
  [512, 8],
  [1024, 1],
];

/** Size of the products with transposed operands, and products in each repeat. */
export const FORM_SIZE = 512;
export const FORM_INNER = 8;
/** Forms by the letters of BLAS, and which operands are transposed; NN is among the square ones. */
export const FORMS: readonly (readonly [name: string, left: boolean, right: boolean])[] = [
  ['NT', false, true],
  ['TN', true, false],
  ['TT', true, true],
];

/** Small products that are computed together, and how often in each repeat. */
export const BATCHED = { count: 32, size: 64, inner: 40 } as const;

/** Batches of images. */
export const IMAGES = { shape: [8, 64, 64, 3], classes: 10 } as const;

/** Batches of sequences [batch, steps, features] for recurrent layers. */
export const SEQUENCES = { shape: [32, 50, 64], units: 128, classes: 10 } as const;

/** A transformer encoder. */
export const ENCODER = { batch: 16, places: 64, width: 128, heads: 4, hidden: 512, blocks: 4 } as const;
