/**
 * The heap: one WebAssembly memory for all programs, with a size-class allocator. Shared where the platform allows, so
 * that threads can see it.
 */
import { BackendError } from '@dl/tensor/backend';

const PAGE = 65_536;
/** Addresses below are never handed out, so that 0 is none. */
const RESERVED = 1024;
/** Vector loads may reach this far beyond the last block. */
const SLACK = 256;

interface MadeMemory {
  readonly memory: WebAssembly.Memory;
  /** Most pages. */
  readonly maximum: number;
  readonly shared: boolean;
}

/** Asks for 4 GB, then 2, then 1; shared first, then not. */
function makeMemory(): MadeMemory {
  for (const shared of typeof SharedArrayBuffer === 'undefined' ? [false] : [true, false]) {
    for (const maximum of [65_536, 32_768, 16_384]) {
      try {
        return { memory: new WebAssembly.Memory({ initial: 16, maximum, shared }), maximum, shared };
      } catch {
        continue;
      }
    }
  }
  throw new BackendError('cpu: the engine gives no WebAssembly memory of 1 GB');
}

/** Memory with an allocator. Blocks are 64-byte aligned and come in four classes per power of two. */
export class Heap {
  readonly memory: WebAssembly.Memory;
  readonly maximum: number;
  readonly shared: boolean;
  /** Views of the whole memory; replaced when it grows. */
  u8!: Uint8Array;
  i32!: Int32Array;
  f32!: Float32Array;
  f64!: Float64Array;
  #top = RESERVED;
  #used = 0;
  readonly #free = new Map<number, number[]>();
  readonly #sizes = new Map<number, number>();

  constructor() {
    const { memory, maximum, shared } = makeMemory();
    this.memory = memory;
    this.maximum = maximum;
    this.shared = shared;
    this.#view();
  }

  /** End of the highest block in use or waiting to be used again. */
  get top(): number {
    return this.#top;
  }

  /** Bytes in use now. */
  get used(): number {
    return this.#used;
  }

  /** Address of a block of at least `bytes` bytes. */
  allocate(bytes: number): number {
    const size = sizeClass(bytes);
    const address = this.#free.get(size)?.pop() ?? this.#extend(size);
    this.#sizes.set(address, size);
    this.#used += size;
    return address;
  }

  release(address: number): void {
    const size = this.#sizes.get(address);
    if (size === undefined) throw new BackendError(`cpu: released address ${address}, which is not in use`);
    this.#sizes.delete(address);
    this.#used -= size;
    if (address + size === this.#top) {
      this.#top = address;
      return;
    }
    const list = this.#free.get(size);
    if (list) list.push(address);
    else this.#free.set(size, [address]);
  }

  #extend(size: number): number {
    const address = this.#top;
    const end = address + size;
    const missing = end + SLACK - this.memory.buffer.byteLength;
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / PAGE));
      } catch (cause) {
        const limit = this.maximum * PAGE;
        throw new BackendError(
          `cpu: out of memory: ${size} bytes more than the ${this.#used} in use do not fit the heap of at most ${limit}`,
          { cause },
        );
      }
      this.#view();
    }
    this.#top = end;
    return address;
  }

  #view(): void {
    const { buffer } = this.memory;
    this.u8 = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }
}

function sizeClass(bytes: number): number {
  if (bytes <= 64) return 64;
  const step = 2 ** Math.max(6, Math.floor(Math.log2(bytes)) - 2);
  return Math.ceil(bytes / step) * step;
}

/** A block that grows to the largest need and is used again by every run, because first touch is what costs. */
export class Arena {
  readonly #heap: Heap;
  #address = 0;
  #size = 0;

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  /** Address of at least `bytes` bytes, valid until the next call. */
  reserve(bytes: number): number {
    if (bytes > this.#size) {
      if (this.#size > 0) this.#heap.release(this.#address);
      this.#size = sizeClass(bytes);
      this.#address = this.#heap.allocate(this.#size);
    }
    return this.#address;
  }
}
