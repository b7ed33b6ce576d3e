/**
 * Cases of checkLayer: pooling layers.
 */
import {
  AdaptiveAveragePooling1D,
  AdaptiveAveragePooling2D,
  AdaptiveAveragePooling3D,
  AdaptiveMaxPooling1D,
  AdaptiveMaxPooling2D,
  AdaptiveMaxPooling3D,
  AveragePooling1D,
  AveragePooling2D,
  AveragePooling3D,
  GlobalAveragePooling1D,
  GlobalAveragePooling2D,
  GlobalAveragePooling3D,
  GlobalMaxPooling1D,
  GlobalMaxPooling2D,
  GlobalMaxPooling3D,
  MaxPooling1D,
  MaxPooling2D,
  MaxPooling3D,
} from '@dl/layers';
import type { Cases } from '../check-layer.ts';

export const poolingCases: Cases = {
  MaxPooling1D: { make: (o) => new MaxPooling1D(2, { ...o }), shape: [2, 5, 2], output: [2, 2, 2] },
  MaxPooling2D: {
    make: (o) => new MaxPooling2D(2, { padding: 'same', ...o }),
    shape: [1, 3, 4, 2],
    output: [1, 2, 2, 2],
  },
  'MaxPooling2D channels first': {
    make: (o) => new MaxPooling2D(2, { strides: 1, dataFormat: 'channels_first', ...o }),
    shape: [1, 2, 3, 4],
    output: [1, 2, 2, 3],
  },
  MaxPooling3D: { make: (o) => new MaxPooling3D(2, { ...o }), shape: [1, 2, 4, 2, 1], output: [1, 1, 2, 1, 1] },
  AveragePooling1D: {
    make: (o) => new AveragePooling1D(2, { padding: 'same', ...o }),
    shape: [2, 5, 2],
    output: [2, 3, 2],
  },
  AveragePooling2D: {
    make: (o) => new AveragePooling2D([2, 3], { strides: 1, ...o }),
    shape: [1, 3, 4, 2],
    output: [1, 2, 2, 2],
  },
  AveragePooling3D: { make: (o) => new AveragePooling3D(2, { ...o }), shape: [1, 2, 4, 2, 1], output: [1, 1, 2, 1, 1] },
  GlobalAveragePooling1D: { make: (o) => new GlobalAveragePooling1D({ ...o }), shape: [2, 3, 4], output: [2, 4] },
  GlobalAveragePooling2D: { make: (o) => new GlobalAveragePooling2D({ ...o }), shape: [2, 3, 2, 4], output: [2, 4] },
  'GlobalAveragePooling2D channels first': {
    make: (o) => new GlobalAveragePooling2D({ dataFormat: 'channels_first', keepDims: true, ...o }),
    shape: [2, 3, 2, 4],
    output: [2, 3, 1, 1],
  },
  GlobalAveragePooling3D: { make: (o) => new GlobalAveragePooling3D({ ...o }), shape: [2, 2, 2, 2, 3], output: [2, 3] },
  GlobalMaxPooling1D: { make: (o) => new GlobalMaxPooling1D({ ...o }), shape: [2, 3, 4], output: [2, 4] },
  GlobalMaxPooling2D: {
    make: (o) => new GlobalMaxPooling2D({ keepDims: true, ...o }),
    shape: [2, 3, 2, 4],
    output: [2, 1, 1, 4],
  },
  GlobalMaxPooling3D: { make: (o) => new GlobalMaxPooling3D({ ...o }), shape: [2, 2, 2, 2, 3], output: [2, 3] },
  AdaptiveAveragePooling1D: {
    make: (o) => new AdaptiveAveragePooling1D(3, { ...o }),
    shape: [2, 5, 2],
    output: [2, 3, 2],
  },
  'AdaptiveAveragePooling1D, channels first': {
    make: (o) => new AdaptiveAveragePooling1D(4, { dataFormat: 'channels_first', ...o }),
    shape: [1, 2, 3],
    output: [1, 2, 4],
  },
  AdaptiveAveragePooling2D: {
    make: (o) => new AdaptiveAveragePooling2D([2, 3], { ...o }),
    shape: [1, 3, 7, 2],
    output: [1, 2, 3, 2],
  },
  'AdaptiveAveragePooling2D, channels first': {
    make: (o) => new AdaptiveAveragePooling2D(1, { dataFormat: 'channels_first', ...o }),
    shape: [1, 2, 3, 4],
    output: [1, 2, 1, 1],
  },
  AdaptiveAveragePooling3D: {
    make: (o) => new AdaptiveAveragePooling3D(2, { ...o }),
    shape: [1, 3, 2, 3, 2],
    output: [1, 2, 2, 2, 2],
  },
  AdaptiveMaxPooling1D: { make: (o) => new AdaptiveMaxPooling1D(3, { ...o }), shape: [2, 5, 2], output: [2, 3, 2] },
  'AdaptiveMaxPooling1D, channels first': {
    make: (o) => new AdaptiveMaxPooling1D(4, { dataFormat: 'channels_first', ...o }),
    shape: [1, 2, 3],
    output: [1, 2, 4],
  },
  AdaptiveMaxPooling2D: {
    make: (o) => new AdaptiveMaxPooling2D([2, 3], { ...o }),
    shape: [1, 3, 7, 2],
    output: [1, 2, 3, 2],
  },
  'AdaptiveMaxPooling2D, channels first': {
    make: (o) => new AdaptiveMaxPooling2D(1, { dataFormat: 'channels_first', ...o }),
    shape: [1, 2, 3, 4],
    output: [1, 2, 1, 1],
  },
  AdaptiveMaxPooling3D: {
    make: (o) => new AdaptiveMaxPooling3D(2, { ...o }),
    shape: [1, 3, 2, 3, 2],
    output: [1, 2, 2, 2, 2],
  },
  'MaxPooling1D channels first': {
    make: (o) => new MaxPooling1D(2, { dataFormat: 'channels_first', ...o }),
    shape: [1, 2, 5],
    output: [1, 2, 2],
  },
  'AveragePooling3D, same, channels first': {
    make: (o) => new AveragePooling3D(2, { padding: 'same', strides: 1, dataFormat: 'channels_first', ...o }),
    shape: [1, 1, 2, 3, 2],
    output: [1, 1, 2, 3, 2],
  },
  'GlobalAveragePooling1D with a mask': {
    make: (o) => new GlobalAveragePooling1D({ keepDims: true, ...o }),
    shape: [2, 3, 2],
    output: [2, 1, 2],
    mask: [
      [true, false, true],
      [false, true, false],
    ],
    outputMask: null,
  },
  'GlobalAveragePooling1D with a mask, channels first': {
    make: (o) => new GlobalAveragePooling1D({ dataFormat: 'channels_first', ...o }),
    shape: [2, 2, 3],
    output: [2, 2],
    mask: [
      [true, false, true],
      [false, true, false],
    ],
  },
};
