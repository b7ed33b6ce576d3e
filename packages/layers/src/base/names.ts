/**
 * Automatic names: snake case of the class, numbered per process.
 */

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
