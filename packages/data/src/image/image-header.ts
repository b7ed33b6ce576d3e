// Kind and size of an encoded image, from its first bytes, so that limits hold before anything is decoded.
import { FormatError } from '../errors.ts';

/** The kinds that are told apart. */
export type ImageKind = 'png' | 'jpeg' | 'gif' | 'bmp' | 'webp';

/** What the header of an image says. */
export interface ImageHeader {
  readonly kind: ImageKind;
  readonly width: number;
  readonly height: number;
}

const startsWith = (bytes: Uint8Array, prefix: readonly number[], at = 0): boolean =>
  prefix.every((byte, i) => bytes[at + i] === byte);

const ascii = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0));

const kinds: readonly (readonly [ImageKind, (bytes: Uint8Array) => boolean])[] = [
  ['png', (b) => startsWith(b, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])],
  ['jpeg', (b) => startsWith(b, [0xff, 0xd8, 0xff])],
  ['gif', (b) => startsWith(b, ascii('GIF8'))],
  ['bmp', (b) => startsWith(b, ascii('BM'))],
  ['webp', (b) => startsWith(b, ascii('RIFF')) && startsWith(b, ascii('WEBP'), 8)],
];

type Size = readonly [width: number, height: number];

/** The size in the first frame header of a JPEG file: segments are skipped by their lengths. */
const jpegSize = (view: DataView): Size | undefined => {
  for (let at = 2; at + 9 <= view.byteLength;) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    // Fill bytes, and markers without a length.
    if (marker === 0xff) at += 1;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return [view.getUint16(at + 7), view.getUint16(at + 5)];
    } else at += 2 + view.getUint16(at + 2);
  }
  return undefined;
};

const uint24 = (view: DataView, at: number): number => view.getUint16(at, true) + view.getUint8(at + 2) * 65536;

const webpSize = (view: DataView): Size | undefined => {
  const chunk = String.fromCharCode(...[12, 13, 14, 15].map((at) => view.getUint8(at)));
  if (chunk === 'VP8X') return [uint24(view, 24) + 1, uint24(view, 27) + 1];
  if (chunk === 'VP8 ') return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
  if (chunk !== 'VP8L') return undefined;
  const bits = view.getUint32(21, true);
  return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
};

const sizes: Readonly<Record<ImageKind, (view: DataView) => Size | undefined>> = {
  png: (view) => [view.getUint32(16), view.getUint32(20)],
  jpeg: jpegSize,
  gif: (view) => [view.getUint16(6, true), view.getUint16(8, true)],
  bmp: (view) => [Math.abs(view.getInt32(18, true)), Math.abs(view.getInt32(22, true))],
  webp: webpSize,
};

/** Reads kind and size. Throws a `FormatError` for what is no image, or ends before its size. */
export const readImageHeader = (bytes: Uint8Array, file: string): ImageHeader => {
  const kind = kinds.find(([, matches]) => matches(bytes))?.[0];
  if (kind === undefined) {
    const head = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new FormatError(`not a PNG, JPEG, GIF, BMP or WebP image; it begins with ${head || 'nothing'}`, {
      file,
      offset: 0,
    });
  }
  let size: Size | undefined;
  try {
    size = sizes[kind](new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (cause) {
    // Reading past the end; anything else is a bug.
    if (!(cause instanceof RangeError)) throw cause;
  }
  if (size === undefined) throw new FormatError(`a ${kind} image without a size; the file is truncated`, { file });
  const [width, height] = size;
  if (width < 1 || height < 1) {
    throw new FormatError(`a ${kind} image of ${width} × ${height} pixels`, { file, field: 'size' });
  }
  return { kind, width, height };
};
