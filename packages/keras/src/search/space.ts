/**
 * What settings may be: a sampler for each.
 */
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';

/** Gives a value for a number that is evenly distributed in [0, 1). */
export interface Sampler<T> {
  sample(u: number): T;
}

/** Samplers by the names of settings. */
export type Space = Readonly<Record<string, Sampler<unknown>>>;

/** The settings of a space. */
export type Params<S extends Space> = { readonly [K in keyof S]: S[K] extends Sampler<infer T> ? T : never };

function checkRange(where: string, low: number, high: number, min: number): void {
  if (Number.isFinite(low) && Number.isFinite(high) && low < high && low > min) return;
  const from = min === 0 ? 'above 0 ' : '';
  throw new ConfigError(
    `${where}: expected two numbers ${from}with low < high, got ${describe(low)} and ${describe(high)}`,
  );
}

/**
 * Evenly distributed in [low, high).
 *
 * @example
 * import { uniform } from '@dl/keras/search';
 *
 * uniform(0, 0.5).sample(0.5); // 0.25
 */
export function uniform(low: number, high: number): Sampler<number> {
  checkRange('uniform', low, high, -Infinity);
  return { sample: (u) => low + u * (high - low) };
}

/**
 * In [low, high) with an evenly distributed logarithm, as for learning rates.
 *
 * @example logUniform(1e-4, 1e-2).sample(0.5); // 0.001
 */
export function logUniform(low: number, high: number): Sampler<number> {
  checkRange('logUniform', low, high, 0);
  return { sample: (u) => low * (high / low) ** u };
}

/**
 * A whole number from low to high, both included.
 *
 * @example int(1, 3).sample(0.5); // 2
 */
export function int(low: number, high: number): Sampler<number> {
  if (!Number.isInteger(low) || !Number.isInteger(high) || low > high) {
    throw new ConfigError(
      `int: expected two whole numbers with low ≤ high, got ${describe(low)} and ${describe(high)}`,
    );
  }
  return { sample: (u) => low + Math.floor(u * (high - low + 1)) };
}

/**
 * One of some values.
 *
 * @example choice(['relu', 'tanh']).sample(0.9); // 'tanh'
 */
export function choice<const T>(values: readonly T[]): Sampler<T> {
  if (!Array.isArray(values) || values.length === 0) {
    throw new ConfigError(`choice: expected a list of values, got ${describe(values)}`);
  }
  return { sample: (u) => values[Math.floor(u * values.length)]! };
}
