import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  FormatError,
  loadArrays,
  openSafetensors,
  readSafetensors,
  streamSafetensors,
  streamShards,
  writeSafetensors,
  type LazyArray,
  type NamedArray,
} from '@dl/formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

const big = Float32Array.from({ length: 300_000 }, (_, i) => i / 7);
const ARRAYS = new Map<string, NamedArray>([
  ['b', { dtype: 'float32', shape: [300, 1000], data: big }],
  ['flags', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ['a', { dtype: 'float64', shape: [], data: Float64Array.of(Math.PI) }],
  ['half', { dtype: 'float16', shape: [2], data: Float32Array.of(1, 65504) }],
  ['empty', { dtype: 'float32', shape: [0], data: new Float32Array(0) }],
  ['__proto__', { dtype: 'int8', shape: [1], data: Int8Array.of(3) }],
]);
/** Arrays by name; the bytes of their values as one text, which is compared fast. */
const sorted = (arrays: Iterable<readonly [string, NamedArray]>) =>
  [...arrays]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { dtype, shape, data }]) => [
      name,
      dtype,
      shape,
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
    ]);

test('a file that is streamed is the file that is written', async () => {
  const path = join(folder, 'a.safetensors');
  const size = await streamSafetensors(ARRAYS, path, { metadata: { format: 'pt' } });
  const bytes = await readFile(path);
  expect(size).toBe(bytes.length);
  expect(bytes.equals(writeSafetensors(ARRAYS, { format: 'pt' }))).toBe(true);
});

test('lazy arrays are read one after the other, and must be what they said', async () => {
  const log: string[] = [];
  const lazy = (name: string, array: NamedArray): LazyArray => ({
    dtype: array.dtype,
    shape: array.shape,
    read: () => (log.push(`read ${name}`), Promise.resolve(array)),
  });
  const parts: Uint8Array[] = [];
  const take = (part: Uint8Array): void => void (parts.push(part), log.push(`write ${part.length}`));
  await streamSafetensors(new Map([...ARRAYS].slice(0, 3).map(([name, array]) => [name, lazy(name, array)])), take);
  expect(log.slice(1)).toEqual(['read a', 'write 8', 'read b', 'write 1200000', 'read flags', 'write 3']);
  expect(sorted(readSafetensors(Uint8Array.from(Buffer.concat(parts))).arrays)).toEqual(
    sorted([...ARRAYS].slice(0, 3)),
  );
  const liar: LazyArray = {
    dtype: 'float32',
    shape: [2],
    read: () => ({ dtype: 'float32', shape: [3], data: new Float32Array(3) }),
  };
  await expect(streamSafetensors(new Map([['w', liar]]), take)).rejects.toThrow(
    "'w': expected float32 [2], got float32 [3]",
  );
  await expect(streamSafetensors(new Map([['__metadata__', ARRAYS.get('a')!]]), take)).rejects.toThrow(
    'stands for the metadata',
  );
});

describe('an open file', () => {
  test('is read array by array, from files, Blobs and bytes', async () => {
    const bytes = writeSafetensors(ARRAYS, { format: 'pt' });
    const path = join(folder, 'open.safetensors');
    await writeFile(path, bytes);
    for (const source of [path, new Blob([bytes]), bytes]) {
      const file = await openSafetensors(source);
      expect(file.metadata).toEqual(new Map([['format', 'pt']]));
      expect(file.entries.get('b')).toEqual({ dtype: 'float32', shape: [300, 1000] });
      expect(await file.read('half')).toEqual(ARRAYS.get('half'));
      expect((await file.read('b')).data[299_999]).toBe(big[299_999]);
      await expect(file.read('none')).rejects.toThrow("'none': there is no such array");
      const all = new Map<string, NamedArray>();
      for await (const [name, array] of file.arrays()) all.set(name, array);
      expect(sorted(all)).toEqual(sorted(ARRAYS));
      await file.close();
      expect(sorted(await loadArrays(source))).toEqual(sorted(ARRAYS));
    }
  });

  test('must be complete', async () => {
    const bytes = writeSafetensors(ARRAYS);
    for (const end of [0, 4, 8, 100, bytes.length - 1]) {
      await expect(openSafetensors(bytes.subarray(0, end))).rejects.toThrow(FormatError);
    }
    await expect(openSafetensors(bytes, { limits: { maxMembers: 2 } })).rejects.toThrow('limits.maxMembers = 2');
    await expect(openSafetensors(bytes, { limits: { maxHeader: 20 } })).rejects.toThrow('limits.maxHeader = 20');
  });
});

describe('checkpoints of several files', () => {
  test('are written and read by their index, as model hubs name them', async () => {
    const names = await streamShards(ARRAYS, folder, { maxShardBytes: 1_200_000, metadata: { format: 'pt' } });
    expect(names).toEqual([
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
      'model.safetensors.index.json',
    ]);
    const index = JSON.parse(await readFile(join(folder, names[2]!), 'utf8'));
    expect(index.metadata).toEqual({ total_size: 1_200_000 + 3 + 8 + 4 + 1 });
    expect(index.weight_map.b).toBe(names[0]);
    expect(index.weight_map.flags).toBe(names[1]);
    const path = join(folder, names[2]!);
    expect(sorted(await loadArrays(path))).toEqual(sorted(ARRAYS));
    const file = await openSafetensors(await readFile(path), { shard: (name) => join(folder, name) });
    expect(await file.read('flags')).toEqual(ARRAYS.get('flags'));
    await file.close();
    await expect(openSafetensors(await readFile(path))).rejects.toThrow('where the shards are is not known');
  });

  test('C72: missing shards and indexes that do not fit are refused', async () => {
    const one = writeSafetensors(new Map([['a', ARRAYS.get('a')!]]));
    const open = (map: unknown, shard: Uint8Array = one) =>
      openSafetensors(new TextEncoder().encode(JSON.stringify({ weight_map: map })), { shard: () => shard });
    expect([...(await open({ a: 'x' })).entries.keys()]).toEqual(['a']);
    await expect(open({ a: 'x', b: 'x' })).rejects.toThrow("x, 'b': the array is in the index, not in the file");
    await expect(open({})).resolves.toMatchObject({ entries: new Map() });
    await expect(open({ b: 'x' })).rejects.toThrow("'a': the index does not name the array in this file");
    await expect(open(3)).rejects.toThrow('expected an index of safetensors files');
    for (const bad of ['../x', '/x', 'a\\b', '..', '', 'http://x', 3]) {
      await expect(open({ a: bad })).rejects.toThrow('shards are names of files beside the index');
    }
    await rm(join(folder, 'model-00002-of-00002.safetensors'));
    await expect(loadArrays(join(folder, 'model.safetensors.index.json'))).rejects.toThrow(
      'model-00002-of-00002.safetensors',
    );
  });
});
