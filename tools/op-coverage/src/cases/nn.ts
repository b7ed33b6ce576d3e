/**
 * Ops of neural networks.
 */
import * as ops from '@dl/tensor/ops';
import { casesOf, exactly, positive, real, whole, within, type Case } from '../case.ts';

const on = casesOf(ops);
const X = real([2, 4]);
const IMAGE = real([1, 4, 4, 2]);

export const NN: readonly Case[] = [
  on('softmax', (f, x) => f(x), [X]),
  on('logSoftmax', (f, x) => f(x), [X]),
  on('sparsemax', (f, x) => f(x), [X]),
  on('glu', (f, x) => f(x), [X]),
  on('conv', (f, x, k) => f(x, k, { padding: 'same', strides: 2 }), [IMAGE, real([3, 3, 2, 2])]),
  on('convTranspose', (f, x, k) => f(x, k, { strides: 2 }), [real([1, 2, 2, 2]), real([3, 3, 1, 2])]),
  on('depthwiseConv', (f, x, k) => f(x, k), [IMAGE, real([2, 2, 2, 1])]),
  on('separableConv', (f, x, d, p) => f(x, d, p), [IMAGE, real([2, 2, 2, 1]), real([1, 1, 2, 2])]),
  on('averagePool', (f, x) => f(x, 2), [IMAGE]),
  on('maxPool', (f, x) => f(x, 2), [IMAGE]),
  on('adaptiveAveragePool', (f, x) => f(x, 3), [IMAGE]),
  on('adaptiveMaxPool', (f, x) => f(x, 3), [IMAGE]),
  on('depthToSpace', (f, x) => f(x, 2), [real([1, 1, 2, 4])]),
  on('spaceToDepth', (f, x) => f(x, 2), [real([1, 2, 4, 1])]),
  on('fold', (f, x) => f(x, [3, 3], 2), [real([1, 4, 4])]),
  on('unfold', (f, x) => f(x, 2), [real([1, 1, 3, 3])]),
  on('binaryCrossentropy', (f, t, p) => f(t, p), [within([2, 3], 0.1, 0.9), within([2, 3], 0.1, 0.9)]),
  on('categoricalCrossentropy', (f, t, p) => f(t, p), [positive([2, 3]), positive([2, 3])]),
  on('sparseCategoricalCrossentropy', (f, t, p) => f(t, p), [whole([2], 0, 3), positive([2, 3])]),
  on('psnr', (f, x, y) => f(x, y, 1), [X, X]),
  on('batchNormalization', (f, x, m, v) => f(x, m, v, -1), [X, real([4]), positive([4])]),
  on('layerNormalization', (f, x, g, b) => f(x, { gamma: g, beta: b }), [X, real([4]), real([4])]),
  on('rmsNormalization', (f, x, s) => f(x, { scale: s }), [X, real([4])]),
  on('normalize', (f, x) => f(x), [X]),
  on('polar', (f, r, a) => f(r, a), [X, real([4])]),
  on('dotProductAttention', (f, q, k, v) => f(q, k, v), [real([1, 2, 1, 2]), real([1, 3, 1, 2]), real([1, 3, 1, 2])]),
  on('ctcLoss', (f, x, labels) => f(labels, x, [2], [5]), [real([1, 5, 4], 2), exactly([1, 2], 'int32', [1, 2])]),
  on('ctcDecode', (f, x) => f(x, [5]), [real([1, 5, 4], 2)], {}),
];
