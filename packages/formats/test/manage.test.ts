/**
 * Files that are looked for, renamed and removed; checksums.
 */
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { crc32, FormatError, moveFile, readIfThere, removeFile } from '@dl/formats';
import { expect, test } from 'vitest';

test('files are found, renamed over others, and removed; those that are not there change nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'manage-'));
  const [from, to] = [join(folder, 'from'), join(folder, 'to')];
  expect(await readIfThere(from)).toBeNull();
  await moveFile(from, to);
  await writeFile(from, 'new');
  await writeFile(to, 'old');
  await moveFile(pathToFileURL(from), to);
  expect(await readdir(folder)).toEqual(['to']);
  expect(new TextDecoder().decode((await readIfThere(pathToFileURL(to)))!)).toBe('new');
  await removeFile(pathToFileURL(to));
  await removeFile(to);
  expect(await readdir(folder)).toEqual([]);
  // Other errors are not taken for a missing file.
  await mkdir(from);
  await expect(readIfThere(from)).rejects.toThrow();
});

test('addresses are refused', async () => {
  const address = 'https://example.org/a';
  await expect(readIfThere(address)).rejects.toThrow(FormatError);
  await expect(removeFile(address)).rejects.toThrow('cannot be changed');
  await expect(moveFile('a', address)).rejects.toThrow(address);
  await expect(moveFile('indexeddb://a', 'b')).rejects.toThrow('cannot be changed');
});

test('crc32 goes on from the bytes before', () => {
  const bytes = new TextEncoder().encode('123456789');
  expect(crc32(bytes)).toBe(0xcbf43926);
  expect(crc32(bytes.subarray(4), crc32(bytes.subarray(0, 4)))).toBe(0xcbf43926);
});
