// All bytes of a source, up to a limit.
import { openBytes, sourceName, type ByteSource } from './bytes.ts';
import { checkInteger } from './checks.ts';
import { ConfigError, FormatError } from './errors.ts';
import { gunzipped } from './gzip.ts';

/** What readers of whole files take. */
export interface ReadAllOptions {
  /** Name of the file in messages; taken from the source where it has one. */
  readonly name?: string | undefined;
  /** Most bytes to read. */
  readonly maxBytes: number;
  /** Whether gzip is inflated; the limit then counts inflated bytes. */
  readonly gunzip?: boolean;
}

/** Throws for a string, which would be taken for the content. */
export const checkNoText = (where: string, source: ByteSource): void => {
  if (typeof source === 'string') {
    throw new ConfigError(`${where}: a string is not a file; use { path } for a file or new URL(…) for an address`);
  }
};

/** One array of all chunks. */
export const joinChunks = (chunks: readonly Uint8Array[], length: number): Uint8Array => {
  if (chunks.length === 1) return chunks[0]!;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
};

/** Reads a source to its end. Throws a `FormatError` once it is longer than the limit. */
export const readAll = async (where: string, source: ByteSource, options: ReadAllOptions): Promise<Uint8Array> => {
  const { maxBytes, gunzip = false } = options;
  checkNoText(where, source);
  checkInteger(where, 'maxBytes', maxBytes, 1);
  if (source instanceof Uint8Array && !gunzip && source.length <= maxBytes) return source;
  const file = options.name ?? sourceName(source, 'data');
  const chunks: Uint8Array[] = [];
  let length = 0;
  const stream = openBytes(where, source);
  for await (const chunk of gunzip ? gunzipped(stream, file) : stream) {
    length += chunk.length;
    if (length > maxBytes) {
      throw new FormatError(`more than maxBytes = ${maxBytes} bytes; raise it if the file is trusted`, { file });
    }
    chunks.push(chunk);
  }
  return joinChunks(chunks, length);
};
