/**
 * Cases of checkLayer: preprocessing layers that work on tensors.
 */
import * as layers from '@dl/layers';
import type { Cases } from '../check-layer.ts';

const image = { shape: [2, 5, 4, 3], output: [2, 5, 4, 3] };
const training = { ...image, training: true, trainingDiffers: true, gradients: false };
const seed = 3;

// MixUp and AugMix draw from distributions that float32 computes, so training is compared at its precision elsewhere.
export const preprocessingCases: Cases = {
  Normalization: {
    make: (o) => new layers.Normalization(-1, o),
    shape: [4, 2, 3],
    output: [4, 2, 3],
    params: 7,
  },
  'Normalization of given numbers, two axes, back': {
    make: (o) => new layers.Normalization([1, -1], { mean: [1, 2, 3], variance: [4, 1, 0.25], invert: true, ...o }),
    shape: [4, 2, 3],
    output: [4, 2, 3],
  },
  'Normalization by one number': {
    make: (o) => new layers.Normalization(null, { mean: 3, variance: 2, ...o }),
    shape: [4],
    output: [4],
  },
  Discretization: {
    make: (o) => new layers.Discretization([-0.5, 0.1, 0.6], { outputMode: 'one_hot', ...o }),
    shape: [3, 2],
    output: [3, 2, 4],
    gradients: false,
  },
  CategoryEncoding: {
    make: (o) => new layers.CategoryEncoding(5, o),
    shape: [2, 3],
    values: [0, 4, 4, 1, 2, 1],
    output: [2, 5],
    gradients: false,
  },
  'CategoryEncoding, one hot': {
    make: (o) => new layers.CategoryEncoding(5, { outputMode: 'one_hot', ...o }),
    shape: [3, 1],
    values: [0, 4, 3],
    output: [3, 5],
    gradients: false,
  },
  'CategoryEncoding, counts': {
    make: (o) => new layers.CategoryEncoding(5, { outputMode: 'count', ...o }),
    shape: [2, 3],
    values: [0, 4, 4, 1, 2, 1],
    output: [2, 5],
    gradients: false,
  },
  IntegerLookup: {
    make: (o) =>
      new layers.IntegerLookup(9, {
        vocabulary: [7, 3, 5],
        idfWeights: [1, 2, 3],
        outputMode: 'tf_idf',
        padToMaxTokens: true,
        ...o,
      }),
    shape: [2, 3],
    values: [7, 4, 7, 1, 5, 3],
    output: [2, 9],
    gradients: false,
  },
  Rescaling: { make: (o) => new layers.Rescaling(2, { offset: -1, ...o }), ...image },
  Resizing: { make: (o) => new layers.Resizing(3, 7, o), shape: [1, 4, 5, 2], output: [1, 3, 7, 2] },
  'Resizing, cropped, channels first, antialiased': {
    make: (o) =>
      new layers.Resizing(2, 2, { cropToAspectRatio: true, antialias: true, dataFormat: 'channels_first', ...o }),
    shape: [1, 2, 4, 5],
    output: [1, 2, 2, 2],
  },
  'Resizing, padded, bicubic': {
    make: (o) => new layers.Resizing(4, 4, { padToAspectRatio: true, fillValue: 2, interpolation: 'bicubic', ...o }),
    shape: [1, 2, 4, 1],
    output: [1, 4, 4, 1],
  },
  'Resizing, nearest, channels first': {
    make: (o) => new layers.Resizing(3, 1, { interpolation: 'nearest', dataFormat: 'channels_first', ...o }),
    shape: [1, 2, 4, 2],
    output: [1, 2, 3, 1],
  },
  CenterCrop: { make: (o) => new layers.CenterCrop(2, 3, o), shape: [1, 5, 4, 2], output: [1, 2, 3, 2] },
  'CenterCrop of small images': {
    make: (o) => new layers.CenterCrop(6, 3, o),
    shape: [1, 5, 4, 2],
    output: [1, 6, 3, 2],
  },
  RandomCrop: {
    make: (o) => new layers.RandomCrop(2, 3, { seed, ...o }),
    shape: [2, 5, 4, 3],
    output: [2, 2, 3, 3],
    training: true,
    trainingDiffers: true,
  },
  RandomFlip: { make: (o) => new layers.RandomFlip(undefined, { seed, ...o }), ...training },
  RandomRotation: { make: (o) => new layers.RandomRotation(0.3, { seed, ...o }), ...training },
  RandomZoom: { make: (o) => new layers.RandomZoom(0.3, null, { seed, fillMode: 'constant', ...o }), ...training },
  RandomTranslation: {
    make: (o) => new layers.RandomTranslation(0.3, 0.3, { seed, fillMode: 'wrap', ...o }),
    ...training,
  },
  RandomShear: {
    make: (o) => new layers.RandomShear(0.3, 0.2, { seed, interpolation: 'nearest', fillMode: 'nearest', ...o }),
    ...training,
  },
  RandomPerspective: { make: (o) => new layers.RandomPerspective([1, 1], { scale: 0.4, seed, ...o }), ...training },
  RandomElasticTransform: {
    make: (o) => new layers.RandomElasticTransform([1, 1], { seed, valueRange: [-2, 2], ...o }),
    ...training,
  },
  RandomGaussianBlur: {
    make: (o) => new layers.RandomGaussianBlur([1, 1], { kernelSize: [3, 5], seed, valueRange: [-2, 2], ...o }),
    ...training,
  },
  RandomSharpness: { make: (o) => new layers.RandomSharpness(1, { seed, valueRange: [-2, 2], ...o }), ...training },
  RandomBrightness: { make: (o) => new layers.RandomBrightness(0.4, { seed, valueRange: [-2, 2], ...o }), ...training },
  RandomContrast: { make: (o) => new layers.RandomContrast(0.4, { seed, valueRange: [-2, 2], ...o }), ...training },
  RandomSaturation: { make: (o) => new layers.RandomSaturation(1, { seed, valueRange: [-2, 2], ...o }), ...training },
  RandomHue: { make: (o) => new layers.RandomHue(1, { seed, valueRange: [-2, 2], ...o }), ...training },
  RandomColorJitter: {
    make: (o) =>
      new layers.RandomColorJitter({
        brightnessFactor: 0.1,
        contrastFactor: [0.1, 0.2],
        saturationFactor: 0.5,
        hueFactor: 0.1,
        valueRange: [-2, 2],
        seed,
        ...o,
      }),
    ...training,
  },
  RandomColorDegeneration: {
    make: (o) => new layers.RandomColorDegeneration(1, { seed, valueRange: [-2, 2], ...o }),
    ...training,
  },
  RandomGrayscale: { make: (o) => new layers.RandomGrayscale(1, { seed, ...o }), ...training },
  RandomInvert: { make: (o) => new layers.RandomInvert([1, 1], { seed, ...o }), ...training },
  RandomPosterization: {
    make: (o) => new layers.RandomPosterization([2, 4], { seed, valueRange: [-2, 2], ...o }),
    ...training,
  },
  Solarization: {
    make: (o) =>
      new layers.Solarization({ additionFactor: 0.2, thresholdFactor: 0.3, valueRange: [-2, 2], seed, ...o }),
    ...training,
  },
  RandomErasing: {
    make: (o) => new layers.RandomErasing([1, 1], { scale: [0.3, 0.6], fillValue: [1, 2, 3], seed, ...o }),
    ...training,
  },
  MixUp: { make: (o) => new layers.MixUp(0.9, { seed: 1, ...o }), ...image },
  CutMix: { make: (o) => new layers.CutMix([1, 1], { seed: 1, ...o }), ...training },
  RandAugment: { make: (o) => new layers.RandAugment({ seed, valueRange: [-2, 2], ...o }), ...training },
  AugMix: {
    make: (o) => new layers.AugMix({ seed, numChains: 2, allOps: false, valueRange: [-2, 2], ...o }),
    ...image,
  },
  AutoContrast: { make: (o) => new layers.AutoContrast(o), ...image, gradients: false },
  Equalization: {
    make: (o) => new layers.Equalization({ valueRange: [-2, 2], bins: 16, ...o }),
    ...image,
    gradients: false,
  },
  ContrastLimitedAdaptiveHistogramEqualization: {
    make: (o) =>
      new layers.ContrastLimitedAdaptiveHistogramEqualization({ valueRange: [-2, 2], tileGridSize: [2, 3], ...o }),
    ...image,
    gradients: false,
  },
  MelSpectrogram: {
    make: (o) =>
      new layers.MelSpectrogram({ fftLength: 16, sequenceStride: 8, numMelBins: 5, samplingRate: 100, ...o }),
    shape: [1, 40],
    output: [1, 5, 6],
    batched: false,
    gradients: false,
  },
  STFTSpectrogram: {
    make: (o) => new layers.STFTSpectrogram({ frameLength: 8, ...o }),
    shape: [2, 20, 2],
    output: [2, 4, 10],
    params: 80,
  },
  'STFTSpectrogram, channels first, image': {
    make: (o) =>
      new layers.STFTSpectrogram({
        mode: 'stft',
        frameLength: 6,
        frameStep: 4,
        fftLength: 8,
        window: 'hamming',
        periodic: true,
        scaling: 'spectrum',
        padding: 'same',
        expandDims: true,
        dataFormat: 'channels_first',
        ...o,
      }),
    shape: [1, 2, 9],
    output: [1, 2, 3, 10],
    params: 60,
  },
};

/** Layers that work on strings or records, which have tests of their own. */
export const HOST_LAYERS = [
  'HashedCrossing',
  'Hashing',
  'MaxNumBoundingBoxes',
  'Pipeline',
  'StringLookup',
  'TextVectorization',
];
