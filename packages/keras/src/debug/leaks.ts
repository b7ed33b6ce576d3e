/**
 * Tensors that stay alive, and where they were made.
 */
import { getBackend, memory } from '@dl/tensor';
import { listenToStorages, type Storage } from '@dl/tensor/interpreter';
import type { Handle } from './check-numerics.ts';

/** Tensors that were made at one place. */
export interface LeakSite {
  /** The innermost place outside of the framework: a function, file and line. */
  readonly site: string;
  readonly tensors: number;
  readonly bytes: number;
  /** The whole stack of the first of them. */
  readonly stack: string;
}

interface Tracked {
  readonly storage: WeakRef<Storage>;
  readonly bytes: number;
  /** As text: an error whose stack is not read yet holds on to what it saw. */
  readonly stack: string;
}

const STACK = 40;
/** Files of this framework, in a checkout and installed. */
const OWN =
  /[/\\](?:node_modules[/\\]@dl[/\\]|packages[/\\](?:tensor|autograd|layers|optim|keras|data|backend-cpu|backend-webgpu)[/\\](?:src|dist)[/\\])/;

let tracked: Tracked[] | null = null;
let sweepAt = 1024;

const alive = ({ storage }: Tracked): boolean => storage.deref()?.disposed === false;

/** Remembers where a storage is made. */
function remember(storage: Storage): void {
  const holder = Error as { stackTraceLimit?: number };
  const limit = holder.stackTraceLimit;
  holder.stackTraceLimit = STACK;
  const { stack = '' } = new Error('made here');
  if (limit !== undefined) holder.stackTraceLimit = limit;
  const bytes = storage.size * storage.backend.capabilities.bytesPerElement(storage.dtype);
  tracked!.push({ storage: new WeakRef(storage), bytes, stack });
  if (tracked!.length < sweepAt) return;
  tracked = tracked!.filter(alive);
  sweepAt = Math.max(1024, 2 * tracked.length);
}

/** The lines of a stack that say where, as written by V8 (`at f (file:1:2)`) and by others (`f@file:1:2`). */
const placesOf = (stack: string): readonly string[] =>
  stack
    .split('\n')
    .map((line) => line.trim().replace(/^at /, ''))
    .filter((line) => /:\d+/.test(line));

/**
 * Begins to remember where tensors are made, for {@link leaks}; the handle ends it. It costs tens of microseconds for
 * every tensor; without it nothing is remembered, and nothing is lost. Begin when models and data are there, so that they do not
 * count.
 *
 * @example
 * const handle = trackTensors();
 * const y = tensor([1, 2]).add(1);
 * console.log(String(await leaks()));
 * handle.remove();
 */
export function trackTensors(): Handle {
  const mine: Tracked[] = [];
  tracked = mine;
  sweepAt = 1024;
  const listener = (storage: Storage): void => remember(storage);
  listenToStorages(listener);
  let on = true;
  return {
    remove: () => {
      if (on && listenToStorages(null) !== listener) return;
      on = false;
      tracked = null;
    },
  };
}

/** What {@link leaks} found. */
export class LeakReport {
  /** Places, most bytes first. */
  readonly sites: readonly LeakSite[];
  /** Whether places were remembered. */
  readonly tracking: boolean;
  /** Name of the default backend. */
  readonly backend: string;
  /** Whether the JS collector reclaims memory there: then what is forgotten is no leak, and goes in time. */
  readonly collected: boolean;
  /** Tensors' memories that are alive: those tracked, or, without tracking, all that the backend counts. */
  readonly tensors: number;
  readonly bytes: number;

  constructor(sites: readonly LeakSite[], tracking: boolean) {
    const { name, capabilities } = getBackend();
    const { live, liveBytes } = memory();
    this.sites = sites;
    this.tracking = tracking;
    this.backend = name;
    this.collected = capabilities.collected;
    this.tensors = tracking ? sites.reduce((sum, { tensors }) => sum + tensors, 0) : live;
    this.bytes = tracking ? sites.reduce((sum, { bytes }) => sum + bytes, 0) : liveBytes;
  }

  toString(): string {
    const { tensors, bytes, backend, collected, tracking } = this;
    const head = `${tensors} tensors alive${tracking ? ' since trackTensors()' : ''}, ${bytes} bytes`;
    const why = collected
      ? `The ${backend} backend's memory is reclaimed by the JS collector: tensors that nobody holds any more go by themselves${tracking ? ', and those listed are held or not collected yet (Node: --expose-gc collects before the report)' : '; only trackTensors() can count them'}.`
      : `The ${backend} backend's memory is not collected at once: free tensors with tidy(), scope() or dispose().`;
    const hint = tracking ? [] : ['Call trackTensors() first to learn where they are made.'];
    const lines = this.sites.map(
      ({ site, tensors: n, bytes: size }) => `${String(n).padStart(7)}  ${String(size).padStart(12)} bytes  ${site}`,
    );
    return [head, why, ...hint, ...lines].join('\n');
  }
}

interface Host {
  gc?(): void;
}

const turn = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0));

/**
 * The tensors that are alive and were made since {@link trackTensors}, by the place where they were made. Tensors that share
 * memory count once. Where memory is collected the report says so; with `node --expose-gc` garbage is taken away first.
 *
 * @example console.log(String(await leaks()));
 */
export async function leaks(): Promise<LeakReport> {
  if (tracked === null) return new LeakReport([], false);
  if (getBackend().capabilities.collected) {
    // What was made in this turn of the event loop cannot be collected in it.
    await turn();
    (globalThis as Host).gc?.();
    await turn();
  }
  const sites = new Map<string, LeakSite>();
  for (const { bytes, stack } of tracked.filter(alive)) {
    const places = placesOf(stack);
    const site = places.find((line) => !OWN.test(line)) ?? places.at(-1) ?? 'unknown';
    const known = sites.get(site);
    sites.set(site, {
      site,
      tensors: (known?.tensors ?? 0) + 1,
      bytes: (known?.bytes ?? 0) + bytes,
      stack: known?.stack ?? places.join('\n'),
    });
  }
  return new LeakReport(
    [...sites.values()].sort((a, b) => b.bytes - a.bytes),
    true,
  );
}
