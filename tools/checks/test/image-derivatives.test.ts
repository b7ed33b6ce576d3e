/**
 * Derivatives of functions on images against finite differences.
 */
import { gradcheck } from '@dl/autograd';
import { setBackend, tensor, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import {
  affineTransform,
  extractPatches,
  gaussianBlur,
  hsvToRgb,
  mapCoordinates,
  perspectiveTransform,
  reconstructPatches,
  resize,
  rgbToHsv,
  scaleAndTranslate,
  sobelEdges,
  ssim,
} from '@dl/tensor/image';
import { test } from 'vitest';
import { normal } from './random-matrices.ts';

setBackend(reference());

const image = normal([3, 4, 2], 6);
const colour = normal([2, 2, 3], 7).abs();
const DERIVATIVES: readonly (readonly [string, (...xs: Tensor[]) => Tensor, readonly Tensor[]])[] = [
  ['resize', (x) => resize(x!, [4, 3], { interpolation: 'bicubic', antialias: true }), [image]],
  ['resize nearest', (x) => resize(x!, [5, 3], { interpolation: 'nearest' }), [image]],
  [
    'scaleAndTranslate',
    (x, s, d) => scaleAndTranslate(x!, [3, 5, 2], s!, d!, [0, 1], 'linear'),
    [image, tensor([0.83, 1.3], 'float64'), tensor([0.21, -0.17], 'float64')],
  ],
  [
    'mapCoordinates',
    (x, at) => mapCoordinates(x!, at!, 1),
    [
      image.slice([0, 0, 0], [3, 4, 1]).squeeze(2),
      tensor(
        [
          [0.3, 1.6],
          [2.2, -0.4],
        ],
        'float64',
      ),
    ],
  ],
  [
    'affineTransform',
    (x, t) => affineTransform(x!, t!, { fillMode: 'reflect' }),
    [image, tensor([0.91, 0.13, -0.37, 0.07, 1.11, 0.23, 0.013, -0.02], 'float64')],
  ],
  [
    'perspectiveTransform',
    (x, start) =>
      perspectiveTransform(x!, start!, [
        [0.2, 0.1],
        [2.7, 0.3],
        [0.4, 1.8],
        [3.2, 2.2],
      ]),
    [
      image,
      tensor(
        [
          [0, 0],
          [3.1, 0],
          [0, 2.1],
          [3.3, 2.4],
        ],
        'float64',
      ),
    ],
  ],
  ['gaussianBlur', (x) => gaussianBlur(x!), [image]],
  ['sobelEdges', (x) => sobelEdges(x!), [image]],
  ['ssim', (x, y) => ssim(x!, y!, { filterSize: 3 }), [image.abs(), image.mul(0.7).abs()]],
  ['rgbToHsv', (x) => rgbToHsv(x!), [colour]],
  ['hsvToRgb', (x) => hsvToRgb(x!), [colour]],
  ['extractPatches', (x) => extractPatches(x!, 2, { strides: 1 }), [image]],
  ['reconstructPatches', (x) => reconstructPatches(x!, 1, [3, 4]), [image]],
];

test.each(DERIVATIVES)('%s has the right derivative', (_, f, points) => {
  gradcheck(f, points, { order: 2, tolerance: 1e-5 });
});
