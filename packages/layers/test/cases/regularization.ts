/**
 * Cases of checkLayer: regularization layers.
 */
import {
  ActivityRegularization,
  AlphaDropout,
  Dropout,
  GaussianDropout,
  GaussianNoise,
  SpatialDropout1D,
  SpatialDropout2D,
  SpatialDropout3D,
} from '@dl/layers';
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
  'Dropout in training': {
    make: (o) => new Dropout(0.5, { seed: 1, noiseShape: [null, 1], ...o }),
    shape: [4, 3],
    output: [4, 3],
    training: true,
    trainingDiffers: true,
    mask: [true, false, true, true],
    outputMask: [true, false, true, true],
  },
  'SpatialDropout1D in training': {
    make: (o) => new SpatialDropout1D(0.5, { seed: 3, ...o }),
    shape: [2, 3, 2],
    output: [2, 3, 2],
    training: true,
    trainingDiffers: true,
  },
  'SpatialDropout2D in training, channels first': {
    make: (o) => new SpatialDropout2D(0.5, { seed: 1, dataFormat: 'channels_first', ...o }),
    shape: [2, 3, 2, 1],
    output: [2, 3, 2, 1],
    training: true,
    trainingDiffers: true,
  },
  SpatialDropout3D: {
    make: (o) => new SpatialDropout3D(0.5, { seed: 1, ...o }),
    shape: [2, 1, 2, 1, 3],
    output: [2, 1, 2, 1, 3],
    training: true,
    trainingDiffers: true,
  },
  GaussianDropout: {
    make: (o) => new GaussianDropout(0.3, { seed: 1, ...o }),
    shape: [2, 3],
    output: [2, 3],
    training: true,
    trainingDiffers: true,
  },
  AlphaDropout: {
    make: (o) => new AlphaDropout(0.5, { seed: 1, ...o }),
    shape: [3, 3],
    output: [3, 3],
    training: true,
    trainingDiffers: true,
  },
  'AlphaDropout of rows': {
    make: (o) => new AlphaDropout(0.5, { seed: 2, noiseShape: [null, 1], ...o }),
    shape: [4, 2],
    output: [4, 2],
    training: true,
    trainingDiffers: true,
  },
};
