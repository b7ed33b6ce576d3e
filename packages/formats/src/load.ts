// Arrays of a file whose kind is told by its first bytes.
import type { NamedArray } from './arrays.ts';
import { FormatError } from './errors.ts';
import { readNpy } from './npy.ts';
import { readNpz } from './npz.ts';
import { readSafetensors } from './safetensors.ts';
import { nameOf, readBytes, type ByteSource } from './source.ts';

/**
 * All arrays of a safetensors, npz or npy file (the array of the last is named 'array').
 *
 * @throws FormatError for files of another kind, and for damaged ones.
 * @example const arrays = await loadArrays('weights.safetensors');
 */
export async function loadArrays(source: ByteSource): Promise<ReadonlyMap<string, NamedArray>> {
  const bytes = await readBytes(source);
  const file = nameOf(source);
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return readNpz(bytes, { file });
  if (bytes[0] === 0x93) return new Map([['array', readNpy(bytes, file)]]);
  if (bytes[8] === 0x7b) return readSafetensors(bytes, file).arrays;
  const head = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw new FormatError(`expected a safetensors, npz or npy file; it begins with ${head || 'nothing'}`, {
    file,
    offset: 0,
  });
}
