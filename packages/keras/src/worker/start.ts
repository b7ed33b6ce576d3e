/**
 * Starting the worker that comes with the package.
 */
import { BackendError } from '@dl/tensor';
import type { PortLike } from './port.ts';

interface Host {
  readonly process?: {
    getBuiltinModule?(name: 'node:worker_threads'): { readonly Worker: new (script: URL) => PortLike } | undefined;
  };
  readonly Worker?: unknown;
}

/** Starts it. @throws BackendError where there are no workers. */
export function startOwnWorker(): PortLike {
  const host = globalThis as Host;
  const node = host.process?.getBuiltinModule?.('node:worker_threads');
  // Not in the form that bundlers look for: the script contains this module, and some do not get out of the circle.
  const script = import.meta.url.replace(/[^/]*$/, 'fit-worker.js');
  if (node !== undefined) return new node.Worker(new URL(script));
  if (host.Worker === undefined) throw new BackendError('fit: there are no workers here; leave worker out');
  return new Worker(script, { type: 'module', name: 'dl-fit' });
}
