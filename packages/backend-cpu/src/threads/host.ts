/**
 * What the platform offers for threads: how many, whether this thread may wait, and workers of either kind.
 */
import { WORKER_SOURCE } from './worker-source.ts';

/** What a worker gets when it starts. */
export interface WorkerStart {
  readonly memory: WebAssembly.Memory;
  /** Address of the control block. */
  readonly control: number;
}

/** A worker that has been started. */
export interface StartedWorker {
  /** Ends it; resolves when it is gone for certain, or never where the platform does not tell. */
  terminate(): Promise<unknown>;
}

/** The part of Node's `worker_threads` that is used here. */
interface NodeWorker {
  on(event: 'error' | 'exit', listener: (value: unknown) => void): void;
  unref(): void;
  terminate(): Promise<unknown>;
}
interface NodeThreads {
  readonly Worker: new (
    source: string,
    options: {
      readonly eval: true;
      readonly workerData: WorkerStart;
      readonly execArgv: readonly string[];
      readonly name: string;
    },
  ) => NodeWorker;
}
interface NodeOs {
  availableParallelism(): number;
}

/** The default is never larger: more threads gain little on what most programs do. */
const MOST_BY_DEFAULT = 4;

function builtin<T>(name: string): T | undefined {
  const { process } = globalThis as { readonly process?: { getBuiltinModule?(name: string): unknown } };
  return process?.getBuiltinModule?.(name) as T | undefined;
}

let waits: boolean | null = null;

/** Whether memory can be shared and this thread may wait: not so on a page's main thread. */
export function mayWait(): boolean {
  if (waits !== null) return waits;
  try {
    // Returns at once, because the word is not what is expected; throws where waiting is forbidden.
    waits = Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1) === 'not-equal';
  } catch {
    waits = false;
  }
  return waits;
}

let offered: number | null = null;

/** As many threads as the machine offers, at most four; 1 where threads cannot work together. */
export function offeredThreads(): number {
  if (offered !== null) return offered;
  const navigator = globalThis.navigator as { readonly hardwareConcurrency?: number } | undefined;
  const found = builtin<NodeOs>('node:os')?.availableParallelism() ?? navigator?.hardwareConcurrency ?? 1;
  return (offered = mayWait() ? Math.max(1, Math.min(MOST_BY_DEFAULT, found)) : 1);
}

/** Starts a worker; throws where the platform has none. `lost` is called when it fails or ends by itself. */
export function startWorker(start: WorkerStart, lost: (cause: unknown) => void): StartedWorker {
  const threads = builtin<NodeThreads>('node:worker_threads');
  return threads ? startNode(threads, start, lost) : startWeb(start, lost);
}

function startNode({ Worker }: NodeThreads, start: WorkerStart, lost: (cause: unknown) => void): StartedWorker {
  const source = `${WORKER_SOURCE}\nwork(process.getBuiltinModule('node:worker_threads').workerData);`;
  // Without the process's own arguments, which may load things that only programs need.
  const worker = new Worker(source, { eval: true, workerData: start, execArgv: [], name: 'dl-cpu' });
  let ended = false;
  worker.on('error', lost);
  worker.on('exit', (code) => {
    if (!ended) lost(new Error(`it ended with code ${String(code)}`));
  });
  worker.unref();
  return {
    terminate: () => {
      ended = true;
      return worker.terminate();
    },
  };
}

function startWeb(start: WorkerStart, lost: (cause: unknown) => void): StartedWorker {
  const source = `${WORKER_SOURCE}\nonmessage = ({ data }) => work(data);`;
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(url, { name: 'dl-cpu' });
  worker.onerror = (event) => {
    event.preventDefault();
    lost(new Error(event.message || 'the worker script was refused'));
  };
  worker.postMessage(start);
  return {
    terminate: () => {
      worker.terminate();
      URL.revokeObjectURL(url);
      return new Promise(() => {});
    },
  };
}
