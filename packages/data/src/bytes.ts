// Where readers get their bytes: text, bytes, blobs, streams, URLs, and paths in Node. Formats live elsewhere.
import type * as fs from 'node:fs';
import { show } from './checks.ts';
import { ConfigError, DataError } from './errors.ts';

/** A file in Node's file system. */
export interface PathSource {
  readonly path: string;
}

/**
 * Something to read: a string is the content itself (not a path), bytes, a `Blob` or `File`, a `URL` (http, https, data,
 * and file in Node), `{ path }` in Node, a web stream, or chunks from anything async iterable. Streams and iterators
 * can be read once; a function that returns a source is called for each pass.
 */
export type ByteSource =
  | string
  | Uint8Array
  | ArrayBuffer
  | Blob
  | URL
  | PathSource
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>
  | (() => ByteSource | Promise<ByteSource>);

const chunkSize = 1 << 16;
const usedUp = new WeakSet<object>();

/** Loads a module of Node; bundlers for browsers do not see it. */
export const nodeModule = async <M>(name: string): Promise<M> =>
  (await import(/* @vite-ignore */ /* webpackIgnore: true */ `node:${name}`)) as M;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const isPath = (value: unknown): value is PathSource =>
  isObject(value) && 'path' in value && typeof value.path === 'string' && !(Symbol.asyncIterator in value);

const isStream = (value: unknown): value is ReadableStream<Uint8Array> =>
  typeof ReadableStream === 'function' && value instanceof ReadableStream;

/** A name for messages. */
export const sourceName = (source: ByteSource, fallback: string): string => {
  if (isPath(source)) return source.path;
  if (source instanceof URL) return source.protocol === 'data:' ? fallback : source.href;
  if (typeof File === 'function' && source instanceof File) return source.name;
  return fallback;
};

function* slices(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += chunkSize) yield bytes.subarray(start, start + chunkSize);
}

async function* fromStream(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}

async function* fromChunks(chunks: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let held = ''; // The first half of a surrogate pair that was cut by a chunk border.
  for await (const chunk of chunks) {
    if (chunk instanceof Uint8Array) {
      yield chunk;
    } else if (typeof chunk === 'string') {
      const text = held + chunk;
      const last = text.charCodeAt(text.length - 1);
      const cut = last >= 0xd800 && last < 0xdc00 ? text.length - 1 : text.length;
      held = text.slice(cut);
      yield encoder.encode(text.slice(0, cut));
    } else {
      throw new ConfigError(`source: chunks must be Uint8Array or string, got ${show(chunk)}`);
    }
  }
  if (held !== '') yield encoder.encode(held);
}

async function* fromPath(path: string | URL): AsyncGenerator<Uint8Array> {
  let stream: AsyncIterable<Uint8Array>;
  try {
    const { createReadStream } = await nodeModule<typeof fs>('fs');
    stream = createReadStream(path);
  } catch (cause) {
    throw new DataError(
      `cannot open ${String(path)}: paths are read in Node only; elsewhere pass a URL, Blob or bytes`,
      {
        cause,
      },
    );
  }
  try {
    yield* stream;
  } catch (cause) {
    throw new DataError(`cannot read ${String(path)}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

async function* fromUrl(url: URL): AsyncGenerator<Uint8Array> {
  if (url.protocol === 'file:') return yield* fromPath(url);
  let response: Response;
  try {
    response = await fetch(url);
  } catch (cause) {
    throw new DataError(`cannot fetch ${url.href}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  if (!response.ok) throw new DataError(`cannot fetch ${url.href}: the server answered ${response.status}`);
  if (response.body !== null) yield* fromStream(response.body);
}

/** Yields the bytes of a source in chunks. `where` names the caller in messages. */
export async function* openBytes(where: string, source: ByteSource): AsyncGenerator<Uint8Array> {
  if (typeof source === 'function') return yield* openBytes(where, await source());
  if (typeof source === 'string') return yield* slices(new TextEncoder().encode(source));
  if (source instanceof Uint8Array) return yield* slices(source);
  if (source instanceof ArrayBuffer) return yield* slices(new Uint8Array(source));
  if (source instanceof URL) return yield* fromUrl(source);
  if (typeof Blob === 'function' && source instanceof Blob) return yield* fromStream(source.stream());
  if (isPath(source)) return yield* fromPath(source.path);
  if (!isStream(source) && !(isObject(source) && Symbol.asyncIterator in source)) {
    throw new ConfigError(
      `${where}: expected text, bytes, a Blob, a URL, { path }, a stream or async chunks, got ${show(source)}`,
    );
  }
  if (usedUp.has(source)) {
    throw new ConfigError(`${where}: this stream was already read; pass a function that returns a new one`);
  }
  // Objects whose iterator is a new one each time, such as a class with an async generator method, stay readable.
  if (isStream(source) || 'next' in source || 'readable' in source) usedUp.add(source);
  yield* isStream(source) ? fromStream(source) : fromChunks(source);
}
