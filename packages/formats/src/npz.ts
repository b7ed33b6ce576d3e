// npz: several arrays as NumPy saves them, a ZIP archive of npy files.
import { unzipSync, zipSync } from 'fflate';
import type { NamedArray } from './arrays.ts';
import { FormatError } from './errors.ts';
import { readNpy, writeNpy } from './npy.ts';

/** Limits of what is unpacked. */
export interface NpzOptions {
  /** Most bytes of all arrays together, 4 GiB unless given. */
  readonly maxBytes?: number | undefined;
  /** Most arrays, 100,000 unless given. */
  readonly maxEntries?: number | undefined;
  /** Name for messages. */
  readonly file?: string | undefined;
}

/**
 * Reads an npz file, compressed or not. Sizes are checked before anything is unpacked.
 *
 * @throws FormatError for archives that are damaged or exceed a limit, naming the member.
 * @example const arrays = readNpz(await readFile('weights.npz')); arrays.get('kernel');
 */
export function readNpz(bytes: Uint8Array, options: NpzOptions = {}): Map<string, NamedArray> {
  const { maxBytes = 2 ** 32, maxEntries = 100_000, file } = options;
  let total = 0;
  let entries = 0;
  let members: Record<string, Uint8Array>;
  try {
    members = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        total += originalSize;
        entries++;
        if (total > maxBytes)
          throw new FormatError(`the arrays take more than ${maxBytes} bytes`, { file, field: name });
        if (entries > maxEntries)
          throw new FormatError(`there are more than ${maxEntries} members`, { file, field: name });
        return name.endsWith('.npy');
      },
    });
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(`damaged or truncated zip archive (${reason})`, { file }, { cause });
  }
  return new Map(
    Object.entries(members).map(([name, member]) => {
      const at = file === undefined ? name : `${file}/${name}`;
      return [name.slice(0, -'.npy'.length), readNpy(member, at)];
    }),
  );
}

/**
 * Writes an npz file, uncompressed as NumPy's `savez`.
 *
 * @example await writeFile('x.npz', writeNpz(new Map([['a', { dtype: 'float32', shape: [1], data: Float32Array.of(1) }]])));
 */
export function writeNpz(arrays: ReadonlyMap<string, NamedArray>): Uint8Array {
  const members = Object.fromEntries([...arrays].map(([name, array]) => [`${name}.npy`, writeNpy(array)]));
  return zipSync(members, { level: 0 });
}
