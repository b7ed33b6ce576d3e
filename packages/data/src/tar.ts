// Files of a tar archive, plain or gzipped, one after the other.
import { openBytes, sourceName, type ByteSource } from './bytes.ts';
import { checkInteger, checkNames } from './checks.ts';
import { FormatError } from './errors.ts';
import { gunzipped } from './gzip.ts';
import { checkNoText, joinChunks } from './read-all.ts';

/** One file of an archive. */
export interface TarFile {
  /** Its path in the archive, with slashes. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Options of {@link readTar}. */
export interface TarOptions {
  /** Name of the archive in messages; taken from the source where it has one. */
  readonly name?: string | undefined;
  /** Most bytes of one file to accept; 2 GiB unless given. */
  readonly maxBytes?: number | undefined;
}

const blockSize = 512;
const zeroes = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);
const text = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
};

/** Hands out exact numbers of bytes from chunks. */
class Reader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array(0);
  offset = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Fewer bytes at the end of the source only. */
  async take(count: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let length = 0;
    while (length < count) {
      if (this.#held.length === 0) {
        const { done, value } = await this.#chunks.next();
        if (done) break;
        this.#held = value;
      }
      const part = this.#held.subarray(0, count - length);
      this.#held = this.#held.subarray(part.length);
      parts.push(part);
      length += part.length;
    }
    this.offset += length;
    return joinChunks(parts, length);
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

interface TarHeader {
  readonly name: string;
  readonly size: number;
  readonly type: string;
}

const parseHeader = (block: Uint8Array, file: string, offset: number): TarHeader => {
  const octal = (start: number, length: number, field: string): number => {
    const digits = text(block.subarray(start, start + length)).trim();
    if (!/^[0-7]*$/.test(digits)) throw new FormatError(`not an octal number: '${digits}'`, { file, offset, field });
    return digits === '' ? 0 : Number.parseInt(digits, 8);
  };
  const sum = block.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  if (octal(148, 8, 'checksum') !== sum) {
    throw new FormatError('not a tar archive, or a damaged one: the checksum of a header is wrong', { file, offset });
  }
  const prefix = text(block.subarray(257, 263)).startsWith('ustar') ? text(block.subarray(345, 500)) : '';
  const name = text(block.subarray(0, 100));
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: octal(124, 12, 'size'),
    type: String.fromCharCode(block[156]!),
  };
};

/** The path among the records `length key=value` of an extended header. */
const paxPath = (bytes: Uint8Array): string | undefined => /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text(bytes))?.[1];

/**
 * Reads the files of a tar archive, plain or gzipped, one after the other; folders and links are left out.
 *
 * @throws FormatError for archives that are damaged, truncated or hold a file above `maxBytes`, with the offset.
 * @example for await (const { name, bytes } of readTar({ path: 'cifar-10-binary.tar.gz' })) console.log(name, bytes.length);
 */
export async function* readTar(source: ByteSource, options: TarOptions = {}): AsyncGenerator<TarFile> {
  checkNames('readTar', options, ['name', 'maxBytes']);
  const { maxBytes = 2 ** 31 } = options;
  checkInteger('readTar', 'maxBytes', maxBytes, 1);
  checkNoText('readTar', source);
  const file = options.name ?? sourceName(source, 'tar archive');
  const reader = new Reader(gunzipped(openBytes('readTar', source), file));
  let longName: string | undefined;
  try {
    while (true) {
      const at = reader.offset;
      const block = await reader.take(blockSize);
      if (block.length === 0 || (block.length === blockSize && zeroes(block))) return;
      if (block.length < blockSize) throw new FormatError('the archive is truncated', { file, offset: at });
      const { name, size, type } = parseHeader(block, file, at);
      if (size > maxBytes) {
        throw new FormatError(`${name} takes ${size} bytes, more than maxBytes = ${maxBytes}`, { file, offset: at });
      }
      const bytes = (await reader.take(Math.ceil(size / blockSize) * blockSize)).subarray(0, size);
      if (bytes.length < size) {
        throw new FormatError(`truncated: ${name} has ${bytes.length} of ${size} bytes`, {
          file,
          offset: reader.offset,
        });
      }
      if (type === 'L') longName = text(bytes);
      else if (type === 'x') longName = paxPath(bytes);
      else {
        if (type === '0' || type === '\0') yield { name: longName ?? name, bytes };
        longName = undefined;
      }
    }
  } finally {
    await reader.close();
  }
}
