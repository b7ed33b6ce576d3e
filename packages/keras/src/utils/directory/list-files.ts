/**
 * The files of a folder: of Node's file system, or those a browser was given.
 */
import type { ByteSource } from '@dl/data';
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { nodeModule } from '../host.ts';

/** A path or file URL in Node; the files of `<input webkitdirectory>` or others with paths in browsers. */
export type DirectorySource = string | URL | FileList | readonly File[];

/** A file with its path from the folder on. */
export interface ListedFile {
  /** With slashes, without the folder itself. */
  readonly path: string;
  /** The path as it was found, for messages and for users. */
  readonly fullPath: string;
  readonly source: ByteSource;
}

/** What is in a folder. */
export interface Listing {
  readonly files: readonly ListedFile[];
  /** Folders directly in it, also those without files; hidden ones are left out. */
  readonly folders: readonly string[];
}

async function* walk(folder: string, prefix: string, followLinks: boolean, where: string): AsyncGenerator<ListedFile> {
  const fs = nodeModule('node:fs/promises', where, 'pass the files, as a FileList or an array');
  for (const entry of await fs.readdir(folder, { withFileTypes: true })) {
    const fullPath = `${folder}/${entry.name}`;
    const path = `${prefix}${entry.name}`;
    const target = entry.isSymbolicLink() ? await fs.stat(fullPath).catch(() => null) : entry;
    if (target === null) continue;
    if (target.isDirectory()) {
      if (!entry.isSymbolicLink() || followLinks) yield* walk(fullPath, `${path}/`, followLinks, where);
    } else if (target.isFile()) {
      yield { path, fullPath, source: { path: fullPath } };
    }
  }
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** The order of Keras: by folder, then by name, so that files come before those of folders beside them. */
function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  const [first, second] = [folderOf(a.path), folderOf(b.path)];
  const [left, right] = first === second ? [a.path, b.path] : [first, second];
  return left < right ? -1 : 1;
}

async function listFolder(source: string | URL, followLinks: boolean, where: string): Promise<Listing> {
  const instead = 'pass the files, as a FileList or an array';
  const fs = nodeModule('node:fs/promises', where, instead);
  const given = typeof source === 'string' ? source : nodeModule('node:url', where, instead).fileURLToPath(source);
  const folder = given.replace(/(.)[\\/]+$/, '$1');
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new ConfigError(`${where}: cannot read the folder ${describe(folder)}: ${(cause as Error).message}`);
  });
  const files: ListedFile[] = [];
  for await (const file of walk(folder, '', followLinks, where)) files.push(file);
  const isFolder = async (name: string): Promise<boolean> =>
    (await fs.stat(`${folder}/${name}`).catch(() => null))?.isDirectory() ?? false;
  const kinds = await Promise.all(entries.map(({ name }) => isFolder(name)));
  const folders = entries.filter((_, i) => kinds[i]).map(({ name }) => name);
  return { files: files.sort(byPath), folders: folders.filter((name) => !name.startsWith('.')).sort() };
}

function listFiles(given: FileList | readonly File[]): Listing {
  const files = Array.from(given, (file): ListedFile => {
    const fullPath = file.webkitRelativePath || file.name;
    return { path: fullPath, fullPath, source: file };
  });
  // The first part is the folder that was picked, if all files are in it.
  const roots = new Set(files.map(({ path }) => path.split('/')[0]));
  const picked = Array.from(given).some((file) => Boolean(file.webkitRelativePath)) && roots.size === 1;
  const inner = picked ? files.map((file) => ({ ...file, path: file.path.slice(file.path.indexOf('/') + 1) })) : files;
  const folders = inner.flatMap(({ path }) => (path.includes('/') ? [path.split('/')[0]!] : []));
  return { files: [...inner].sort(byPath), folders: [...new Set(folders)].filter((n) => !n.startsWith('.')).sort() };
}

/** All files of a folder and of those inside, by their paths. */
export async function listDirectory(source: DirectorySource, followLinks: boolean, where: string): Promise<Listing> {
  if (typeof source === 'string' || source instanceof URL) return listFolder(source, followLinks, where);
  const items = typeof source === 'object' && source !== null && 'length' in source ? Array.from(source) : null;
  if (items === null || !items.every((file) => typeof Blob === 'function' && file instanceof Blob)) {
    throw new ConfigError(`${where}: expected a path, or files of a browser, got ${describe(source)}`);
  }
  return listFiles(source);
}
