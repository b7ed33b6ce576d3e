// Filters that chunks went through when they were written.
import { unzlibSync } from 'fflate';
import { FormatError } from '../errors.ts';
import type { Input } from './input.ts';
import type { Message } from './messages.ts';
import type { Chunk } from './chunks.ts';

/** A filter by its number, and the size of elements for those that need it. */
interface Filter {
  readonly id: number;
  readonly width: number;
}

const DEFLATE = 1;
const SHUFFLE = 2;
const CHECKSUM = 3;

/** Reads a filter message; other filters than deflate, shuffle and the checksum are refused. */
export function readFilters(input: Input, { at, size }: Message): Filter[] {
  const version = input.u8(at);
  if (version !== 1 && version !== 2) throw input.error(`version ${version} of filters is not known`, at);
  const count = input.u8(at + 1);
  const end = at + size;
  let next = at + (version === 1 ? 8 : 2);
  return Array.from({ length: count }, () => {
    const id = input.u16(next);
    const named = version === 1 || id >= 256;
    const nameSize = named ? input.u16(next + 2) : 0;
    const values = input.u16(next + (named ? 6 : 4));
    const first = next + (named ? 8 : 6) + (version === 1 ? Math.ceil(nameSize / 8) * 8 : nameSize);
    next = first + 4 * values + (version === 1 && values % 2 === 1 ? 4 : 0);
    if (next > end) throw input.error('a filter exceeds its message', at);
    if (id !== DEFLATE && id !== SHUFFLE && id !== CHECKSUM) {
      throw input.error(`filter ${id} is not supported; save the file with gzip or without compression`, at);
    }
    return { id, width: values > 0 ? input.u32(first) : 1 };
  });
}

/** The bytes of a chunk before all filters, exactly `size` of them. */
export function unfilter(input: Input, filters: readonly Filter[], chunk: Chunk, size: number): Uint8Array {
  let bytes = input.bytes(chunk.at, chunk.size);
  for (let i = filters.length - 1; i >= 0; i--) {
    const { id, width } = filters[i]!;
    if ((chunk.skipped >>> i) & 1) continue;
    if (id === CHECKSUM) bytes = bytes.subarray(0, Math.max(0, bytes.length - 4));
    else if (id === SHUFFLE) bytes = unshuffle(bytes, width);
    else bytes = inflate(input, bytes, size, chunk.at);
  }
  if (bytes.length !== size) throw input.error(`a chunk should have ${size} bytes, got ${bytes.length}`, chunk.at);
  return bytes;
}

function inflate(input: Input, bytes: Uint8Array, size: number, offset: number): Uint8Array {
  try {
    // Room for a checksum that was put on before; and one byte more shows chunks that are too long.
    return unzlibSync(bytes, { out: new Uint8Array(size + 5) });
  } catch (cause) {
    throw new FormatError('a chunk cannot be unpacked', { file: input.file, offset }, { cause });
  }
}

/** Bytes of all elements, from all first bytes, then all second ones, and so on. */
function unshuffle(bytes: Uint8Array, width: number): Uint8Array {
  const result = new Uint8Array(bytes.length);
  const count = width > 0 ? Math.floor(bytes.length / width) : 0;
  for (let byte = 0; byte < width && count > 0; byte++) {
    for (let i = 0; i < count; i++) result[i * width + byte] = bytes[byte * count + i]!;
  }
  result.set(bytes.subarray(count * width), count * width);
  return result;
}
