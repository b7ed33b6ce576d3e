/**
 * getFile: kept files, hashes, archives; from a server in this process.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeZip } from '@dl/formats';
import { expect, onTestFinished, test } from 'vitest';
import { utils } from '../../src/index.ts';
import { writeFiles } from './files.ts';

const { getFile } = utils;

async function serve(files: Readonly<Record<string, Uint8Array | string>>): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    const body = files[request.url!];
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const hashOf = (text: string, algorithm: string): string => createHash(algorithm).update(text).digest('hex');

test('a file is fetched once, and again where its hash is another', async () => {
  const { url, asked } = await serve({ '/a.txt': 'hello' });
  const cacheDir = writeFiles();
  const origin = `${url}/a.txt`;
  const path = await getFile(null, { origin, cacheDir });
  expect([path, readFileSync(path, 'utf8')]).toEqual([`${cacheDir}/datasets/a.txt`, 'hello']);
  await getFile(null, { origin, cacheDir, fileHash: hashOf('hello', 'md5') });
  expect(asked).toHaveLength(1);
  writeFileSync(path, 'hellx');
  await getFile('a.txt', { origin, cacheDir, fileHash: hashOf('hello', 'sha256').toUpperCase() });
  expect([asked.length, readFileSync(path, 'utf8')]).toEqual([2, 'hello']);
  await getFile(null, { origin, cacheDir, forceDownload: true });
  expect(asked).toHaveLength(3);
});

test('what does not fit leaves nothing behind', async () => {
  const { url } = await serve({ '/a.txt': 'hello' });
  const cacheDir = writeFiles();
  const options = { origin: `${url}/a.txt`, cacheDir, cacheSubdir: 'x' };
  await expect(getFile(null, { ...options, fileHash: hashOf('other', 'sha256') })).rejects.toThrow(
    'the sha256 hash 2cf24d',
  );
  await expect(getFile(null, { ...options, maxBytes: 4 })).rejects.toThrow('longer than maxBytes = 4');
  await expect(getFile(null, { ...options, origin: `${url}/b` })).rejects.toThrow('the server answered 404');
  expect(readdirSync(`${cacheDir}/x`)).toEqual([]);
  await expect(getFile(null, { ...options, fileHash: 'abc' })).rejects.toThrow('32 or 64 hexadecimal digits');
  await expect(getFile('../a', options)).rejects.toThrow('is no name for a file');
  await expect(getFile(null, { ...options, origin: 'a.txt' })).rejects.toThrow('must be a full address');
});

test('archives are unpacked, all or nothing', async () => {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const good = writeZip(
    new Map([
      ['a/1.txt', text('one')],
      ['b.txt', text('two')],
    ]),
  );
  const dir = writeFiles({ 'in/ok.txt': 'ok', 'evil.txt': 'no' });
  execFileSync('tar', ['-cPf', `${dir}/bad.tar`, '-C', `${dir}/in`, 'ok.txt', '../evil.txt'], { stdio: 'ignore' });
  const bad = readFileSync(`${dir}/bad.tar`);
  const { url } = await serve({ '/good.zip': good, '/bad.tar': bad });
  const cacheDir = writeFiles();
  const folder = await getFile(null, { origin: `${url}/good.zip`, cacheDir, extract: true });
  expect(folder).toBe(`${cacheDir}/datasets/good_extracted`);
  expect([readFileSync(`${folder}/a/1.txt`, 'utf8'), readFileSync(`${folder}/b.txt`, 'utf8')]).toEqual(['one', 'two']);
  await expect(getFile(null, { origin: `${url}/bad.tar`, cacheDir, extract: true })).rejects.toThrow('evil.txt');
  expect(readdirSync(`${cacheDir}/datasets`).sort()).toEqual(['bad.tar', 'good.zip', 'good_extracted']);
  expect(existsSync(`${cacheDir}/evil.txt`)).toBe(false);
});
