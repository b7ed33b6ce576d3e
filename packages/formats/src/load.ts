// Arrays of a file whose kind is told by its first bytes.
import type { NamedArray } from './arrays.ts';
import { FormatError } from './errors.ts';
import { openSource } from './files/ranges.ts';
import type { ByteSource } from './files/source.ts';
import type { ReadOptions } from './limits.ts';
import { readNpy } from './npy.ts';
import { readNpz } from './npz.ts';
import { openSafetensors } from './safetensors/open.ts';

/**
 * All arrays of a safetensors, npz or npy file (the array of the last is named 'array'), or of a safetensors checkpoint in
 * several files, by its index.
 *
 * @throws FormatError for files of another kind, and for damaged ones.
 * @example const arrays = await loadArrays('weights.safetensors');
 */
export async function loadArrays(
  source: ByteSource,
  options: ReadOptions = {},
): Promise<ReadonlyMap<string, NamedArray>> {
  const open = await openSource(source, options);
  try {
    const named = { ...options, file: open.name };
    const first = await open.read(0, Math.min(9, open.size));
    if (first[0] === 0x50 && first[1] === 0x4b) return readNpz(await open.read(0, open.size), named);
    if (first[0] === 0x93) return new Map([['array', readNpy(await open.read(0, open.size), open.name)]]);
    if (first[8] !== 0x7b && first[0] !== 0x7b) {
      const head = [...first.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
      throw new FormatError(`expected a safetensors, npz or npy file; it begins with ${head || 'nothing'}`, {
        file: open.name,
        offset: 0,
      });
    }
    const file = await openSafetensors(isStream(source) ? await open.read(0, open.size) : source, named);
    try {
      const arrays = new Map<string, NamedArray>();
      for await (const [name, array] of file.arrays()) arrays.set(name, array);
      return arrays;
    } finally {
      await file.close();
    }
  } finally {
    await open.close();
  }
}

/** Streams can be read once only. */
const isStream = (source: ByteSource): boolean =>
  source instanceof Response ||
  (typeof source === 'object' && (Symbol.asyncIterator in source || 'getReader' in source));
