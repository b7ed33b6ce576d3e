// Sources that are read in parts, so that large files are never in memory as a whole.
import { FormatError } from '../errors.ts';
import type { ReadOptions } from '../limits.ts';
import { databaseFile, opfsFile } from './host.ts';
import { ask, bodyOf, nameOf, openNode, placeOf, readBytes, type ByteSource } from './source.ts';

/** An open source. */
export interface OpenSource {
  /** Name for messages. */
  readonly name: string;
  /** Bytes of the whole. */
  readonly size: number;
  /** Bytes from `begin` up to `end`, in memory of their own. */
  read(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** What is asked of a server first; headers of most files are not longer. */
const FIRST = 2 ** 16;

/**
 * Opens a source to read parts of it. Files, Blobs and browser stores are read where they are; servers are asked for ranges,
 * and for the whole file if they have none. Streams are read to their end first.
 *
 * @throws FormatError as `readBytes`, and when a file changes while it is read.
 * @example const source = await openSource('large.safetensors'); const head = await source.read(0, 8);
 */
export async function openSource(source: ByteSource, options: ReadOptions = {}): Promise<OpenSource> {
  const name = options.file ?? nameOf(source);
  if (source instanceof Blob) return ofBlob(source, name);
  if (typeof source === 'object' && 'getFile' in source) return ofBlob(await source.getFile(), name);
  if (typeof source === 'string' || source instanceof URL) {
    const place = placeOf(source);
    if (place.kind === 'indexeddb') return ofBlob(await databaseFile(place.name), name);
    if (place.kind === 'opfs') return ofBlob(await (await opfsFile(place.name, false)).getFile(), name);
    if (place.kind === 'node') {
      const file = await openNode(place.path);
      const { size } = file;
      if (size !== undefined) return checked({ name, size, read: file.read, close: file.close });
      await file.close();
    } else if (place.kind === 'address' && /^https?:/i.test(String(source))) {
      return ofServer(place.address, name, options);
    }
  }
  return ofBytes(await readBytes(source, options), name);
}

/** Refuses ranges outside of the source. */
function checked(source: OpenSource): OpenSource {
  return {
    ...source,
    read: (begin, end) => {
      if (begin >= 0 && end >= begin && end <= source.size) return source.read(begin, end);
      const error = new FormatError(
        `expected bytes ${begin} to ${end}, there are ${source.size}; the file is truncated`,
        {
          file: source.name,
        },
      );
      return Promise.reject(error);
    },
  };
}

function ofBytes(bytes: Uint8Array, name: string): OpenSource {
  return checked({
    name,
    size: bytes.length,
    read: (begin, end) => Promise.resolve(new Uint8Array(bytes.subarray(begin, end))),
    close: () => Promise.resolve(),
  });
}

function ofBlob(blob: Blob, name: string): OpenSource {
  return checked({
    name,
    size: blob.size,
    read: async (begin, end) => new Uint8Array(await blob.slice(begin, end).arrayBuffer()),
    close: () => Promise.resolve(),
  });
}

/** Asks for a first range; the answer tells whether there are ranges, and the size of the whole. */
async function ofServer(address: string | URL, name: string, options: ReadOptions): Promise<OpenSource> {
  const response = await ask(address, { range: `bytes=0-${FIRST - 1}` });
  const size = sizeIn(response);
  // Servers answer 416 to ranges of an empty file.
  if (response.status === 416) return ofBytes(await bodyOf(await ask(address), name, options), name);
  if (response.status !== 206 || size === undefined) return ofBytes(await bodyOf(response, name, options), name);
  const tag = response.headers.get('etag');
  const first = await bodyOf(response, name, options);
  const read = async (begin: number, end: number): Promise<Uint8Array<ArrayBuffer>> => {
    if (end <= first.length) return new Uint8Array(first.subarray(begin, end));
    const part = await ask(address, { range: `bytes=${begin}-${end - 1}` });
    const changed = sizeIn(part) !== size || part.headers.get('etag') !== tag;
    if (part.status === 206 && changed)
      throw new FormatError('the file changed on the server while it was read', { file: name });
    const bytes = await bodyOf(part, name, options);
    if (part.status !== 206 || bytes.length !== end - begin) {
      throw new FormatError(`asked for ${end - begin} bytes, the server answered ${part.status} with ${bytes.length}`, {
        file: name,
        offset: begin,
      });
    }
    return new Uint8Array(bytes);
  };
  return checked({ name, size, read, close: () => Promise.resolve() });
}

/** Size of the whole file, as answers with a range say it. */
function sizeIn(response: Response): number | undefined {
  const total = /^bytes \d+-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  return total === undefined ? undefined : Number(total);
}
