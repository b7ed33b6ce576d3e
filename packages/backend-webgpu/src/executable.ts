/**
 * A compiled program: a pipeline per kernel, bind groups cached by the buffers they bind.
 */
import { BackendError, type Buffer, type Executable, type Int, type Program } from '@dl/tensor/backend';
import type { BufferPool, DeviceBuffer } from './buffers.ts';
import type { Commands } from './commands.ts';
import { paramVectors, printKernel, WORKGROUP, type Shader } from './wgsl/kernel.ts';

const MAX_GROUPS = 64;

interface Stage {
  readonly shader: Shader;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly groups: Map<string, GPUBindGroup>;
}

const floats = new Float32Array(1);
const bits = new Int32Array(floats.buffer);

export class DeviceExecutable implements Executable {
  readonly #program: Program;
  readonly #commands: Commands;
  readonly #pool: BufferPool;
  readonly #stages: readonly Stage[];
  readonly #paramBytes: number;

  constructor(program: Program, commands: Commands, pool: BufferPool) {
    this.#program = program;
    this.#commands = commands;
    this.#pool = pool;
    this.#paramBytes = paramVectors(program) * 16;
    this.#stages = program.kernels.map((kernel) => this.#stage(printKernel(program, kernel)));
  }

  #stage(shader: Shader): Stage {
    const { device } = this.#commands;
    const { name: label } = this.#program;
    const most = device.limits.maxStorageBuffersPerShaderStage;
    if (shader.buffers.length > most) {
      throw new BackendError(
        `webgpu: a kernel of ${label} uses ${shader.buffers.length} buffers, the device allows ${most}; split the operation`,
      );
    }
    const visibility = GPUShaderStage.COMPUTE;
    const layout = device.createBindGroupLayout({
      entries: [
        {
          binding: 0,
          visibility,
          buffer: { type: 'uniform', hasDynamicOffset: true, minBindingSize: this.#paramBytes },
        },
        ...shader.buffers.map(({ write }, i) => ({
          binding: i + 1,
          visibility,
          buffer: { type: write ? ('storage' as const) : ('read-only-storage' as const) },
        })),
      ],
    });
    const pipeline = device.createComputePipeline({
      label,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: device.createShaderModule({ label, code: shader.code }), entryPoint: 'main' },
    });
    return { shader, pipeline, layout, groups: new Map() };
  }

  run(args: readonly Buffer[], params: readonly number[]): void {
    const { buffers, args: order, params: specs } = this.#program;
    const resolve = (value: Int): number => (typeof value === 'number' ? value : params[value.param]!);
    const bound = new Array<DeviceBuffer>(buffers.length);
    order.forEach((buffer, i) => (bound[buffer] = args[i] as DeviceBuffer));
    const temps: DeviceBuffer[] = [];
    buffers.forEach((spec, i) => {
      if (spec.role === 'temp') temps.push((bound[i] = this.#pool.take(resolve(spec.size) * 4)));
    });
    const words = specs.map(({ dtype }, i) => {
      if (dtype !== 'float32') return params[i]! | 0;
      floats[0] = params[i]!;
      return bits[0]!;
    });
    words.push(0);
    const offset = this.#commands.writeParams(words, this.#stages.length);
    for (const stage of this.#stages) {
      const count = stage.shader.shape.reduce<number>((size, n) => size * resolve(n), 1);
      if (count === 0) continue;
      const used = stage.shader.buffers.map(({ buffer }) => bound[buffer]!);
      this.#commands.dispatch(
        stage.pipeline,
        this.#group(stage, used),
        offset,
        Math.ceil(count / WORKGROUP),
        used.map((buffer) => buffer.id),
      );
    }
    // Later work comes later in the stream, so it may use these buffers again at once.
    temps.forEach((buffer) => this.#pool.give(buffer));
  }

  #group(stage: Stage, used: readonly DeviceBuffer[]): GPUBindGroup {
    const key = used.map((buffer) => buffer.id).join();
    let group = stage.groups.get(key);
    if (!group) {
      group = this.#commands.device.createBindGroup({
        layout: stage.layout,
        entries: [
          { binding: 0, resource: { buffer: this.#commands.params, size: this.#paramBytes } },
          ...used.map((buffer, i) => ({ binding: i + 1, resource: { buffer: buffer.gpu } })),
        ],
      });
      if (stage.groups.size >= MAX_GROUPS) stage.groups.clear();
      stage.groups.set(key, group);
    }
    return group;
  }

  dispose(): void {
    for (const stage of this.#stages) stage.groups.clear();
  }
}
