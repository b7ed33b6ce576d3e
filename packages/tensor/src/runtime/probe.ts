/**
 * Hooks of tools that look at what runs. They do nothing while nobody looks, and are all that programs without tools carry.
 */
import type { Program } from '../kernel/kernel.ts';
import type { Storage } from './storage.ts';

/** Tracing and compiling a function or an op, or running its program. */
export type ProfiledPart = 'compile' | 'run';

/** Does it without looking. */
export const unwatched = <T>(_part: ProfiledPart, fn: () => T, _program?: Program): T => fn();

/** Who looks at what. */
export const probe: {
  /** Runs `fn`, which compiles something or runs a program. */
  measure: <T>(part: ProfiledPart, fn: () => T, program?: Program) => T;
  /** Is told of every storage that is made. */
  storage: ((storage: Storage) => void) | null;
} = { measure: unwatched, storage: null };
