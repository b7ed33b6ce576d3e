// Where bytes come from.
import { FormatError } from './errors.ts';

/** Bytes, a URL, or a path (in Node) or address of a file. */
export type ByteSource = Uint8Array | ArrayBuffer | URL | string;

/** A name for messages. */
export const nameOf = (source: ByteSource): string =>
  typeof source === 'string' ? source : source instanceof URL ? source.href : 'bytes';

/** The part of Node that files are read with. */
interface Host {
  readonly process?: {
    getBuiltinModule?(name: 'node:fs/promises'): { readFile(path: string | URL): Promise<Uint8Array> } | undefined;
  };
}

const isAddress = (text: string): boolean => /^(https?|file|blob|data):/i.test(text);

/**
 * The bytes of a source. Paths are read in Node, addresses are fetched.
 *
 * @throws FormatError when an address does not answer with a file.
 * @example const bytes = await readBytes('model.safetensors');
 */
export async function readBytes(source: ByteSource): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  const local = source instanceof URL ? source.protocol === 'file:' : !isAddress(source) || source.startsWith('file:');
  const files = (globalThis as Host).process?.getBuiltinModule?.('node:fs/promises');
  if (local && files !== undefined) {
    return files.readFile(typeof source === 'string' && source.startsWith('file:') ? new URL(source) : source);
  }
  const response = await fetch(source);
  const type = response.headers.get('content-type') ?? '';
  if (!response.ok)
    throw new FormatError(`the server answered ${response.status} ${response.statusText}`, { file: nameOf(source) });
  if (type.startsWith('text/html'))
    throw new FormatError(`expected a file, the server answered with a page (${type})`, { file: nameOf(source) });
  return new Uint8Array(await response.arrayBuffer());
}
