/**
 * Functions of images.
 */
import { add, image, random } from '@dl/tensor/ops';
import { casesOf, exactly, real, within, type Case } from '../case.ts';

const { affineTransform, perspectiveTransform, computeHomography, elasticTransform, ...others } = image;
const on = casesOf(others, 'image.');
const warp = casesOf({ affineTransform, perspectiveTransform, computeHomography, elasticTransform }, 'image.');
const IMAGE = real([1, 5, 4, 2]);
const COLORS = within([1, 2, 2, 3], 0.1, 0.9);
const CORNERS = [0, 0, 4, 0, 0, 5, 4, 5];

export const IMAGES: readonly Case[] = [
  on('rgbToGrayscale', (f, x) => f(x), [COLORS]),
  on('rgbToHsv', (f, x) => f(x), [COLORS]),
  on('hsvToRgb', (f, x) => f(x), [COLORS]),
  on('mapCoordinates', (f, x, at) => f(x, at, 1), [real([4, 4]), within([2, 5], 0.3, 2.7)]),
  on('cropImages', (f, x) => f(x, { topCropping: 1, bottomCropping: 1, leftCropping: 0, targetWidth: 3 }), [IMAGE]),
  on('padImages', (f, x) => f(x, { topPadding: 1, targetHeight: 8, leftPadding: 2, targetWidth: 7 }), [IMAGE]),
  on('gaussianBlur', (f, x) => f(x, { kernelSize: [3, 3], sigma: [1.2, 0.8] }), [IMAGE]),
  on('sobelEdges', (f, x) => f(x), [IMAGE]),
  on('ssim', (f, x, y) => f(x, y, { maxVal: 2, filterSize: 3 }), [IMAGE, IMAGE]),
  on('extractPatches', (f, x) => f(x, 2), [IMAGE]),
  on('extractPatches3d', (f, x) => f(x, 2), [real([1, 2, 2, 4, 1])]),
  on('reconstructPatches', (f, x) => f(x, 2, [4, 4]), [real([1, 2, 2, 4])]),
  on('resize', (f, x) => [f(x, [7, 3]), f(x, [3, 6], { interpolation: 'bicubic', antialias: true })], [IMAGE]),
  on('scaleAndTranslate', (f, x, s, t) => f(x, [5, 6], s, t, [0, 1], 'linear'), [
    real([3, 4]),
    within([2], 1.2, 1.9),
    within([2], -0.4, 0.3),
  ]),
  warp('affineTransform', (f, x) => f(x, [0.9, 0.1, 0.2, -0.1, 1.1, 0.3, 0, 0]), [IMAGE]),
  warp('perspectiveTransform', (f, x, from) => f(x, from.reshape([4, 2]), add(from.reshape([4, 2]), 0.3)), [
    IMAGE,
    exactly(CORNERS, 'float'),
  ]),
  warp('computeHomography', (f, from, to) => f(from.reshape([1, 4, 2]), to.reshape([1, 4, 2])), [
    exactly(CORNERS, 'float'),
    exactly([0.3, 0.2, 4.1, 0.4, -0.2, 5.3, 4.4, 4.9], 'float'),
  ]),
  warp('elasticTransform', (f, x) => f(x, { alpha: 3, sigma: 2, generator: new random.SeedGenerator(3) }), [IMAGE], {
    random: true,
  }),
];
