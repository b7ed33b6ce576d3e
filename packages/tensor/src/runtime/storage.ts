/**
 * Storage: the memory behind one or more tensors. Its bytes never change while a tensor sees them.
 */
import type { Backend, Buffer } from '../backend/backend.ts';
import type { DType } from '../dtype.ts';
import { DisposedError } from '../errors.ts';
import { probe } from './probe.ts';

/** Counters behind `memory()`. */
export const counters = { allocations: 0, allocatedBytes: 0, freed: 0, live: 0, liveBytes: 0 };

interface Held {
  readonly backend: Backend;
  readonly buffer: Buffer;
}

// Only for backends whose memory the JS collector does not reclaim.
const forgotten = new FinalizationRegistry<Held>(({ backend, buffer }) => {
  counters.live--;
  counters.liveBytes -= buffer.byteLength;
  backend.free(buffer);
});

/** Memory for `size` elements. Freed early by `release` once nothing holds it, otherwise by the collector. */
export class Storage {
  readonly backend: Backend;
  readonly dtype: DType;
  readonly size: number;
  #buffer: Buffer | null;
  /** Tensors and tapes that still need the bytes. */
  #holds = 0;

  constructor(backend: Backend, dtype: DType, size: number) {
    this.backend = backend;
    this.dtype = dtype;
    this.size = size;
    const bytes = size * backend.capabilities.bytesPerElement(dtype);
    this.#buffer = backend.allocate(bytes);
    counters.allocations++;
    counters.allocatedBytes += bytes;
    if (!backend.capabilities.collected) {
      counters.live++;
      counters.liveBytes += bytes;
      forgotten.register(this, { backend, buffer: this.#buffer }, this);
    }
    probe.storage?.(this);
  }

  /** The device memory; throws after it was freed. */
  get buffer(): Buffer {
    if (this.#buffer === null) throw new DisposedError('a tensor is used after dispose()');
    return this.#buffer;
  }

  get disposed(): boolean {
    return this.#buffer === null;
  }

  /** Whether more than one tensor, or a tape, needs the bytes. */
  get shared(): boolean {
    return this.#holds > 1;
  }

  hold(): void {
    this.#holds++;
  }

  /** Drops one hold; the last one frees the memory. */
  release(): void {
    if (--this.#holds > 0 || this.#buffer === null) return;
    if (!this.backend.capabilities.collected) {
      forgotten.unregister(this);
      counters.live--;
      counters.liveBytes -= this.#buffer.byteLength;
    }
    counters.freed++;
    this.backend.free(this.#buffer);
    this.#buffer = null;
  }
}

/** What is known about memory. */
export interface MemoryInfo {
  /** Storages made so far, and their bytes. */
  readonly allocations: number;
  readonly allocatedBytes: number;
  /** Storages given back by `dispose()`, scopes and `tidy`. */
  readonly freed: number;
  /** Storages alive on backends whose memory is not collected, and their bytes. */
  readonly live: number;
  readonly liveBytes: number;
}

/**
 * Counters of tensor memory.
 * On backends with collected memory (reference, cpu) the JS collector reclaims tensors, so only allocations are counted.
 */
export function memory(): MemoryInfo {
  return { ...counters };
}
