/**
 * The default backend, and the guard against two copies of this package meeting.
 */
import { reference } from '../backend/reference/reference.ts';
import type { Backend } from '../backend/backend.ts';
import { BackendError } from '../errors.ts';
import { describe } from '../shape.ts';

/** Version of this package; named when two copies meet. */
export const VERSION = '0.1.0';

let backend: Backend | null = null;

/** The backend on which new tensors are made. Without a choice it is the reference backend, which says so once. */
export function getBackend(): Backend {
  if (backend === null) {
    backend = reference();
    console.info(
      '@dl/tensor: computing on the slow reference backend; call setBackend(cpu()) from @dl/backend-cpu for speed',
    );
  }
  return backend;
}

/** Whether a backend has been chosen already. */
export function hasBackend(): boolean {
  return backend !== null;
}

/**
 * Chooses the backend for new tensors. Existing tensors stay where they are.
 *
 * @example setBackend(cpu());
 * @throws BackendError when `next` does not have the five methods of a backend.
 */
export function setBackend(next: Backend): void {
  const methods = ['allocate', 'free', 'write', 'read', 'compile'] as const;
  const missing = methods.filter((name) => typeof (next as Partial<Backend> | null)?.[name] !== 'function');
  if (missing.length > 0) {
    throw new BackendError(
      `setBackend: expected a backend such as cpu(), got ${describe(next)} without ${missing.join(', ')}()`,
    );
  }
  backend = next;
}

/** Runs `fn` with another default backend. */
export function withBackend<T>(next: Backend, fn: () => T): T {
  const outer = backend;
  setBackend(next);
  try {
    return fn();
  } finally {
    backend = outer;
  }
}
