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
import { renameBuffers } from '../kernel/rename-buffers.ts';
import { walk, type Int } from '../kernel/scalar.ts';

/** Removes copies into state buffers; those that cannot be avoided stay. */
export function aliasState(program: Program): Program {
  const places = new Places(program);
  for (const kernel of program.kernels) {
    const copy = stateCopy(program, kernel);
    if (copy) places.merge(kernel, copy);
  }
  return places.program();
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

/** A kernel with the buffers it touches, under the names they have by now. */
interface Item {
  readonly kernel: Kernel;
  readonly touched: Set<number>;
  readonly written: Set<number>;
}

/** The kernels of a program while temporaries take the places of state. */
class Places {
  readonly #program: Program;
  readonly #items: Item[];
  /** Temporaries that are computed in state buffers. */
  readonly #merged = new Map<number, number>();

  constructor(program: Program) {
    this.#program = program;
    this.#items = program.kernels.map((kernel) => ({
      kernel,
      touched: buffersOf(kernel),
      written: new Set(writtenBy(kernel)),
    }));
  }

  /** Computes `from` in `to` and drops the copy, unless the old value is needed too long. */
  merge(copy: Kernel, { from, to }: StateCopy): void {
    const items = this.#items;
    // The state buffer may hold a temporary already that this one was copied from.
    if (this.#merged.has(from)) return;
    const at = items.findIndex(({ kernel }) => kernel === copy);
    const [own] = items.splice(at, 1) as [Item];
    if (this.#enter(from, to)) return;
    items.splice(at, 0, own);
  }

  #enter(from: number, to: number): boolean {
    const items = this.#items;
    const first = items.findIndex(({ touched }) => touched.has(from));
    if (first < 0) return false;
    const writer = items[first]!;
    if (writer.touched.has(to) && !readsInStep(writer.kernel, (buffer) => this.#name(buffer), from, to)) return false;
    const last = items.findLastIndex((item) => item !== writer && item.touched.has(to));
    if (last > first) {
      for (let i = first + 1; i <= last; i++) if (!independent(writer, items[i]!)) return false;
      items.splice(last + 1, 0, writer);
      items.splice(first, 1);
    }
    for (const { touched, written } of items) {
      if (touched.delete(from)) touched.add(to);
      if (written.delete(from)) written.add(to);
    }
    this.#merged.set(from, to);
    return true;
  }

  #name(buffer: number): number {
    return this.#merged.get(buffer) ?? buffer;
  }

  program(): Program {
    if (this.#merged.size === 0) return this.#program;
    const kernels = this.#items.map(({ kernel }) => kernel);
    return {
      ...this.#program,
      kernels: kernels.map((kernel) => renameBuffers(kernel, (buffer) => this.#name(buffer))),
    };
  }
}

/** Whether two kernels may change places. */
function independent(a: Item, b: Item): boolean {
  for (const buffer of a.touched) if (b.written.has(buffer)) return false;
  for (const buffer of b.touched) if (a.written.has(buffer)) return false;
  return true;
}

/** Whether a kernel reads an element of `to` only where it writes the same element of `from`. */
function readsInStep(kernel: Kernel, name: (buffer: number) => number, from: number, to: number): boolean {
  if (kernel.kind !== 'map' && kernel.kind !== 'reduce' && kernel.kind !== 'matmul' && kernel.kind !== 'conv')
    return false;
  const { operands } = kernel;
  const { shape, factors } = spaceOf(kernel);
  if (factors.some(({ buffer }) => name(buffer) === to)) return false;
  const slots = operands.flatMap(({ buffer }, slot) => (name(buffer) === to ? [slot] : []));
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
