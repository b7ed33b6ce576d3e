/**
 * Where log files go: a folder of the file system, or a function of the user's.
 */
import { ConfigError } from '@dl/tensor';

/**
 * Takes bytes for a file below the log folder; its path has slashes between folders. They come after those that are there,
 * or in their place.
 */
export type LogWriter = (path: string, bytes: Uint8Array, append: boolean) => void;

interface FileSystem {
  mkdirSync(path: string, options: { readonly recursive: true }): unknown;
  writeFileSync(path: string, bytes: Uint8Array): void;
  appendFileSync(path: string, bytes: Uint8Array): void;
}

interface Host {
  readonly process?: { getBuiltinModule?(name: 'node:fs'): FileSystem | undefined };
}

/** Writes to a folder, which is made with the first file. @throws ConfigError where there is no file system. */
export function folderWriter(folder: string): LogWriter {
  const fs = (globalThis as Host).process?.getBuiltinModule?.('node:fs');
  if (fs === undefined) {
    throw new ConfigError('TensorBoard: there is no file system here; give a function that takes the bytes as logDir');
  }
  const made = new Set<string>();
  return (path, bytes, append) => {
    const full = `${folder.replace(/[\\/]+$/, '')}/${path}`;
    const parent = full.slice(0, full.lastIndexOf('/'));
    if (!made.has(parent)) fs.mkdirSync(parent, { recursive: true });
    made.add(parent);
    if (append) fs.appendFileSync(full, bytes);
    else fs.writeFileSync(full, bytes);
  };
}
