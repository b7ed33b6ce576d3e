/**
 * Where models come from: files and what lies beside them, on disks, servers and in browsers.
 */
import { FormatError, readBytes, type ByteSource, type ByteTarget } from '@dl/formats';
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';

/**
 * A file: its path, URL, bytes, handle or stream; `opfs://path` or `indexeddb://name`; or a list of files of which one is
 * `model.json`. A path that ends in `/` is a folder.
 */
export type ModelSource = ByteSource | readonly File[];

/** Where a file is written: a path or file URL, `opfs://path` or `indexeddb://name`, a handle or a stream. */
export type ModelTarget = ByteTarget;

/** The name of a target; null where it has none. */
export function nameOfTarget(target: ByteTarget): string | null {
  if (typeof target === 'string') return target;
  if (target instanceof URL) return target.pathname;
  const { name } = target as { readonly name?: unknown };
  return typeof target !== 'function' && typeof name === 'string' ? name : null;
}

/** The part of Node that tells whether files are there. */
interface Host {
  readonly process?: {
    getBuiltinModule?(name: 'node:fs'):
      | {
          existsSync(path: string | URL): boolean;
          mkdirSync(path: string, options: { recursive: true }): unknown;
          readdirSync(path: string): readonly string[];
          rmdirSync(path: string): void;
        }
      | undefined;
  };
}

/**
 * Throws for a file that exists.
 *
 * @throws ConfigError, also where it cannot be known.
 */
export function checkFree(target: ByteTarget): void {
  const files = (globalThis as Host).process?.getBuiltinModule?.('node:fs');
  if (files === undefined || !(typeof target === 'string' || target instanceof URL)) {
    throw new ConfigError('overwrite: false needs a path of Node; elsewhere it cannot be known what exists');
  }
  if (files.existsSync(target)) throw new ConfigError(`the file ${String(target)} exists; overwrite: true replaces it`);
}

/** Makes a folder of Node, with those it is in. */
export function makeFolder(path: string): void {
  if (path === '' || /^[a-z]+:\/\//i.test(path)) return;
  (globalThis as Host).process?.getBuiltinModule?.('node:fs')?.mkdirSync(path, { recursive: true });
}

/** Removes a folder of Node that is empty. */
export function removeFolder(path: string): void {
  const files = (globalThis as Host).process?.getBuiltinModule?.('node:fs');
  if (files === undefined || !files.existsSync(path) || files.readdirSync(path).length > 0) return;
  files.rmdirSync(path);
}

/** Parts as one. */
export function joined(parts: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  const list = [...parts];
  const bytes = new Uint8Array(list.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of list) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A file, and how to get at others beside it. */
export interface Place {
  /** For messages. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Bytes of another file, by its path from this one. */
  beside(path: string): Promise<Uint8Array>;
}

const isBlob = (value: unknown): value is Blob => typeof Blob !== 'undefined' && value instanceof Blob;
const bytesOf = async (blob: Blob): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer());
const lastPart = (path: string): string => path.split('/').at(-1)!;

/**
 * Reads a source.
 *
 * @throws FormatError where there is no such file, ConfigError for something that is no source.
 */
export async function openPlace(source: ModelSource): Promise<Place> {
  if (isBlob(source)) return ofFiles([source]);
  if (Array.isArray(source) || isFileList(source)) return ofFiles([...(source as readonly File[])]);
  if (typeof source === 'string' || source instanceof URL) return ofAddress(source);
  if (typeof source === 'object' && source !== null) {
    const { name = 'bytes' } = source as { readonly name?: string };
    return { name, bytes: await readBytes(source as ByteSource), beside: alone(name) };
  }
  throw new ConfigError(`expected a path, a URL, bytes or files, got ${describe(source)}`);
}

const isFileList = (value: unknown): value is Iterable<File> =>
  typeof FileList !== 'undefined' && value instanceof FileList;

const alone =
  (name: string) =>
  (path: string): Promise<never> => {
    return Promise.reject(
      new FormatError(`the file '${path}' belongs to it; give a path, a URL or all files`, { file: name }),
    );
  };

async function ofFiles(files: readonly Blob[]): Promise<Place> {
  const names = files.map((file) => (file as Partial<File>).name ?? 'blob');
  const at = files.length === 1 ? 0 : names.findIndex((name) => name.endsWith('.json'));
  const main = files[at];
  if (main === undefined) throw new FormatError(`there is no model.json among the files ${names.join(', ')}`);
  return {
    name: names[at]!,
    bytes: await bytesOf(main),
    beside: async (path) => {
      const other = files[names.indexOf(lastPart(path))];
      if (other !== undefined) return bytesOf(other);
      throw new FormatError(`the file '${path}' is missing; got ${names.join(', ')}`, { file: names[at] });
    },
  };
}

async function ofAddress(source: string | URL): Promise<Place> {
  const folder = typeof source === 'string' && source.endsWith('/');
  const name = String(source);
  const main = folder
    ? await firstOf(name, ['model.json', 'config.json'])
    : { address: source, bytes: await read(source) };
  return { name, bytes: main.bytes, beside: (path) => read(siblingOf(main.address, path)) };
}

async function firstOf(folder: string, names: readonly string[]): Promise<{ address: string; bytes: Uint8Array }> {
  for (const name of names) {
    const address = `${folder}${name}`;
    const bytes = await read(address).catch(() => null);
    if (bytes !== null) return { address, bytes };
  }
  throw new FormatError(`there is none of ${names.join(', ')} in the folder`, { file: folder });
}

async function read(address: string | URL): Promise<Uint8Array> {
  try {
    return await readBytes(address);
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(`the file cannot be read (${reason})`, { file: String(address) }, { cause });
  }
}

/** The address of a file in the same folder; what a URL asks for stays. */
function siblingOf(address: string | URL, path: string): string | URL {
  if (address instanceof URL || /^[a-z]+:\/\//i.test(address)) {
    const base = new URL(address);
    const other = new URL(path, base);
    other.search ||= base.search;
    return other;
  }
  const folder = address.slice(0, address.lastIndexOf('/') + 1);
  return `${folder}${path}`;
}
