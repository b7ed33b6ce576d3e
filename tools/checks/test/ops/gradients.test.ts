/**
 * Gradients of ops against finite differences in float64, the second order too where the ops are smooth.
 */
import { gradcheck } from '@dl/autograd';
import { setBackend, tensor, type Nested, type Tensor } from '@dl/tensor';
import { sizeOf } from '@dl/tensor/interpreter';
import * as ops from '@dl/tensor/ops';
import { beforeAll, describe, test } from 'vitest';
import { BACKENDS } from '../cases/support.ts';

const values = (n: number, scale = 1, shift = 0): number[] =>
  Array.from({ length: n }, (_, i) => shift + scale * (Math.sin(2.1 * i + 0.7) + 0.05 * i));
/** Nested arrays, as tensors belong to the backend that is set when they are made. */
const nest = (flat: readonly number[], shape: readonly number[]): Nested => {
  if (shape.length === 0) return flat[0]!;
  const part = flat.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, i) => nest(flat.slice(i * part, (i + 1) * part), shape.slice(1)));
};
const shaped = (shape: readonly number[], scale = 1, shift = 0): Nested =>
  nest(values(sizeOf(shape), scale, shift), shape);
const positive = (shape: readonly number[]): Nested =>
  nest(
    values(sizeOf(shape)).map((x) => Math.abs(x) + 0.3),
    shape,
  );
const A = [0.3, -1.2, 2.5];
const B = [1.1, 0.7, -0.4];

type Case = readonly [name: string, f: (...xs: Tensor[]) => Tensor, points: readonly Nested[], order?: 1 | 2];

const NUMPY: readonly Case[] = [
  ['cbrt', (x) => ops.cbrt(x), [A], 2],
  ['exp2', (x) => ops.exp2(x), [A], 2],
  ['sinc', (x) => ops.sinc(x), [[0, 0.4, -1.3]]],
  ['deg2rad', (x) => ops.deg2rad(x), [A]],
  ['hypot', (x, y) => ops.hypot(x, y), [A, B], 2],
  ['hypot broadcast', (x, y) => ops.hypot(x, y), [shaped([2, 1]), B]],
  ['logAddExp', (x, y) => ops.logAddExp(x, y), [A, B], 2],
  ['logAddExp2', (x, y) => ops.logAddExp2(x, y), [shaped([2, 1]), B], 2],
  ['divideNoNan', (x, y) => ops.divideNoNan(x, y), [A, [2, -1, 0.5]]],
  ['fmax', (x, y) => ops.fmax(x, y), [A, B]],
  ['ldexp', (x) => ops.ldexp(x, tensor([1, -2, 3], 'int32')), [A]],
  ['fmod', (x) => ops.fmod(x, 0.7), [A]],
  ['nanToNum', (x) => ops.nanToNum(x), [A]],
  ['average', (x, w) => ops.average(x, 1, { weights: w }), [shaped([3, 2]), positive([3, 2])], 2],
  ['ptp', (x) => ops.ptp(x, 0), [shaped([3, 2])]],
  ['diff', (x) => ops.diff(x, 2), [shaped([2, 5])]],
  ['trapezoid', (y, x) => ops.trapezoid(y, { x }), [shaped([2, 4]), [0, 1, 1.5, 4]]],
  ['corrcoef', (x) => ops.corrcoef(x), [shaped([3, 5])]],
  ...(['valid', 'same', 'full'] as const).map((mode): Case => [
    `correlate ${mode}`,
    (x, y) => ops.correlate(x, y, mode),
    [values(5), values(3)],
  ]),
  ['bincount weights', (w) => ops.bincount(tensor([0, 2, 0], 'int32'), { weights: w }), [A]],
  ['median', (x) => ops.median(x, 0), [shaped([4, 3])]],
  ['quantile', (x) => ops.quantile(x, [0.2, 0.7], 1), [shaped([2, 5])]],
  ['nanQuantile', (x) => ops.nanQuantile(x, 0.3, 1), [shaped([2, 5])]],
  ['nanMean', (x) => ops.nanMean(x, 0), [shaped([3, 2])]],
  ['nanVar', (x) => ops.nanVar(x, 1), [shaped([3, 4])], 2],
  ['nanProd', (x) => ops.nanProd(x, 1), [shaped([3, 4])]],
  ['nanMax', (x) => ops.nanMax(x, 1), [shaped([3, 4])]],
  ['diag', (x) => ops.diag(x, 1), [A]],
  ['diag of a matrix', (x) => ops.diag(x, -1), [shaped([3, 4])]],
  ['trace', (x) => ops.trace(x, 1), [shaped([3, 4])]],
  ['vander', (x) => ops.vander(x, 4), [A]],
  ['tensordot', (x, y) => ops.tensordot(x, y, [[1], [0]]), [shaped([2, 3]), shaped([3, 2])]],
  ['cross', (x, y) => ops.cross(x, y), [A, B]],
  ['kron', (x, y) => ops.kron(x, y), [shaped([2, 2]), A]],
  ['vdot', (x, y) => ops.vdot(x, y), [A, B]],
  ['take', (x) => ops.take(x, tensor([2, -1, 0], 'int32')), [A]],
  ['rot90', (x) => ops.rot90(x), [shaped([2, 3])]],
  ['select', (x, y) => ops.select([x.greater(0)], [ops.square(x)], y), [A, B]],
  ['repeat', (x) => ops.repeat(x, [2, 0, 1]), [A]],
  ['pad reflect', (x) => ops.pad(x, 2, 'reflect'), [A]],
  [
    'geomspace',
    (x, y) => ops.geomspace(x, y, 4),
    [
      [0.5, 2],
      [3, 8],
    ],
  ],
  ['linspace', (x, y) => ops.linspace(x, y, 4), [A, B]],
  ['unique values', (x) => ops.unique(x).values, [A]],
];

const IMAGE = shaped([1, 5, 4, 2]);
const NN: readonly Case[] = [
  ['adaptiveAveragePool', (x) => ops.adaptiveAveragePool(x, [2, 3]), [IMAGE]],
  ['adaptiveMaxPool', (x) => ops.adaptiveMaxPool(x, 3, { dataFormat: 'channels_first' }), [IMAGE]],
  [
    'separableConv',
    (x, d, p) => ops.separableConv(x, d, p, { padding: 'same' }),
    [IMAGE, shaped([2, 2, 2, 1]), shaped([1, 1, 2, 3])],
  ],
  [
    'conv, channels first',
    (x, k) => ops.conv(x, k, { dataFormat: 'channels_first' }),
    [shaped([1, 2, 5]), shaped([2, 2, 1])],
  ],
  ['unfold', (x) => ops.unfold(x, 2, { padding: 1, stride: 2 }), [IMAGE]],
  ['fold', (x) => ops.fold(x, [3, 3], 2), [shaped([1, 4, 4])]],
  ['depthToSpace', (x) => ops.depthToSpace(x, 2), [shaped([1, 2, 1, 4])]],
  [
    'binaryCrossentropy',
    (t, p) => ops.binaryCrossentropy(t, p),
    [
      [0.2, 1],
      [0.4, 0.9],
    ],
    2,
  ],
  ['categoricalCrossentropy', (t, p) => ops.categoricalCrossentropy(t, p), [positive([2, 3]), positive([2, 3])], 2],
  ['sparseCategoricalCrossentropy', (p) => ops.sparseCategoricalCrossentropy([1, 0], p), [positive([2, 3])], 2],
  [
    'batchNormalization',
    (x, m, v, s) => ops.batchNormalization(x, m, v, 1, { scale: s }),
    [shaped([2, 3]), A, positive([3]), B],
  ],
  ['layerNormalization', (x, g, b) => ops.layerNormalization(x, { gamma: g, beta: b }), [shaped([2, 3]), A, B], 2],
  ['rmsNormalization', (x, s) => ops.rmsNormalization(x, { scale: s }), [shaped([2, 3]), A], 2],
  ['normalize', (x) => ops.normalize(x), [shaped([2, 3])], 2],
  ['normalize by order 3', (x) => ops.normalize(x, 0, 3), [shaped([2, 3])]],
  ['sparsemax', (x) => ops.sparsemax(x), [shaped([2, 4])]],
  ['psnr', (x, y) => ops.psnr(x, y, 1), [A, B]],
  ['polar', (r, a) => ops.stack(ops.polar(r, a)), [A, B], 2],
  ['rearrange', (x) => ops.rearrange(x, 'a (b c) -> c a b', { b: 2 }), [shaped([2, 4])]],
];

const ids = (list: readonly number[]): Tensor => tensor(list, 'int32');
const CORE: readonly Case[] = [
  ['erfc', (x) => ops.erfc(x), [[-1.5, 0.3, 2.2]], 2],
  ['i0', (x) => ops.i0(x), [[-9.5, 0.5, 2.2, 12]], 2],
  ['gammainc', (x) => ops.gammainc(tensor([0.5, 3, 20], 'float64'), x), [[0.4, 5, 18]], 2],
  ['cdist', (x, y) => ops.cdist(x, y), [shaped([3, 2]), shaped([2, 2], 0.7)], 2],
  ['slice at a tensor', (x) => ops.slice(x, ids([1, 0]), [2, 1]), [shaped([3, 2])]],
  ['sliceUpdate', (x, u) => ops.sliceUpdate(x, ids([1, 0]), u), [shaped([3, 2]), shaped([1, 2])]],
  ['scatterUpdate', (x, u) => ops.scatterUpdate(x, [[0], [2], [0]], u), [A, B]],
  ['scatterUpdate mul', (x, u) => ops.scatterUpdate(x, [[0], [2], [0]], u, 'mul'), [A, [1.5, 0, -2]], 2],
  ['segmentProd', (x) => ops.segmentProd(x, ids([0, 1, 0, 0]), 3), [[2, -1, 0.5, 3]], 2],
  ['segmentProd with 0', (x) => ops.segmentProd(x, ids([0, 1, 0, 0]), 3), [[2, -1, 0, 3]]],
  ['segmentMax', (x) => ops.segmentMax(x, ids([0, 1, 0]), 2), [A]],
  ['viewAsReal', (x, y) => ops.viewAsReal([x, y]), [A, B]],
];

describe.each(BACKENDS)('%s', (_, make) => {
  beforeAll(async () => setBackend(await make()));
  for (const [name, f, points, order = 1] of [...NUMPY, ...NN, ...CORE])
    test(name, () => gradcheck(f, points, { order }));
});
