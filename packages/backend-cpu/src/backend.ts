/**
 * The CPU backend.
 */
import { byteWidth, type Backend, type Capabilities, type DType, type KernelKind } from '@dl/tensor/backend';
import { CpuBuffer, cpuBuffer } from './buffer.ts';
import { GeneratedExecutable, InterpretedExecutable } from './program/executable.ts';
import { runtime } from './runtime.ts';
import { configure, hasSimd, type CpuSettings } from './settings.ts';

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
  kernels: new Set<KernelKind>(['map', 'reduce', 'matmul', 'conv', 'scatter', 'cumulative', 'sort', 'loop', 'switch']),
  composites: new Set(),
  dynamic: true,
  maxOperands: 64,
  memory: 'range',
  collected: true,
  bytesPerElement: byteWidth,
};

/** A CPU backend, with what it knows of its memory. */
export interface CpuBackend extends Backend {
  /** Bytes from the start of the heap to its highest block; the heap is one for all CPU backends. */
  heapBytes(): number;
}

/**
 * Makes a CPU backend: WebAssembly SIMD kernels generated for each program.
 * Without SIMD in the engine it computes the same results by interpretation, slowly, and says so.
 *
 * @param options Settings, as for {@link configure}.
 * @example setBackend(cpu());
 */
export function cpu(options: CpuSettings = {}): CpuBackend {
  configure(options);
  const generates = hasSimd();
  if (!generates) console.info('@dl/backend-cpu: this engine has no WebAssembly SIMD; computing without it, slowly');
  return {
    name: 'cpu',
    capabilities: CAPABILITIES,
    allocate: (byteLength) => new CpuBuffer(byteLength),
    free: (buffer) => cpuBuffer(buffer).free(),
    write: (buffer, data) => {
      const own = cpuBuffer(buffer);
      const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      if (generates && source.length === own.byteLength) own.settle(runtime().heap, false);
      (source.length === own.byteLength ? own.target() : own.host()).set(source);
    },
    read: async (buffer, dtype, offset, length) => copy(cpuBuffer(buffer), byteWidth(dtype), offset, length),
    readSync: (buffer, dtype, offset, length) => copy(cpuBuffer(buffer), byteWidth(dtype), offset, length),
    compile: (program) => {
      if (!generates) return new InterpretedExecutable(program);
      return new GeneratedExecutable(program, runtime());
    },
    dispose: () => runtime().team.dismiss(),
    heapBytes: () => runtime().heap.top,
  };
}

function copy(buffer: CpuBuffer, width: number, offset: number, length: number): ArrayBuffer {
  const out = new Uint8Array(length * width);
  out.set(buffer.host().subarray(offset * width, (offset + length) * width));
  return out.buffer;
}
