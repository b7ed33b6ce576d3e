/**
 * CPU buffers: ordinary typed arrays that the JS collector owns. Large ones that are freed are handed out again, because
 * touching fresh pages costs more than most kernels.
 */
import { BackendError, type Buffer } from '@dl/tensor/backend';

export class CpuBuffer implements Buffer {
  readonly byteLength: number;
  /** Null until something is written: outputs are made by copying from the heap. */
  bytes: Uint8Array | null = null;

  constructor(byteLength: number) {
    this.byteLength = byteLength;
  }
}

export function cpuBuffer(buffer: Buffer): CpuBuffer {
  if (buffer instanceof CpuBuffer) return buffer;
  throw new BackendError('cpu: got a buffer that another backend made');
}

/** The bytes of a buffer, which are zeros if nothing was written. */
export function bytesOf(buffer: Buffer): Uint8Array {
  const own = cpuBuffer(buffer);
  return (own.bytes ??= new Uint8Array(own.byteLength));
}

/** Smaller arrays are cheaper to make than to look up. */
const SMALLEST = 64 * 1024;
const MAX_KEPT = 512 * 2 ** 20;
const kept = new Map<number, Uint8Array[]>();
let keptBytes = 0;

/** An array with undefined contents, or null when making one by copying is better. */
export function recycled(byteLength: number): Uint8Array | null {
  const bytes = kept.get(byteLength)?.pop();
  if (!bytes) return null;
  keptBytes -= byteLength;
  return bytes;
}

/** Takes an array back. */
export function recycle(bytes: Uint8Array): void {
  const { byteLength } = bytes;
  if (byteLength < SMALLEST || keptBytes + byteLength > MAX_KEPT) return;
  const list = kept.get(byteLength);
  if (list) list.push(bytes);
  else kept.set(byteLength, [bytes]);
  keptBytes += byteLength;
}
