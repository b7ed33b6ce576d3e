/**
 * setRandomSeed: one seed for everything random.
 */
import { setDefaultSeed } from '@dl/data';
import { ConfigError, setSeed } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';

/**
 * Makes everything random that has no seed of its own repeatable from here on: initial weights, dropout, the shuffling of
 * `fit`, and of datasets. Two runs after the same seed give the same bits on the same backend. Follows
 * `keras.utils.set_random_seed`.
 *
 * @throws ConfigError for a seed that is no integer.
 * @example setRandomSeed(42);
 */
export function setRandomSeed(seed: number): void {
  if (!Number.isSafeInteger(seed)) {
    throw new ConfigError(`setRandomSeed: expected an integer, got ${describe(seed)}`);
  }
  setSeed(seed);
  setDefaultSeed(seed);
}
