/**
 * The reference backend: interprets the kernel IR in host memory. Slow, readable, and the oracle of every test.
 */
import { byteWidth, DTYPES, viewBytes, type DType, type TypedArray } from '../../dtype.ts';
import type { Program } from '../../kernel/kernel.ts';
import type { Backend, Buffer, Capabilities, Executable } from '../backend.ts';
import { BackendError } from '../../errors.ts';
import { resolve, type Frame } from './evaluate.ts';
import { runKernel, type MutableFrame } from './kernels.ts';

/** Host memory. */
class HostBuffer implements Buffer {
  readonly bytes: Uint8Array;

  constructor(byteLength: number) {
    this.bytes = new Uint8Array(byteLength);
  }

  get byteLength(): number {
    return this.bytes.byteLength;
  }
}

const CAPABILITIES: Capabilities = {
  dtypes: new Set(DTYPES),
  kernels: new Set(['map', 'reduce', 'matmul', 'conv', 'scatter', 'cumulative', 'sort', 'loop', 'switch']),
  composites: new Set(),
  dynamic: true,
  maxOperands: Infinity,
  memory: 'buffer',
  collected: true,
  bytesPerElement: byteWidth,
};

function hostBytes(buffer: Buffer): Uint8Array {
  if (buffer instanceof HostBuffer) return buffer.bytes;
  throw new BackendError('reference: got a buffer that another backend made');
}

/** Interprets `program` over typed arrays; a whole backend's `compile` for host memory can be built on this. */
export function interpret(program: Program, args: readonly TypedArray[], params: readonly number[]): void {
  const sizing: Frame = { arrays: [], params, iteration: 0 };
  const arrays = program.buffers.map((spec) => {
    const size = spec.role === 'temp' ? resolve(spec.size, sizing) : 0;
    return viewBytes(spec.dtype, new ArrayBuffer(size * byteWidth(spec.dtype)));
  });
  program.args.forEach((buffer, i) => (arrays[buffer] = args[i]!));
  const frame: MutableFrame = { arrays, params, iteration: 0 };
  for (const kernel of program.kernels) runKernel(kernel, frame);
}

/**
 * Makes a reference backend.
 *
 * @example
 * setBackend(reference());
 */
export function reference(): Backend {
  return {
    name: 'reference',
    capabilities: CAPABILITIES,
    allocate: (byteLength) => new HostBuffer(byteLength),
    free: () => {},
    write: (buffer, data) => {
      hostBytes(buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    },
    read: async (buffer, dtype, offset, length) => readBytes(buffer, dtype, offset, length),
    readSync: readBytes,
    compile: (program): Executable => ({
      run: (args, params) => {
        const arrays = args.map((buffer, i) => {
          const { dtype } = program.buffers[program.args[i]!]!;
          return viewBytes(dtype, hostBytes(buffer).buffer);
        });
        interpret(program, arrays, params);
      },
      dispose: () => {},
    }),
  };
}

function readBytes(buffer: Buffer, dtype: DType, offset: number, length: number): ArrayBuffer {
  const width = byteWidth(dtype);
  return hostBytes(buffer).slice(offset * width, (offset + length) * width).buffer as ArrayBuffer;
}
