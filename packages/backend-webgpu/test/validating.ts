/**
 * A backend that computes on the host while Dawn's null device checks every buffer, shader and dispatch that WebGPU
 * would have run. Numbers are the reference's, so that whole cases and training runs go their ordinary way.
 */
import { webgpu, type WebGpuBackend } from '@dl/backend-webgpu';
import { byteWidth, interpret, viewBytes, type Backend, type Buffer } from '@dl/tensor/backend';

interface Twin extends Buffer {
  readonly host: ArrayBuffer;
  readonly device: Buffer;
}

/** The limits that the backend asks for. */
type Limits = Partial<Pick<GPUSupportedLimits, 'maxStorageBuffersPerShaderStage' | 'maxComputeWorkgroupsPerDimension'>>;

const twin = (buffer: Buffer): Twin => buffer as Twin;

/** A backend under validation. `fence` rejects with the first error that the device reported since the last one. */
export interface Validating extends Backend {
  readonly device: WebGpuBackend;
  /** Dawn's objects die with their last reference. */
  readonly keep: unknown;
  fence(): Promise<void>;
}

/** The device, claiming lower limits than it has. */
function limited(device: GPUDevice, limits: Limits): GPUDevice {
  const { maxStorageBuffersPerShaderStage, maxComputeWorkgroupsPerDimension } = device.limits;
  const all = { maxStorageBuffersPerShaderStage, maxComputeWorkgroupsPerDimension, ...limits };
  return new Proxy(device, {
    get: (target, key) => {
      if (key === 'limits') return all;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Makes one, whose device may claim lower limits than Dawn's. */
export async function validating(limits: Limits = {}): Promise<Validating> {
  const whole = await webgpu({ flags: ['backend=null'] });
  const device = await webgpu({ device: limited(whole.device, limits) });
  return {
    keep: whole,
    name: 'validated webgpu',
    capabilities: device.capabilities,
    device,
    // Words are at least as wide as the host's elements.
    allocate: (byteLength): Twin => ({
      byteLength,
      host: new ArrayBuffer(byteLength),
      device: device.allocate(byteLength),
    }),
    free: (buffer) => device.free(twin(buffer).device),
    write: (buffer, data, dtype) => {
      new Uint8Array(twin(buffer).host).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      device.write(twin(buffer).device, data, dtype);
    },
    read: async (buffer, dtype, offset, length) => {
      await device.read(twin(buffer).device, dtype, offset, length);
      return twin(buffer).host.slice(offset * byteWidth(dtype), (offset + length) * byteWidth(dtype));
    },
    compile: (program) => {
      const executable = device.compile(program);
      return {
        run: (args, params) => {
          executable.run(
            args.map((buffer) => twin(buffer).device),
            params,
          );
          const arrays = args.map((buffer, i) =>
            viewBytes(program.buffers[program.args[i]!]!.dtype, twin(buffer).host),
          );
          interpret(program, arrays, params);
        },
        dispose: () => executable.dispose(),
      };
    },
    fence: () => device.fence!(),
    dispose: () => device.dispose(),
  };
}
