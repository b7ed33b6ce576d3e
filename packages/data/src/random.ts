// Seeded host-side random numbers for shuffles and splits.
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { ConfigError } from './errors.ts';
import { show } from './checks.ts';

/** A uniform integer in [0, count). */
export type RandomIndex = (count: number) => number;

const scramble = (value: number): number => {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
};

let defaultSeed: number | undefined;
let drawn = 0;

/**
 * Makes shuffles and splits that are given no seed repeatable from here on; undefined makes them random again.
 *
 * @example setDefaultSeed(42);
 */
export const setDefaultSeed = (seed: number | undefined): void => {
  defaultSeed = seed === undefined ? undefined : seedOrRandom('setDefaultSeed', seed);
  drawn = 0;
};

/** Checks a seed, or draws one when it is undefined. */
export const seedOrRandom = (where: string, seed: number | undefined): number => {
  if (seed === undefined) {
    return defaultSeed === undefined
      ? Math.floor(Math.random() * 2 ** 32)
      : defaultSeed + Math.imul(++drawn, 0x9e3779b9);
  }
  if (!Number.isSafeInteger(seed)) throw new ConfigError(`${where}: seed must be an integer, got ${show(seed)}`);
  return seed;
};

/** The generator of one stream of a seed; streams (epochs) of one seed are unrelated. */
export const randomIndex = (seed: number, stream = 0): RandomIndex => {
  const high = Math.floor(seed / 2 ** 32);
  const rng = xoroshiro128plus(scramble(scramble(scramble(seed) ^ high) + Math.imul(stream, 0x9e3779b9)));
  return (count) => uniformInt(rng, 0, count - 1);
};

/** Shuffles an array of integers in place. */
export const shuffleInPlace = (values: Int32Array, random: RandomIndex): void => {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random(i + 1);
    const held = values[i]!;
    values[i] = values[j]!;
    values[j] = held;
  }
};
