/**
 * CPU buffers: handles whose bytes lie in a host array that the JS collector owns, or in the heap, once a program keeps
 * state in them and while there is room for large ones.
 */
import { BackendError, type Buffer } from '@dl/tensor/backend';
import type { Heap } from './memory/heap.ts';
import { giveArray, LARGE, takeArray } from './memory/pool.ts';
import { freeBlock, offerBlock, takeBlock, type Resident } from './memory/resident.ts';

// Touching fresh pages costs more than most kernels, so large arrays of collected buffers are used again. Until the
// event loop turns nothing comes back, so only so many bytes are watched; the rest is left to the collector.
const MAX_WATCHED = 512 * 2 ** 20;
let watchedBytes = 0;
const collected = new FinalizationRegistry<Uint8Array>((bytes) => {
  watchedBytes -= bytes.byteLength;
  giveArray(bytes);
});

export class CpuBuffer implements Buffer {
  readonly byteLength: number;
  /** Null until something is written, and while the bytes are in the heap. */
  bytes: Uint8Array | null = null;
  /** Where the bytes are in the heap; 0 while they are not. */
  address = 0;
  #resident: Resident | null = null;
  #watched = false;

  constructor(byteLength: number) {
    this.byteLength = byteLength;
  }

  /** The host array; zeros if nothing was written. */
  host(): Uint8Array {
    if (this.#resident) {
      const { heap, address } = this.#resident;
      return heap.u8.subarray(address, address + this.byteLength);
    }
    return this.bytes ?? this.#take().fill(0);
  }

  /** The host array to be written over completely. */
  target(): Uint8Array {
    if (this.#resident) return this.host();
    return this.bytes ?? this.#take();
  }

  #take(): Uint8Array {
    const bytes = (this.bytes = takeArray(this.byteLength));
    if (bytes.byteLength >= LARGE && watchedBytes + bytes.byteLength <= MAX_WATCHED) {
      watchedBytes += bytes.byteLength;
      this.#watched = true;
      collected.register(this, bytes, this);
    }
    return bytes;
  }

  /** Gives the host array back to the pool. */
  #give(): void {
    if (this.bytes === null) return;
    if (this.#watched) {
      collected.unregister(this);
      watchedBytes -= this.byteLength;
      this.#watched = false;
    }
    giveArray(this.bytes);
    this.bytes = null;
  }

  /** Moves the bytes into the heap, where they stay until the buffer is freed or forgotten. */
  moveTo(heap: Heap): void {
    if (this.#resident) return;
    this.#move(takeBlock(this, heap, this.byteLength));
  }

  /** The same for a large buffer, as long as the heap has room for such; without contents if it will be written over. */
  settle(heap: Heap, keeps: boolean): void {
    if (this.#resident || this.byteLength < LARGE) return;
    const place = offerBlock(this, heap, this.byteLength);
    if (place === null) return;
    if (keeps) return this.#move(place);
    this.#give();
    this.#live(place);
  }

  #move(place: Resident): void {
    const { address, heap } = place;
    if (this.bytes) {
      heap.u8.set(this.bytes, address);
      this.#give();
    } else {
      heap.u8.fill(0, address, address + this.byteLength);
    }
    this.#live(place);
  }

  #live(place: Resident): void {
    this.#resident = place;
    this.address = place.address;
  }

  free(): void {
    this.#give();
    if (!this.#resident) return;
    freeBlock(this, this.#resident);
    this.#resident = null;
    this.address = 0;
  }
}

export function cpuBuffer(buffer: Buffer): CpuBuffer {
  if (buffer instanceof CpuBuffer) return buffer;
  throw new BackendError('cpu: got a buffer that another backend made');
}
