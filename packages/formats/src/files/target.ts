// Where bytes go to.
import { FormatError } from '../errors.ts';
import { opfsFile, putDatabaseFile, type FileHandle } from './host.ts';
import { writeNodeFile } from './node-file.ts';
import { placeOf } from './source.ts';

/**
 * A path or file URL (in Node), `indexeddb://name`, `opfs://path`, a handle of a browser's file, a WritableStream, or a function
 * that takes the parts.
 */
export type ByteTarget =
  string | URL | FileHandle | WritableStream<Uint8Array> | ((part: Uint8Array) => void | Promise<void>);

/** Parts of a file, one after the other. */
export type ByteParts = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Writes parts one after the other. Files get their name only when all of them is on the disk: whoever reads sees the old file
 * or the new one, and a crash leaves the old one. IndexedDB and OPFS keep all or nothing as well.
 *
 * @returns The number of bytes.
 * @throws FormatError for targets that are none, and errors of the system.
 * @example await writeTo('model.zip', zipParts(members));
 */
export async function writeTo(target: ByteTarget, parts: ByteParts): Promise<number> {
  if (typeof target === 'function') return pump(parts, target);
  if (typeof target === 'string' || target instanceof URL) return writePlace(target, parts);
  if ('getWriter' in target) return writeStream(target, parts);
  if (typeof target.createWritable !== 'function') {
    throw new FormatError('this browser cannot write to handles of files', { file: target.name });
  }
  return writeStream(await target.createWritable(), parts);
}

async function writePlace(target: string | URL, parts: ByteParts): Promise<number> {
  const place = placeOf(target);
  switch (place.kind) {
    case 'node':
      return writeNodeFile(place.path, parts);
    case 'opfs':
      return writeTo(await opfsFile(place.name, true), parts);
    case 'indexeddb': {
      // Blobs of browsers need not be in memory.
      const blobs: Blob[] = [];
      const size = await pump(parts, (part) => void blobs.push(new Blob([part as Uint8Array<ArrayBuffer>])));
      await putDatabaseFile(place.name, new Blob(blobs));
      return size;
    }
    case 'address':
      throw new FormatError(
        'files cannot be written there; use indexeddb://name, opfs://path, a handle or a function',
        {
          file: String(target),
        },
      );
    default:
      return place satisfies never;
  }
}

/** Hands parts on, and counts their bytes. */
export async function pump(parts: ByteParts, take: (part: Uint8Array) => void | Promise<void>): Promise<number> {
  let size = 0;
  for await (const part of parts) {
    if (part.length === 0) continue;
    await take(part);
    size += part.length;
  }
  return size;
}

async function writeStream(stream: WritableStream<Uint8Array>, parts: ByteParts): Promise<number> {
  const writer = stream.getWriter();
  try {
    const size = await pump(parts, async (part) => {
      await writer.ready;
      await writer.write(part);
    });
    await writer.close();
    return size;
  } catch (cause) {
    await writer.abort(cause).catch(() => undefined);
    throw cause;
  }
}
