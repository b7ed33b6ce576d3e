import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { FormatError, loadArrays, openSource, readBytes, writeNpy, writeTo } from '@dl/formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
});
afterAll(() => rm(folder, { recursive: true }));

const BYTES = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7) % 256);
const plain = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes);

/** Serves while a function runs. */
async function serve(listener: RequestListener, use: (address: string) => Promise<void>): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    await use(`http://127.0.0.1:${(server.address() as { port: number }).port}/file`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('sources', () => {
  test('files, Blobs, answers and streams give the same bytes', async () => {
    const path = join(folder, 'bytes');
    await writeFile(path, BYTES);
    const handle = { kind: 'file', name: 'bytes', getFile: () => Promise.resolve(new Blob([BYTES])) } as const;
    const sources = [
      path,
      pathToFileURL(path),
      new Blob([BYTES]),
      new File([BYTES], 'bytes'),
      handle,
      new Response(BYTES),
      new Blob([BYTES]).stream(),
      createReadStream(path),
      `data:application/octet-stream;base64,${Buffer.from(BYTES).toString('base64')}`,
    ];
    for (const source of sources) expect(plain(await readBytes(source))).toEqual(BYTES);
  });

  test('a stream that breaks off, is too long, or gives no bytes', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array, void> {
      yield await Promise.resolve(new Uint8Array(10));
      throw new Error('connection lost');
    };
    await expect(readBytes(broken())).rejects.toThrow('the stream broke off after 10 bytes');
    await expect(readBytes(new Blob([BYTES]).stream(), { limits: { maxBytes: 1000 } })).rejects.toThrow(
      'limits.maxBytes = 1000',
    );
    const texts = new Response('x').body!.pipeThrough(new TextDecoderStream()) as unknown as ReadableStream<Uint8Array>;
    await expect(readBytes(texts)).rejects.toThrow('something else than bytes');
  });

  test('parts of files, Blobs, bytes and streams', async () => {
    const path = join(folder, 'parts');
    await writeFile(path, BYTES);
    for (const source of [path, new Blob([BYTES]), BYTES, BYTES.buffer, createReadStream(path), new Response(BYTES)]) {
      const open = await openSource(source);
      expect(open.size).toBe(BYTES.length);
      const part = await open.read(100, 150);
      expect(part).toEqual(BYTES.slice(100, 150));
      expect(part.buffer.byteLength).toBe(50);
      expect(await open.read(7, 7)).toEqual(new Uint8Array(0));
      await expect(open.read(69_999, 70_001)).rejects.toThrow('expected bytes 69999 to 70001, there are 70000');
      await open.close();
    }
  });

  test('a file that becomes shorter while it is read', async () => {
    const path = join(folder, 'shorter');
    await writeFile(path, BYTES);
    const open = await openSource(path);
    await writeFile(path, BYTES.subarray(0, 10));
    await expect(open.read(0, 20)).rejects.toThrow('expected 20 bytes, got 10: the file became shorter');
    await open.close();
  });

  /** A server that knows ranges. */
  const ranged =
    (asked: string[], tag: () => string): RequestListener =>
    (request, response) => {
      const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
      asked.push(request.headers.range ?? 'all');
      if (range === null) return void response.end(BYTES);
      const [begin, end] = [Number(range[1]), Math.min(Number(range[2]) + 1, BYTES.length)];
      response.writeHead(206, { 'content-range': `bytes ${begin}-${end - 1}/${BYTES.length}`, etag: tag() });
      return void response.end(BYTES.subarray(begin, end));
    };

  test('servers are asked for the parts that are wanted', async () => {
    const asked: string[] = [];
    let tag = '"1"';
    await serve(
      ranged(asked, () => tag),
      async (address) => {
        const open = await openSource(address);
        expect(open.size).toBe(BYTES.length);
        expect(await open.read(10, 20)).toEqual(BYTES.slice(10, 20));
        expect(await open.read(69_000, 69_010)).toEqual(BYTES.slice(69_000, 69_010));
        expect(asked).toEqual(['bytes=0-65535', 'bytes=69000-69009']);
        tag = '"2"';
        await expect(open.read(69_000, 69_010)).rejects.toThrow('the file changed on the server');
      },
    );
  });

  test('servers without ranges give the whole file', async () => {
    await serve(
      (_, response) => response.end(BYTES),
      async (address) => {
        const open = await openSource(address);
        expect(await open.read(69_000, 69_010)).toEqual(BYTES.slice(69_000, 69_010));
      },
    );
  });

  test('C72: a page, an error and a broken answer are no files', async () => {
    await serve(
      (_, response) => response.setHeader('content-type', 'text/html').end('<html>'),
      async (address) => {
        await expect(openSource(address)).rejects.toThrow('the server answered with a page (text/html)');
      },
    );
    await serve(
      (_, response) => response.writeHead(503).end(),
      async (address) => {
        await expect(openSource(address)).rejects.toThrow('the server answered 503');
      },
    );
    const breaking: RequestListener = (_, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write(new Uint8Array(10));
      setTimeout(() => response.destroy(), 50);
    };
    await serve(breaking, async (address) => {
      await expect(readBytes(address)).rejects.toThrow(FormatError);
      await expect(readBytes(address)).rejects.toThrow('the stream broke off after 10 bytes');
    });
    await expect(readBytes('http://127.0.0.1:1/none')).rejects.toThrow('the address cannot be fetched');
  });
});

describe('targets', () => {
  const parts = (): Uint8Array[] => [BYTES.subarray(0, 5), new Uint8Array(0), BYTES.subarray(5)];

  test('paths, file URLs, streams, handles and functions get all parts in order', async () => {
    const path = join(folder, 'target');
    for (const target of [path, pathToFileURL(path), pathToFileURL(path).href]) {
      await rm(path, { force: true });
      expect(await writeTo(target, parts())).toBe(BYTES.length);
      expect(plain(await readFile(path))).toEqual(BYTES);
    }
    const chunks: Uint8Array[] = [];
    let closed = 0;
    const stream = (): WritableStream<Uint8Array> =>
      new WritableStream({ write: (chunk) => void chunks.push(chunk), close: () => void closed++ });
    const handle = {
      kind: 'file',
      name: 'x',
      getFile: () => Promise.reject(new Error('no')),
      createWritable: () => Promise.resolve(stream()),
    } as const;
    for (const target of [stream(), handle, (part: Uint8Array): void => void chunks.push(part)]) {
      chunks.length = 0;
      expect(await writeTo(target, parts())).toBe(BYTES.length);
      expect(plain(Buffer.concat(chunks))).toEqual(BYTES);
    }
    expect(closed).toBe(2);
    await expect(writeTo('https://example.org/x', parts())).rejects.toThrow('files cannot be written there');
    await expect(writeTo('opfs://x', parts())).rejects.toThrow('there is no origin private file system here');
    await expect(writeTo('indexeddb://x', parts())).rejects.toThrow('there is no IndexedDB here');
    await expect(readBytes('indexeddb://x')).rejects.toThrow('there is no IndexedDB here');
  });

  const failing = function* (): Generator<Uint8Array, void> {
    yield BYTES;
    throw new Error('no more');
  };

  test('a failure leaves the old file, and nothing beside it', async () => {
    const inside = await mkdtemp(join(folder, 'atomic-'));
    const path = join(inside, 'file');
    await writeTo(path, [Uint8Array.of(1)]);
    await expect(writeTo(path, failing())).rejects.toThrow('no more');
    expect(plain(await readFile(path))).toEqual(Uint8Array.of(1));
    expect(await readdir(inside)).toEqual(['file']);
    let aborted: unknown;
    const stream = new WritableStream<Uint8Array>({ abort: (reason) => void (aborted = reason) });
    await expect(writeTo(stream, failing())).rejects.toThrow('no more');
    expect(aborted).toBeInstanceOf(Error);
    await expect(writeTo(join(inside, 'none', 'file'), [BYTES])).rejects.toThrow('ENOENT');
  });

  test('readers see the old file until the new one is complete; writers at once do not mix', async () => {
    const path = join(folder, 'seen');
    await writeTo(path, [Uint8Array.of(1)]);
    const watched = async function* (): AsyncGenerator<Uint8Array, void> {
      yield Uint8Array.of(2, 2);
      expect(plain(await readFile(path))).toEqual(Uint8Array.of(1));
      yield Uint8Array.of(3);
    };
    await writeTo(path, watched());
    expect(plain(await readFile(path))).toEqual(Uint8Array.of(2, 2, 3));
    await Promise.all(Array.from({ length: 8 }, (_, i) => writeTo(path, [new Uint8Array(100_000).fill(i)])));
    const bytes = await readFile(path);
    expect(bytes).toHaveLength(100_000);
    expect(new Set(bytes).size).toBe(1);
  });

  test('modes are kept, links stay links', async () => {
    const inside = await mkdtemp(join(folder, 'links-'));
    const path = join(inside, 'file');
    await writeTo(path, [Uint8Array.of(1)]);
    await chmod(path, 0o600);
    await symlink(path, join(inside, 'link'));
    await writeTo(join(inside, 'link'), [Uint8Array.of(2)]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(plain(await readFile(path))).toEqual(Uint8Array.of(2));
    expect((await readdir(inside)).sort()).toEqual(['file', 'link']);
    expect(await writeTo('/dev/null', [BYTES])).toBe(BYTES.length);
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });

  test('a killed run leaves the old file; the next save cleans up after it', async () => {
    const inside = await mkdtemp(join(folder, 'killed-'));
    const path = join(inside, 'file');
    await writeTo(path, [Uint8Array.of(1)]);
    const script = fileURLToPath(new URL('endless-write.ts', import.meta.url));
    const child = spawn(process.execPath, ['--conditions=@dl/source', '--import', 'tsx', script, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((done) => child.stdout.once('data', () => done()));
    const gone = new Promise<void>((done) => child.once('exit', () => done()));
    child.kill('SIGKILL');
    await gone;
    expect(plain(await readFile(path))).toEqual(Uint8Array.of(1));
    expect(await readdir(inside)).toHaveLength(2);
    await writeTo(path, [Uint8Array.of(2)]);
    expect(await readdir(inside)).toEqual(['file']);
  });

  test('what others may be writing stays', async () => {
    const inside = await mkdtemp(join(folder, 'others-'));
    const mark =
      hostname()
        .replace(/[^a-z\d]/gi, '')
        .slice(0, 32) || 'host';
    const names = {
      running: `.file.${mark}-1-01234567.part`,
      away: `.file.otherhost-1-01234567.part`,
      old: `.file.otherhost-2-01234567.part`,
      user: '.file.part',
    };
    for (const name of Object.values(names)) await writeFile(join(inside, name), 'x');
    await utimes(join(inside, names.old), 1, 1);
    await writeTo(join(inside, 'file'), [BYTES]);
    expect((await readdir(inside)).sort()).toEqual([names.user, names.running, names.away, 'file'].sort());
  });
});

test('arrays are loaded from any source', async () => {
  const npy = writeNpy({ dtype: 'int8', shape: [2], data: Int8Array.of(1, 2) });
  for (const source of [npy, new Blob([npy]), new Response(npy), new Blob([npy]).stream()]) {
    expect((await loadArrays(source)).get('array')!.data).toEqual(Int8Array.of(1, 2));
  }
});
