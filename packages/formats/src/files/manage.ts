// Files that are looked for, renamed and removed.
import { FormatError } from '../errors.ts';
import { databaseFile, moveDatabaseFile, nodeModule, opfsFile, removeOpfsFile } from './host.ts';
import { placeOf, readBytes } from './source.ts';
import { writeTo } from './target.ts';

const isMissing = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 'ENOENT';

/** The path of a file of Node. */
function pathOf(path: string | URL): string {
  return typeof path === 'string' ? path : nodeModule('node:url')!.fileURLToPath(path);
}

function refuse(place: string | URL): never {
  throw new FormatError('files there cannot be changed; use a path, indexeddb://name or opfs://path', {
    file: String(place),
  });
}

/**
 * The bytes of a file of Node or of a browser's store, or null where there is none.
 *
 * @throws FormatError for addresses, and errors of the system other than that there is no such file.
 * @example const bytes = await readIfThere('settings.json');
 */
export async function readIfThere(source: string | URL): Promise<Uint8Array | null> {
  const place = placeOf(source);
  if (place.kind === 'address') refuse(source);
  try {
    if (place.kind === 'node') return await readBytes(source);
    return await readBytes(place.kind === 'opfs' ? await opfsFile(place.name, false) : await databaseFile(place.name));
  } catch (error) {
    if (place.kind === 'node' ? isMissing(error) : error instanceof FormatError) return null;
    throw error;
  }
}

/**
 * Gives a file another name in the same place, where it replaces what has that name. In Node and IndexedDB there is at every
 * moment the old file or the new one under the name; OPFS copies the file first. Without such a file nothing happens.
 *
 * @throws FormatError for addresses, and errors of the system.
 * @example await moveFile('new.weights.h5', 'latest.weights.h5');
 */
export async function moveFile(from: string | URL, to: string | URL): Promise<void> {
  const [source, target] = [placeOf(from), placeOf(to)];
  if (source.kind === 'node' && target.kind === 'node') {
    const files = nodeModule('node:fs/promises')!;
    await files.rename(pathOf(source.path), pathOf(target.path)).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  } else if (source.kind === 'indexeddb' && target.kind === 'indexeddb') {
    await moveDatabaseFile(source.name, target.name);
  } else if (source.kind === 'opfs' && target.kind === 'opfs') {
    const bytes = await readIfThere(from);
    if (bytes === null) return;
    await writeTo(to, [bytes]);
    await removeOpfsFile(source.name);
  } else refuse(source.kind === 'address' ? from : to);
}

/**
 * Removes a file of Node or of a browser's store, if there is one.
 *
 * @throws FormatError for addresses, and errors of the system.
 * @example await removeFile('latest.weights.h5');
 */
export async function removeFile(path: string | URL): Promise<void> {
  const place = placeOf(path);
  if (place.kind === 'node') await nodeModule('node:fs/promises')!.rm(pathOf(place.path), { force: true });
  else if (place.kind === 'indexeddb') await moveDatabaseFile(place.name, null);
  else if (place.kind === 'opfs') await removeOpfsFile(place.name);
  else refuse(path);
}
