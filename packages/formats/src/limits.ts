// What readers accept at most. One type for all of them.
import { FormatError, type FormatPlace } from './errors.ts';

/**
 * Limits of what is read from a file that is not trusted. They are counted on real bytes, whatever the file claims.
 *
 * @example const arrays = readNpz(bytes, { limits: { maxBytes: 2 ** 20 } });
 */
export interface Limits {
  /** Most bytes of all that is unpacked or decoded from one file together: 4 GiB unless given. */
  readonly maxBytes?: number | undefined;
  /** Most members of an archive, arrays of a file, or objects of an HDF5 file: 100,000 unless given. */
  readonly maxMembers?: number | undefined;
  /** Most bytes of a header or a JSON text: 100,000,000 unless given. */
  readonly maxHeader?: number | undefined;
  /** Most bytes that one packed byte may become, for what is larger than 16 MiB unpacked: 200 unless given. */
  readonly maxRatio?: number | undefined;
}

/** What all readers take. */
export interface ReadOptions {
  /** Name of the file for messages. */
  readonly file?: string | undefined;
  /** Limits that differ from the defaults. */
  readonly limits?: Limits | undefined;
}

/** The limits that hold where none are given. */
export const DEFAULT_LIMITS: Readonly<Record<keyof Limits, number>> = {
  maxBytes: 2 ** 32,
  maxMembers: 100_000,
  maxHeader: 100_000_000,
  maxRatio: 200,
};

/** Sizes below this may be packed as well as they can. */
const SMALL = 16 * 2 ** 20;

/** All limits: those given, otherwise the defaults. */
export function limitsOf({ limits = {} }: ReadOptions): Readonly<Record<keyof Limits, number>> {
  const {
    maxBytes = DEFAULT_LIMITS.maxBytes,
    maxMembers = DEFAULT_LIMITS.maxMembers,
    maxHeader = DEFAULT_LIMITS.maxHeader,
    maxRatio = DEFAULT_LIMITS.maxRatio,
  } = limits;
  return { maxBytes, maxMembers, maxHeader, maxRatio };
}

/** Refuses what claims to become much larger than it is. */
export function checkRatio(packed: number, unpacked: number, maxRatio: number, place: FormatPlace): void {
  if (unpacked > SMALL && unpacked > packed * maxRatio) {
    throw new FormatError(
      `${packed} packed bytes claim to become ${unpacked}, more than ${maxRatio} times as many; raise limits.maxRatio if the file is trusted`,
      place,
    );
  }
}
