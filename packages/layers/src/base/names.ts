/**
 * Names of layers: those that are made up, snake case of the class, numbered per process, and those that are given.
 */
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';

const counters = new Map<string, number>();

/**
 * Keras's snake case of a class name.
 *
 * @example toSnakeCase('Conv2DTranspose'); // 'conv2d_transpose'
 */
export function toSnakeCase(name: string): string {
  return name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** The next free name with this prefix: `dense`, `dense_1`, `dense_2` … */
export function autoName(prefix: string): string {
  const count = counters.get(prefix) ?? 0;
  counters.set(prefix, count + 1);
  return count === 0 ? prefix : `${prefix}_${count}`;
}

/** Starts automatic names from the beginning again, as `keras.utils.clear_session`. Existing objects keep theirs. */
export function clearSession(): void {
  counters.clear();
}

/** Throws unless a name can be part of the path of a weight. */
export function checkName(kind: string, name: unknown): string {
  if (typeof name === 'string' && name !== '' && !name.includes('/')) return name;
  throw new ConfigError(`${kind}: name must be a string without '/', and not empty, got ${describe(name)}`);
}
