/**
 * Layers that move elements.
 */
export {
  Flatten,
  Permute,
  RepeatVector,
  Reshape,
  UpSampling2D,
  ZeroPadding2D,
  type DataFormatOptions,
  type Padding2D,
} from './reshaping.ts';
