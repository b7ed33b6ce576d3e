/**
 * Every layer: shapes, weights, configuration round trips and gradients.
 */
import {
  Activation,
  Add,
  Average,
  AveragePooling1D,
  AveragePooling2D,
  AveragePooling3D,
  BatchNormalization,
  Concatenate,
  Conv1D,
  Conv2D,
  Conv2DTranspose,
  Conv3D,
  Dense,
  DepthwiseConv2D,
  Dot,
  Dropout,
  ELU,
  Embedding,
  Flatten,
  GaussianNoise,
  GlobalAveragePooling1D,
  GlobalAveragePooling2D,
  GlobalAveragePooling3D,
  GlobalMaxPooling1D,
  GlobalMaxPooling2D,
  GlobalMaxPooling3D,
  GroupNormalization,
  InputLayer,
  LayerNormalization,
  LeakyReLU,
  Maximum,
  MaxPooling1D,
  MaxPooling2D,
  MaxPooling3D,
  Minimum,
  Multiply,
  Permute,
  PReLU,
  ReLU,
  RepeatVector,
  Rescaling,
  Resizing,
  Reshape,
  SeparableConv2D,
  Softmax,
  SpatialDropout1D,
  SpatialDropout2D,
  Subtract,
  UpSampling2D,
  ZeroPadding2D,
} from '@dl/layers';
import { layerClasses } from '@dl/layers/registry';
import type { Tensor } from '@dl/tensor';
import { describe, expect, test } from 'vitest';
import { checkLayer, type LayerCase } from './check-layer.ts';
import { HOST_LAYERS, tensorCases } from './preprocessing/cases.ts';

type Cases = Readonly<Record<string, LayerCase<Tensor>>>;
const first = 'channels_first';

const cases: Cases = {
  Dense: { make: (o) => new Dense(4, { activation: 'tanh', ...o }), shape: [2, 3], output: [2, 4], params: 16 },
  'Dense without bias on rank 3': {
    make: (o) => new Dense(2, { useBias: false, kernelRegularizer: 'l2', kernelConstraint: 'max_norm', ...o }),
    shape: [2, 3, 4],
    output: [2, 3, 2],
    params: 8,
  },
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
    make: (o) => new Conv2D(3, 2, { dataFormat: first, ...o }),
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
  MaxPooling1D: { make: (o) => new MaxPooling1D(2, { ...o }), shape: [2, 5, 2], output: [2, 2, 2] },
  MaxPooling2D: {
    make: (o) => new MaxPooling2D(2, { padding: 'same', ...o }),
    shape: [1, 3, 4, 2],
    output: [1, 2, 2, 2],
  },
  'MaxPooling2D channels first': {
    make: (o) => new MaxPooling2D(2, { strides: 1, dataFormat: first, ...o }),
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
    make: (o) => new GlobalAveragePooling2D({ dataFormat: first, keepDims: true, ...o }),
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
  Flatten: { make: (o) => new Flatten({ ...o }), shape: [2, 3, 4], output: [2, 12] },
  'Flatten channels first': {
    make: (o) => new Flatten({ dataFormat: first, ...o }),
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
  Resizing: { make: (o) => new Resizing(3, 5, { ...o }), shape: [1, 2, 3, 2], output: [1, 3, 5, 2] },
  'Resizing, nearest, channels first': {
    make: (o) => new Resizing(3, 1, { interpolation: 'nearest', dataFormat: 'channels_first', ...o }),
    shape: [1, 2, 4, 2],
    output: [1, 2, 3, 1],
  },
  'UpSampling2D, bilinear': {
    make: (o) => new UpSampling2D([2, 3], { interpolation: 'bilinear', ...o }),
    shape: [1, 2, 2, 2],
    output: [1, 4, 6, 2],
  },
  UpSampling2D: { make: (o) => new UpSampling2D([2, 3], { ...o }), shape: [1, 2, 2, 2], output: [1, 4, 6, 2] },
  Dropout: { make: (o) => new Dropout(0.5, { seed: 1, ...o }), shape: [2, 3], output: [2, 3] },
  SpatialDropout1D: { make: (o) => new SpatialDropout1D(0.5, { ...o }), shape: [2, 3, 2], output: [2, 3, 2] },
  SpatialDropout2D: { make: (o) => new SpatialDropout2D(0.5, { ...o }), shape: [2, 3, 2, 2], output: [2, 3, 2, 2] },
  GaussianNoise: { make: (o) => new GaussianNoise(0.5, { ...o }), shape: [2, 3], output: [2, 3] },
  Activation: { make: (o) => new Activation('softplus', { ...o }), shape: [2, 3], output: [2, 3] },
  ReLU: {
    make: (o) => new ReLU({ maxValue: 0.7, negativeSlope: 0.1, threshold: 0.2, ...o }),
    shape: [2, 3],
    output: [2, 3],
  },
  LeakyReLU: { make: (o) => new LeakyReLU(0.2, { ...o }), shape: [2, 3], output: [2, 3] },
  ELU: { make: (o) => new ELU(0.5, { ...o }), shape: [2, 3], output: [2, 3] },
  PReLU: { make: (o) => new PReLU({ sharedAxes: [1], ...o }), shape: [2, 3, 4], output: [2, 3, 4], params: 4 },
  Softmax: { make: (o) => new Softmax({ axis: 1, ...o }), shape: [2, 3, 2], output: [2, 3, 2] },
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
  Embedding: {
    make: (o) => new Embedding(5, 3, { ...o }),
    shape: [2, 2],
    values: [0, 4, 1, 1],
    output: [2, 2, 3],
    params: 15,
    gradients: false,
  },
  Rescaling: { make: (o) => new Rescaling(0.5, { offset: 1, ...o }), shape: [2, 3], output: [2, 3] },
  InputLayer: { make: (o) => new InputLayer({ shape: [3], ...o }), shape: [2, 3], output: [2, 3] },
};

const pair = [
  [2, 3],
  [2, 3],
] as const;
const mergeCases: Readonly<Record<string, LayerCase<readonly Tensor[]>>> = {
  Add: { make: (o) => new Add({ ...o }), shape: pair, output: [2, 3] },
  Subtract: { make: (o) => new Subtract({ ...o }), shape: pair, output: [2, 3] },
  Multiply: {
    make: (o) => new Multiply({ ...o }),
    shape: [
      [2, 1, 3],
      [2, 4, 3],
      [2, 3],
    ],
    output: [2, 4, 3],
  },
  Average: { make: (o) => new Average({ ...o }), shape: pair, output: [2, 3] },
  Maximum: { make: (o) => new Maximum({ ...o }), shape: pair, output: [2, 3] },
  Minimum: { make: (o) => new Minimum({ ...o }), shape: pair, output: [2, 3] },
  Concatenate: {
    make: (o) => new Concatenate({ axis: 1, ...o }),
    shape: [
      [2, 1, 3],
      [2, 2, 3],
    ],
    output: [2, 3, 3],
  },
  Dot: { make: (o) => new Dot(1, { ...o }), shape: pair, output: [2, 1] },
  'Dot of sequences, normalized': {
    make: (o) => new Dot([2, 1], { normalize: true, ...o }),
    shape: [
      [2, 3, 4],
      [2, 4, 2],
    ],
    output: [2, 3, 2],
  },
};

describe('every layer', () => {
  for (const [name, what] of Object.entries(cases)) test(name, () => checkLayer(what));
  for (const [name, what] of Object.entries(mergeCases)) test(name, () => checkLayer(what));

  test('the registry holds nothing that is not tested here', () => {
    const tables = [cases, mergeCases, tensorCases];
    const names = tables.flatMap((table) => Object.keys(table)).map((name) => name.split(/[ ,]/)[0]);
    const tested = [...names, ...HOST_LAYERS];
    expect(Object.keys(layerClasses).filter((name) => !tested.includes(name))).toEqual([]);
  });
});
