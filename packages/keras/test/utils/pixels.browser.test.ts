/**
 * Pixels in a browser: every source that browsers have, and images decoded by them.
 */
import { decodeImage, encodeImage, FormatError } from '@dl/data';
import { expect, test } from 'vitest';
import { tensor, utils } from '../../src/index.ts';

const { fromPixels, getFile, imageDatasetFromDirectory, loadImg, toPixels } = utils;
const rgba = Uint8ClampedArray.of(255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 9, 9, 9, 255);
const rgb = [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9];

test('pixels of every source of browsers', async () => {
  const pixels = new ImageData(rgba, 2, 2);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 2;
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
  const offscreen = new OffscreenCanvas(2, 2);
  offscreen.getContext('2d')!.putImageData(pixels, 0, 0);
  const image = new Image();
  expect(() => fromPixels(image)).toThrow('await img.decode()');
  image.src = canvas.toDataURL();
  await image.decode();
  for (const source of [pixels, canvas, offscreen, await createImageBitmap(pixels), image]) {
    const read = fromPixels(source);
    expect([read.shape, [...(await read.data())]], source.constructor.name).toEqual([[2, 2, 3], rgb]);
  }
  const video = document.createElement('video');
  expect(() => fromPixels(video)).toThrow('has no pixels');
});

test('a stream of a canvas is a video', async () => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 64;
  const context = canvas.getContext('2d')!;
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = canvas.captureStream(30);
  const paint = setInterval(() => {
    context.fillStyle = 'rgb(255, 0, 0)';
    context.fillRect(0, 0, 64, 64);
  }, 30);
  await video.play();
  const [r, g, b] = await fromPixels(video).data();
  clearInterval(paint);
  expect(Number(r)).toBeGreaterThan(230);
  expect(Number(g) + Number(b)).toBeLessThan(40);
});

test('tensors are drawn', async () => {
  const canvas = document.createElement('canvas');
  await toPixels(tensor([[0, 1]]), canvas);
  expect([canvas.width, canvas.height]).toEqual([2, 1]);
  expect([...canvas.getContext('2d')!.getImageData(0, 0, 2, 1).data]).toEqual([0, 0, 0, 255, 255, 255, 255, 255]);
});

test('images are decoded by the browser, and by script', async () => {
  const png = await encodeImage({ data: Uint8Array.from(rgb), shape: [2, 2, 3] });
  for (const decoder of ['browser', 'js'] as const) {
    expect([...(await decodeImage(png, { decoder })).data]).toEqual(rgb);
    await expect(decodeImage(png.slice(0, 60), { decoder })).rejects.toThrow(FormatError);
  }
  const blob = URL.createObjectURL(new Blob([png]));
  expect((await loadImg(blob, { targetSize: [4, 4] })).shape).toEqual([4, 4, 3]);
  const files = ['b', 'a'].map((name) => {
    const file = new File([png], '1.png');
    Object.defineProperty(file, 'webkitRelativePath', { value: `top/${name}/1.png` });
    return file;
  });
  const dataset = await imageDatasetFromDirectory(files, { imageSize: [3, 3], verbose: false });
  expect([dataset.classNames, (await dataset.toArray())[0]![0].shape]).toEqual([
    ['a', 'b'],
    [2, 3, 3, 3],
  ]);
  await expect(getFile(null, { origin: blob })).rejects.toThrow('there is no file system here');
});
