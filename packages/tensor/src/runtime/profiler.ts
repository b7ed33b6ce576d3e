/**
 * What a profile of running programs measures, and where it is told.
 */
import type { Program } from '../kernel/kernel.ts';
import { probe, unwatched, type ProfiledPart } from './probe.ts';
import type { Storage } from './storage.ts';

export type { ProfiledPart };

/** Is told what was done, how long it took in milliseconds, and the program that ran. */
export type ProfileListener = (part: ProfiledPart, ms: number, program?: Program) => void;

/** Is told of every storage that is made. */
export type StorageListener = (storage: Storage) => void;

let listener: ProfileListener | null = null;
/** Whether something is measured already: what it does on its way is part of it. */
let measuring = false;

function measure<T>(part: ProfiledPart, fn: () => T, program?: Program): T {
  if (measuring) return fn();
  measuring = true;
  const start = performance.now();
  try {
    return fn();
  } finally {
    measuring = false;
    listener?.(part, performance.now() - start, program);
  }
}

/** Where compiled functions and ops report to; without a listener they measure nothing. */
export const profiler: {
  readonly active: boolean;
  listen(to: ProfileListener | null): ProfileListener | null;
} = {
  /** Whether somebody listens. */
  get active() {
    return listener !== null;
  },
  /** Sets the listener, or takes it away. Returns the one before. */
  listen(to) {
    const before = listener;
    listener = to;
    probe.measure = to === null ? unwatched : measure;
    return before;
  },
};

/** Sets who is told of storages as they are made, or null. Returns the one before. */
export function listenToStorages(to: StorageListener | null): StorageListener | null {
  const before = probe.storage;
  probe.storage = to;
  return before;
}
