/**
 * The heap: one WebAssembly memory for all programs, with an allocator that fits blocks by classes of size and merges free
 * neighbours. Shared where the platform allows, so that threads can see it.
 */
import { BackendError } from '@dl/tensor/backend';

const PAGE = 65_536;
/** Blocks start at, and are as long as, multiples of a cache line. */
const ALIGN = 64;
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

/** A request of so many bytes or more is large: it may cut free blocks of any size; smaller ones leave large blocks whole. */
const LARGE_BLOCK = 2 ** 20;
/** How many free blocks of the class of a request are looked at before those of the next class, which all fit. */
const LOOKED_AT = 8;

/** Memory with an allocator. Blocks are 64-byte aligned; free neighbours become one. */
export class Heap {
  readonly memory: WebAssembly.Memory;
  readonly maximum: number;
  readonly shared: boolean;
  /** Most bytes that buffers may take which could as well lie in host arrays: a quarter. Changed by tests only. */
  budget: number;
  /** Views of the whole memory; replaced when it grows. */
  u8!: Uint8Array;
  i32!: Int32Array;
  f32!: Float32Array;
  f64!: Float64Array;
  #top = RESERVED;
  #used = 0;
  /** What the engine said when it last gave no memory. */
  #refused: unknown;
  /** Addresses of free blocks by class of size. */
  readonly #free: number[][] = [];
  /** Sizes of free blocks by address, and their addresses by where they end. */
  readonly #freeSizes = new Map<number, number>();
  readonly #freeEnds = new Map<number, number>();
  readonly #sizes = new Map<number, number>();

  constructor() {
    const { memory, maximum, shared } = makeMemory();
    this.memory = memory;
    this.maximum = maximum;
    this.shared = shared;
    this.budget = (maximum * PAGE) / 4;
    this.#view();
  }

  /** End of the highest block in use. */
  get top(): number {
    return this.#top;
  }

  /** Bytes in use now. */
  get used(): number {
    return this.#used;
  }

  /** Address of a block of at least `bytes` bytes; throws a BackendError where there is none. */
  allocate(bytes: number): number {
    const address = this.offer(bytes);
    if (address !== null) return address;
    const limit = this.maximum * PAGE;
    throw new BackendError(
      `cpu: out of memory: ${bytes} bytes more than the ${this.#used} in use do not fit the heap of at most ${limit}`,
      { cause: this.#refused },
    );
  }

  /** The same, or null. */
  offer(bytes: number): number | null {
    const size = Math.max(ALIGN, Math.ceil(bytes / ALIGN) * ALIGN);
    const address = this.#reuse(size) ?? this.#extend(size);
    if (address === null) return null;
    this.#sizes.set(address, size);
    this.#used += size;
    return address;
  }

  release(address: number): void {
    let size = this.#sizes.get(address);
    if (size === undefined) throw new BackendError(`cpu: released address ${address}, which is not in use`);
    this.#sizes.delete(address);
    this.#used -= size;
    const before = this.#freeEnds.get(address);
    if (before !== undefined) {
      size += this.#withdraw(before);
      address = before;
    }
    if (this.#freeSizes.has(address + size)) size += this.#withdraw(address + size);
    if (address + size === this.#top) this.#top = address;
    else this.#keep(address, size);
  }

  /** A free block that is large enough, cut to size. */
  #reuse(size: number): number | null {
    const own = classOf(size);
    const end = size < LARGE_BLOCK ? classOf(LARGE_BLOCK) : this.#free.length;
    for (let at = own; at < end; at++) {
      const list = this.#free[at];
      if (list === undefined) continue;
      for (let i = list.length - 1; i >= 0 && i >= list.length - LOOKED_AT; i--) {
        const address = list[i]!;
        const left = this.#freeSizes.get(address)! - size;
        if (left < 0) continue;
        this.#withdraw(address);
        if (left > 0) this.#keep(address + size, left);
        return address;
      }
    }
    return null;
  }

  /** Enters a block among the free ones. */
  #keep(address: number, size: number): void {
    (this.#free[classOf(size)] ??= []).push(address);
    this.#freeSizes.set(address, size);
    this.#freeEnds.set(address + size, address);
  }

  /** Takes a block from the free ones; returns its size. */
  #withdraw(address: number): number {
    const size = this.#freeSizes.get(address)!;
    const list = this.#free[classOf(size)]!;
    list.splice(list.lastIndexOf(address), 1);
    this.#freeSizes.delete(address);
    this.#freeEnds.delete(address + size);
    return size;
  }

  /** A block at the end, where the memory grows if it must; null where it cannot. */
  #extend(size: number): number | null {
    const address = this.#top;
    const missing = address + size + SLACK - this.memory.buffer.byteLength;
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / PAGE));
      } catch (cause) {
        this.#refused = cause;
        return null;
      }
      this.#view();
    }
    this.#top = address + size;
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

/** Classes of free blocks: four per power of two. */
function classOf(size: number): number {
  const power = Math.floor(Math.log2(size));
  return 4 * power + Math.floor(size / 2 ** (power - 2)) - 4;
}

/** Rounds up, so that a need that grows step by step is not met anew every time. */
function roomFor(bytes: number): number {
  if (bytes <= ALIGN) return ALIGN;
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
      this.#size = roomFor(bytes);
      this.#address = this.#heap.allocate(this.#size);
    }
    return this.#address;
  }
}
