/**
 * Names of weights in files and in dictionaries.
 */
import type { Weight } from '@dl/layers';

/** A name for every weight: its path, numbered where two layers have the same. */
export function namesOf(weights: readonly Weight[]): readonly string[] {
  const seen = new Map<string, number>();
  return weights.map(({ path }) => {
    const count = seen.get(path) ?? 0;
    seen.set(path, count + 1);
    return count === 0 ? path : `${path}_${count}`;
  });
}
