/**
 * State in place: values that a program copies into its state at the end are computed there at once, where nothing
 * needs the old value any more. Kernels that overwrite state move behind those that read it.
 */
import { buffersOf, exprsOf, writtenBy } from '../kernel/inspect.ts';
import type {
  ConvKernel,
  Kernel,
  MapKernel,
  MatmulKernel,
  Operand,
  Output,
  Program,
  ReduceKernel,
} from '../kernel/kernel.ts';
import { renameBuffer } from '../kernel/map-operands.ts';
import { walk, type Int } from '../kernel/scalar.ts';

/** Removes copies into state buffers; those that cannot be avoided stay. */
export function aliasState(program: Program): Program {
  let current = program;
  for (let at = 0; at < current.kernels.length; at++) {
    const copy = stateCopy(current, current.kernels[at]!);
    const next = copy && withoutCopy(current, current.kernels[at]!, copy);
    if (!next) continue;
    current = next;
    at--;
  }
  return current;
}

interface StateCopy {
  readonly from: number;
  readonly to: number;
}

/** What a kernel copies, if it does nothing but copy a whole temporary into a state buffer. */
function stateCopy({ buffers }: Program, kernel: Kernel): StateCopy | null {
  if (kernel.kind !== 'map' || kernel.outputs.length !== 1 || kernel.operands.length !== 1) return null;
  const [source] = kernel.operands;
  const [{ operand: target, expr }] = kernel.outputs as [Output];
  if (expr.kind !== 'load' || !sameAccess(source!, target, kernel.shape)) return null;
  const [from, to] = [buffers[source!.buffer]!, buffers[target.buffer]!];
  if (from.role !== 'temp' || to.role !== 'state' || from.dtype !== to.dtype || from.size !== to.size) return null;
  const size = kernel.shape.reduce<number>((total, n) => (typeof n === 'number' ? total * n : NaN), 1);
  return size === to.size && target.offset === 0 ? { from: source!.buffer, to: target.buffer } : null;
}

/** The program with `from` computed in `to`, or null where the old value is needed too long. */
function withoutCopy(program: Program, copy: Kernel, { from, to }: StateCopy): Program | null {
  const kernels = program.kernels.filter((kernel) => kernel !== copy);
  const first = kernels.findIndex((kernel) => buffersOf(kernel).has(from));
  if (first < 0) return null;
  const writer = kernels[first]!;
  if (buffersOf(writer).has(to) && !readsInStep(writer, from, to)) return null;
  const lastUse = kernels.findLastIndex((kernel) => kernel !== writer && buffersOf(kernel).has(to));
  if (lastUse > first) {
    if (!kernels.slice(first + 1, lastUse + 1).every((kernel) => independent(writer, kernel))) return null;
    kernels.splice(lastUse + 1, 0, writer);
    kernels.splice(first, 1);
  }
  return renameBuffer({ ...program, kernels }, from, to);
}

/** Whether two kernels may change places. */
function independent(a: Kernel, b: Kernel): boolean {
  const [writtenA, writtenB] = [writtenBy(a), writtenBy(b)];
  for (const buffer of buffersOf(a)) if (writtenB.has(buffer)) return false;
  for (const buffer of buffersOf(b)) if (writtenA.has(buffer)) return false;
  return true;
}

/** Whether a kernel reads an element of `to` only where it writes the same element of `from`. */
function readsInStep(kernel: Kernel, from: number, to: number): boolean {
  if (kernel.kind !== 'map' && kernel.kind !== 'reduce' && kernel.kind !== 'matmul' && kernel.kind !== 'conv')
    return false;
  const { operands } = kernel;
  const { shape, factors } = spaceOf(kernel);
  if (factors.some(({ buffer }) => buffer === to)) return false;
  const slots = operands.flatMap(({ buffer }, slot) => (buffer === to ? [slot] : []));
  let looked = false;
  walk(exprsOf(kernel), (e) => (looked ||= e.kind === 'at' && slots.includes(e.operand)));
  if (looked) return false;
  const targetsOf = (outputs: readonly Output[]): Operand[] =>
    outputs.flatMap(({ operand }) => (operand.buffer === from ? [operand] : []));
  let targets = targetsOf(kernel.outputs);
  if (kernel.kind === 'reduce') {
    // What the outputs overwrite must not be read by the writes that follow.
    if (targets.length > 0 && kernel.writes.length > 0) return false;
    const zeros = kernel.reduced.map(() => 0);
    targets = [
      ...targets.map((target) => ({ ...target, strides: [...target.strides, ...zeros] })),
      ...targetsOf(kernel.writes),
    ];
  }
  return slots.every((slot) => targets.every((target) => sameAccess(operands[slot]!, target, shape)));
}

/** The index space of a kernel that stores element by element, and what it reads in other orders. */
function spaceOf(kernel: MapKernel | ReduceKernel | MatmulKernel | ConvKernel): {
  readonly shape: readonly Int[];
  readonly factors: readonly Operand[];
} {
  switch (kernel.kind) {
    case 'map':
      return { shape: kernel.shape, factors: [] };
    case 'reduce':
      return { shape: [...kernel.shape, ...kernel.reduced], factors: [] };
    case 'matmul':
      return { shape: [...kernel.batch, kernel.m, kernel.n], factors: [kernel.a, kernel.b] };
    case 'conv':
      return {
        shape: [kernel.batch, ...kernel.axes.map(({ output }) => output), kernel.groups, kernel.features],
        factors: [kernel.lhs, kernel.rhs],
      };
    default:
      return kernel satisfies never;
  }
}

/** Whether two operands walk their buffers alike; axes of size 1 do not matter. */
function sameAccess(a: Operand, b: Operand, shape: readonly Int[]): boolean {
  return (
    a.offset === b.offset &&
    a.iterationStride === undefined &&
    b.iterationStride === undefined &&
    a.strides.length === b.strides.length &&
    a.strides.every((stride, axis) => shape[axis] === 1 || stride === b.strides[axis])
  );
}
