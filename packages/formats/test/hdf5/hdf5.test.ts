import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  FormatError,
  getNode,
  hdf5Parts,
  readHdf5,
  writeHdf5,
  type H5Attribute,
  type H5Dataset,
  type H5File,
  type H5Group,
  type H5Node,
  type NamedArray,
} from '@dl/formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runPython } from './python.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hdf5-'));
  runPython('write_files.py', folder);
});
afterAll(() => rm(folder, { recursive: true }));

const open = async (name: string, limits = {}): Promise<H5File> =>
  readHdf5(await readFile(join(folder, `${name}.h5`)), { file: `${name}.h5`, limits });

const dataset = (group: H5Group, path: string): H5Dataset => {
  const node = getNode(group, path);
  if (node?.kind !== 'dataset') throw new Error(`no dataset ${path}`);
  return node;
};

const ARRAYS: readonly [string, NamedArray][] = [
  ['bool', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ['empty', { dtype: 'float32', shape: [0, 4], data: new Float32Array(0) }],
  ['float16', { dtype: 'float16', shape: [2], data: Float32Array.of(1, 65504) }],
  ['float32', { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, -2, 0.5, NaN, Infinity, -0) }],
  ['float64', { dtype: 'float64', shape: [], data: Float64Array.of(0.1) }],
  ['int16', { dtype: 'int16', shape: [3], data: Int16Array.of(-32768, 0, 32767) }],
  ['int32', { dtype: 'int32', shape: [2, 1], data: Int32Array.of(-2147483648, 7) }],
  ['int8', { dtype: 'int8', shape: [2], data: Int8Array.of(-128, 127) }],
  ['uint16', { dtype: 'uint16', shape: [1], data: Uint16Array.of(65535) }],
  ['uint32', { dtype: 'uint32', shape: [1], data: Uint32Array.of(4294967295) }],
  ['uint8', { dtype: 'uint8', shape: [1, 3], data: Uint8Array.of(0, 1, 255) }],
];
const ATTRIBUTES = new Map<string, H5Attribute>([
  ['z text', 'héllo ∑'],
  ['no text', ''],
  ['long', 'x'.repeat(100_000)],
  ['texts', ['a', 'bcd', '']],
  ['wide texts', ['é', 'b']],
  ['none', []],
  ['int', 3],
  ['float', 0.5],
  ['ints', [1, -2]],
  ['floats', [1.5, -0]],
  ['naïve', 1],
]);
const TREE: H5Node = {
  attributes: ATTRIBUTES,
  children: new Map<string, H5Node>([
    ...ARRAYS,
    [
      'bfloat16',
      { array: { dtype: 'float32', shape: [3], data: Float32Array.of(1, -2, 3.14159) }, stored: 'bfloat16' },
    ],
    ['named', { array: ARRAYS[0]![1], attributes: new Map([['unit', 'm']]) }],
    [
      'many',
      {
        children: new Map<string, H5Node>(
          Array.from({ length: 700 }, (_, i) => [`n${i}`, { dtype: 'int32', shape: [], data: Int32Array.of(i) }]),
        ),
      },
    ],
    [
      'layers',
      { children: new Map([['dense', { children: new Map([['vars', { attributes: new Map([['name', 'é']]) }]]) }]]) },
    ],
  ]),
};

describe('what is written', () => {
  test('is read again: every dtype, every kind of attribute, in order', async () => {
    const { root } = await readHdf5(await writeHdf5(TREE));
    expect([...root.attributes]).toEqual([...ATTRIBUTES]);
    for (const [name, array] of ARRAYS) {
      expect(dataset(root, name)).toMatchObject({ dtype: array.dtype, shape: array.shape });
      expect(dataset(root, name).read()).toEqual(array);
    }
    expect(dataset(root, 'bfloat16')).toMatchObject({
      dtype: 'bfloat16',
      attributes: new Map([['dtype', 'bfloat16']]),
    });
    expect(dataset(root, 'bfloat16').read()).toEqual({
      dtype: 'float32',
      shape: [3],
      data: Float32Array.of(1, -2, 3.140625),
    });
    expect(dataset(root, 'named').attributes).toEqual(new Map([['unit', 'm']]));
    expect((getNode(root, 'many') as H5Group).children.size).toBe(700);
    for (let i = 0; i < 700; i++) expect(dataset(root, `many/n${i}`).read().data[0]).toBe(i);
    expect(getNode(root, '/layers/dense/vars')).toMatchObject({ kind: 'group', attributes: new Map([['name', 'é']]) });
    expect(getNode(root, '')).toBe(root);
    expect(getNode(root, 'layers/none/vars')).toBeUndefined();
    expect(getNode(root, 'bool/x')).toBeUndefined();
    expect([...root.children.keys()]).toEqual([...root.children.keys()].sort());
  });

  test('is the same for h5py, which can add to it', async () => {
    const path = join(folder, 'written.h5');
    await writeFile(path, await writeHdf5(TREE));
    const read = JSON.parse(runPython('read_file.py', path));
    expect(read.attributes).toEqual({
      'z text': ['str', 'héllo ∑'],
      'no text': ['str', ''],
      long: ['str', 'x'.repeat(100_000)],
      texts: ['|S3', ['a', 'bcd', '']],
      'wide texts': ['|S2', ['é', 'b']],
      none: ['float64', []],
      int: ['int64', 3],
      float: ['float64', 0.5],
      ints: ['int64', [1, -2]],
      floats: ['float64', [1.5, -0]],
      naïve: ['int64', 1],
    });
    const { children } = read;
    expect(children.float32).toMatchObject({
      dtype: 'float32',
      shape: [2, 3],
      values: '[[1.0, -2.0, 0.5], [nan, inf, -0.0]]',
    });
    expect(children.float64).toMatchObject({ dtype: 'float64', shape: [], values: '0.1' });
    expect(children.float16).toMatchObject({ dtype: 'float16', values: '[1.0, 65504.0]' });
    expect(children.bfloat16).toMatchObject({
      dtype: '|V2',
      values: '803f00c04940',
      attributes: { dtype: ['str', 'bfloat16'] },
    });
    expect(children.bool).toMatchObject({ dtype: 'bool', values: '[True, False, True]' });
    expect(children.int32).toMatchObject({ dtype: 'int32', shape: [2, 1], values: '[[-2147483648], [7]]' });
    for (const name of ['int8', 'uint8', 'int16', 'uint16', 'uint32']) expect(children[name].dtype).toBe(name);
    expect(children.empty).toMatchObject({ shape: [0, 4], values: '[]' });
    expect(Object.keys(children.many.children)).toHaveLength(700);
    expect(children.many.children.n699.values).toBe('699');
    expect(children.layers.children.dense.children.vars.attributes).toEqual({ name: ['str', 'é'] });
  });

  test('comes part by part, arrays of little-endian machines without a copy', async () => {
    const array: NamedArray = { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) };
    const parts = [...hdf5Parts({ children: new Map([['w', array]]) })];
    expect(parts[1]!.buffer).toBe(array.data.buffer);
    expect(dataset((await readHdf5(await new Blob(parts as BlobPart[]).bytes())).root, 'w').read()).toEqual(array);
  });

  const named = (name: string): H5Node => ({ children: new Map([[name, ARRAYS[0]![1]]]) });
  const attribute = (value: unknown, name = 'a'): H5Node => ({ attributes: new Map([[name, value as H5Attribute]]) });
  test.each<[string, H5Node, string]>([
    ['an array as the root', ARRAYS[0]![1], 'the root of an HDF5 file is a group'],
    ['a name with a slash', named('a/b'), 'got "a/b"'],
    ['no name', named(''), 'got ""'],
    ['a dot as name', named('.'), 'got "."'],
    ['a name with a zero', named('a\0'), 'got "a\\u0000"'],
    ['half a character', named('\ud800'), 'half a character'],
    [
      'values that do not fit',
      { children: new Map([['w', { dtype: 'int8', shape: [3], data: Int8Array.of(1) }]]) },
      "'w': shape [3] holds 3",
    ],
    [
      'integers as bfloat16',
      { children: new Map([['w', { array: ARRAYS[0]![1], stored: 'bfloat16' }]]) },
      'float32 values can be stored as bfloat16, got bool',
    ],
    ['a text with a zero', attribute('a\0b'), "'a': texts with zero characters"],
    ['a list of a text with a zero', attribute(['a\0b']), "'a': texts with zero characters"],
    ['a list of both', attribute(['a', 1]), "'a': an attribute is a text, a number, or a list of either"],
    ['a list that is too long', attribute(Array.from({ length: 70_000 }, () => 'x')), 'HDF5 allows 65528; split it'],
    [
      'numbers that are too many',
      attribute(Array.from({ length: 9000 }, (_, i) => i)),
      'HDF5 allows 65528; split the list',
    ],
    ['an attribute without a name', attribute(1, ''), 'an attribute needs a name'],
  ])('%s is refused', async (_, node, message) => {
    await expect(writeHdf5(node)).rejects.toThrow(FormatError);
    await expect(writeHdf5(node)).rejects.toThrow(message);
  });
});

describe('files of h5py', () => {
  const counting = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  test.each(['earliest', 'v108', 'latest'])('of version %s are read', async (version) => {
    const { root } = await open(version);
    const values = (name: string): number[] => Array.from(dataset(root, name).read().data);
    expect(values('gzip')).toEqual(counting(1000));
    expect(values('one chunk')).toEqual(counting(100));
    expect(values('chunks')).toEqual(counting(105));
    expect(values('many chunks')).toEqual(counting(5000));
    expect(values('many packed')).toEqual(counting(5000));
    expect(values('never written')).toEqual([2.5, 2.5, 2.5]);
    expect(values('partly written')).toEqual([1, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5]);
    expect(dataset(root, 'half').read()).toEqual({ dtype: 'float16', shape: [2], data: Float32Array.of(1, 2.5) });
    expect(values('big-endian')).toEqual([1, 2.5]);
    expect(dataset(root, 'bool').read()).toEqual({ dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) });
    expect(dataset(root, 'uint64').read()).toEqual({ dtype: 'int32', shape: [2], data: Int32Array.of(1, 2) });
    expect(dataset(root, 'bfloat16').read()).toEqual({ dtype: 'float32', shape: [2], data: Float32Array.of(1, -2) });
    expect(dataset(root, 'scalar').read()).toEqual({ dtype: 'float32', shape: [], data: Float32Array.of(3) });
    expect(dataset(root, 'empty').read()).toEqual({ dtype: 'float32', shape: [0, 4], data: new Float32Array(0) });
    expect(getNode(root, 'hard link')).toBe(getNode(root, 'scalar'));
    const many = getNode(root, 'many') as H5Group;
    expect([...many.children.keys()]).toEqual(Array.from({ length: 1500 }, (_, i) => `g${i}`).sort());
    const { attributes } = getNode(root, 'attributes') as H5Group;
    expect(Object.fromEntries(attributes)).toEqual({
      ...Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`a${String(i).padStart(2, '0')}`, `v${i}`])),
      bytes: ['ab', 'c'],
      texts: ['ab', 'ç'],
      true: 1,
      empty: [],
      float: 0.5,
      ints: [1, -2],
    });
  });

  test('that keep the order of their making are read in it', async () => {
    const { root } = await open('tracked');
    expect([...root.children.keys()]).toEqual(['z', 'x', 'y', 'g']);
    expect([...(getNode(root, 'g') as H5Group).children.keys()]).toEqual(counting(100).map((i) => `g${i}`));
  });

  test.each([
    ['soft earliest', "'s': soft and external links are not followed"],
    ['soft latest', "'s': soft and external links are not followed"],
    ['external link earliest', "'s': soft and external links are not followed"],
    ['external link latest', "'s': soft and external links are not followed"],
    ['virtual', "'v': virtual datasets are not followed"],
    ['external dataset', "'v': datasets in other files are not followed"],
    ['circle', "'a/b': the group contains itself"],
    ['text', "'t': datasets of texts or raw bytes are not supported"],
    ['lzf', 'filter 32000 is not supported'],
    ['growing', 'save with libver="earliest"'],
    ['bomb', "'d': 0 packed bytes claim to become 4294967296"],
  ])('%s is refused', async (name, message) => {
    await expect(open(name)).rejects.toThrow(FormatError);
    await expect(open(name)).rejects.toThrow(message);
  });

  test('integers that do not fit are refused when they are read', async () => {
    const { root } = await open('wide');
    expect(() => dataset(root, 'd').read()).toThrow("wide.h5, 'd': the 64-bit integer 1099511627776 at position 0");
  });

  test('limits hold for objects and bytes', async () => {
    await expect(open('earliest', { maxMembers: 100 })).rejects.toThrow('limits.maxMembers = 100');
    await expect(open('earliest', { maxBytes: 1000 })).rejects.toThrow('limits.maxBytes = 1000');
  });

  test('a closed file gives no values', async () => {
    const file = await open('v108');
    file.close();
    expect(() => dataset(file.root, 'half').read()).toThrow(FormatError);
  });
});

test('C72: an HDF5 file that is cut anywhere is an error', async () => {
  const bytes = await writeHdf5({ attributes: new Map([['a', 'b']]), children: new Map([['w', ARRAYS[3]![1]]]) });
  for (let end = 0; end < bytes.length; end += 7)
    await expect(readHdf5(bytes.subarray(0, end))).rejects.toThrow(FormatError);
  await expect(readHdf5(new TextEncoder().encode('<!doctype html>'), { file: 'w.h5' })).rejects.toThrow(
    'w.h5, byte 0: not an HDF5 file',
  );
});

test('C74: names such as __proto__ are names in HDF5 files', async () => {
  const names = ['__proto__', 'constructor', 'toString'];
  const { root } = await readHdf5(
    await writeHdf5({
      attributes: new Map(names.map((name) => [name, name])),
      children: new Map(names.map((name) => [name, ARRAYS[0]![1]])),
    }),
  );
  expect([...root.children.keys()]).toEqual(names);
  expect([...root.attributes]).toEqual(names.map((name) => [name, name]));
  expect(({} as { shape?: unknown }).shape).toBeUndefined();
});
