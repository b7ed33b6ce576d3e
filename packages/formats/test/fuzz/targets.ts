// Every reader of the package, with good files of every kind that it reads.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  loadArrays,
  openSafetensors,
  readHdf5,
  readJson,
  readNpy,
  readNpz,
  readSafetensors,
  readTfRecords,
  readWeightsManifest,
  readZip,
  writeHdf5,
  writeNpy,
  writeNpz,
  writeSafetensors,
  writeTfRecord,
  writeWeightsManifest,
  writeZip,
  type H5Dataset,
  type H5Group,
  type NamedArray,
  type TfjsWeight,
} from '@dl/formats';
import type { FuzzTarget } from '@dl/formats/testing';
import { runPython } from '../hdf5/python.ts';

const ARRAYS = new Map<string, NamedArray>([
  ['kernel', { dtype: 'float32', shape: [4, 3], data: Float32Array.from({ length: 12 }, (_, i) => i / 7) }],
  ['half', { dtype: 'float16', shape: [3], data: Float32Array.of(1, 2, 3) }],
  ['flags', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ['count', { dtype: 'int32', shape: [], data: Int32Array.of(7) }],
  ['wide', { dtype: 'float64', shape: [1, 2], data: Float64Array.of(0.1, 0.2) }],
]);

/** Small limits: what a file takes beyond them is a failure of the reader. */
const options = { limits: { maxBytes: 2 ** 24, maxMembers: 1000, maxHeader: 2 ** 20 } };

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A manifest and its shard as one file, so that both are damaged. */
function tfjsFile(quantize?: 'uint8' | 'float16'): Uint8Array {
  const weights = new Map<string, TfjsWeight>([
    ['kernel', ARRAYS.get('kernel')!],
    ['count', ARRAYS.get('count')!],
    ['flags', ARRAYS.get('flags')!],
    ['words', { dtype: 'string', shape: [2], data: ['a', 'bcd'] }],
  ]);
  const { manifest, shards } = writeWeightsManifest(weights, { quantize, shardBytes: 40 });
  const parts = [utf8(`${JSON.stringify(manifest)}\n`), ...shards.values()];
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

async function readTfjs(bytes: Uint8Array): Promise<void> {
  const end = bytes.indexOf(10);
  const manifest = readJson(bytes.subarray(0, Math.max(0, end)), options);
  let at = end + 1;
  await readWeightsManifest(manifest, () => bytes.subarray(at, (at += 40)), options);
}

async function readTree(bytes: Uint8Array): Promise<void> {
  const { root, close } = await readHdf5(bytes, options);
  const seen = new Set<H5Group | H5Dataset>();
  const visit = (node: H5Group | H5Dataset): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.kind === 'dataset') node.read();
    else node.children.forEach(visit);
  };
  visit(root);
  close();
}

async function readOpen(bytes: Uint8Array): Promise<void> {
  const file = await openSafetensors(bytes, { ...options, shard: () => writeSafetensors(ARRAYS) });
  for await (const [, { data }] of file.arrays()) void data;
  await file.close();
}

/** Files of h5py, with old and new groups, chunks, filters and attributes in heaps. */
function h5pyFiles(): Uint8Array[] {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  try {
    runPython('write_files.py', folder);
    return ['small earliest', 'small latest', 'tracked'].map((name) => readFileSync(join(folder, `${name}.h5`)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** All readers; what they share is damaged through each of them. */
export async function fuzzTargets(): Promise<readonly FuzzTarget[]> {
  const hdf5 = await writeHdf5({
    attributes: new Map<string, string | number | string[]>([
      ['name', 'model'],
      ['version', 3],
      ['layers', ['a', 'bc']],
    ]),
    children: new Map([
      [
        'layers',
        {
          children: new Map(
            [...ARRAYS].map(([name, array]) => [name, { array, attributes: new Map([['unit', 'm']]) }]),
          ),
        },
      ],
      ['bf16', { array: ARRAYS.get('kernel')!, stored: 'bfloat16' }],
    ]),
  });
  const safetensors = writeSafetensors(ARRAYS, { format: 'pt' });
  const npz = writeNpz(ARRAYS);
  const npys = [...ARRAYS.values()].map((array) => writeNpy(array));
  const members = new Map([
    ['config.json', utf8('{"a": [1, 2]}')],
    ['dir/weights', new Uint8Array(500)],
  ]);
  const zips = [writeZip(members), writeZip(members, { stored: false }), npz];
  const index = utf8(
    JSON.stringify({ metadata: {}, weight_map: Object.fromEntries([...ARRAYS.keys()].map((key) => [key, 'x'])) }),
  );
  const records = Uint8Array.from(['', 'abc', 'x'.repeat(50)].flatMap((text) => [...writeTfRecord(utf8(text))]));
  return [
    { name: 'hdf5', files: [hdf5, ...h5pyFiles()], read: readTree },
    { name: 'zip', files: zips, read: (bytes) => readZip(bytes, options).forEach((member) => member()) },
    { name: 'npz', files: [npz], read: (bytes) => readNpz(bytes, options) },
    { name: 'npy', files: npys, read: (bytes) => readNpy(bytes) },
    { name: 'safetensors', files: [safetensors], read: (bytes) => readSafetensors(bytes, options) },
    { name: 'open safetensors', files: [safetensors, index], read: readOpen },
    { name: 'tfjs weights', files: [tfjsFile(), tfjsFile('uint8'), tfjsFile('float16')], read: readTfjs },
    { name: 'tfrecord', files: [records], read: (bytes) => readTfRecords(bytes, options) },
    {
      name: 'json',
      files: [index, utf8('[{"a": "\\u0041", "b": [null, true, -1.5e3]}]')],
      read: (bytes) => readJson(bytes, options),
    },
    { name: 'any array file', files: [safetensors, npz, npys[0]!], read: (bytes) => loadArrays(bytes, options) },
  ];
}
