/**
 * Errors that say which layer they come from.
 */
import { DlError } from '@dl/tensor';

/** Errors whose message names a layer already. */
const located = new WeakSet<DlError>();

let current: string | null = null;

/** The label of the layer whose call is under way, innermost, or null. */
export function currentLayer(): string | null {
  return current;
}

/** Runs `fn`; errors thrown on purpose get the innermost layer's label in front, once. */
export function withLabel<T>(label: string, fn: () => T): T {
  const outer = current;
  current = label;
  try {
    return fn();
  } catch (error) {
    if (error instanceof DlError && !located.has(error)) {
      if (!error.message.startsWith(label)) error.message = `${label}: ${error.message}`;
      located.add(error);
    }
    throw error;
  } finally {
    current = outer;
  }
}
