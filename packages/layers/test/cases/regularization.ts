/**
 * Cases of checkLayer: regularization layers.
 */
import { ActivityRegularization, Dropout, GaussianNoise, SpatialDropout1D, SpatialDropout2D } from '@dl/layers';
import type { Cases } from '../check-layer.ts';

export const regularizationCases: Cases = {
  Dropout: { make: (o) => new Dropout(0.5, { seed: 1, ...o }), shape: [2, 3], output: [2, 3] },
  SpatialDropout1D: { make: (o) => new SpatialDropout1D(0.5, { ...o }), shape: [2, 3, 2], output: [2, 3, 2] },
  SpatialDropout2D: { make: (o) => new SpatialDropout2D(0.5, { ...o }), shape: [2, 3, 2, 2], output: [2, 3, 2, 2] },
  GaussianNoise: { make: (o) => new GaussianNoise(0.5, { ...o }), shape: [2, 3], output: [2, 3] },
  ActivityRegularization: {
    make: (o) => new ActivityRegularization({ l1: 0.1, l2: 0.2, ...o }),
    shape: [2, 3],
    output: [2, 3],
    mask: [true, false],
    outputMask: [true, false],
  },
};
