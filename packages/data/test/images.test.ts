// Images: decoding and encoding, by sharp and in plain JavaScript, and damaged files.
import { encode } from 'fast-png';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeImage, encodeImage, FormatError, type ImageDecoder } from '../src/index.ts';
import { errorOf, writeFiles } from './helpers.ts';

/** A smooth picture, so that JPEG keeps it. */
const picture = (height: number, width: number, channels: number): { data: Uint8Array; shape: number[] } => ({
  data: Uint8Array.from({ length: height * width * channels }, (_, i) => {
    const [pixel, c] = [Math.floor(i / channels), i % channels];
    return (Math.floor(pixel / width) * 4 + (pixel % width) * 2 + c * 40) % 256;
  }),
  shape: [height, width, channels],
});

const decoders: readonly ImageDecoder[] = ['sharp', 'js'];
const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((max, value, i) => Math.max(max, Math.abs(value - b[i]!)), 0);

describe.each(decoders)('decoded by %s', (decoder) => {
  test.each([1, 3, 4] as const)('PNG with %i channels comes back exactly', async (channels) => {
    const image = picture(5, 7, channels);
    const png = await encodeImage(image);
    expect(await decodeImage(png, { channels, decoder })).toEqual(image);
  });

  test('JPEG comes back nearly, from a path', async () => {
    const image = picture(16, 24, 3);
    const dir = writeFiles({ 'a.jpg': await encodeImage(image, { format: 'jpeg', quality: 95 }) });
    const { data, shape } = await decodeImage({ path: `${dir}/a.jpg` }, { decoder });
    expect(shape).toEqual([16, 24, 3]);
    expect(largest(data, image.data)).toBeLessThanOrEqual(8);
  });

  test('channels: grey by the weights of ITU-R 601, alpha dropped or added', async () => {
    const png = encode({ width: 2, height: 1, channels: 4, data: Uint8Array.of(255, 0, 0, 9, 10, 200, 30, 128) });
    expect((await decodeImage(png, { channels: 1, decoder })).data).toEqual(Uint8Array.of(76, 124));
    expect((await decodeImage(png, { decoder })).data).toEqual(Uint8Array.of(255, 0, 0, 10, 200, 30));
    const grey = encode({ width: 1, height: 1, channels: 1, data: Uint8Array.of(7) });
    expect((await decodeImage(grey, { channels: 4, decoder })).data).toEqual(Uint8Array.of(7, 7, 7, 255));
    expect((await decodeImage(grey, { channels: 0, decoder })).shape).toEqual([1, 1, 1]);
  });

  test('16 bits become 8, palettes colours, single bits black and white', async () => {
    const wide = encode({ width: 2, height: 1, channels: 1, depth: 16, data: Uint16Array.of(0x1234, 0xff00) });
    expect(largest((await decodeImage(wide, { channels: 1, decoder })).data, [0x12, 0xff])).toBeLessThanOrEqual(1);
    const rgb = picture(8, 9, 3);
    const few = { ...rgb, data: rgb.data.map((value) => (value > 60 ? 255 : 0)) };
    const raw = sharp(few.data, { raw: { width: 9, height: 8, channels: 3 } });
    const palette = new Uint8Array(await raw.clone().png({ palette: true, colours: 16, dither: 0 }).toBuffer());
    expect(palette[25]).toBe(3);
    expect(largest((await decodeImage(palette, { decoder })).data, few.data)).toBeLessThanOrEqual(1);
    const bits = new Uint8Array(
      await sharp(Buffer.from([0, 255, 255, 0, 255, 0, 0, 0, 255, 255]), { raw: { width: 5, height: 2, channels: 1 } })
        .toColourspace('b-w')
        .png({ palette: true, colours: 2, dither: 0 })
        .toBuffer(),
    );
    expect(bits[24]).toBe(1);
    expect(Array.from((await decodeImage(bits, { channels: 1, decoder })).data)).toEqual([
      0, 255, 255, 0, 255, 0, 0, 0, 255, 255,
    ]);
  });

  test.each(['png', 'jpeg'] as const)('a damaged %s image is a FormatError with its name', async (format) => {
    const bytes = await encodeImage(picture(40, 40, 3), { format });
    for (const cut of [0, 7, 20, 30, bytes.length >> 1, bytes.length - 30]) {
      const error = await errorOf(decodeImage(bytes.slice(0, cut), { decoder, name: 'cut' }));
      expect(error, `${cut} bytes`).toBeInstanceOf(FormatError);
      expect((error as Error).message).toMatch(/^cut/);
    }
  });
});

test('limits hold before anything is decoded', async () => {
  const png = await encodeImage(picture(30, 30, 3));
  await expect(decodeImage(png, { maxPixels: 899 })).rejects.toThrow('30 × 30 pixels are more than maxPixels = 899');
  await expect(decodeImage(png, { maxBytes: 50 })).rejects.toThrow('more than maxBytes = 50 bytes');
  const view = new DataView(png.buffer);
  view.setUint32(16, 2 ** 30);
  await expect(decodeImage(png)).rejects.toThrow('1073741824 × 30 pixels are more than');
  view.setUint32(16, 0);
  await expect(decodeImage(png)).rejects.toThrow('a png image of 0 × 30 pixels');
});

test('pixel data that inflates to more than its size is refused', async () => {
  const { zlibSync } = await import('fflate');
  const small = await encodeImage(picture(4, 4, 3));
  const start = small.findIndex((_, i) => String.fromCharCode(...small.subarray(i, i + 4)) === 'IDAT') - 4;
  const bomb = zlibSync(new Uint8Array(2 ** 29), { level: 9 });
  const png = new Uint8Array(start + 12 + bomb.length);
  png.set(small.subarray(0, start));
  new DataView(png.buffer).setUint32(start, bomb.length);
  png.set([0x49, 0x44, 0x41, 0x54], start + 4);
  png.set(bomb, start + 8);
  await expect(decodeImage(png, { decoder: 'js' })).rejects.toThrow('inflates to more than 4 × 4 pixels take');
});

test('other files and options are named', async () => {
  await expect(decodeImage(Uint8Array.of(1, 2, 3))).rejects.toThrow('it begins with 01 02 03');
  await expect(decodeImage('cat.png')).rejects.toThrow('use { path } for a file');
  await expect(decodeImage(new Uint8Array(9), { channels: 2 as 3 })).rejects.toThrow('channels must be 0, 1, 3 or 4');
  const webp = new Uint8Array(
    await sharp({ create: { width: 3, height: 2, channels: 3, background: 'red' } })
      .webp()
      .toBuffer(),
  );
  expect((await decodeImage(webp)).shape).toEqual([2, 3, 3]);
  await expect(decodeImage(webp, { decoder: 'js' })).rejects.toThrow('this is webp; install sharp');
  await expect(encodeImage({ data: new Float32Array(4), shape: [2, 2] })).rejects.toThrow('pixels must be bytes');
  await expect(encodeImage({ data: new Uint8Array(4), shape: [2, 2, 1, 1] })).rejects.toThrow('got [2, 2, 1, 1]');
});
