/**
 * The parts of Node that files are found and kept with; none of them is there in browsers.
 */
import { ConfigError } from '@dl/tensor';

/** An entry of a folder. */
interface FolderEntry {
  readonly name: string;
  isDirectory(): boolean;
  isFile(): boolean;
  isSymbolicLink(): boolean;
}

interface OpenFile {
  write(bytes: Uint8Array): Promise<unknown>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

interface Hash {
  update(bytes: Uint8Array): Hash;
  digest(encoding: 'hex'): string;
}

interface Builtins {
  'node:fs/promises': {
    readdir(path: string, options: { withFileTypes: true }): Promise<FolderEntry[]>;
    stat(path: string): Promise<{ isDirectory(): boolean; isFile(): boolean }>;
    mkdir(path: string, options: { recursive: true }): Promise<unknown>;
    open(path: string, flags: string): Promise<OpenFile>;
    rename(from: string, to: string): Promise<void>;
    rm(path: string, options: { force: true; recursive: true }): Promise<void>;
  };
  'node:path': {
    join(...parts: string[]): string;
    dirname(path: string): string;
    basename(path: string): string;
  };
  'node:url': { fileURLToPath(url: URL): string };
  'node:os': { homedir(): string };
  'node:crypto': { createHash(algorithm: string): Hash };
}

interface Host {
  readonly process?: {
    readonly env?: Readonly<Record<string, string | undefined>>;
    getBuiltinModule?<K extends keyof Builtins>(name: K): Builtins[K] | undefined;
  };
}

const host = globalThis as Host;

/** A module of Node. @throws ConfigError where there is none, with what to do instead. */
export function nodeModule<K extends keyof Builtins>(name: K, where: string, instead: string): Builtins[K] {
  const found = host.process?.getBuiltinModule?.(name);
  if (found !== undefined) return found;
  throw new ConfigError(`${where}: there is no file system here; ${instead}`);
}

/** A variable of the environment, where there is one. */
export const environment = (name: string): string | undefined => host.process?.env?.[name];
