/**
 * Getting a GPU device: the browser's, or Dawn's in Node through the optional `webgpu` package.
 */
import { BackendError } from '@dl/tensor/backend';

/** Options of `webgpu()`. */
export interface WebGpuOptions {
  /** A device to use instead of asking for one. Whoever made it keeps it alive, and in Node its adapter and `GPU` too. */
  readonly device?: GPUDevice;
  /** Which adapter to ask for. */
  readonly powerPreference?: GPUPowerPreference;
  /**
   * Flags for Dawn in Node, by default `['backend=vulkan']`; environments with WebGPU of their own ignore them.
   * `['backend=null']` needs no driver: it validates shaders and dispatches, and computes nothing.
   */
  readonly flags?: readonly string[];
}

interface DawnModule {
  create(flags: string[]): GPU;
  readonly globals: Readonly<Record<string, unknown>>;
}

async function gpuOf({ flags = ['backend=vulkan'] }: WebGpuOptions): Promise<GPU> {
  const { gpu } = (globalThis.navigator ?? {}) as { readonly gpu?: GPU };
  if (gpu) return gpu;
  // Named through a variable, so that bundlers for browsers do not look for it.
  const name = 'webgpu';
  let dawn: DawnModule;
  try {
    dawn = (await import(/* @vite-ignore */ name)) as DawnModule;
  } catch (cause) {
    throw new BackendError('webgpu: this environment has no WebGPU; in Node, install the optional package "webgpu"', {
      cause,
    });
  }
  Object.assign(globalThis, dawn.globals);
  return dawn.create([...flags]);
}

/** A device and the objects that must live as long as it. */
export interface Acquired {
  readonly device: GPUDevice;
  readonly keep: unknown;
}

/**
 * Asks for a device with the adapter's limits on buffers.
 *
 * @throws BackendError when there is no WebGPU or no adapter.
 */
export async function acquireDevice(options: WebGpuOptions): Promise<Acquired> {
  if (options.device) return { device: options.device, keep: null };
  const gpu = await gpuOf(options);
  const adapter = await gpu.requestAdapter(options.powerPreference ? { powerPreference: options.powerPreference } : {});
  if (!adapter) {
    throw new BackendError(
      'webgpu: no adapter; enable WebGPU in the browser, or install a Vulkan driver (Mesa 24 or later has a software one)',
    );
  }
  const { maxStorageBuffersPerShaderStage, maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: { maxStorageBuffersPerShaderStage, maxStorageBufferBindingSize, maxBufferSize },
  });
  return { device, keep: [gpu, adapter] };
}
