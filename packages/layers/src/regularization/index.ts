/**
 * Dropout and noise.
 */
export { ActivityRegularization, type ActivityRegularizationOptions } from './activity-regularization.ts';
export {
  Dropout,
  GaussianNoise,
  SpatialDropout1D,
  SpatialDropout2D,
  type DropoutLayerOptions,
  type RandomLayerOptions,
  type SpatialDropoutOptions,
} from './dropout.ts';
