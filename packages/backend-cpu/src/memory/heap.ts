/**
 * The heap: one WebAssembly memory for all programs, with a size-class allocator. Shared where the platform allows, so
 * that threads can see it.
 */
import { BackendError } from '@dl/tensor/backend';

const PAGE = 65_536;
/** Addresses below are never handed out: null, and words through which threads will talk. */
const RESERVED = 1024;

function makeMemory(): { memory: WebAssembly.Memory; maximum: number; shared: boolean } {
  const shared = typeof SharedArrayBuffer !== 'undefined';
  for (const maximum of [65_536, 32_768, 16_384]) {
    try {
      return { memory: new WebAssembly.Memory({ initial: 16, maximum, shared }), maximum, shared };
    } catch {
      continue;
    }
  }
  return { memory: new WebAssembly.Memory({ initial: 16, maximum: 16_384 }), maximum: 16_384, shared: false };
}

/** Memory with an allocator. Blocks are 64-byte aligned and come in four classes per power of two. */
export class Heap {
  readonly memory: WebAssembly.Memory;
  readonly maximum: number;
  readonly shared: boolean;
  u8: Uint8Array;
  i32: Int32Array;
  f32: Float32Array;
  f64: Float64Array;
  #top = RESERVED;
  readonly #free = new Map<number, number[]>();
  readonly #sizes = new Map<number, number>();

  constructor() {
    const { memory, maximum, shared } = makeMemory();
    this.memory = memory;
    this.maximum = maximum;
    this.shared = shared;
    this.u8 = new Uint8Array(memory.buffer);
    this.i32 = new Int32Array(memory.buffer);
    this.f32 = new Float32Array(memory.buffer);
    this.f64 = new Float64Array(memory.buffer);
  }

  /** Bytes that have ever been in use. */
  get top(): number {
    return this.#top;
  }

  /** A block of at least `bytes` bytes. */
  allocate(bytes: number): number {
    const size = sizeClass(bytes);
    const address = this.#free.get(size)?.pop() ?? this.#extend(size);
    this.#sizes.set(address, size);
    return address;
  }

  release(address: number): void {
    const size = this.#sizes.get(address);
    if (size === undefined) throw new BackendError(`cpu: released address ${address}, which is not in use`);
    this.#sizes.delete(address);
    const list = this.#free.get(size);
    if (list) list.push(address);
    else this.#free.set(size, [address]);
  }

  #extend(size: number): number {
    const address = this.#top;
    const end = address + size;
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / PAGE));
      } catch (cause) {
        throw new BackendError(
          `cpu: out of memory: ${size} more bytes do not fit the ${this.maximum * PAGE} of the heap`,
          { cause },
        );
      }
      this.u8 = new Uint8Array(this.memory.buffer);
      this.i32 = new Int32Array(this.memory.buffer);
      this.f32 = new Float32Array(this.memory.buffer);
      this.f64 = new Float64Array(this.memory.buffer);
    }
    this.#top = end;
    return address;
  }
}

function sizeClass(bytes: number): number {
  if (bytes <= 64) return 64;
  const step = 2 ** Math.max(6, Math.floor(Math.log2(bytes)) - 2);
  return Math.ceil(bytes / step) * step;
}

/** Memory that grows to the largest need and is reused by every run. */
export class Scratch {
  readonly #heap: Heap;
  #address = 0;
  #size = 0;

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  /** At least `bytes` bytes, valid until the next call. */
  reserve(bytes: number): number {
    if (bytes > this.#size) {
      if (this.#size > 0) this.#heap.release(this.#address);
      this.#size = sizeClass(bytes);
      this.#address = this.#heap.allocate(this.#size);
    }
    return this.#address;
  }
}
