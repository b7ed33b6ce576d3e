/**
 * What a profile of running programs measures, and where it is told.
 */
import type { Program } from '../kernel/kernel.ts';

/** Tracing and compiling a function or an op, or running its program. */
export type ProfiledPart = 'compile' | 'run';

/** Is told what was done, how long it took in milliseconds, and the program that ran. */
export type ProfileListener = (part: ProfiledPart, ms: number, program?: Program) => void;

let listener: ProfileListener | null = null;
/** Whether something is measured already: what it does on its way is part of it. */
let measuring = false;

/** Where compiled functions and ops report to; without a listener they measure nothing. */
export const profiler: {
  readonly active: boolean;
  listen(to: ProfileListener | null): ProfileListener | null;
  measure<T>(part: ProfiledPart, fn: () => T, program?: Program): T;
} = {
  /** Whether somebody listens. */
  get active() {
    return listener !== null;
  },
  /** Sets the listener, or takes it away. Returns the one before. */
  listen(to) {
    const before = listener;
    listener = to;
    return before;
  },
  /** Runs `fn` and tells how long it took. */
  measure(part, fn, program) {
    if (listener === null || measuring) return fn();
    measuring = true;
    const start = performance.now();
    try {
      return fn();
    } finally {
      measuring = false;
      listener?.(part, performance.now() - start, program);
    }
  },
};
