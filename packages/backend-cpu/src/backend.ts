/**
 * The CPU backend.
 */
import { byteWidth, type Backend, type Capabilities, type DType } from '@dl/tensor/backend';
import { bytesOf, CpuBuffer, cpuBuffer, recycle } from './buffer.ts';
import { GeneratedExecutable, InterpretedExecutable } from './executable.ts';
import { canGenerate } from './generate.ts';
import { Heap, Scratch } from './memory/heap.ts';
import { features } from './wasm/features.ts';

const CAPABILITIES: Capabilities = {
  dtypes: new Set<DType>([
    'float32',
    'float64',
    'float16',
    'int32',
    'uint32',
    'int16',
    'uint16',
    'int8',
    'uint8',
    'bool',
  ]),
  kernels: new Set(['map', 'reduce', 'matmul', 'conv', 'scatter', 'cumulative', 'sort', 'loop']),
  composites: new Set(),
  dynamic: true,
  maxOperands: 64,
  memory: 'range',
  collected: true,
  bytesPerElement: byteWidth,
};

let shared: { readonly heap: Heap; readonly scratch: Scratch } | null = null;

/** The one heap of all CPU backends. */
function sharedHeap(): { readonly heap: Heap; readonly scratch: Scratch } {
  if (shared === null) {
    const heap = new Heap();
    shared = { heap, scratch: new Scratch(heap) };
  }
  return shared;
}

/** A CPU backend, with what it knows of its memory. */
export interface CpuBackend extends Backend {
  /** Bytes of the heap that have ever been in use. */
  heapBytes(): number;
}

/**
 * Makes a CPU backend: WebAssembly SIMD kernels generated for each program.
 * Without SIMD in the engine it computes the same results by interpretation, slowly, and says so.
 *
 * @example setBackend(cpu());
 */
export function cpu(): CpuBackend {
  const generates = features().simd;
  if (!generates) console.info('@dl/backend-cpu: this engine has no WebAssembly SIMD; computing without it, slowly');
  return {
    name: 'cpu',
    capabilities: CAPABILITIES,
    allocate: (byteLength) => new CpuBuffer(byteLength),
    free: (buffer) => {
      const own = cpuBuffer(buffer);
      if (own.bytes) recycle(own.bytes);
      own.bytes = null;
    },
    write: (buffer, data) => {
      const own = cpuBuffer(buffer);
      const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      if (own.bytes === null && source.length === own.byteLength) own.bytes = source.slice();
      else bytesOf(own).set(source);
    },
    read: async (buffer, dtype, offset, length) => copy(bytesOf(buffer), byteWidth(dtype), offset, length),
    readSync: (buffer, dtype, offset, length) => copy(bytesOf(buffer), byteWidth(dtype), offset, length),
    compile: (program) => {
      if (!generates || !canGenerate(program)) return new InterpretedExecutable(program);
      const { heap, scratch } = sharedHeap();
      return new GeneratedExecutable(program, heap, scratch);
    },
    heapBytes: () => sharedHeap().heap.top,
  };
}

function copy(bytes: Uint8Array, width: number, offset: number, length: number): ArrayBuffer {
  return bytes.slice(offset * width, (offset + length) * width).buffer as ArrayBuffer;
}
