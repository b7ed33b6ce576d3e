/**
 * What a compiled function consists of, as text for people.
 */
import { printGraph } from '../graph/graph.ts';
import { buffersOf, writtenBy } from '../kernel/inspect.ts';
import type { Int } from '../kernel/scalar.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Compiled } from './compiled.ts';

const sizes = (list: readonly Int[]): string =>
  `[${list.map((n) => (typeof n === 'number' ? n : `p${n.param}`)).join(', ')}]`;

function spaceOf(kernel: Kernel): string {
  switch (kernel.kind) {
    case 'map':
      return sizes(kernel.shape);
    case 'reduce':
      return `${sizes(kernel.shape)} over ${sizes(kernel.reduced)}, ${kernel.stages.map(({ op }) => op).join(' then ')}`;
    case 'matmul':
      return `${kernel.batch.length > 0 ? `${sizes(kernel.batch)} × ` : ''}${sizes([kernel.m, kernel.k])} × ${sizes([kernel.k, kernel.n])}`;
    case 'conv':
      return `${sizes([kernel.batch, ...kernel.axes.map(({ output }) => output), kernel.groups, kernel.features])}, window ${sizes(kernel.axes.map((axis) => axis.kernel))} × ${sizes([kernel.channels])}`;
    case 'scatter':
      return `${kernel.op} ${sizes(kernel.shape)}`;
    case 'cumulative':
    case 'sort':
      return sizes([...kernel.shape, kernel.length]);
    case 'routine':
      return kernel.name;
    case 'loop':
      return `${typeof kernel.trip === 'number' ? kernel.trip : `p${kernel.trip.param}`} times { ${kernel.body.map(({ kind }) => kind).join(', ')} }`;
    case 'switch':
      return kernel.branches.map((branch) => `{ ${branch.map(({ kind }) => kind).join(', ')} }`).join(' or ');
    default:
      return kernel satisfies never;
  }
}

function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 2 ** 20 ? `${(bytes / 1024).toFixed(1)} kB` : `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

/** Graph, kernels and buffers of a program. */
export function explainCompiled({ name, backend, graph, program, prelude, variables }: Compiled): string {
  const { buffers, kernels } = program;
  const bytes = (i: number): number =>
    Number(buffers[i]!.size) * backend.capabilities.bytesPerElement(buffers[i]!.dtype);
  const used = new Set(kernels.flatMap((kernel) => [...buffersOf(kernel)]));
  const total = (role: string): string => {
    const mine = buffers.map((_, i) => i).filter((i) => buffers[i]!.role === role && used.has(i));
    return `${mine.length} ${role} (${formatBytes(mine.reduce((sum, i) => sum + bytes(i), 0))})`;
  };
  const describe = (kernel: Kernel, i: number): string => {
    const written = writtenBy(kernel);
    const read = [...buffersOf(kernel)].filter((buffer) => !written.has(buffer));
    return `  ${String(i).padStart(3)}  ${kernel.kind} ${spaceOf(kernel)}   ${read.map((b) => `b${b}`).join(' ')} → ${[...written].map((b) => `b${b}`).join(' ')}`;
  };
  const places = buffers.flatMap(({ role, dtype, size }, i) =>
    used.has(i) ? [`  b${i}  ${role} ${dtype}[${Number(size)}] ${formatBytes(bytes(i))}`] : [],
  );
  const state = variables.map(
    ({ variable, assigned }) => `  ${assigned === null ? 'reads  ' : 'updates'} ${variable.toString()}`,
  );
  return [
    `${name} on ${backend.name}: ${graph.nodes.length} ops, ${kernels.length} kernels; buffers: ${['input', 'output', 'state', 'temp'].map(total).join(', ')}`,
    'graph',
    ...printGraph(graph)
      .split('\n')
      .map((line) => `  ${line}`),
    ...(state.length > 0 ? ['variables', ...state] : []),
    ...(prelude
      ? [
          'prelude, when a Variable that is only read has changed',
          ...prelude.kernels.map((kernel) => `       ${kernel.kind} ${spaceOf(kernel)}`),
        ]
      : []),
    'kernels',
    ...kernels.map(describe),
    'buffers',
    ...places,
  ].join('\n');
}
