// Where bytes come from.
import { FormatError } from '../errors.ts';
import { limitsOf, type ReadOptions } from '../limits.ts';
import { join } from '../zip/write.ts';
import { databaseFile, nodeModule, opfsFile, type FileHandle } from './host.ts';

/**
 * Bytes; a path (in Node), an address (http, https, file, blob, data, `indexeddb://name`, `opfs://path`) or a URL; a Blob or
 * File; a handle of a browser's file; a Response; or a stream, of Node or of the web.
 */
export type ByteSource =
  | Uint8Array
  | ArrayBuffer
  | URL
  | string
  | Blob
  | FileHandle
  | Response
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** A name for messages. */
export function nameOf(source: ByteSource): string {
  if (typeof source === 'string') return source.startsWith('data:') ? 'data' : source;
  if (source instanceof URL) return source.href;
  if (source instanceof Response) return source.url || 'response';
  const { name } = source as { name?: unknown };
  return typeof name === 'string' && name !== '' ? name : source instanceof Blob ? 'blob' : 'bytes';
}

/** What an address means: a file of Node, one of a browser's stores, or something to be fetched. */
export type Place =
  | { readonly kind: 'node'; readonly path: string | URL }
  | { readonly kind: 'indexeddb' | 'opfs'; readonly name: string }
  | { readonly kind: 'address'; readonly address: string | URL };

/** Tells the kind of an address. */
export function placeOf(source: string | URL): Place {
  const text = String(source);
  const [, scheme = '', rest = ''] = /^([a-z][a-z\d+.-]+):(?:\/\/)?(.*)$/is.exec(text) ?? [];
  const kind = scheme.toLowerCase();
  if (kind === 'indexeddb' || kind === 'opfs') return { kind, name: rest };
  const local = kind === 'file' || !['http', 'https', 'blob', 'data'].includes(kind);
  if (local && nodeModule('node:fs/promises') !== undefined) {
    return { kind: 'node', path: kind === 'file' ? new URL(source) : source };
  }
  return { kind: 'address', address: source };
}

/**
 * The bytes of a source. Those of a Uint8Array are its own; all others are new.
 *
 * @throws FormatError when an address does not answer with a file, and when a stream exceeds `limits.maxBytes`.
 * @example const bytes = await readBytes('model.safetensors');
 */
export async function readBytes(source: ByteSource, options: ReadOptions = {}): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  if (source instanceof Response) return bodyOf(source, nameOf(source), options);
  if (typeof source === 'string' || source instanceof URL) return readPlace(source, options);
  if ('getFile' in source) return readBytes(await source.getFile());
  return collect(source as AsyncIterable<Uint8Array>, nameOf(source), options);
}

async function readPlace(source: string | URL, options: ReadOptions): Promise<Uint8Array> {
  const place = placeOf(source);
  switch (place.kind) {
    case 'node': {
      const file = await openNode(place.path);
      try {
        return file.size === undefined ? await file.rest() : await file.read(0, file.size);
      } finally {
        await file.close();
      }
    }
    case 'indexeddb':
      return readBytes(await databaseFile(place.name));
    case 'opfs':
      return readBytes(await opfsFile(place.name, false));
    case 'address':
      return bodyOf(await ask(place.address), nameOf(source), options);
    default:
      return place satisfies never;
  }
}

/** A request that must be answered. */
export async function ask(address: string | URL, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  try {
    return await fetch(address, { headers });
  } catch (cause) {
    throw new FormatError('the address cannot be fetched', { file: String(address) }, { cause });
  }
}

/** The body of an answer that is a file. */
export async function bodyOf(response: Response, file: string, options: ReadOptions): Promise<Uint8Array> {
  const type = response.headers.get('content-type') ?? '';
  if (!response.ok) throw new FormatError(`the server answered ${response.status} ${response.statusText}`, { file });
  if (type.startsWith('text/html')) {
    throw new FormatError(`expected a file, the server answered with a page (${type})`, { file });
  }
  return response.body === null ? new Uint8Array(0) : collect(response.body, file, options);
}

async function collect(
  stream: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>,
  file: string,
  options: ReadOptions,
): Promise<Uint8Array> {
  const { maxBytes } = limitsOf(options);
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of Symbol.asyncIterator in stream ? stream : iterate(stream)) {
      if (!(part instanceof Uint8Array)) throw new FormatError('the stream gives something else than bytes', { file });
      size += part.length;
      if (size > maxBytes) throw new FormatError(`there are more bytes than limits.maxBytes = ${maxBytes}`, { file });
      parts.push(part);
    }
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(`the stream broke off after ${size} bytes`, { file }, { cause });
  }
  return parts.length === 1 ? parts[0]! : join(parts);
}

/** Streams of browsers that cannot be iterated over. */
async function* iterate(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** An open file of Node: its size is undefined for pipes and devices. */
export interface OpenNodeFile {
  readonly size: number | undefined;
  read(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  rest(): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The most bytes that one call reads or writes; Node allows less than 2 GiB. */
export const PIECE: number = 2 ** 26;

/** Memory that is filled at once, so that it need not be zeros before. */
function room(size: number): Uint8Array<ArrayBuffer> {
  const { Buffer } = globalThis as { Buffer?: { allocUnsafeSlow(size: number): Uint8Array<ArrayBuffer> } };
  return Buffer === undefined ? new Uint8Array(size) : new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
}

/** Opens a file of Node. */
export async function openNode(path: string | URL): Promise<OpenNodeFile> {
  const handle = await nodeModule('node:fs/promises')!.open(path, 'r');
  const stat = await handle.stat();
  const into = async (bytes: Uint8Array<ArrayBuffer>, position: number): Promise<number> => {
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await handle.read(
        bytes,
        done,
        Math.min(PIECE, bytes.length - done),
        position < 0 ? -1 : position + done,
      );
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  };
  return {
    size: stat.isFile() ? stat.size : undefined,
    read: async (begin, end) => {
      const bytes = room(end - begin);
      const got = await into(bytes, begin);
      if (got < bytes.length) {
        throw new FormatError(`expected ${bytes.length} bytes, got ${got}: the file became shorter`, {
          file: String(path),
          offset: begin,
        });
      }
      return bytes;
    },
    rest: async () => {
      const parts: Uint8Array[] = [];
      for (;;) {
        const bytes = new Uint8Array(2 ** 16);
        const got = await into(bytes, -1);
        parts.push(bytes.subarray(0, got));
        if (got < bytes.length) return join(parts);
      }
    },
    close: () => handle.close(),
  };
}
