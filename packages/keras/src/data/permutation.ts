/**
 * Repeatable permutations on the host.
 */

/** A generator of numbers in [0, 1) from a seed (mulberry32, T. Ettinger). */
export function seededRandom(seed: number): () => number {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Exchanges the elements from `start` to `stop` at random (R. Fisher, F. Yates). */
function shuffle(list: Int32Array, start: number, stop: number, next: () => number): void {
  for (let i = stop - 1; i > start; i--) {
    const j = start + Math.floor(next() * (i - start + 1));
    const kept = list[i]!;
    list[i] = list[j]!;
    list[j] = kept;
  }
}

const count = (n: number): Int32Array => {
  const list = new Int32Array(n);
  for (let i = 0; i < n; i++) list[i] = i;
  return list;
};

/** 0 … n − 1 in an order that the seed decides. */
export function permutation(n: number, seed: number): Int32Array {
  const list = count(n);
  shuffle(list, 0, n, seededRandom(seed));
  return list;
}

/** 0 … n − 1 with each run of `size` shuffled in itself. */
export function permuteBatches(n: number, size: number, seed: number): Int32Array {
  const list = count(n);
  const next = seededRandom(seed);
  for (let start = 0; start < n; start += size) shuffle(list, start, Math.min(start + size, n), next);
  return list;
}
