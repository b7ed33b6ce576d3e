/**
 * Where the time of a program goes: each of its kernels is run by itself, again and again, and the best time counts.
 * Bodies of loops are run as loops of one kernel each.
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
import { formatFigure } from './table.ts';
import { randomFloats } from './workloads/report.ts';

/** A kernel's best time in milliseconds. */
export interface Timed {
  readonly kind: string;
  readonly label: string;
  readonly ms: number;
}

/** Runs of a kernel: at least some, then as many as fit into some milliseconds. */
const FEWEST = 8;
const MOST = 2000;

/** Times every kernel of a program on the CPU backend, each for about `budget` milliseconds. */
export function profileOf(program: Program, budget: number): Timed[] {
  return program.kernels.flatMap((kernel): Timed[] => {
    if (kernel.kind !== 'loop') {
      const ms = timeOf(program, kernel, budget);
      return [{ kind: kernel.kind, label: describe(kernel, ms, 1), ms }];
    }
    const { trip, reverse } = kernel;
    return bodiesOf(kernel)
      .flat()
      .map((inner): Timed => {
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

/** Shares by kind of kernel, then the kernels that take longest. */
export function formatProfile(timed: readonly Timed[], longest: number): string {
  const sum = (list: readonly Timed[]): number => list.reduce((total, { ms }) => total + ms, 0);
  const total = sum(timed);
  const kinds = [...new Set(timed.map(({ kind }) => kind))].map((kind) => {
    const list = timed.filter((one) => one.kind === kind);
    const share = `${((100 * sum(list)) / total).toFixed(0)} %`;
    return `${kind.padEnd(16)} ${String(list.length).padStart(4)} ${formatFigure(sum(list)).padStart(8)} ms ${share.padStart(5)}`;
  });
  const lines = timed
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, longest)
    .map(({ kind, label, ms }) => `${formatFigure(ms).padStart(8)} ms  ${kind.padEnd(16)} ${label}`);
  return [`${timed.length} kernels, ${formatFigure(total)} ms`, ...kinds, ...lines].join('\n');
}
