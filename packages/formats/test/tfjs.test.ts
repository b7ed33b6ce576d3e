import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  FormatError,
  readJson,
  readWeightsManifest,
  writeWeightsManifest,
  type TfjsWeight,
  type WeightsGroup,
} from '@dl/formats';
import { describe, expect, test } from 'vitest';

const floats = (...values: number[]): TfjsWeight => ({
  dtype: 'float32',
  shape: [values.length],
  data: Float32Array.from(values),
});

/** Weights from memory, by path. */
const from = (shards: ReadonlyMap<string, Uint8Array>) => (path: string) => {
  const bytes = shards.get(path);
  if (bytes === undefined) throw new FormatError('the server answered 404', { file: path });
  return bytes;
};

const ALL = new Map<string, TfjsWeight>([
  [
    'dense/kernel',
    { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, -2, 0.5, NaN, Infinity, -0), group: 'model' },
  ],
  ['flags', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ['iter', { dtype: 'int32', shape: [], data: Int32Array.of(-7), group: 'optimizer' }],
  ['words', { dtype: 'string', shape: [2, 2], data: ['a', '', 'héllo', '∑'] }],
  ['empty', { dtype: 'float32', shape: [0, 4], data: new Float32Array(0) }],
  ['__proto__', { dtype: 'int32', shape: [1], data: Int32Array.of(3) }],
]);

describe('tfjs weights', () => {
  test('what is written is read again, across the borders of shards', async () => {
    for (const shardBytes of [Infinity, 4 * 2 ** 20, 7, 1]) {
      const { manifest, shards } = writeWeightsManifest(ALL, { shardBytes });
      expect([...(await readWeightsManifest(JSON.parse(JSON.stringify(manifest)), from(shards)))]).toEqual([...ALL]);
    }
    const { manifest, shards } = writeWeightsManifest(ALL, { shardBytes: 7 });
    expect(manifest[0]!.paths.slice(0, 2)).toEqual(['group1-shard1of9.bin', 'group1-shard2of9.bin']);
    expect([...shards.values()].map((shard) => shard.length)).toEqual([7, 7, 7, 7, 7, 7, 7, 7, 5]);
    expect(({} as { dtype?: string }).dtype).toBeUndefined();
  });

  test('a browser download has one file', async () => {
    const { manifest, shards } = writeWeightsManifest(ALL, { shardBytes: Infinity, path: './model.weights.bin' });
    expect(manifest[0]!.paths).toEqual(['./model.weights.bin']);
    expect([...(await readWeightsManifest(manifest, from(shards))).keys()]).toEqual([...ALL.keys()]);
  });

  test('quantization by uint8: the formulas of the converter', async () => {
    // min -1, max 2: scale 3/255, zero point 85, so that 0 stays 0.
    const weights = new Map([['w', floats(-1, 0, 2, 0.5)]]);
    const { manifest, shards } = writeWeightsManifest(weights, { quantize: 'uint8' });
    const { quantization } = manifest[0]!.weights[0]!;
    expect(quantization).toMatchObject({ dtype: 'uint8', original_dtype: 'float32' });
    expect(quantization!.scale).toBeCloseTo(3 / 255, 12);
    expect(quantization!.min).toBeCloseTo(-1, 12);
    expect([...shards.values()][0]).toEqual(Uint8Array.of(0, 85, 255, 128));
    const read = (await readWeightsManifest(manifest, from(shards))).get('w')!;
    expect(read.dtype).toBe('float32');
    expect(read.data[1]).toBe(0);
    (read.data as Float32Array).forEach((value, i) =>
      expect(Math.abs(value - [-1, 0, 2, 0.5][i]!)).toBeLessThan(3 / 510 + 1e-6),
    );
  });

  test('quantization: ranges without 0, constants, 16 bits, halves, by name, nothing to quantize', async () => {
    const weights = new Map([
      ['far', floats(10, 11, 12)],
      ['same', floats(0.3, 0.3)],
      ['none', floats()],
      ['half', floats(1 / 3, 65504)],
      ['plain', floats(0.1)],
      ['stored half', { dtype: 'float16', shape: [1], data: Float32Array.of(0.0999755859375) } as TfjsWeight],
    ]);
    const how = new Map([
      ['half', 'float16'],
      ['plain', undefined],
    ] as const);
    const { manifest, shards } = writeWeightsManifest(weights, {
      quantize: (name) => (how.has(name as 'half') ? how.get(name as 'half') : 'uint16'),
    });
    const byName = new Map(manifest[0]!.weights.map((entry) => [entry.name, entry.quantization]));
    expect(byName.get('far')).toMatchObject({ dtype: 'uint16', min: 10, scale: 2 / 65535 });
    expect(byName.get('same')).toMatchObject({ scale: 1, min: Math.fround(0.3) });
    expect(byName.get('plain')).toBeUndefined();
    const read = await readWeightsManifest(manifest, from(shards));
    expect([...(read.get('far')!.data as Float32Array)]).toEqual([10, Math.fround(32768 * (2 / 65535) + 10), 12]);
    expect(read.get('same')).toEqual(floats(0.3, 0.3));
    expect(read.get('none')).toEqual(floats());
    expect(read.get('half')).toEqual(floats(0.333251953125, 65504));
    expect(read.get('plain')).toEqual(floats(0.1));
    expect(read.get('stored half')).toEqual(floats(0.0999755859375));
  });

  test('quantized integers are rounded', async () => {
    const manifest = [
      {
        paths: ['w'],
        weights: [{ name: 'w', shape: [2], dtype: 'int32', quantization: { dtype: 'uint8', scale: 0.4, min: -1 } }],
      },
    ];
    const read = await readWeightsManifest(manifest, () => Uint8Array.of(0, 10));
    expect(read.get('w')).toEqual({ dtype: 'int32', shape: [2], data: Int32Array.of(-1, 3) });
  });

  test('what TensorFlow.js cannot hold is not written', () => {
    const one = (weight: TfjsWeight): Map<string, TfjsWeight> => new Map([['w', weight]]);
    expect(() => writeWeightsManifest(one({ dtype: 'float64', shape: [1], data: Float64Array.of(1) }))).toThrow(
      "'w': TensorFlow.js keeps float32, int32, bool and texts, got float64",
    );
    expect(() => writeWeightsManifest(one(floats(1, NaN)), { quantize: 'uint8' })).toThrow(
      "'w': NaN at position 1 cannot be quantized",
    );
    expect(() => writeWeightsManifest(one({ ...floats(1), shape: [2] } as TfjsWeight))).toThrow(
      'shape [2] holds 2 elements, got 1',
    );
    expect(() => writeWeightsManifest(ALL, { shardBytes: 0 })).toThrow('shardBytes must be at least 1');
    expect(() => writeWeightsManifest(ALL, { path: 'x' })).toThrow('pass shardBytes: Infinity');
  });

  test('shards beside a model: folders, addresses, and what is asked for', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tfjs-'));
    try {
      const { manifest, shards } = writeWeightsManifest(ALL);
      for (const [path, bytes] of shards) await writeFile(join(folder, path), bytes);
      for (const model of [join(folder, 'model.json'), pathToFileURL(join(folder, 'model.json'))]) {
        expect((await readWeightsManifest(manifest, model)).size).toBe(ALL.size);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('C72: damaged, padded and mixed-up weight files', () => {
  const manifest: WeightsGroup[] = [
    { paths: ['weights.bin'], weights: [{ name: 'w', shape: [10], dtype: 'float32' }] },
  ];
  const load = (bytes: Uint8Array) => readWeightsManifest(manifest, () => bytes, { file: 'model.json' });

  test('C72: 40 bytes load, 36 and 44 do not', async () => {
    expect((await load(new Uint8Array(40))).get('w')!.data).toHaveLength(10);
    await expect(load(new Uint8Array(36))).rejects.toThrow(
      'the weights take 40 bytes, the shards have 36 (weights.bin: 36)',
    );
    await expect(load(new Uint8Array(44))).rejects.toThrow('the weights take 40 bytes, the shards have 44');
  });

  test('C72: bytes at an odd place of their buffer load', async () => {
    const memory = new Uint8Array(50);
    new DataView(memory.buffer).setFloat32(3, 1.5, true);
    expect((await load(memory.subarray(3, 43))).get('w')!.data[0]).toBe(1.5);
  });

  test('C72: a page in place of the shard is shown', async () => {
    const page = new TextEncoder().encode('<!DOCTYPE html><html><body>Not found</body></html>');
    await expect(load(page)).rejects.toThrow('weights.bin is a page that begins with <!DOCTYPE html><html><bo');
  });

  test('C72: shards that are swapped, missing or there twice', async () => {
    const written = writeWeightsManifest(ALL, { shardBytes: 25 });
    const [group] = written.manifest as [WeightsGroup];
    const [a, b, c] = group.paths as [string, string, string];
    const read = (paths: string[]) =>
      readWeightsManifest([{ ...group, paths }], from(written.shards), { file: 'model.json' });
    expect((await read([a, b, c])).size).toBe(ALL.size);
    await expect(read([b, a, c])).rejects.toThrow(`'${b}': the shards are out of order: expected ${a} here`);
    await expect(read([a, c])).rejects.toThrow(`expected 3 shards, got 2; ${b} is missing`);
    await expect(read([a, b, b])).rejects.toThrow(`'${b}': the shard occurs twice`);
    const shards = new Map(written.shards);
    shards.delete(b);
    await expect(readWeightsManifest(written.manifest, from(shards))).rejects.toThrow(`${b}: the server answered 404`);
  });

  test('C72: texts that are cut, too long or no UTF-8', async () => {
    const texts = [{ paths: ['s'], weights: [{ name: 's', shape: [1], dtype: 'string' }] }];
    const read = (...bytes: number[]) => readWeightsManifest(texts, () => Uint8Array.from(bytes));
    expect((await read(1, 0, 0, 0, 0x61)).get('s')!.data).toEqual(['a']);
    await expect(read(2, 0, 0, 0, 0x61)).rejects.toThrow("'s': expected 2 bytes, the shards have 1 left");
    await expect(read(1, 0, 0, 0, 0x61, 0)).rejects.toThrow('the weights take 5 bytes, the shards have 6');
    await expect(read(1, 0, 0, 0, 0xff)).rejects.toThrow('text 0 is no UTF-8');
    await expect(read(1, 0)).rejects.toThrow('the weights take at least 4 bytes, the shards have 2');
  });

  test('C72: JSON that is cut at each byte is an error, not half a model', async () => {
    const { manifest: whole, shards } = writeWeightsManifest(ALL);
    const text = new TextEncoder().encode(JSON.stringify(whole));
    expect((await readWeightsManifest(readJson(text), from(shards))).size).toBe(ALL.size);
    for (let end = 0; end < text.length; end++) expect(() => readJson(text.subarray(0, end))).toThrow(FormatError);
    expect(() => readJson(new TextEncoder().encode('<!doctype html>'), { file: 'model.json' })).toThrow(
      'model.json: the text is no JSON; it is a page, not a file',
    );
    expect(() => readJson(new TextEncoder().encode('['.repeat(1000)))).toThrow('nested deeper than 500');
    expect(() => readJson(text, { limits: { maxHeader: 10 } })).toThrow('more than limits.maxHeader = 10');
  });

  const entry = { name: 'w', shape: [1], dtype: 'float32' };
  const one = (change: object, paths: string[] = ['a']): unknown => [{ paths, weights: [{ ...entry, ...change }] }];
  test.each([
    ['no list', {}, 'weightsManifest'],
    ['no shards', one({}, []), 'weightsManifest.0.paths'],
    ['another dtype', one({ dtype: 'toString' }), 'weightsManifest.0.weights.0.dtype'],
    ['a negative size', one({ shape: [-1] }), 'weightsManifest.0.weights.0.shape.0'],
    ['half a size', one({ shape: [1.5] }), 'weightsManifest.0.weights.0.shape.0'],
    ['a size as a text', one({ shape: ['1'] }), 'weightsManifest.0.weights.0.shape.0'],
    ['no name', one({ name: 1 }), 'weightsManifest.0.weights.0.name'],
    ['too many elements', one({ shape: [2 ** 50, 2 ** 50] }), 'too many elements'],
    ['more bytes than the limit', one({ shape: [2 ** 40] }), 'more than limits.maxBytes'],
    ['complex64', one({ dtype: 'complex64' }), "'w': complex64 weights are not supported"],
    [
      'quantized bool',
      one({ dtype: 'bool', quantization: { dtype: 'uint8', scale: 1, min: 0 } }),
      'bool weights cannot be quantized',
    ],
    ['quantized without scale', one({ quantization: { dtype: 'uint8', min: 0 } }), 'needs scale and min'],
    [
      'half integers',
      one({ dtype: 'int32', quantization: { dtype: 'float16' } }),
      'int32 weights cannot be quantized as float16',
    ],
    ['a name twice', [{ paths: ['a'], weights: [entry, entry] }], "'w': the weight occurs twice"],
    ['out of the folder', one({}, ['../a']), "'../a': shards are plain paths beside the model"],
    ['out of the folder, hidden', one({}, ['%2e%2e/a']), 'shards are plain paths'],
    ['out of the folder, by a backslash', one({}, ['..\\a']), 'shards are plain paths'],
    ['an absolute path', one({}, ['/etc/passwd']), 'shards are plain paths'],
    ['another server', one({}, ['https://example.org/a']), 'shards are plain paths'],
    ['another server, same protocol', one({}, ['//example.org/a']), 'shards are plain paths'],
  ])('C72: a manifest with %s is refused', async (_, bad, message) => {
    const read = readWeightsManifest(bad, () => new Uint8Array(4));
    await expect(read).rejects.toThrow(FormatError);
    await expect(read).rejects.toThrow(message);
  });

  test('paths of models that are trusted may lead anywhere', async () => {
    const seen: string[] = [];
    const load = (path: string): Uint8Array => (seen.push(path), new Uint8Array(4));
    await readWeightsManifest(one({}, ['https://example.org/a']), load, { anyPath: true });
    expect(seen).toEqual(['https://example.org/a']);
  });
});

test('C74: __proto__ in a manifest changes no object', async () => {
  const text = `[{"paths":["a"],"__proto__":{"polluted":true},"weights":[
    {"name":"__proto__","shape":[1],"dtype":"float32","__proto__":{"polluted":true}},
    {"name":"constructor","shape":[1],"dtype":"float32"},{"name":"toString","shape":[],"dtype":"float32"}]}]`;
  const before = Object.getOwnPropertyNames(Object.prototype);
  const read = await readWeightsManifest(readJson(new TextEncoder().encode(text)), () => new Uint8Array(12));
  expect([...read.keys()]).toEqual(['__proto__', 'constructor', 'toString']);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
});
