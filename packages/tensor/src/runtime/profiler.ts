/**
 * What a profile of running programs measures, and where it is told.
 */

/** Tracing and compiling a function, or running its program. */
export type ProfiledPart = 'compile' | 'run';

/** Is told what was done and how long it took, in milliseconds. */
export type ProfileListener = (part: ProfiledPart, ms: number) => void;

let listener: ProfileListener | null = null;

/** Where compiled functions report to; without a listener they measure nothing. */
export const profiler: {
  readonly active: boolean;
  listen(to: ProfileListener | null): ProfileListener | null;
  measure<T>(part: ProfiledPart, fn: () => T): T;
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
  measure(part, fn) {
    if (listener === null) return fn();
    const start = performance.now();
    const result = fn();
    listener(part, performance.now() - start);
    return result;
  },
};
