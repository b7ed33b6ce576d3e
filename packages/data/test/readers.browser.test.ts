// Readers and loaders in a real browser: no Node built-ins, streams and fetch of the platform.
import { expect, test } from 'vitest';
import { digits } from '../src/digits.ts';
import { DataError, encodeIdx, fashionMnist, fromArrays, fromCsv, fromJsonLines, readIdx } from '../src/index.ts';

const gzip = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> => {
  const zipped = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(zipped).arrayBuffer());
};

test('C50 CSV from a file the user picked', async () => {
  const text = '\uFEFFname,note,y\r\n"Smith, J","said ""hi""",1\r\nBob,"two\r\nlines",\r\nAna,,3.5\r\n';
  const columns = { name: 'string', note: 'string', y: 'number' } as const;
  const file = new File([text], 'people.csv');
  expect(await fromCsv(file, { columns }).toArray()).toEqual([
    { name: 'Smith, J', note: 'said "hi"', y: 1 },
    { name: 'Bob', note: 'two\r\nlines', y: NaN },
    { name: 'Ana', note: '', y: 3.5 },
  ]);
  const broken = new File(['a,b\n1,2\n1,2,3'], 'broken.csv');
  await expect(fromCsv(broken).toArray()).rejects.toThrow('broken.csv, line 3: expected 2 fields (a, b), got 3');
});

test('JSON Lines and IDX from blobs, gzipped', async () => {
  const lines = await gzip(new TextEncoder().encode('1\n2\n'));
  expect(await fromJsonLines(lines).toArray()).toEqual([1, 2]);
  const array = { data: Int16Array.of(1, -2, 3), shape: [3, 1] };
  expect(
    await readIdx(new Blob([(await gzip(encodeIdx(array) as Uint8Array<ArrayBuffer>)) as Uint8Array<ArrayBuffer>])),
  ).toEqual(array);
});

test('digits are fetched from the address beside the module', async () => {
  const { images, labels } = await digits.load();
  const [batch] = await fromArrays(images, labels).shuffle(1797, 1).batch(32).take(1).toArray();
  expect([batch?.[0].shape, batch?.[1].data.length]).toEqual([[32, 8, 8], 32]);
});

test('paths and missing files are told apart', async () => {
  await expect(fromCsv({ path: 'a.csv' }).toArray()).rejects.toThrow('paths are read in Node only');
  await expect(fashionMnist.load({ urls: '/nowhere/' })).rejects.toThrow(DataError);
});
