// IDX files: every element type, gzip, and files that are damaged or lie.
import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ConfigError, encodeIdx, FormatError, readIdx, type NDArray } from '../src/index.ts';
import { chunked, errorOf } from './helpers.ts';

const bytesOf = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes);

describe('readIdx', () => {
  test('reads the documented layout: big-endian lengths, then values', async () => {
    const bytes = bytesOf(0, 0, 0x0b, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0x01, 0x02, 0xff, 0xfe);
    expect(await readIdx(bytes)).toEqual({ data: Int16Array.of(258, -2), shape: [2, 1] });
  });

  test('reads back every element type, plain and gzipped, in any chunks', async () => {
    const kinds = [Uint8Array, Int8Array, Int16Array, Int32Array, Float32Array, Float64Array];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...kinds),
        fc.array(fc.nat(4), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(1, 2, 7, 1000),
        fc.boolean(),
        async (Kind, shape, size, zip) => {
          const length = shape.reduce((a, b) => a * b, 1);
          const data = new Kind(length);
          for (let i = 0; i < length; i++) data[i] = (i * 37) % 120;
          const array: NDArray = { data, shape };
          const bytes = encodeIdx(array);
          expect(await readIdx(chunked(zip ? gzipSync(bytes) : bytes, size))).toEqual(array);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('reads a view into a larger buffer', async () => {
    const bytes = encodeIdx({ data: Int32Array.of(1, -1), shape: [2] });
    const larger = new Uint8Array(bytes.length + 5);
    larger.set(bytes, 3);
    expect((await readIdx(larger.subarray(3, 3 + bytes.length))).data).toEqual(Int32Array.of(1, -1));
  });
});

describe('damaged files', () => {
  const good = encodeIdx({ data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] });

  test.each<[string, Uint8Array, Partial<FormatError['place']>]>([
    ['must start with two zero bytes, got 89 50 4e 47', bytesOf(0x89, 0x50, 0x4e, 0x47), { offset: 0, field: 'magic' }],
    ['unknown element type 0xa', bytesOf(0, 0, 0x0a, 1), { offset: 2, field: 'type' }],
    ['expected 1 to 8 axes, got 0', bytesOf(0, 0, 8, 0), { offset: 3, field: 'axes' }],
    ['expected 1 to 8 axes, got 255', bytesOf(0, 0, 8, 255), { offset: 3, field: 'axes' }],
    ['expected 4 bytes, the file ends after 0', bytesOf(), { offset: 0 }],
    ['expected 12 bytes, the file ends after 6', good.slice(0, 6), { offset: 6 }],
    ['expected 18 bytes, the file ends after 17', good.slice(0, 17), { offset: 17, field: 'data' }],
    ['expected 18 bytes for shape [2, 3], got more', bytesOf(...good, 0), { offset: 18, field: 'data' }],
    ['more than maxBytes', bytesOf(0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255), { offset: 4, field: 'shape' }],
  ])('%s', async (message, bytes, place) => {
    for (const source of [bytes, chunked(bytes, 1)]) {
      const error = await errorOf(readIdx(source, { name: 'x.idx' }));
      expect(error).toBeInstanceOf(FormatError);
      expect(error).toHaveProperty('message', expect.stringContaining(message));
      expect((error as FormatError).place).toMatchObject({ file: 'x.idx', ...place });
    }
  });

  test('a header that promises gigabytes costs nothing', async () => {
    const header = bytesOf(0, 0, 8, 1, 0x7f, 0, 0, 0, 1, 2, 3);
    await expect(readIdx(header)).rejects.toThrow('the file ends after 11');
  });

  test('gzip that inflates to more than its header says is stopped early', async () => {
    const bomb = new Uint8Array(16 << 20);
    bomb.set(good);
    const zipped = gzipSync(bomb);
    let read = 0;
    async function* source() {
      for (const byte of zipped) {
        read++;
        yield Uint8Array.of(byte);
      }
    }
    await expect(readIdx(source())).rejects.toThrow('got more');
    expect(read).toBeLessThan(zipped.length / 10);
  });

  test('truncated or garbled gzip is an error', async () => {
    const zipped = gzipSync(good);
    for (const bytes of [zipped.subarray(0, 15), zipped.subarray(0, 2), bytesOf(0x1f, 0x8b, 9, 9, 9)]) {
      await expect(readIdx(bytes)).rejects.toThrow(FormatError);
    }
  });

  test('cut anywhere, it never gives an array', async () => {
    const zipped = gzipSync(good);
    for (let length = 0; length < good.length; length++) {
      await expect(readIdx(good.subarray(0, length))).rejects.toThrow(FormatError);
    }
    for (let length = 0; length < zipped.length - 8; length++) {
      await expect(readIdx(zipped.subarray(0, length))).rejects.toThrow(FormatError);
    }
  });

  test('wrong arguments', async () => {
    await expect(readIdx('train-images')).rejects.toThrow('use { path }');
    await expect(readIdx(good, { maxBytes: 0 })).rejects.toThrow(ConfigError);
    await expect(readIdx(good, { max: 1 } as never)).rejects.toThrow("unknown option 'max'");
    await expect(readIdx({} as never)).rejects.toThrow(ConfigError);
    expect(() => encodeIdx({ data: new Uint16Array(1), shape: [1] })).toThrow('no type for Uint16Array');
    expect(() => encodeIdx({ data: new Uint8Array(1), shape: [2] })).toThrow(ConfigError);
  });
});
