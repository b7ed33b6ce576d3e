/**
 * Cases of checkLayer: convolution layers.
 */
import {
  Conv1D,
  Conv1DTranspose,
  Conv2D,
  Conv2DTranspose,
  Conv3D,
  Conv3DTranspose,
  DepthwiseConv1D,
  DepthwiseConv2D,
  SeparableConv1D,
  SeparableConv2D,
} from '@dl/layers';
import type { Cases } from '../check-layer.ts';

export const convolutionCases: Cases = {
  Conv1D: {
    make: (o) => new Conv1D(3, 2, { strides: 2, activation: 'sigmoid', ...o }),
    shape: [2, 5, 2],
    output: [2, 2, 3],
    params: 15,
  },
  'Conv1D causal, dilated': {
    make: (o) => new Conv1D(2, 3, { padding: 'causal', dilationRate: 2, ...o }),
    shape: [1, 6, 2],
    output: [1, 6, 2],
    params: 14,
  },
  Conv2D: { make: (o) => new Conv2D(2, 3, { ...o }), shape: [2, 4, 5, 2], output: [2, 2, 3, 2], params: 38 },
  'Conv2D same, strides, groups': {
    make: (o) => new Conv2D(4, [3, 2], { padding: 'same', strides: 2, groups: 2, ...o }),
    shape: [1, 5, 4, 2],
    output: [1, 3, 2, 4],
    params: 28,
  },
  'Conv2D channels first': {
    make: (o) => new Conv2D(3, 2, { dataFormat: 'channels_first', ...o }),
    shape: [1, 2, 4, 3],
    output: [1, 3, 3, 2],
    params: 27,
  },
  Conv3D: { make: (o) => new Conv3D(2, 2, { ...o }), shape: [1, 3, 3, 2, 2], output: [1, 2, 2, 1, 2], params: 34 },
  DepthwiseConv2D: {
    make: (o) => new DepthwiseConv2D(2, { depthMultiplier: 2, ...o }),
    shape: [1, 3, 3, 2],
    output: [1, 2, 2, 4],
    params: 20,
  },
  SeparableConv2D: {
    make: (o) => new SeparableConv2D(3, 2, { padding: 'same', ...o }),
    shape: [1, 3, 3, 2],
    output: [1, 3, 3, 3],
    params: 17,
  },
  Conv2DTranspose: {
    make: (o) => new Conv2DTranspose(2, 3, { strides: 2, padding: 'same', ...o }),
    shape: [1, 3, 2, 2],
    output: [1, 6, 4, 2],
    params: 38,
  },
  'Conv2DTranspose valid, output padding': {
    make: (o) => new Conv2DTranspose(1, 2, { strides: 3, outputPadding: 1, ...o }),
    shape: [1, 2, 2, 1],
    output: [1, 6, 6, 1],
    params: 5,
  },
  'Conv1D with LoRA and groups': {
    make: (o) => new Conv1D(4, 2, { groups: 2, loraRank: 2, ...o }),
    shape: [1, 4, 2],
    output: [1, 3, 4],
    params: 24,
  },
  Conv1DTranspose: {
    make: (o) => new Conv1DTranspose(3, 3, { strides: 2, outputPadding: 1, activation: 'tanh', ...o }),
    shape: [2, 3, 2],
    output: [2, 8, 3],
    params: 21,
  },
  'Conv1DTranspose, same, channels first': {
    make: (o) => new Conv1DTranspose(1, 2, { strides: 3, padding: 'same', dataFormat: 'channels_first', ...o }),
    shape: [1, 2, 3],
    output: [1, 1, 9],
    params: 5,
  },
  'Conv1DTranspose, dilated': {
    make: (o) => new Conv1DTranspose(2, 2, { dilationRate: 3, ...o }),
    shape: [1, 4, 1],
    output: [1, 7, 2],
    params: 6,
  },
  Conv3DTranspose: {
    make: (o) => new Conv3DTranspose(1, [2, 1, 2], { strides: [1, 2, 1], ...o }),
    shape: [1, 2, 1, 2, 2],
    output: [1, 3, 2, 3, 1],
    params: 9,
  },
  DepthwiseConv1D: {
    make: (o) => new DepthwiseConv1D(2, { depthMultiplier: 2, padding: 'causal', ...o }),
    shape: [2, 4, 2],
    output: [2, 4, 4],
    params: 12,
  },
  'DepthwiseConv1D, strides, channels first': {
    make: (o) => new DepthwiseConv1D(3, { strides: 2, padding: 'same', dataFormat: 'channels_first', ...o }),
    shape: [1, 2, 5],
    output: [1, 2, 3],
    params: 8,
  },
  SeparableConv1D: {
    make: (o) => new SeparableConv1D(3, 2, { depthMultiplier: 2, dilationRate: 2, ...o }),
    shape: [1, 5, 2],
    output: [1, 3, 3],
    params: 8 + 12 + 3,
  },
};
