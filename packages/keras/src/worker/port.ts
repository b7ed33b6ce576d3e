/**
 * Where messages go and come from: workers and ports of browsers, and of Node.
 */
import { ConfigError } from '@dl/tensor';

/** A `Worker` or `MessagePort` of the web or of Node's `worker_threads`, or the worker's own side. */
export interface PortLike {
  postMessage(message: unknown): void;
  on?(event: string, listener: (value: unknown) => void): unknown;
  off?(event: string, listener: (value: unknown) => void): unknown;
  addEventListener?(type: string, listener: (event: unknown) => void): void;
  removeEventListener?(type: string, listener: (event: unknown) => void): void;
  start?(): void;
  terminate?(): unknown;
}

interface Host extends Partial<PortLike> {
  readonly process?: {
    getBuiltinModule?(name: 'node:worker_threads'): { readonly parentPort: PortLike | null } | undefined;
  };
  readonly document?: unknown;
}

/** The side of a worker that its maker hears of. @throws ConfigError outside of workers. */
export function ownPort(): PortLike {
  const host = globalThis as Host;
  const node = host.process?.getBuiltinModule?.('node:worker_threads');
  if (node?.parentPort) return node.parentPort;
  if (node === undefined && host.document === undefined && host.postMessage !== undefined) return host as PortLike;
  throw new ConfigError('serveModel: this is not a worker; call it in one, or give it a MessagePort');
}

type Listener = (value: unknown) => void;

/** Hears messages, and that the other side is gone. Returns what ends it. */
export function listenTo(port: PortLike, heard: Listener, lost: (cause: Error) => void): () => void {
  const node = port.on !== undefined;
  const listeners: Readonly<Record<string, Listener>> = node
    ? {
        message: heard,
        error: (error) => lost(error as Error),
        exit: (code) => lost(new Error(`it ended with code ${String(code)}`)),
        close: () => lost(new Error('it was closed')),
      }
    : {
        message: (event) => heard((event as MessageEvent).data),
        error: (event) => lost(new Error((event as ErrorEvent).message || 'its script did not load')),
      };
  for (const [type, listener] of Object.entries(listeners)) {
    if (node) port.on?.(type, listener);
    else port.addEventListener?.(type, listener);
  }
  if (!node) port.start?.();
  return () => {
    for (const [type, listener] of Object.entries(listeners)) {
      if (node) port.off?.(type, listener);
      else port.removeEventListener?.(type, listener);
    }
  };
}
