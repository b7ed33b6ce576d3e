// Browser parts: Blobs, IndexedDB, the origin private file system, handles of files.
import {
  FormatError,
  getNode,
  loadArrays,
  moveFile,
  openSafetensors,
  openSource,
  readBytes,
  readHdf5,
  readIfThere,
  readZip,
  removeFile,
  streamSafetensors,
  writeHdf5,
  writeSafetensors,
  writeTo,
  writeZip,
  type FileHandle,
  type NamedArray,
} from '@dl/formats';
import { describe, expect, test } from 'vitest';

const ARRAYS = new Map<string, NamedArray>([
  ['kernel', { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
  ['flags', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
]);
const BYTES = Uint8Array.from({ length: 5000 }, (_, i) => i % 251);
const parts = (): Uint8Array[] => [BYTES.subarray(0, 10), BYTES.subarray(10)];
const failing = function* (): Generator<Uint8Array, void> {
  yield BYTES.subarray(0, 100);
  throw new Error('no more');
};

describe.each(['indexeddb://a/model', 'opfs://folder/inner/model'])('%s', (place) => {
  test('keeps what is written, whole or not at all, and is read in parts', async () => {
    expect(await writeTo(place, parts())).toBe(BYTES.length);
    expect(await readBytes(place)).toEqual(BYTES);
    expect(await readBytes(new URL(place))).toEqual(BYTES);
    await expect(writeTo(place, failing())).rejects.toThrow('no more');
    expect(await readBytes(place)).toEqual(BYTES);
    const open = await openSource(place);
    expect(open.size).toBe(BYTES.length);
    expect(await open.read(1000, 1010)).toEqual(BYTES.slice(1000, 1010));
    await expect(open.read(4000, 6000)).rejects.toThrow('the file is truncated');
    await writeTo(place, [Uint8Array.of(1)]);
    expect(await readBytes(place)).toEqual(Uint8Array.of(1));
    await expect(readBytes(`${place}-none`)).rejects.toThrow('there is no such file');
  });

  test('files get other names and go away', async () => {
    const [from, to] = [`${place}-from`, `${place}-to`];
    await writeTo(to, [Uint8Array.of(1)]);
    await writeTo(from, parts());
    await moveFile(from, to);
    expect(await readIfThere(from)).toBeNull();
    expect(await readIfThere(to)).toEqual(BYTES);
    await moveFile(from, to);
    expect(await readIfThere(to)).toEqual(BYTES);
    await removeFile(to);
    await removeFile(to);
    expect(await readIfThere(to)).toBeNull();
  });

  test('holds arrays', async () => {
    await streamSafetensors(ARRAYS, place);
    expect(new Map(await loadArrays(place))).toEqual(ARRAYS);
    const file = await openSafetensors(place);
    expect(await file.read('kernel')).toEqual(ARRAYS.get('kernel'));
    await file.close();
  });
});

test('paths in the private file system stay in it', async () => {
  for (const path of ['opfs://../a', 'opfs://a//b', 'opfs://'])
    await expect(writeTo(path, parts())).rejects.toThrow(FormatError);
});

test('handles, Blobs, Files and object addresses are sources', async () => {
  const root = await navigator.storage.getDirectory();
  const handle = (await root.getFileHandle('handle', { create: true })) as FileHandle;
  await writeTo(handle, parts());
  const file = new File([BYTES], 'a.bin');
  for (const source of [
    handle,
    file,
    new Blob([BYTES]),
    URL.createObjectURL(file),
    new Response(BYTES),
    file.stream(),
  ]) {
    expect(await readBytes(source)).toEqual(BYTES);
  }
  const open = await openSource(handle);
  expect([open.name, open.size]).toEqual(['handle', BYTES.length]);
  await expect(writeTo('model.zip', parts())).rejects.toThrow('files cannot be written there; use indexeddb://name');
});

test('HDF5, ZIP and safetensors are the same here', async () => {
  const hdf5 = await writeHdf5({ attributes: new Map([['name', 'é']]), children: ARRAYS });
  const zip = writeZip(
    new Map([
      ['model.h5', hdf5],
      ['w.safetensors', writeSafetensors(ARRAYS)],
    ]),
    { stored: false },
  );
  const members = readZip(zip);
  const { root } = await readHdf5(members.get('model.h5')!());
  expect(root.attributes).toEqual(new Map([['name', 'é']]));
  const kernel = getNode(root, 'kernel');
  expect(kernel?.kind === 'dataset' && kernel.read()).toEqual(ARRAYS.get('kernel'));
  expect(new Map(await loadArrays(members.get('w.safetensors')!()))).toEqual(ARRAYS);
  zip[60]! ^= 1;
  expect(() => [...readZip(zip).values()].map((member) => member())).toThrow(FormatError);
});
