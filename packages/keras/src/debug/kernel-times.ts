/**
 * How long each kernel of a program takes when it runs alone.
 */
import { cpu } from '@dl/backend-cpu';
import {
  bodiesOf,
  buffersOf,
  type ConvAxis,
  type Int,
  type Kernel,
  type LoopKernel,
  type Program,
} from '@dl/tensor/backend';

/** A kernel of a program, and its best time when it runs alone, in milliseconds. */
export interface KernelTime {
  readonly kind: string;
  readonly label: string;
  readonly ms: number;
}

/** Runs of a kernel: at least some, then as many as fit into some milliseconds. */
const FEWEST = 8;
const MOST = 2000;

/**
 * Times every kernel of a program alone on the CPU backend, on made-up numbers, each for about `budget` milliseconds. Kernels
 * inside loops are run as loops of one kernel each.
 *
 * @example
 * const step = jit((x: Tensor) => x.exp().sum());
 * const times = kernelTimes(step.lower(ones([1000])).program, 1);
 */
export function kernelTimes(program: Program, budget: number): KernelTime[] {
  return program.kernels.flatMap((kernel): KernelTime[] => {
    if (kernel.kind !== 'loop') {
      const ms = timeOf(program, kernel, budget);
      return [{ kind: kernel.kind, label: describe(kernel, ms, 1), ms }];
    }
    const { trip, reverse } = kernel;
    return bodiesOf(kernel)
      .flat()
      .map((inner): KernelTime => {
        const alone: LoopKernel = { kind: 'loop', trip, reverse, carries: [], body: [inner] };
        const ms = timeOf(program, alone, budget);
        const label = `${Number(trip)} times ${describe(inner, ms, Number(trip))}`;
        return { kind: `loop of ${inner.kind}`, label, ms };
      });
  });
}

/** The best time of one kernel. All its buffers are state, which stays in the backend's own memory. */
function timeOf(program: Program, kernel: Kernel, budget: number): number {
  const backend = cpu();
  const used = [...buffersOf(kernel)];
  const buffers = program.buffers.map((spec, i) =>
    used.includes(i) ? { ...spec, role: 'state' as const } : { ...spec, role: 'temp' as const, size: 0 },
  );
  const executable = backend.compile({ ...program, name: kernel.kind, buffers, args: used, kernels: [kernel] });
  const args = used.map((i) => {
    const { dtype, size } = program.buffers[i]!;
    const buffer = backend.allocate(Number(size) * backend.capabilities.bytesPerElement(dtype));
    if (dtype === 'float32') backend.write(buffer, randomFloats(Number(size), i + 1), dtype);
    return buffer;
  });
  const params = program.params.map(() => 1);
  let best = Infinity;
  const end = performance.now() + budget;
  for (let i = 0; i < FEWEST || (i < MOST && performance.now() < end); i++) {
    const start = performance.now();
    executable.run(args, params);
    best = Math.min(best, performance.now() - start);
  }
  executable.dispose();
  for (const buffer of args) backend.free(buffer);
  return best;
}

const countOf = (sizes: readonly Int[]): number => sizes.reduce<number>((total, size) => total * Number(size), 1);

/** An axis of a convolution: how long it is before and after, stride, window, and dilations. */
function axisText({ input, output, stride, kernel, lhsDilation, rhsDilation }: ConvAxis): string {
  const spread = lhsDilation === 1 ? '' : ` spread ${Number(lhsDilation)}`;
  const dilated = rhsDilation === 1 ? '' : ` dilated ${Number(rhsDilation)}`;
  return `${Number(input)}→${Number(output)} by ${Number(kernel)}/${Number(stride)}${spread}${dilated}`;
}

/** A kernel in a few words, with the rate of products. */
function describe(kernel: Kernel, ms: number, times: number): string {
  const rate = (multiplications: number): string =>
    `${formatFigure((2 * multiplications * times) / (ms * 1e6))} GFLOP/s`;
  const list = (sizes: readonly Int[], by = ', '): string => sizes.map(Number).join(by);
  switch (kernel.kind) {
    case 'matmul': {
      const { batch, m, n, k, a, b } = kernel;
      const many = batch.length > 0 ? `${list(batch, ' × ')} of ` : '';
      const strides = [a, b].map((operand) => `(${list(operand.strides.slice(batch.length))})`).join(' ');
      return `${many}[${list([m, k])}] × [${list([k, n])}], strides ${strides}, ${rate(countOf([...batch, m, n, k]))}`;
    }
    case 'conv': {
      const { batch, axes, groups, features, channels } = kernel;
      const taps = axes.flatMap(({ output, kernel: taps }) => [output, taps]);
      const sizes = `${Number(groups)} × ${Number(channels)} → ${Number(features)}`;
      const rates = rate(countOf([batch, groups, features, channels, ...taps]));
      return `batch ${Number(batch)}, ${axes.map(axisText).join(', ')}, ${sizes}, ${rates}`;
    }
    case 'reduce': {
      const { shape, reduced, stages, operands, outputs, writes } = kernel;
      const ops = stages.map(({ op }) => op).join(', ');
      return `[${list(shape)}] over [${list(reduced)}], ${ops}; ${operands.length} in, ${outputs.length + writes.length} out`;
    }
    case 'map':
      return `[${list(kernel.shape)}]; ${kernel.operands.length} in, ${kernel.outputs.length} out`;
    default:
      return '';
  }
}

/** Numbers in [−1, 1). */
function randomFloats(count: number, seed: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    values[i] = state / 2 ** 31 - 1;
  }
  return values;
}

/** Three significant digits, without an exponent. */
export function formatFigure(value: number): string {
  const magnitude = Math.abs(value);
  return value.toFixed(magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : 3);
}
