/**
 * Cases of checkLayer: reshaping layers.
 */
import {
  Cropping1D,
  Cropping2D,
  Cropping3D,
  Flatten,
  Permute,
  RepeatVector,
  Reshape,
  UpSampling1D,
  UpSampling2D,
  UpSampling3D,
  ZeroPadding1D,
  ZeroPadding2D,
  ZeroPadding3D,
} from '@dl/layers';
import type { Cases } from '../check-layer.ts';

export const reshapingCases: Cases = {
  Flatten: { make: (o) => new Flatten({ ...o }), shape: [2, 3, 4], output: [2, 12] },
  'Flatten channels first': {
    make: (o) => new Flatten({ dataFormat: 'channels_first', ...o }),
    shape: [2, 3, 2, 2],
    output: [2, 12],
  },
  Reshape: { make: (o) => new Reshape([2, -1], { ...o }), shape: [2, 6], output: [2, 2, 3] },
  Permute: { make: (o) => new Permute([2, 1], { ...o }), shape: [2, 3, 4], output: [2, 4, 3] },
  RepeatVector: { make: (o) => new RepeatVector(3, { ...o }), shape: [2, 4], output: [2, 3, 4] },
  ZeroPadding2D: {
    make: (o) =>
      new ZeroPadding2D(
        [
          [1, 0],
          [2, 1],
        ],
        { ...o },
      ),
    shape: [1, 2, 2, 1],
    output: [1, 3, 5, 1],
  },
  'UpSampling2D, bilinear': {
    make: (o) => new UpSampling2D([2, 3], { interpolation: 'bilinear', ...o }),
    shape: [1, 2, 2, 2],
    output: [1, 4, 6, 2],
  },
  UpSampling2D: { make: (o) => new UpSampling2D([2, 3], { ...o }), shape: [1, 2, 2, 2], output: [1, 4, 6, 2] },
  ZeroPadding1D: { make: (o) => new ZeroPadding1D([2, 0], { ...o }), shape: [2, 3, 2], output: [2, 5, 2] },
  'ZeroPadding1D, channels first': {
    make: (o) => new ZeroPadding1D(1, { dataFormat: 'channels_first', ...o }),
    shape: [1, 2, 3],
    output: [1, 2, 5],
  },
  'ZeroPadding2D, channels first': {
    make: (o) => new ZeroPadding2D([1, 2], { dataFormat: 'channels_first', ...o }),
    shape: [1, 1, 2, 3],
    output: [1, 1, 4, 7],
  },
  ZeroPadding3D: {
    make: (o) => new ZeroPadding3D([1, 0, [0, 2]], { ...o }),
    shape: [1, 1, 2, 2, 2],
    output: [1, 3, 2, 4, 2],
  },
  Cropping1D: { make: (o) => new Cropping1D([1, 2], { ...o }), shape: [2, 5, 2], output: [2, 2, 2] },
  Cropping2D: {
    make: (o) => new Cropping2D([[1, 0], 1], { ...o }),
    shape: [1, 3, 4, 2],
    output: [1, 2, 2, 2],
  },
  'Cropping2D, channels first, nothing': {
    make: (o) => new Cropping2D(0, { dataFormat: 'channels_first', ...o }),
    shape: [1, 2, 1, 3],
    output: [1, 2, 1, 3],
  },
  Cropping3D: {
    make: (o) => new Cropping3D(1, { dataFormat: 'channels_first', ...o }),
    shape: [1, 2, 3, 4, 3],
    output: [1, 2, 1, 2, 1],
  },
  UpSampling1D: { make: (o) => new UpSampling1D(3, { ...o }), shape: [2, 2, 3], output: [2, 6, 3] },
  'UpSampling2D, bicubic, channels first': {
    make: (o) => new UpSampling2D([2, 1], { interpolation: 'bicubic', dataFormat: 'channels_first', ...o }),
    shape: [1, 1, 3, 3],
    output: [1, 1, 6, 3],
  },
  'UpSampling2D, channels first': {
    make: (o) => new UpSampling2D(2, { dataFormat: 'channels_first', ...o }),
    shape: [1, 2, 1, 2],
    output: [1, 2, 2, 4],
  },
  UpSampling3D: { make: (o) => new UpSampling3D([1, 2, 3], { ...o }), shape: [1, 2, 1, 2, 2], output: [1, 2, 2, 6, 2] },
};
