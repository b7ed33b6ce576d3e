// Reads damaged files and sees that nothing but a value or a FormatError comes of it.
import { FormatError } from '../errors.ts';
import { mutate, seededRandom } from './mutate.ts';

/** What is read, and how. */
export interface FuzzTarget {
  readonly name: string;
  /** Good files, which are damaged. */
  readonly files: readonly Uint8Array[];
  /** Damages a file; {@link mutate} unless given. */
  readonly damage?: ((bytes: Uint8Array, random: () => number) => Uint8Array) | undefined;
  /** Reads a file to its end. */
  read(bytes: Uint8Array): unknown;
}

/** Options of {@link fuzz}. */
export interface FuzzOptions {
  /** How many damaged files are read. */
  readonly count: number;
  /** Equal seeds damage in equal ways; 1 unless given. */
  readonly seed?: number | undefined;
  /** Most milliseconds that one file may take, 2000 unless given. */
  readonly maxTime?: number | undefined;
  /** Other classes of errors that a reader may throw, beside FormatError. */
  readonly errors?: readonly (abstract new (...args: never[]) => Error)[] | undefined;
}

/** What came of it. */
export interface FuzzResult {
  readonly name: string;
  readonly read: number;
  readonly refused: number;
  /** The most milliseconds that one file took. */
  readonly slowest: number;
}

/** A damaged file that was read in a wrong way. */
export class FuzzFailure extends Error {
  override readonly name: string = 'FuzzFailure';
  /** The damaged file. */
  readonly bytes: Uint8Array;

  constructor(message: string, bytes: Uint8Array, options?: ErrorOptions) {
    super(message, options);
    this.bytes = bytes;
  }
}

/**
 * Damages files in many ways and reads them. Each must be read or refused with a FormatError, in time, and leave
 * `Object.prototype` as it is.
 *
 * @throws FuzzFailure with the file, and the number of the run, that shows otherwise.
 * @example const { refused } = await fuzz({ name: 'npy', files: [npyFile], read: (bytes) => readNpy(bytes) }, { count: 1000 });
 */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzResult> {
  const { count, seed = 1, maxTime = 2000, errors = [] } = options;
  const { damage = mutate } = target;
  const allowed = [FormatError, ...errors];
  const keys = Object.getOwnPropertyNames(Object.prototype).join();
  let [read, slowest] = [0, 0];
  for (let i = 0; i < count; i++) {
    const random = seededRandom(seed * 1_000_003 + i);
    const bytes = damage(target.files[i % target.files.length]!, random);
    const fail = (what: string, cause?: unknown): FuzzFailure =>
      new FuzzFailure(`${target.name}, seed ${seed}, run ${i}: ${what}`, bytes, { cause });
    const begin = performance.now();
    try {
      await target.read(bytes);
      read++;
    } catch (error) {
      if (!allowed.some((kind) => error instanceof kind))
        throw fail(`an error of another kind: ${String(error)}`, error);
    }
    const time = performance.now() - begin;
    slowest = Math.max(slowest, time);
    if (time > maxTime) throw fail(`it took ${Math.round(time)} ms`);
    if (Object.getOwnPropertyNames(Object.prototype).join() !== keys) throw fail('Object.prototype has other keys');
  }
  return { name: target.name, read, refused: count - read, slowest };
}
