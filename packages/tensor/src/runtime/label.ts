/**
 * Labels: errors that say which layer, or other part of a program, they come from.
 */
import { DlError } from '../errors.ts';

/** Errors whose message names a part already. */
const labelled = new WeakSet<DlError>();

let current: string | null = null;

/** The label of the part that is running, innermost, or null. */
export function currentLabel(): string | null {
  return current;
}

/** Puts a label in front of the message of an error thrown on purpose, unless it has one. */
export function label(error: unknown, name: string | null): unknown {
  if (name === null || !(error instanceof DlError) || labelled.has(error)) return error;
  if (!error.message.startsWith(name)) error.message = `${name}: ${error.message}`;
  labelled.add(error);
  return error;
}

/** Runs `fn`; errors thrown on purpose get the innermost label in front, once. */
export function withLabel<T>(name: string, fn: () => T): T {
  const outer = current;
  current = name;
  try {
    return fn();
  } catch (error) {
    throw label(error, name);
  } finally {
    current = outer;
  }
}
