/**
 * Cases of checkLayer: preprocessing layers.
 */
import { Rescaling, Resizing } from '@dl/layers';
import type { Cases } from '../check-layer.ts';

export const preprocessingCases: Cases = {
  Resizing: { make: (o) => new Resizing(3, 5, { ...o }), shape: [1, 2, 3, 2], output: [1, 3, 5, 2] },
  'Resizing, nearest, channels first': {
    make: (o) => new Resizing(3, 1, { interpolation: 'nearest', dataFormat: 'channels_first', ...o }),
    shape: [1, 2, 4, 2],
    output: [1, 2, 3, 1],
  },
  Rescaling: { make: (o) => new Rescaling(0.5, { offset: 1, ...o }), shape: [2, 3], output: [2, 3] },
};
