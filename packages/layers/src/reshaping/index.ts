/**
 * Layers that move elements.
 */
export {
  Cropping1D,
  Cropping2D,
  Cropping3D,
  ZeroPadding1D,
  ZeroPadding2D,
  ZeroPadding3D,
  type Edge,
  type Edges1D,
  type EdgesND,
} from './edges.ts';
export { Flatten, Permute, RepeatVector, Reshape, type DataFormatOptions } from './reshaping.ts';
export {
  UpSampling1D,
  UpSampling2D,
  UpSampling3D,
  type UpSampling2DOptions,
  type UpSamplingInterpolation,
} from './up-sampling.ts';
