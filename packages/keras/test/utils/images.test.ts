/**
 * Images and pixels, in Node.
 */
import { readFileSync } from 'node:fs';
import { encodeImage, FormatError } from '@dl/data';
import { describe, expect, test } from 'vitest';
import { full, tensor, utils } from '../../src/index.ts';
import { writeFiles } from './files.ts';

const { arrayToImg, fromPixels, imgToArray, loadImg, saveImg, smartResize, toPixels } = utils;

describe('images as arrays', () => {
  test('saved and loaded again', async () => {
    const dir = writeFiles();
    const image = [
      [[0], [64]],
      [[128], [255]],
    ];
    await saveImg(`${dir}/a.png`, image, { scale: false });
    const loaded = await loadImg(`${dir}/a.png`, { colorMode: 'grayscale' });
    expect(loaded).toEqual({ data: Uint8Array.of(0, 64, 128, 255), shape: [2, 2, 1] });
    expect((await loadImg(new URL(`file://${dir}/a.png`))).shape).toEqual([2, 2, 3]);
    await saveImg(`${dir}/b.jpg`, image, { scale: false, quality: 100 });
    expect([...readFileSync(`${dir}/b.jpg`).subarray(0, 2)]).toEqual([0xff, 0xd8]);
    await expect(saveImg(`${dir}/c.bmp`, image)).rejects.toThrow('written as .png or .jpg, got .bmp');
    await expect(saveImg(`${dir}/c.jpg`, { data: new Uint8Array(4), shape: [1, 1, 4] })).rejects.toThrow(
      'JPEG has no alpha',
    );
    const torn = writeFiles({ 'x.png': readFileSync(`${dir}/a.png`).subarray(0, 40) });
    await expect(loadImg(`${torn}/x.png`)).rejects.toThrow(FormatError);
    await expect(loadImg(`${dir}/a.png`, { maxPixels: 3 })).rejects.toThrow('2 × 2 pixels are more than maxPixels = 3');
  });

  test('loaded at another size', async () => {
    const data = Uint8Array.from([0, 40, 80, 120].flatMap((v) => [v, v, v]));
    const png = await encodeImage({ data, shape: [1, 4, 3] });
    const red = async (options: utils.LoadImgOptions): Promise<number[]> =>
      Array.from((await loadImg(png, { colorMode: 'grayscale', ...options })).data);
    expect(await red({ targetSize: [1, 2] })).toEqual([40, 120]);
    // Averages where it becomes smaller: weights 3, 3, 1 over 7 of pixels 0, 40 and 80, and the mirror image.
    expect(await red({ targetSize: [1, 2], interpolation: 'bilinear' })).toEqual([29, 91]);
    expect(await red({ targetSize: [1, 1], keepAspectRatio: true })).toEqual([40]);
    await expect(red({ targetSize: [1] as never })).rejects.toThrow('expected a size [height, width]');
  });

  test('numbers of either order of axes, scaled to bytes', () => {
    const image = { data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [1, 2, 3] };
    expect(imgToArray(image)).toEqual({ data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [1, 2, 3] });
    const first = imgToArray(image, { dataFormat: 'channels_first' });
    expect(first).toEqual({ data: Float32Array.of(1, 4, 2, 5, 3, 6), shape: [3, 1, 2] });
    expect(arrayToImg(first, { dataFormat: 'channels_first', scale: false })).toEqual(image);
    expect(
      arrayToImg([
        [[0], [0.5]],
        [[1], [0]],
      ]).data,
    ).toEqual(Uint8Array.of(0, 127, 255, 0));
    expect(arrayToImg([[[3], [3]]]).data).toEqual(Uint8Array.of(0, 0));
    expect(() => arrayToImg([[1]])).toThrow('expected one image with three axes, got shape [1, 1]');
    expect(() => arrayToImg([[[1, 2]]])).toThrow('expected 1, 3 or 4 channels, got 2');
    expect(() => imgToArray(image, { dataFormat: 'last' as never })).toThrow("'channels_last' or 'channels_first'");
  });

  test('cut to its proportions, then scaled', async () => {
    expect(await smartResize([[[1], [2], [3], [4]]], [1, 1])).toEqual({ data: Float32Array.of(2), shape: [1, 1, 1] });
  });
});

describe('pixels', () => {
  const source = { data: Uint8ClampedArray.of(1, 2, 3, 4, 5, 6, 7, 8), width: 2, height: 1 };

  test('become tensors', async () => {
    const rgb = fromPixels(source);
    expect([rgb.shape, rgb.dtype, [...(await rgb.data())]]).toEqual([[1, 2, 3], 'uint8', [1, 2, 3, 5, 6, 7]]);
    expect([...(await fromPixels(source, { channels: 4 }).data())]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...(await fromPixels(source, { channels: 1 }).data())]).toEqual([1, 5]);
    expect(() => fromPixels({ ...source, width: 3 })).toThrow('3 × 1 pixels take 12 values (RGBA), got 8');
    expect(() => fromPixels({ ...source, width: 0 })).toThrow('has no pixels (0 × 1)');
    expect(() => fromPixels(source, { maxPixels: 1 })).toThrow('2 × 1 pixels are more than maxPixels = 1');
    expect(() => fromPixels('a.png' as never)).toThrow('for files use loadImg');
    expect(() => fromPixels({ width: 1, height: 1 } as never)).toThrow('outside of browsers');
  });

  test('are made of tensors: floats to 1, integers to 255', async () => {
    expect([...(await toPixels(tensor([[0, 0.5, 2]])))]).toEqual([
      0, 0, 0, 255, 128, 128, 128, 255, 255, 255, 255, 255,
    ]);
    expect([...(await toPixels(tensor([[[1, 2, 3, 4]]], 'int32')))]).toEqual([1, 2, 3, 4]);
    expect([...(await toPixels(full([1, 1, 3], 1)))]).toEqual([255, 255, 255, 255]);
    await expect(toPixels(tensor([[[1, 2]]]))).rejects.toThrow('got [1, 1, 2]');
  });
});
