/**
 * Random numbers on the host, for data that are made rather than read.
 */
import { random } from '@dl/keras';

const BLOCK = 4096;

/** Numbers in [0, 1), always the same ones for a seed. */
export function dice(seed: number): () => number {
  const generator = new random.SeedGenerator(seed);
  let [block, at]: [ArrayLike<number>, number] = [[], 0];
  return () => {
    if (at === block.length) [block, at] = [random.uniform([BLOCK], 0, 1, { seed: generator }).dataSync(), 0];
    return block[at++]!;
  };
}

/** A whole number in [0, n). */
export const below = (roll: () => number, n: number): number => Math.floor(roll() * n);

/** The numbers 0 … n − 1 in random order. */
export function shuffled(n: number, seed: number): number[] {
  const roll = dice(seed);
  const keys = Array.from({ length: n }, roll);
  return keys.map((_, i) => i).sort((a, b) => keys[a]! - keys[b]!);
}
