/**
 * Functions on images against torch and against their definitions; layouts, dtypes and messages.
 */
import { grad } from '@dl/autograd';
import { cpu } from '@dl/backend-cpu';
import { arange, Generator, jit, moveAxis, setBackend, tensor, zeros, type Tensor } from '@dl/tensor';
import {
  affineTransform,
  computeHomography,
  cropImages,
  elasticTransform,
  extractPatches,
  extractPatches3d,
  gaussianBlur,
  hsvToRgb,
  mapCoordinates,
  padImages,
  perspectiveTransform,
  reconstructPatches,
  resize,
  rgbToGrayscale,
  rgbToHsv,
  scaleAndTranslate,
  sobelEdges,
  ssim,
  type FillMode,
} from '@dl/tensor/image';
import { beforeEach, expect, test } from 'vitest';
import { checkGolden, readGolden } from './golden.ts';
import { normal } from './random-matrices.ts';

beforeEach(() => setBackend(cpu()));

type Function = (xs: readonly Tensor[], options: never) => Tensor;

const FUNCTIONS: { readonly [name: string]: Function } = {
  resize: ([x], { size, ...options }: { size: [number, number] }) => resize(x!, size, options),
  scaleAndTranslate: ([x, scale, shift], { method, antialias }: { method: string; antialias: boolean }) =>
    scaleAndTranslate(x!, [4, 7], scale!, shift!, [0, 1], method, { antialias }),
  mapCoordinates: ([x, at], { order, ...options }: { order: 0 | 1; fillMode: FillMode }) =>
    mapCoordinates(x!, at!, order, options),
  affineTransform: ([x, t], options) => affineTransform(x!, t!, options),
  computeHomography: ([start, end]) => computeHomography(start!, end!),
  perspectiveTransform: ([x, start, end], options) => perspectiveTransform(x!, start!, end!, options),
  gaussianBlur: ([x], options) => gaussianBlur(x!, options),
  sobelEdges: ([x]) => sobelEdges(x!),
  ssim: ([a, b], options) => ssim(a!, b!, options),
  rgbToHsv: ([x]) => rgbToHsv(x!),
  hsvToRgb: ([x]) => hsvToRgb(x!),
  rgbToGrayscale: ([x]) => rgbToGrayscale(x!),
  extractPatches: ([x], { size, ...options }: { size: number[] }) => extractPatches(x!, size, options),
};

const cases = readGolden('images.json');

test.each(Object.entries(FUNCTIONS))('%s is what torch or its definition gives', (name, f) => {
  const own = cases.filter((c) => c.name === name);
  expect(own.length).toBeGreaterThan(0);
  for (const golden of own) checkGolden((...xs) => [f(xs, golden.options as never)], golden, 2e-5);
});

const rows = (x: Tensor): unknown => x.squeeze(-1).arraySync();

test('pixels have their centres at a half, as in Keras', () => {
  const x = tensor([
    [[1], [2]],
    [[3], [4]],
  ]);
  expect(rows(resize(x, [4, 4]))).toEqual([
    [1, 1.25, 1.75, 2],
    [1.5, 1.75, 2.25, 2.5],
    [2.5, 2.75, 3.25, 3.5],
    [3, 3.25, 3.75, 4],
  ]);
});

test('resizing keeps proportions by cutting or adding edges', () => {
  const x = arange(24).reshape([4, 6, 1]);
  expect(rows(resize(x, [2, 2], { interpolation: 'nearest', cropToAspectRatio: true }))).toEqual([
    [8, 10],
    [20, 22],
  ]);
  const padded = resize(x.cast('float32'), [6, 6], {
    interpolation: 'nearest',
    padToAspectRatio: true,
    fillValue: -1,
  });
  const full = rows(padded) as number[][];
  expect(full[0]).toEqual([-1, -1, -1, -1, -1, -1]);
  expect(full[1]).toEqual([0, 1, 2, 3, 4, 5]);
  expect(full[5]).toEqual([-1, -1, -1, -1, -1, -1]);
});

test('integers stay with the nearest pixel, and are rounded or become float32 otherwise', () => {
  const x = tensor(
    [
      [[0], [10]],
      [[20], [255]],
    ],
    'uint8',
  );
  expect(resize(x, [3, 3], { interpolation: 'nearest' }).dtype).toBe('uint8');
  expect(resize(x, [3, 3]).dtype).toBe('float32');
  expect(rows(gaussianBlur(x, { kernelSize: [1, 1] }))).toEqual([
    [0, 10],
    [20, 255],
  ]);
  const moved = affineTransform(x, [1, 0, 0.5, 0, 1, 0, 0, 0], { fillMode: 'nearest' });
  expect(moved.dtype).toBe('uint8');
  expect(rows(moved)).toEqual([
    [5, 10],
    [138, 255],
  ]);
  expect(rgbToGrayscale(tensor([[[100, 100, 100]]], 'int32')).arraySync()).toEqual([[[99]]]);
});

/** Functions that take images of both layouts, one or many. */
const ON_IMAGES: readonly (readonly [string, (x: Tensor, dataFormat: 'channels_last' | 'channels_first') => Tensor])[] =
  [
    ['resize', (x, dataFormat) => resize(x, [3, 5], { dataFormat })],
    ['affineTransform', (x, dataFormat) => affineTransform(x, [1, 0.1, 0, 0, 0.9, 0, 0, 0], { dataFormat })],
    [
      'perspectiveTransform',
      (x, dataFormat) => {
        const corners = [
          [0, 0],
          [3, 0],
          [0, 3],
          [3, 3],
        ];
        return perspectiveTransform(x, corners, [[0, 1], ...corners.slice(1)], { dataFormat });
      },
    ],
    ['elasticTransform', (x, dataFormat) => elasticTransform(x, { generator: new Generator(3), sigma: 1, dataFormat })],
    ['gaussianBlur', (x, dataFormat) => gaussianBlur(x, { dataFormat })],
    ['rgbToHsv', (x, dataFormat) => rgbToHsv(x, { dataFormat })],
    ['hsvToRgb', (x, dataFormat) => hsvToRgb(x, { dataFormat })],
    ['rgbToGrayscale', (x, dataFormat) => rgbToGrayscale(x, { dataFormat })],
    ['extractPatches', (x, dataFormat) => extractPatches(x, 2, { dataFormat })],
    [
      'cropImages',
      (x, dataFormat) =>
        cropImages(x, { topCropping: 1, targetHeight: 2, leftCropping: 1, rightCropping: 0, dataFormat }),
    ],
    [
      'padImages',
      (x, dataFormat) =>
        padImages(x, { bottomPadding: 1, targetHeight: 6, leftPadding: 1, rightPadding: 0, dataFormat }),
    ],
  ];

test.each(ON_IMAGES)('%s takes both layouts, and one image as a batch of one', (_, f) => {
  const x = normal([2, 4, 4, 3], 3).abs();
  const wanted = f(x, 'channels_last');
  const turned = moveAxis(f(moveAxis(x, -1, 1), 'channels_first'), 1, -1);
  expect(turned.arraySync()).toEqual(wanted.arraySync());
  const one = x.slice([0], [1]);
  expect(f(one.squeeze(0), 'channels_last').arraySync()).toEqual(f(one, 'channels_last').squeeze(0).arraySync());
  const none = f(zeros([0, 4, 4, 3], 'float64'), 'channels_last');
  expect([...none.shape]).toEqual([0, ...wanted.shape.slice(1)]);
});

test('edges are cut and added where they are asked for', () => {
  const x = arange(12).reshape([3, 4, 1]);
  const cut = cropImages(x, { topCropping: 1, bottomCropping: 1, targetWidth: 2, rightCropping: 1 });
  expect(rows(cut)).toEqual([[5, 6]]);
  const wide = padImages(cut, { topPadding: 1, targetHeight: 2, targetWidth: 4, rightPadding: 2 });
  expect(rows(wide)).toEqual([
    [0, 0, 0, 0],
    [5, 6, 0, 0],
  ]);
});

test('patches give their images back', () => {
  const x = normal([2, 7, 9, 2], 3);
  for (const [size, strides, padding] of [
    [[2, 3], [2, 3], 'same'],
    [[3, 3], [2, 2], 'valid'],
    [[3, 5], [1, 2], 'same'],
    [[7, 9], [7, 9], 'valid'],
  ] as const) {
    const options = { strides, padding };
    const back = reconstructPatches(extractPatches(x, size, options), size, [7, 9], options);
    expect(back.sub(x).abs().max().itemSync()).toBeLessThan(1e-14);
  }
  const beyond = reconstructPatches(extractPatches(x, 4), 4, [7, 9]);
  expect(beyond.slice([0, 0, 0, 0], [2, 4, 8, 2]).arraySync()).toEqual(x.slice([0, 0, 0, 0], [2, 4, 8, 2]).arraySync());
  expect(beyond.slice([0, 4, 0, 0]).abs().max().itemSync()).toBe(0);
  const volumes = arange(2 * 4 * 2 * 4).reshape([2, 4, 2, 4, 1]);
  const patches = extractPatches3d(volumes, 2);
  expect([...patches.shape]).toEqual([2, 2, 1, 2, 8]);
  expect(patches.slice([0, 0, 0, 1], [1, 1, 1, 1]).dataSync()).toEqual(
    tensor([2, 3, 6, 7, 10, 11, 14, 15], 'int32').dataSync(),
  );
  expect(extractPatches(volumes, [2, 2, 2]).arraySync()).toEqual(patches.arraySync());
  expect(reconstructPatches(patches, [2, 2, 2], [4, 2, 4]).arraySync()).toEqual(volumes.arraySync());
});

test('elastic transforms are smooth, small for a small alpha, and repeatable', () => {
  const x = normal([1, 9, 9, 1], 4);
  const make = (alpha: number): Tensor => elasticTransform(x, { alpha, sigma: 2, generator: new Generator(1) });
  expect(make(0).arraySync()).toEqual(x.arraySync());
  expect(make(5).arraySync()).toEqual(make(5).arraySync());
  expect(make(5).sub(x).abs().max().itemSync()).toBeGreaterThan(0.1);
});

test('equal images have a similarity of 1', () => {
  const x = normal([12, 12, 3], 5).abs();
  expect(ssim(x, x).itemSync()).toBeCloseTo(1, 12);
  expect(ssim(x, x.mul(0.5)).itemSync()).toBeLessThan(0.9);
});

test('a chain of functions with its gradient compiles', () => {
  const f = (x: Tensor): Tensor =>
    grad((y: Tensor) =>
      gaussianBlur(resize(affineTransform(y, [1, 0, 0.3, 0, 1, 0, 0, 0]), [5, 5]))
        .square()
        .sum(),
    )(x);
  const x = normal([3, 4, 2], 8);
  const [eager, compiled] = [f(x).dataSync(), jit(f)(x).dataSync()];
  compiled.forEach((v, i) => expect(v).toBeCloseTo(eager[i]!, 12));
});

test('messages say what is wrong', () => {
  const x = zeros([4, 4, 3]);
  expect(() => resize(zeros([4, 4]), [2, 2])).toThrow(
    /resize: expected an image of rank 3 or a batch of images of rank 4/,
  );
  expect(() => resize(x, [0, 2])).toThrow(/resize: expected a size \[height, width\] of positive numbers/);
  expect(() => resize(x, [2, 2], { interpolation: 'bilinar' as 'bilinear' })).toThrow(/did you mean 'bilinear'/);
  expect(() => resize(x, [2, 2], { dataFormat: 'first' as 'channels_first' })).toThrow(/unknown dataFormat 'first'/);
  expect(() => resize(zeros([0, 4, 3]), [2, 2])).toThrow(/without pixels/);
  expect(() => resize(x, [2, 2], { cropToAspectRatio: true, padToAspectRatio: true })).toThrow(/only one of/);
  expect(() => affineTransform(x, [1, 2])).toThrow(/expected a transform of shape \[8\] or \[batch, 8\], got \[2\]/);
  expect(() => affineTransform(zeros([3, 2, 2, 1]), zeros([2, 8]))).toThrow(
    /expected one transform or 3, one per image, got 2/,
  );
  expect(() => affineTransform(x, zeros([8]), { fillMode: 'edge' as 'nearest' })).toThrow(/unknown fillMode 'edge'/);
  expect(() => computeHomography(zeros([4, 2]), zeros([3, 2]))).toThrow(/shape \[4, 2\] or \[batch, 4, 2\]/);
  expect(() => mapCoordinates(x, [[1], [1]], 1)).toThrow(/coordinates must have shape \[3, ...\]/);
  expect(() => mapCoordinates(x, zeros([3, 1]), 2 as 1)).toThrow(/order must be 0 or 1, got 2/);
  expect(() => gaussianBlur(x, { kernelSize: [2, 3] })).toThrow(/must be odd and positive, got 2/);
  expect(() => elasticTransform(x, { sigma: 0 })).toThrow(/sigma must be positive, got 0/);
  expect(() => ssim(x, x)).toThrow(/smaller than the window of 11; set filterSize/);
  expect(() => rgbToHsv(zeros([2, 2, 3], 'int32'))).toThrow(/rgbToHsv: expected a floating dtype, got int32/);
  expect(() => rgbToGrayscale(zeros([2, 2, 4]))).toThrow(/expected 3 channels, got 4/);
  expect(() => cropImages(x, { topCropping: 1 })).toThrow(/height needs exactly two whole numbers/);
  expect(() => cropImages(x, { topCropping: 3, bottomCropping: 2, leftCropping: 0, rightCropping: 0 })).toThrow(
    /no room for edges 3 and 2/,
  );
  expect(() => padImages(x, { topPadding: 1, targetHeight: 3, leftPadding: 0, rightPadding: 0 })).toThrow(/no room/);
  expect(() => extractPatches(x, 0)).toThrow(/extractPatches: size: expected a positive integer/);
  expect(() => reconstructPatches(zeros([2, 2, 5]), 2, [4, 4])).toThrow(/reconstructPatches: patches of size \[2, 2\]/);
  expect(() => scaleAndTranslate(x, [2, 2], [1], [0], [0], 'linear')).toThrow(
    /must equal \[4, 4, 3\] except along axes \[0\]/,
  );
  expect(() => scaleAndTranslate(x, [2, 4, 3], [1, 1], [0], [0], 'linear')).toThrow(
    /expected 1 scales and translations/,
  );
});
