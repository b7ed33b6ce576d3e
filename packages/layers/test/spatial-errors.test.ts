/**
 * What layers of images, sequences and volumes refuse, and their other names.
 */
import * as layers from '@dl/layers';
import { ones } from '@dl/tensor';
import { expect, test } from 'vitest';
import './check-layer.ts';

test('edges must be counts, one or two per axis, and leave something', () => {
  expect(() => new layers.ZeroPadding1D([1, 2, 3] as never)).toThrow('padding must be a count or [before, after]');
  expect(() => new layers.ZeroPadding2D([1, -1])).toThrow('a count, 2 counts or 2 [before, after] pairs, got [1,-1]');
  expect(() => new layers.Cropping3D([1, 1])).toThrow('cropping must be a count, 3 counts or 3 [before, after] pairs');
  expect(() => new layers.Cropping1D(2).apply(ones([1, 4, 1]))).toThrow('nothing would be left');
  expect(new layers.Cropping1D([1, 2]).computeOutputShape([null, null, 3])).toEqual([null, null, 3]);
});

test('transposed convolutions check what they add to the end', () => {
  expect(() => new layers.Conv1DTranspose(1, 2, { outputPadding: 1 })).toThrow('smaller than the strides');
  expect(() => new layers.Conv3DTranspose(1, 2, { outputPadding: [1, 1] })).toThrow('a count or 3 of them');
  expect(() => new layers.Conv1DTranspose(1, 2).apply(ones([1, 2, 2, 1]))).toThrow('expected rank 3');
  expect(() => new layers.Conv2DTranspose(1, 2, { padding: 'causal' as never })).toThrow("'valid' or 'same'");
});

test('sizes must be positive', () => {
  expect(() => new layers.AdaptiveMaxPooling2D([2, 0])).toThrow('outputSize must be a positive integer or 2 of them');
  expect(() => new layers.UpSampling1D(0)).toThrow('size must be a positive integer');
  expect(() => new layers.SeparableConv1D(0, 2)).toThrow('filters must be a positive integer');
  expect(() => new layers.UpSampling2D(2, { interpolation: 'cubic' as never })).toThrow("'bicubic'");
});

test('batch renormalization checks its limits', () => {
  expect(() => new layers.BatchNormalization({ renormClipping: { rmax: 1, rmin: 2 } })).toThrow('rmax ≥ rmin');
  expect(() => new layers.BatchNormalization({ renormClipping: { rmx: 1 } as never })).toThrow('takes rmax ≥ rmin');
});

test("Keras's other names are the same classes", () => {
  const pairs = [
    [layers.Convolution2D, layers.Conv2D],
    [layers.Convolution1DTranspose, layers.Conv1DTranspose],
    [layers.SeparableConvolution2D, layers.SeparableConv2D],
    [layers.MaxPool3D, layers.MaxPooling3D],
    [layers.AvgPool1D, layers.AveragePooling1D],
    [layers.GlobalAvgPool2D, layers.GlobalAveragePooling2D],
    [layers.GlobalMaxPool1D, layers.GlobalMaxPooling1D],
  ];
  for (const [other, own] of pairs) expect(other).toBe(own);
});
