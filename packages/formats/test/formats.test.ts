import { createServer } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  FormatError,
  loadArrays,
  readBytes,
  readNpy,
  readNpz,
  readSafetensors,
  writeNpy,
  writeNpz,
  writeSafetensors,
  writeZip,
  type NamedArray,
} from '@dl/formats';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** One array of every dtype, with odd and empty shapes. */
const ALL: ReadonlyMap<string, NamedArray> = new Map<string, NamedArray>([
  ['float32', { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, -2, 0.5, NaN, Infinity, -0) }],
  ['float64', { dtype: 'float64', shape: [], data: Float64Array.of(Math.PI) }],
  [
    'float16',
    { dtype: 'float16', shape: [6], data: Float32Array.of(1, -2, 0.0999755859375, 65504, 2 ** -24, Infinity) },
  ],
  ['int32', { dtype: 'int32', shape: [2, 1], data: Int32Array.of(-2147483648, 7) }],
  ['uint32', { dtype: 'uint32', shape: [1], data: Uint32Array.of(4294967295) }],
  ['int16', { dtype: 'int16', shape: [3], data: Int16Array.of(-32768, 0, 32767) }],
  ['uint16', { dtype: 'uint16', shape: [1], data: Uint16Array.of(65535) }],
  ['int8', { dtype: 'int8', shape: [2], data: Int8Array.of(-128, 127) }],
  ['uint8', { dtype: 'uint8', shape: [1, 3], data: Uint8Array.of(0, 1, 255) }],
  ['bool', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ['empty', { dtype: 'float32', shape: [0, 4], data: new Float32Array(0) }],
  ['a/b.c', { dtype: 'float32', shape: [1], data: Float32Array.of(3) }],
]);

const sorted = (arrays: ReadonlyMap<string, NamedArray>): [string, NamedArray][] =>
  [...arrays].sort(([a], [b]) => (a < b ? -1 : 1));

/** A safetensors file with this header text and so many bytes of data. */
function file(header: string, length = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

describe('safetensors', () => {
  test('what is written is read again, with metadata', () => {
    const bytes = writeSafetensors(ALL, { format: 'pt' });
    const { arrays, metadata } = readSafetensors(bytes);
    expect(sorted(arrays)).toEqual(sorted(ALL));
    expect([...metadata]).toEqual([['format', 'pt']]);
    const start = Number(new DataView(bytes.buffer).getBigUint64(0, true)) + 8;
    expect(start % 8).toBe(0);
  });

  test('a file by hand: little-endian, 64-bit integers and bfloat16', () => {
    const header =
      '{"i":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[16,20]}}';
    const bytes = file(header, 20);
    const view = new DataView(bytes.buffer, bytes.length - 20);
    view.setBigInt64(0, -5n, true);
    view.setBigInt64(8, 6n, true);
    view.setUint16(16, 0x3f80, true);
    view.setUint16(18, 0xc000, true);
    const { arrays } = readSafetensors(bytes);
    expect(arrays.get('i')).toEqual({ dtype: 'int32', shape: [2], data: Int32Array.of(-5, 6) });
    expect(arrays.get('b')).toEqual({ dtype: 'float32', shape: [2], data: Float32Array.of(1, -2) });
    view.setBigInt64(8, 1n << 40n, true);
    expect(() => readSafetensors(bytes, { file: 'x' })).toThrow(
      "x, 'i': the 64-bit integer 1099511627776 at position 1 does not fit",
    );
  });

  const one = (dtype: string, shape: string, offsets: string): string =>
    `{"w":{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}}`;
  const two =
    '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}';
  test.each([
    ['too short', new Uint8Array(4), 'expected at least 8 bytes'],
    ['length beyond the end', Uint8Array.of(255, 0, 0, 0, 0, 0, 0, 0, 123), 'the header is said to take 255 bytes'],
    ['huge length', new Uint8Array(16).fill(255), 'the header is said to take 18446744073709551615 bytes'],
    ['no JSON', file('{"w":'), "byte 8, 'header': the text is no JSON"],
    ['no object', file('[1]'), 'the header is no JSON object'],
    ['unknown dtype', file(one('"F4"', '[1]', '[0,1]'), 1), `'w': dtype "F4" is not one of`],
    ['dtype of the prototype', file(one('"toString"', '[1]', '[0,1]'), 1), 'dtype "toString" is not one of'],
    ['negative size', file(one('"F32"', '[-1]', '[0,4]'), 4), 'expected a shape such as [2, 3], got [-1]'],
    ['too many elements', file(one('"F32"', '[9007199254740991, 9]', '[0,4]'), 4), 'too many elements'],
    ['range does not fit the shape', file(one('"F32"', '[2]', '[0,4]'), 4), 'takes 8 bytes, data_offsets give 4'],
    ['offsets are no pair', file(one('"F32"', '[1]', '[0]'), 4), 'data_offsets must be [begin, end]'],
    ['a gap', file(one('"F32"', '[1]', '[4,8]'), 8), 'leave a gap'],
    ['an overlap', file(two, 3), 'leave a gap after, or overlap, byte 2'],
    ['bytes left over', file(one('"F32"', '[1]', '[0,4]'), 5), 'the arrays take 4 bytes, the file has 5'],
    ['truncated data', file(one('"F32"', '[1]', '[0,4]'), 3), 'the arrays take 4 bytes, the file has 3'],
    ['metadata of numbers', file('{"__metadata__":{"a":1}}'), "'a': metadata must be texts"],
  ])('%s is refused', (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(FormatError);
    expect(() => readSafetensors(bytes)).toThrow(message);
  });

  test('names such as __proto__ are names', () => {
    const arrays = new Map([['__proto__', ALL.get('int8')!]]);
    expect([...readSafetensors(writeSafetensors(arrays)).arrays.keys()]).toEqual(['__proto__']);
    expect(({} as { dtype?: string }).dtype).toBeUndefined();
  });

  test('values that do not fit their shape are not written', () => {
    expect(() => writeSafetensors(new Map([['w', { dtype: 'int8', shape: [3], data: Int8Array.of(1) }]]))).toThrow(
      "'w': shape [3] holds 3 elements, got 1",
    );
  });
});

describe('npy and npz', () => {
  test.each([...ALL].map(([name, array]) => [name, array] as const))('%s is read as it was written', (_, array) => {
    const bytes = writeNpy(array);
    expect(readNpy(bytes)).toEqual(array);
    const headerLength = new DataView(bytes.buffer).getUint16(8, true);
    expect((10 + headerLength) % 64).toBe(0);
  });

  test('column-major and big-endian files, versions 2 and 3', () => {
    const make = (descr: string, fortran: string, values: readonly number[], version: number): Uint8Array => {
      const header = new TextEncoder().encode(
        `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': (2, 3), }\n`,
      );
      const wide = version > 1;
      const bytes = new Uint8Array((wide ? 12 : 10) + header.length + 12);
      const view = new DataView(bytes.buffer);
      bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
      if (wide) view.setUint32(8, header.length, true);
      else view.setUint16(8, header.length, true);
      bytes.set(header, wide ? 12 : 10);
      values.forEach((v, i) => view.setInt16(bytes.length - 12 + 2 * i, v, descr[0] === '<'));
      return bytes;
    };
    const wanted = { dtype: 'int16', shape: [2, 3], data: Int16Array.of(1, 2, 3, 4, 5, 6) };
    expect(readNpy(make('<i2', 'False', [1, 2, 3, 4, 5, 6], 1))).toEqual(wanted);
    expect(readNpy(make('>i2', 'False', [1, 2, 3, 4, 5, 6], 2))).toEqual(wanted);
    expect(readNpy(make('<i2', 'True', [1, 4, 2, 5, 3, 6], 3))).toEqual(wanted);
    expect(() => readNpy(make('<i2', 'False', [1, 2, 3, 4, 5, 6], 4))).toThrow('version 4 of npy is not known');
    expect(() => readNpy(make('|O', 'False', [1, 2, 3, 4, 5, 6], 1))).toThrow("dtype '|O' is not supported");
    expect(() => readNpy(make('<i2', 'False', [1, 2, 3, 4, 5, 6], 1).subarray(0, -1))).toThrow(
      'takes 12 bytes, the file has 11',
    );
    expect(() => readNpy(make('<i2', 'False', [1], 1).subarray(0, 20))).toThrow('the header is truncated');
    expect(() => readNpy(new Uint8Array(20), 'x.npy')).toThrow('x.npy, byte 0: not an npy file');
  });

  test('archives, compressed or not, and their limits', () => {
    const plain = writeNpz(ALL);
    expect(sorted(readNpz(plain))).toEqual(sorted(ALL));
    const big = { dtype: 'uint8', shape: [100_000], data: new Uint8Array(100_000) } as const;
    const packed = zipSync({ 'a.npy': writeNpy(big), 'notes.txt': new Uint8Array(3) });
    expect(packed.length).toBeLessThan(2000);
    expect(readNpz(packed).get('a')).toEqual(big);
    expect(() => readNpz(packed, { limits: { maxBytes: 50_000 }, file: 'w.npz' })).toThrow(
      "w.npz, 'a.npy': members take more than limits.maxBytes = 50000",
    );
    expect(() => readNpz(packed, { limits: { maxMembers: 1 } })).toThrow('more than limits.maxMembers = 1');
    expect(() => readNpz(plain.subarray(0, plain.length - 30))).toThrow('damaged or truncated zip archive');
    expect(() => readNpz(writeZip(new Map([['a.npy', Uint8Array.of(1, 2)]])), { file: 'w.npz' })).toThrow(
      'w.npz/a.npy, byte 0: not an npy file',
    );
  });
});

describe('sources', () => {
  let folder = '';
  const bytes = writeSafetensors(ALL);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'formats-'));
    await writeFile(join(folder, 'w.safetensors'), bytes);
    await writeFile(join(folder, 'w.npz'), writeNpz(ALL));
    await writeFile(join(folder, 'w.npy'), writeNpy(ALL.get('int8')!));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('paths, file URLs, bytes and buffers; the kind is told by the content', async () => {
    const path = join(folder, 'w.safetensors');
    for (const source of [path, pathToFileURL(path), pathToFileURL(path).href, bytes, bytes.buffer]) {
      expect(sorted(await loadArrays(source))).toEqual(sorted(ALL));
    }
    expect(sorted(await loadArrays(join(folder, 'w.npz')))).toEqual(sorted(ALL));
    expect([...(await loadArrays(join(folder, 'w.npy')))]).toEqual([['array', ALL.get('int8')]]);
    await expect(loadArrays(new TextEncoder().encode('<!doctype html>'))).rejects.toThrow('it begins with 3c 21 64 6f');
    await expect(loadArrays(join(folder, 'none'))).rejects.toThrow('ENOENT');
  });

  test('addresses: files come, pages and errors are refused', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/w') response.end(bytes);
      else if (request.url === '/page') response.setHeader('content-type', 'text/html').end('<html></html>');
      else response.writeHead(404).end();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    try {
      const { port } = server.address() as { port: number };
      const at = (path: string): string => `http://127.0.0.1:${port}${path}`;
      expect(await readBytes(new URL(at('/w')))).toEqual(new Uint8Array(bytes));
      await expect(loadArrays(at('/page'))).rejects.toThrow('expected a file, the server answered with a page');
      await expect(loadArrays(at('/no'))).rejects.toThrow('the server answered 404');
    } finally {
      server.close();
    }
  });
});
