/**
 * The WebGPU backend: map and reduce as compute shaders, loops as dispatches of these; everything else is lowered to them.
 */
import {
  BackendError,
  legalize,
  splitWide,
  type Backend,
  type Buffer,
  type Capabilities,
  type DType,
} from '@dl/tensor/backend';
import { BufferPool, DeviceBuffer } from './buffers.ts';
import { Commands } from './commands.ts';
import { acquireDevice, type WebGpuOptions } from './device.ts';
import { DeviceExecutable } from './executable.ts';
import { fromWords, toWords } from './words.ts';

/** A WebGPU backend, with counters for budgets. */
export interface WebGpuBackend extends Backend {
  readonly device: GPUDevice;
  /** Dispatches and queue submissions so far. */
  stats(): { readonly dispatches: number; readonly submits: number };
  dispose(): void;
}

function deviceBuffer(buffer: Buffer): DeviceBuffer {
  if (buffer instanceof DeviceBuffer) return buffer;
  throw new BackendError('webgpu: got a buffer that another backend made');
}

function capabilitiesOf(device: GPUDevice): Capabilities {
  return {
    dtypes: new Set<DType>(['float32', 'float16', 'int32', 'uint32', 'int16', 'uint16', 'int8', 'uint8', 'bool']),
    kernels: new Set(['map', 'reduce', 'loop']),
    legalize,
    splitWide,
    composites: new Set(),
    dynamic: true,
    maxOperands: device.limits.maxStorageBuffersPerShaderStage,
    memory: 'buffer',
    collected: false,
    bytesPerElement: () => 4,
  };
}

/**
 * Makes a WebGPU backend. float64 is not available; 8- and 16-bit types and bool take 32-bit words on the device.
 *
 * @throws BackendError when there is no WebGPU or no adapter, and from reads after the device reported an error.
 * @example setBackend(await webgpu());
 */
export async function webgpu(options: WebGpuOptions = {}): Promise<WebGpuBackend> {
  const { device, keep } = await acquireDevice(options);
  const commands = new Commands(device);
  const pool = new BufferPool(device);
  const backend: WebGpuBackend & { readonly keep: unknown } = {
    name: 'webgpu',
    device,
    // Dawn's objects die with their last reference.
    keep,
    capabilities: capabilitiesOf(device),
    allocate: (byteLength) => pool.take(byteLength),
    free: (buffer) => pool.give(deviceBuffer(buffer)),
    write: (buffer, data, dtype) => {
      if (data.byteLength === 0) return;
      // Queue writes overtake dispatches that are not submitted yet.
      if (commands.isBusy(deviceBuffer(buffer).id)) commands.flush();
      const words = toWords(data, dtype);
      device.queue.writeBuffer(deviceBuffer(buffer).gpu, 0, words.buffer, words.byteOffset, words.byteLength);
    },
    read: async (buffer, dtype, offset, length) =>
      fromWords(await commands.read(deviceBuffer(buffer).gpu, offset * 4, length * 4), dtype),
    compile: (program) => new DeviceExecutable(program, commands, pool),
    fence: async () => {
      commands.flush();
      await device.queue.onSubmittedWorkDone();
      commands.check();
    },
    stats: () => ({ dispatches: commands.dispatches, submits: commands.submits }),
    dispose: () => device.destroy(),
  };
  return backend;
}
