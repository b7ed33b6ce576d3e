/**
 * Buckets of strings by their hash.
 */
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { farmFingerprint64 } from './farm-hash.ts';
import { sipHash } from './sip-hash.ts';

/** Two numbers that change which bucket a string falls into; one number stands for both. */
export type Salt = number | readonly [number, number];

/** Checks a salt. */
export function checkSalt(where: string, salt: Salt | null | undefined): readonly [number, number] | null {
  if (salt === null || salt === undefined) return null;
  const pair = typeof salt === 'number' ? [salt, salt] : salt;
  const fine = Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isSafeInteger(n) && n >= 0);
  if (fine) return pair as unknown as readonly [number, number];
  throw new ConfigError(`${where}: salt must be a whole number ≥ 0 or two of them, got ${describe(salt)}`);
}

/** The bucket of each string: by FarmHash64, or by SipHash64 where there is a salt; equal to those of Keras. */
export function bucketOf(count: number, salt: readonly [number, number] | null): (text: string) => number {
  const key = salt === null ? null : ([BigInt(salt[0]), BigInt(salt[1])] as const);
  const n = BigInt(count);
  return (text) => Number((key === null ? farmFingerprint64(text) : sipHash(text, key)) % n);
}
