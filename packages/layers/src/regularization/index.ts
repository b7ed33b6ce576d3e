/**
 * Dropout and noise.
 */
export {
  Dropout,
  GaussianNoise,
  SpatialDropout1D,
  SpatialDropout2D,
  type DropoutLayerOptions,
  type RandomLayerOptions,
  type SpatialDropoutOptions,
} from './dropout.ts';
