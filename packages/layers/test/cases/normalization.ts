/**
 * Cases of checkLayer: normalization layers.
 */
import {
  BatchNormalization,
  Conv1D,
  Dense,
  GroupNormalization,
  LayerNormalization,
  LayerScale,
  RMSNormalization,
  SpectralNormalization,
  UnitNormalization,
} from '@dl/layers';
import type { Cases } from '../check-layer.ts';

export const normalizationCases: Cases = {
  'BatchNormalization at inference': {
    make: (o) => new BatchNormalization({ ...o }),
    shape: [3, 2],
    output: [3, 2],
    params: 8,
  },
  'BatchNormalization in training': {
    make: (o) => new BatchNormalization({ ...o }),
    shape: [3, 2, 2],
    output: [3, 2, 2],
    params: 8,
    training: true,
  },
  'BatchNormalization on axis 1': {
    make: (o) => new BatchNormalization({ axis: 1, scale: false, ...o }),
    shape: [3, 2, 2],
    output: [3, 2, 2],
    params: 6,
    training: true,
  },
  LayerNormalization: { make: (o) => new LayerNormalization({ ...o }), shape: [2, 4], output: [2, 4], params: 8 },
  'LayerNormalization on axis 1': {
    make: (o) => new LayerNormalization({ axis: 1, ...o }),
    shape: [2, 4, 3],
    output: [2, 4, 3],
    params: 8,
  },
  GroupNormalization: {
    make: (o) => new GroupNormalization(2, { ...o }),
    shape: [2, 3, 4],
    output: [2, 3, 4],
    params: 8,
  },
  'GroupNormalization per channel, axis 1': {
    make: (o) => new GroupNormalization(-1, { axis: 1, ...o }),
    shape: [2, 3, 4],
    output: [2, 3, 4],
    params: 6,
  },
  'BatchNormalization with a mask': {
    make: (o) => new BatchNormalization({ ...o }),
    shape: [2, 3, 2],
    output: [2, 3, 2],
    params: 8,
    training: true,
    trainingDiffers: true,
    mask: [
      [true, true, false],
      [true, false, false],
    ],
    outputMask: [true, true, false, true, false, false],
  },
  'BatchNormalization with renorm': {
    make: (o) => new BatchNormalization({ renorm: true, renormClipping: { rmax: 1.5, rmin: 0.5, dmax: 0.5 }, ...o }),
    shape: [3, 2],
    output: [3, 2],
    params: 14,
    trainingDiffers: true,
  },
  RMSNormalization: {
    make: (o) => new RMSNormalization({ ...o }),
    shape: [2, 3, 5],
    output: [2, 3, 5],
    params: 5,
    trainingDiffers: false,
    mask: [
      [true, false, true],
      [true, true, false],
    ],
    outputMask: [true, false, true, true, true, false],
  },
  'RMSNormalization on axes 1 and 2': {
    make: (o) => new RMSNormalization({ axis: [1, 2], epsilon: 0.1, ...o }),
    shape: [1, 2, 3, 2],
    output: [1, 2, 3, 2],
    params: 6,
  },
  UnitNormalization: { make: (o) => new UnitNormalization({ ...o }), shape: [2, 3, 5], output: [2, 3, 5] },
  'UnitNormalization on axes 1 and 2': {
    make: (o) => new UnitNormalization({ axis: [1, 2], ...o }),
    shape: [2, 3, 5],
    output: [2, 3, 5],
  },
  SpectralNormalization: {
    make: (o) => new SpectralNormalization(new Dense(3, { ...o }), { powerIterations: 2, ...o }),
    shape: [2, 4],
    output: [2, 3],
    params: 18,
    trainingDiffers: true,
  },
  'SpectralNormalization of a convolution, in training': {
    make: (o) => new SpectralNormalization(new Conv1D(3, 2, { ...o }), { ...o }),
    shape: [2, 4, 2],
    output: [2, 3, 3],
    params: 18,
    training: true,
    gradients: false,
  },
  LayerScale: {
    make: (o) => new LayerScale({ initValues: 0.1, ...o }),
    shape: [2, 3, 4],
    output: [2, 3, 4],
    params: 4,
  },
};
