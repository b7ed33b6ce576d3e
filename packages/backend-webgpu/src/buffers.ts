/**
 * Device buffers, and a pool that hands freed ones out again.
 */
import type { Buffer } from '@dl/tensor/backend';

/** GPU memory; `id` tells buffers apart in bind group caches. */
export class DeviceBuffer implements Buffer {
  readonly id: number;
  readonly byteLength: number;
  readonly gpu: GPUBuffer;

  constructor(id: number, byteLength: number, gpu: GPUBuffer) {
    this.id = id;
    this.byteLength = byteLength;
    this.gpu = gpu;
  }
}

const SMALLEST = 256;
/** Bytes of free buffers that are kept. */
const MAX_FREE = 256 * 2 ** 20;

/** Buffers by size class (powers of two). */
export class BufferPool {
  readonly #device: GPUDevice;
  readonly #free = new Map<number, GPUBuffer[]>();
  readonly #ids = new WeakMap<GPUBuffer, number>();
  #freeBytes = 0;
  #nextId = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  take(byteLength: number): DeviceBuffer {
    const size = Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(Math.max(byteLength, 1))));
    let gpu = this.#free.get(size)?.pop();
    if (gpu) {
      this.#freeBytes -= size;
    } else {
      gpu = this.#device.createBuffer({
        size,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      });
      this.#ids.set(gpu, this.#nextId++);
    }
    return new DeviceBuffer(this.#ids.get(gpu)!, byteLength, gpu);
  }

  /** Legal while work on the buffer is pending: whatever uses it next comes later in the command stream. */
  give({ gpu }: DeviceBuffer): void {
    // Beyond the limit the last reference goes, and the collector destroys the buffer after its work.
    if (this.#freeBytes + gpu.size > MAX_FREE) return;
    const list = this.#free.get(gpu.size);
    if (list) list.push(gpu);
    else this.#free.set(gpu.size, [gpu]);
    this.#freeBytes += gpu.size;
  }
}
