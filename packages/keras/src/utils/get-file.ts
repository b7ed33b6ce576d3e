/**
 * getFile: a file from an address, kept in a folder of Node.
 */
import { DataError, readTar } from '@dl/data';
import { readBytes, readZip } from '@dl/formats';
import { ConfigError, FormatError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { environment, nodeModule } from './host.ts';

/** Options of {@link getFile}. */
export interface GetFileOptions {
  /** Address of the file: http, https, file or data. */
  readonly origin: string | URL;
  /** What the file must hash to, in hexadecimal; not checked unless given. */
  readonly fileHash?: string | null | undefined;
  /** 'auto' (the default) tells MD5 and SHA-256 apart by the length of the hash. */
  readonly hashAlgorithm?: 'auto' | 'sha256' | 'md5' | undefined;
  /** Folder inside the cache; 'datasets' unless given. */
  readonly cacheSubdir?: string | undefined;
  /** The cache; $KERAS_HOME or ~/.keras unless given. */
  readonly cacheDir?: string | undefined;
  /** Whether to unpack a .zip, .tar or .tar.gz archive; false unless given. The result is then the folder. */
  readonly extract?: boolean | undefined;
  /** Whether to fetch a file again that is there; false unless given. */
  readonly forceDownload?: boolean | undefined;
  /** Most bytes to fetch, and to unpack; 16 GiB unless given. */
  readonly maxBytes?: number | undefined;
}

const INSTEAD = 'fetch the bytes and pass them instead';

/** A hash that is checked while bytes arrive. */
class Checked {
  readonly #wanted: string | null;
  readonly #algorithm: string;

  constructor(options: GetFileOptions) {
    const { fileHash = null, hashAlgorithm = 'auto' } = options;
    if (!['auto', 'sha256', 'md5'].includes(hashAlgorithm)) {
      throw new ConfigError(`getFile: hashAlgorithm must be 'auto', 'sha256' or 'md5', got ${describe(hashAlgorithm)}`);
    }
    this.#wanted = fileHash?.toLowerCase() ?? null;
    if (this.#wanted !== null && !/^([\da-f]{32}|[\da-f]{64})$/.test(this.#wanted)) {
      throw new ConfigError(`getFile: fileHash must be 32 or 64 hexadecimal digits, got ${describe(fileHash)}`);
    }
    this.#algorithm = hashAlgorithm === 'auto' ? (this.#wanted?.length === 32 ? 'md5' : 'sha256') : hashAlgorithm;
  }

  /** The chunks as they come; throws after the last of them where they do not fit. */
  async *through(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
    const hash = nodeModule('node:crypto', 'getFile', INSTEAD).createHash(this.#algorithm);
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
    const got = hash.digest('hex');
    if (this.#wanted !== null && got !== this.#wanted) {
      throw new FormatError(
        `getFile: ${name} has the ${this.#algorithm} hash ${got}, expected ${this.#wanted}; the file is damaged or another one`,
      );
    }
  }

  /** Whether what is on the disk already is the file that is wanted. */
  async fits(path: string): Promise<boolean> {
    if (this.#wanted === null) return true;
    try {
      for await (const _ of this.through(oneChunk(await readBytes(path)), path));
      return true;
    } catch (error) {
      if (error instanceof FormatError) return false;
      throw error;
    }
  }
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* fetched(address: URL, maxBytes: number): AsyncGenerator<Uint8Array> {
  if (address.protocol === 'file:') return yield await readBytes(address);
  let response: Response;
  try {
    response = await fetch(address);
  } catch (cause) {
    throw new DataError(`getFile: cannot fetch ${address.href}: ${(cause as Error).message}`, { cause });
  }
  if (!response.ok)
    throw new DataError(`getFile: cannot fetch ${address.href}: the server answered ${response.status}`);
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) {
      throw new FormatError(`getFile: ${address.href} is longer than maxBytes = ${maxBytes}`);
    }
    yield chunk;
  }
}

/** Writes a file beside its place and gives it its name when all of it is on the disk. */
async function writeFile(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const fs = nodeModule('node:fs/promises', 'getFile', INSTEAD);
  const partial = `${path}.${globalThis.crypto.randomUUID()}.part`;
  try {
    const file = await fs.open(partial, 'wx');
    try {
      for await (const chunk of chunks) await file.write(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(partial, path);
  } catch (error) {
    await fs.rm(partial, { force: true, recursive: true });
    throw error;
  }
}

/** A path inside a folder. @throws FormatError for members that would be written elsewhere. */
function inside(name: string, archive: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (name.startsWith('/') || /[\\:\0]/.test(name) || parts.length === 0 || parts.includes('..')) {
    throw new FormatError(`getFile: ${archive} has a member ${describe(name)} that lies outside of its folder`);
  }
  return parts.join('/');
}

async function* members(archive: string, maxBytes: number): AsyncGenerator<readonly [string, Uint8Array]> {
  const bytes = await readBytes(archive);
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    for (const [name, member] of readZip(bytes, { file: archive, limits: { maxBytes } })) {
      if (!name.endsWith('/')) yield [name, member()];
    }
    return;
  }
  for await (const { name, bytes: content } of readTar(bytes, { name: archive, maxBytes })) yield [name, content];
}

/** Unpacks an archive into a folder, which is there only when all is in it. */
async function unpack(archive: string, folder: string, maxBytes: number): Promise<void> {
  const fs = nodeModule('node:fs/promises', 'getFile', INSTEAD);
  const { dirname, join } = nodeModule('node:path', 'getFile', INSTEAD);
  const partial = `${folder}.${globalThis.crypto.randomUUID()}.part`;
  let total = 0;
  try {
    await fs.mkdir(partial, { recursive: true });
    for await (const [name, content] of members(archive, maxBytes)) {
      total += content.length;
      if (total > maxBytes) throw new FormatError(`getFile: ${archive} unpacks to more than maxBytes = ${maxBytes}`);
      const path = join(partial, inside(name, archive));
      await fs.mkdir(dirname(path), { recursive: true });
      await writeFile(path, oneChunk(content));
    }
    await fs.rm(folder, { force: true, recursive: true });
    await fs.rename(partial, folder);
  } finally {
    await fs.rm(partial, { force: true, recursive: true });
  }
}

async function exists(path: string): Promise<boolean> {
  const fs = nodeModule('node:fs/promises', 'getFile', INSTEAD);
  return fs.stat(path).then(
    () => true,
    () => false,
  );
}

/**
 * The path of a file that is fetched once and kept, in Node. A file with another hash than `fileHash` is fetched again; one
 * that still differs is an error, and nothing of it stays. Follows `keras.utils.get_file`; there is no address built in.
 *
 * @param fname Name in the cache; the last part of the address unless given.
 * @throws ConfigError in browsers and for options that are not known, DataError (of `@dl/data`) when the address does not
 *   answer, FormatError for a wrong hash or a damaged archive.
 * @example const path = await getFile(null, { origin: 'https://example.com/flowers.zip', extract: true });
 */
export async function getFile(fname: string | null, options: GetFileOptions): Promise<string> {
  const { cacheSubdir = 'datasets', extract = false, forceDownload = false, maxBytes = 2 ** 34 } = options;
  const checked = new Checked(options);
  const { join, basename, dirname } = nodeModule('node:path', 'getFile', INSTEAD);
  if (!URL.canParse(String(options.origin))) {
    throw new ConfigError(`getFile: origin must be a full address, got ${describe(options.origin)}`);
  }
  const origin = new URL(String(options.origin));
  const name = fname ?? basename(origin.pathname);
  if (name === '' || name === '.' || name.includes('..')) {
    throw new ConfigError(`getFile: ${describe(name)} is no name for a file; give fname`);
  }
  const home = options.cacheDir ?? environment('KERAS_HOME');
  const cache = home ?? join(nodeModule('node:os', 'getFile', INSTEAD).homedir(), '.keras');
  const path = join(cache, cacheSubdir, name);
  await nodeModule('node:fs/promises', 'getFile', INSTEAD).mkdir(dirname(path), { recursive: true });
  const stale = forceDownload || !(await exists(path)) || !(await checked.fits(path));
  if (stale) await writeFile(path, checked.through(fetched(origin, maxBytes), name));
  if (!extract) return path;
  const folder = `${path.replace(/\.(zip|tar|tgz|tar\.gz)$/i, '')}_extracted`;
  if (stale || !(await exists(folder))) await unpack(path, folder, maxBytes);
  return folder;
}
