// npz: several arrays as NumPy saves them, a ZIP archive of npy files.
import type { NamedArray } from './arrays.ts';
import type { ReadOptions } from './limits.ts';
import { readNpy, writeNpy } from './npy.ts';
import { readZip } from './zip/read.ts';
import { writeZip } from './zip/write.ts';

/**
 * Reads an npz file, compressed or not. Sizes are checked before anything is unpacked.
 *
 * @throws FormatError for archives that are damaged or exceed a limit, naming the member.
 * @example const arrays = readNpz(await readFile('weights.npz')); arrays.get('kernel');
 */
export function readNpz(bytes: Uint8Array, options: ReadOptions = {}): Map<string, NamedArray> {
  const arrays = new Map<string, NamedArray>();
  for (const [name, member] of readZip(bytes, options)) {
    const at = options.file === undefined ? name : `${options.file}/${name}`;
    if (name.endsWith('.npy')) arrays.set(name.slice(0, -'.npy'.length), readNpy(member(), at));
  }
  return arrays;
}

/**
 * Writes an npz file, uncompressed as NumPy's `savez`.
 *
 * @example await writeFile('x.npz', writeNpz(new Map([['a', { dtype: 'float32', shape: [1], data: Float32Array.of(1) }]])));
 */
export function writeNpz(arrays: ReadonlyMap<string, NamedArray>): Uint8Array {
  return writeZip(new Map([...arrays].map(([name, array]) => [`${name}.npy`, writeNpy(array)])));
}
