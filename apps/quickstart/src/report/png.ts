// A minimal PNG writer for grey images.
import { zlibSync } from 'fflate';

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

const crc32 = (bytes: Uint8Array): number => {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
};

const chunk = (type: string, data: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
};

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** The PNG file of an 8-bit grey image; values are rounded and clamped to 0…255. */
export const encodePng = (pixels: ArrayLike<number>, width: number, height: number): Uint8Array => {
  if (pixels.length !== width * height) {
    throw new RangeError(`encodePng: ${width} × ${height} needs ${width * height} pixels, got ${pixels.length}`);
  }
  const rows = new Uint8Array(height * (width + 1)); // Each row starts with its filter type, 0 for none.
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = Math.round(pixels[y * width + x]!);
      rows[y * (width + 1) + 1 + x] = Math.min(255, Math.max(0, value));
    }
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8; // Bits per sample; colour type 0 is grey.
  const parts = [
    signature,
    chunk('IHDR', header),
    chunk('IDAT', zlibSync(rows, { level: 9 })),
    chunk('IEND', new Uint8Array(0)),
  ];
  const file = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    file.set(part, offset);
    offset += part.length;
  }
  return file;
};

/** A grey image as the address of an inline picture. */
export const pngDataUri = (pixels: ArrayLike<number>, width: number, height: number): string =>
  `data:image/png;base64,${btoa(String.fromCharCode(...encodePng(pixels, width, height)))}`;
