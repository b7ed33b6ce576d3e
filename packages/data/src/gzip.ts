// Streaming decompression: passes plain bytes through and inflates gzip, told apart by the first two bytes.
import { Gunzip } from 'fflate';
import { FormatError } from './errors.ts';

const startsLikeGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

async function* inflate(chunks: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  const out: Uint8Array[] = [];
  const gunzip = new Gunzip((chunk) => {
    if (chunk.length > 0) out.push(chunk);
  });
  let offset = 0;
  const push = (chunk: Uint8Array, last: boolean): void => {
    try {
      gunzip.push(chunk, last);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new FormatError(`damaged or truncated gzip data (${reason})`, { file, offset }, { cause });
    }
    offset += chunk.length;
  };
  for await (const chunk of chunks) {
    // Small pieces, so that a tiny file that inflates to gigabytes can be stopped early by the reader.
    for (let start = 0; start < chunk.length; start += 4096) {
      push(chunk.slice(start, start + 4096), false);
      yield* out.splice(0);
    }
  }
  push(new Uint8Array(0), true);
  yield* out.splice(0);
}

/** Bytes of a file that may be compressed with gzip. */
export async function* gunzipped(chunks: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  const rest = { [Symbol.asyncIterator]: () => iterator };
  try {
    let head = new Uint8Array(0);
    while (head.length < 2) {
      const { done, value } = await iterator.next();
      if (done) break;
      const joined = new Uint8Array(head.length + value.length);
      joined.set(head);
      joined.set(value, head.length);
      head = joined;
    }
    async function* all(): AsyncGenerator<Uint8Array> {
      if (head.length > 0) yield head;
      yield* rest;
    }
    yield* startsLikeGzip(head) ? inflate(all(), file) : all();
  } finally {
    await iterator.return?.();
  }
}
