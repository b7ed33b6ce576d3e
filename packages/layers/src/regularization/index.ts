/**
 * Layers that act on training only, and penalties.
 */
export { ActivityRegularization, type ActivityRegularizationOptions } from './activity-regularization.ts';
export {
  Dropout,
  SpatialDropout1D,
  SpatialDropout2D,
  SpatialDropout3D,
  type DropoutLayerOptions,
  type SpatialDropoutOptions,
} from './dropout.ts';
export { AlphaDropout, GaussianDropout, GaussianNoise, type AlphaDropoutOptions } from './noise.ts';
export type { RandomLayerOptions } from './random-layer.ts';
