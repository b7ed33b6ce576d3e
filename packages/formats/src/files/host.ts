// The parts of Node and of browsers that files are read and written with.
import { FormatError } from '../errors.ts';

/** An open file of Node. */
export interface NodeFile {
  read(target: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ readonly bytesWritten: number }>;
  stat(): Promise<NodeStat>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What Node says of a file. */
export interface NodeStat {
  readonly size: number;
  readonly mode: number;
  readonly mtimeMs: number;
  isFile(): boolean;
}

/** Files of Node: node:fs/promises. */
export interface NodeFiles {
  open(path: string | URL, flags: string, mode?: number): Promise<NodeFile>;
  stat(path: string): Promise<NodeStat>;
  realpath(path: string): Promise<string>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { force: boolean }): Promise<void>;
  readdir(path: string): Promise<string[]>;
}

interface Builtins {
  'node:fs/promises': NodeFiles;
  'node:path': { dirname(path: string): string; basename(path: string): string; join(...parts: string[]): string };
  'node:url': { fileURLToPath(url: string | URL): string };
  'node:os': { hostname(): string };
}

interface Host {
  readonly process?: { getBuiltinModule?<K extends keyof Builtins>(name: K): Builtins[K] | undefined };
}

/** A module of Node, undefined elsewhere. */
export const nodeModule = <K extends keyof Builtins>(name: K): Builtins[K] | undefined =>
  (globalThis as Host).process?.getBuiltinModule?.(name);

/** A handle of the file system API of browsers, as `showOpenFilePicker` and OPFS give it. */
export interface FileHandle {
  readonly kind: 'file';
  readonly name: string;
  getFile(): Promise<Blob>;
  createWritable?(): Promise<WritableStream<Uint8Array>>;
}

/** The file of the origin private file system at a path; folders are made on the way if asked. */
export async function opfsFile(path: string, create: boolean): Promise<FileHandle> {
  const { storage } = globalThis.navigator ?? {};
  if (typeof storage?.getDirectory !== 'function') {
    throw new FormatError('there is no origin private file system here', { file: `opfs://${path}` });
  }
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new FormatError('expected a path such as opfs://models/mnist.keras', { file: `opfs://${path}` });
  }
  try {
    let folder = await storage.getDirectory();
    for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part, { create });
    return (await folder.getFileHandle(parts.at(-1)!, { create })) as FileHandle;
  } catch (cause) {
    throw new FormatError('there is no such file, or it cannot be made', { file: `opfs://${path}` }, { cause });
  }
}

/** Removes a file of the origin private file system, if there is one. */
export async function removeOpfsFile(path: string): Promise<void> {
  const found = await opfsFile(path, false).catch(() => null);
  if (found === null) return;
  const parts = path.split('/');
  let folder = await globalThis.navigator.storage.getDirectory();
  for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part);
  await folder.removeEntry(parts.at(-1)!);
}

const DATABASE = 'dl-files';
const STORE = 'files';

/** Runs one request on the database of files, with those that it leads to. */
function request<T>(name: string, mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const failed = (cause: unknown): FormatError =>
    new FormatError('the database of files does not answer', { file: `indexeddb://${name}` }, { cause });
  return new Promise((resolve, reject) => {
    if (globalThis.indexedDB === undefined) {
      reject(new FormatError('there is no IndexedDB here', { file: `indexeddb://${name}` }));
      return;
    }
    const opening = globalThis.indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onerror = () => reject(failed(opening.error));
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction(STORE, mode);
      const asked = ask(transaction.objectStore(STORE));
      // The transaction is complete when all is on the disk, or nothing.
      transaction.oncomplete = () => {
        database.close();
        resolve(asked.result);
      };
      transaction.onabort = transaction.onerror = () => {
        database.close();
        reject(failed(transaction.error ?? asked.error));
      };
    };
  });
}

/** The file of that name in IndexedDB. */
export async function databaseFile(name: string): Promise<Blob> {
  const blob = (await request(name, 'readonly', (store) => store.get(name) as IDBRequest<unknown>)) as Blob | undefined;
  if (blob === undefined) throw new FormatError('there is no such file', { file: `indexeddb://${name}` });
  return blob;
}

/** Keeps a file in IndexedDB, all of it or nothing. */
export async function putDatabaseFile(name: string, file: Blob): Promise<void> {
  await request(name, 'readwrite', (store) => store.put(file, name));
}

/** Gives a file in IndexedDB another name, or removes it; without such a file nothing happens. */
export async function moveDatabaseFile(from: string, to: string | null): Promise<void> {
  await request(from, 'readwrite', (store) => {
    const found = store.get(from) as IDBRequest<unknown>;
    found.onsuccess = () => {
      if (found.result === undefined) return;
      if (to !== null) store.put(found.result, to);
      store.delete(from);
    };
    return found;
  });
}
