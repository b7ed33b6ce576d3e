// PNG in plain JavaScript, by fast-png, with 8 bits a channel whatever the file has.
import type { DecodedPng } from 'fast-png';
import { Unzlib } from 'fflate';
import { FormatError } from '../errors.ts';
import type { RawImage } from './raw-image.ts';

/** Compressed bytes that cannot become more than about 256 MB, whatever they hold. */
const harmless = 1 << 18;

/** Counts what the pixel data inflates to, so that a small file cannot take much more memory than its size claims. */
const checkInflated = (bytes: Uint8Array, width: number, height: number, file: string): void => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Uint8Array[] = [];
  let packed = 0;
  for (let at = 8; at + 8 <= bytes.length;) {
    const length = view.getUint32(at);
    if (view.getUint32(at + 4) === 0x49444154) {
      chunks.push(bytes.subarray(at + 8, at + 8 + length));
      packed += length;
    }
    at += 12 + length;
  }
  if (packed <= harmless) return;
  // Eight bytes a pixel at most, a filter byte a row, and up to seven interlaced passes.
  const limit = height * (width * 8 + 1) + 16 * (width + height) + 1024;
  let inflated = 0;
  const unzlib = new Unzlib((part) => {
    inflated += part.length;
    if (inflated > limit) {
      throw new FormatError(`the pixel data inflates to more than ${width} × ${height} pixels take`, { file });
    }
  });
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += 4096) unzlib.push(chunk.slice(at, at + 4096));
  }
};

/** One byte for each value: rows of fewer bits begin at a whole byte, 16 bits lose the lower half. */
const toBytes = ({ data, depth, width, height, channels }: DecodedPng): Uint8Array => {
  if (depth === 16) return Uint8Array.from(data, (value) => value >> 8);
  if (depth === 8) return data as Uint8Array;
  const perRow = width * channels;
  const rowBytes = Math.ceil((perRow * depth) / 8);
  const out = new Uint8Array(perRow * height);
  for (let row = 0; row < height; row++) {
    for (let i = 0; i < perRow; i++) {
      const bit = i * depth;
      const byte = data[row * rowBytes + (bit >> 3)]!;
      out[row * perRow + i] = (byte >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
    }
  }
  return out;
};

/** Colours of a palette in place of their numbers. */
const fromPalette = (numbers: Uint8Array, palette: readonly (readonly number[])[], file: string): RawImage['data'] => {
  const channels = palette[0]?.length ?? 3;
  const data = new Uint8Array(numbers.length * channels);
  numbers.forEach((number, i) => {
    const colour = palette[number];
    if (colour === undefined) throw new FormatError(`colour ${number} is not in the palette`, { file });
    data.set(colour, i * channels);
  });
  return data;
};

/** Decodes a PNG image of known size. */
export const decodePng = async (bytes: Uint8Array, width: number, height: number, file: string): Promise<RawImage> => {
  checkInflated(bytes, width, height, file);
  const { decode } = await import('fast-png');
  const png = decode(bytes, { checkCrc: true });
  const values = toBytes(png);
  if (png.palette !== undefined) {
    return { data: fromPalette(values, png.palette, file), channels: png.palette[0]?.length ?? 3 };
  }
  const scale = png.depth < 8 ? 255 / ((1 << png.depth) - 1) : 1;
  const data = scale === 1 ? values : values.map((value) => value * scale);
  return { data, channels: png.channels };
};
