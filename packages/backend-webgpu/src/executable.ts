/**
 * A compiled program: a pipeline per kernel, also of kernels in loops; bind groups cached by the buffers they bind.
 */
import {
  BackendError,
  checkTrips,
  withoutCondition,
  type Buffer,
  type Executable,
  type Int,
  type Kernel,
  type LoopKernel,
  type Program,
} from '@dl/tensor/backend';
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

/** Kernels that one set of parameters serves, or a loop around such steps. */
type Step = { readonly kind: 'stages'; readonly stages: readonly Stage[] } | Repeat;

interface Repeat {
  readonly kind: 'loop';
  readonly loop: LoopKernel;
  /** Whether it could end early, so that its bound must be small. */
  readonly checked: boolean;
  readonly body: readonly Step[];
}

/** What a run knows. */
interface Frame {
  readonly bound: DeviceBuffer[];
  readonly words: number[];
  readonly resolve: (value: Int) => number;
}

const floats = new Float32Array(1);
const bits = new Int32Array(floats.buffer);

export class DeviceExecutable implements Executable {
  readonly #program: Program;
  readonly #commands: Commands;
  readonly #pool: BufferPool;
  readonly #steps: readonly Step[];
  readonly #stages: Stage[] = [];
  readonly #paramBytes: number;

  constructor(program: Program, commands: Commands, pool: BufferPool) {
    this.#program = program;
    this.#commands = commands;
    this.#pool = pool;
    this.#paramBytes = paramVectors(program) * 16;
    this.#steps = this.#compile(program.kernels);
  }

  #compile(kernels: readonly Kernel[]): readonly Step[] {
    const steps: Step[] = [];
    let open: Stage[] | null = null;
    for (const kernel of kernels) {
      if (kernel.kind === 'loop') {
        const loop = withoutCondition(kernel, this.#program.buffers);
        const checked = kernel.condition !== undefined;
        steps.push({ kind: 'loop', loop, checked, body: this.#compile(loop.body) });
        open = null;
      } else {
        const stage = this.#stage(printKernel(this.#program, kernel));
        this.#stages.push(stage);
        if (open) open.push(stage);
        else steps.push({ kind: 'stages', stages: (open = [stage]) });
      }
    }
    return steps;
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
    words.push(0, 0);
    this.#runSteps(this.#steps, { bound, words, resolve });
    // Later work comes later in the stream, so it may use these buffers again at once.
    temps.forEach((buffer) => this.#pool.give(buffer));
  }

  #runSteps(steps: readonly Step[], frame: Frame): void {
    for (const step of steps) {
      if (step.kind === 'loop') this.#runLoop(step, frame);
      else this.#dispatch(step.stages, frame);
    }
  }

  #runLoop({ loop, checked, body }: Repeat, frame: Frame): void {
    const { bound, words, resolve } = frame;
    const trip = resolve(loop.trip);
    if (checked) checkTrips(this.#program.name, trip, loop.body);
    const outer = words.at(-1)!;
    for (let step = 0; step < trip; step++) {
      words[words.length - 1] = loop.reverse ? trip - 1 - step : step;
      this.#runSteps(body, frame);
      for (const { current, next } of loop.carries) {
        [bound[current], bound[next]] = [bound[next]!, bound[current]!];
      }
    }
    words[words.length - 1] = outer;
  }

  #dispatch(stages: readonly Stage[], { bound, words, resolve }: Frame): void {
    const offset = this.#commands.writeParams(words, stages.length);
    for (const stage of stages) {
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
