// The PNG writer, checked by taking its files apart again.
import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { encodePng, pngDataUri } from '../src/report/png.ts';

const chunksOf = (file: Uint8Array): Map<string, Uint8Array> => {
  const chunks = new Map<string, Uint8Array>();
  const view = new DataView(file.buffer);
  for (let offset = 8; offset < file.length;) {
    const length = view.getUint32(offset);
    const type = String.fromCharCode(...file.subarray(offset + 4, offset + 8));
    chunks.set(type, file.subarray(offset + 8, offset + 8 + length));
    offset += 12 + length;
  }
  return chunks;
};

test('writes signature, header and rows that give back the pixels', () => {
  const file = encodePng([0, 1, 2, 253.6, 300, -5], 3, 2);
  expect([...file.subarray(1, 4)]).toEqual([0x50, 0x4e, 0x47]);
  const chunks = chunksOf(file);
  expect([...chunks.keys()]).toEqual(['IHDR', 'IDAT', 'IEND']);
  expect([...chunks.get('IHDR')!]).toEqual([0, 0, 0, 3, 0, 0, 0, 2, 8, 0, 0, 0, 0]);
  expect([...inflateSync(chunks.get('IDAT')!)]).toEqual([0, 0, 1, 2, 0, 254, 255, 0]);
});

test('checksums are those of the format', () => {
  const file = encodePng([7], 1, 1);
  // The end chunk is the same in every PNG file.
  expect([...file.subarray(-12)]).toEqual([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]);
});

test('makes inline pictures and refuses a wrong size', () => {
  expect(pngDataUri(new Uint8Array(784), 28, 28)).toMatch(/^data:image\/png;base64,iVBORw0KGgo[A-Za-z0-9+/]+=*$/);
  expect(() => encodePng([1, 2, 3], 2, 2)).toThrow('needs 4 pixels, got 3');
});
