/**
 * Cases of checkLayer: reshaping layers.
 */
import { Flatten, Permute, RepeatVector, Reshape, UpSampling2D, ZeroPadding2D } from '@dl/layers';
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
};
