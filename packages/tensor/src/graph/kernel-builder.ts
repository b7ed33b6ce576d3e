/**
 * KernelBuilder: collects the buffers and kernels of a program, and simplifies index spaces on the way.
 */
import { computeDType, type DType } from '../dtype.ts';
import type { BufferRole, BufferSpec, Kernel, Operand, Output, Stage } from '../kernel/kernel.ts';
import { load, walk, type ScalarExpr } from '../kernel/scalar.ts';
import { contiguousStrides, sameShape, sizeOf, type Shape } from '../shape.ts';
import type { Source } from '../ops/spec.ts';
import type { Graph } from './graph.ts';

/** A value to store and where. */
export interface Store {
  readonly target: Source;
  readonly expr: ScalarExpr;
}

/** An anchor: the index space of its accumulator, and how to make the kernel once the epilogue is known. */
export interface AnchorKernel {
  readonly space: Shape;
  build(operand: (source: Source) => Operand, operands: readonly Operand[], outputs: readonly Output[]): Kernel;
}

export interface ReduceSpec {
  readonly shape: Shape;
  readonly reduced: Shape;
  readonly sources: readonly Source[];
  readonly stages: readonly Stage[];
  readonly outputs: readonly Store[];
  readonly writes: readonly Store[];
}

/** Adds the kernels of a graph to a builder. */
export type LowerBody = (
  builder: KernelBuilder,
  graph: Graph,
  inputs: readonly Source[],
  targets: readonly Source[],
) => void;

export class KernelBuilder {
  readonly buffers: BufferSpec[] = [];
  readonly kernels: Kernel[] = [];
  readonly #lowerBody: LowerBody;

  constructor(lowerBody: LowerBody) {
    this.#lowerBody = lowerBody;
  }

  /** The kernels of a graph that reads and writes given memory; its temporaries are this builder's. */
  nested(graph: Graph, inputs: readonly Source[], targets: readonly Source[]): readonly Kernel[] {
    const outer = this.kernels.splice(0);
    try {
      this.#lowerBody(this, graph, inputs, targets);
      return this.kernels.splice(0);
    } finally {
      this.kernels.unshift(...outer);
    }
  }

  /** Declares a buffer and returns it as a contiguous source. */
  buffer(role: BufferRole, dtype: DType, shape: Shape): Source {
    const buffer = this.buffers.push({ role, dtype, size: sizeOf(shape) }) - 1;
    return { buffer, dtype, shape, strides: contiguousStrides(shape), offset: 0 };
  }

  operand({ buffer, dtype, offset, strides, iterationStride }: Source): Operand {
    return { buffer, dtype, offset, strides, ...(iterationStride === undefined ? {} : { iterationStride }) };
  }

  add(kernel: Kernel): void {
    this.kernels.push(kernel);
  }

  /** Nothing where both are the same memory. */
  copy(source: Source, target: Source): void {
    const { buffer, offset, strides } = source;
    if (buffer === target.buffer && offset === target.offset && sameShape(strides, target.strides)) return;
    this.map(source.shape, [source], [{ target, expr: load(0, computeDType(source.dtype)) }]);
  }

  /** A map over `shape`. Sources and targets carry one stride per axis, except sources read by `at`. */
  map(shape: Shape, sources: readonly Source[], stores: readonly Store[]): void {
    const exprs = stores.map(({ expr }) => expr);
    const space = collapse([shape], [sources, stores.map(({ target }) => target)], exprs);
    this.kernels.push({
      kind: 'map',
      shape: space.shapes[0]!,
      operands: space.groups[0]!.map((source) => this.operand(source)),
      outputs: stores.map(({ expr }, i) => ({ operand: this.operand(space.groups[1]![i]!), expr })),
    });
  }

  /** A staged reduce. Sources and writes carry strides of `[...shape, ...reduced]`, outputs those of `shape`. */
  reduce({ shape, reduced, sources, stages, outputs, writes }: ReduceSpec): void {
    const zeros = reduced.map(() => 0);
    const stores = [...outputs, ...writes].map(({ target }, i) =>
      i < outputs.length ? { ...target, strides: [...target.strides, ...zeros] } : target,
    );
    const exprs = [...stages, ...outputs, ...writes].map(({ expr }) => expr);
    const space = collapse([shape, reduced], [sources, stores], exprs);
    const kept = space.shapes[0]!.length;
    const output = ({ expr }: Store, i: number): Output => {
      const target = space.groups[1]![i]!;
      return {
        operand: this.operand(i < outputs.length ? { ...target, strides: target.strides.slice(0, kept) } : target),
        expr,
      };
    };
    const all = [...outputs, ...writes].map(output);
    this.kernels.push({
      kind: 'reduce',
      shape: space.shapes[0]!,
      reduced: space.shapes[1]!,
      operands: space.groups[0]!.map((source) => this.operand(source)),
      stages,
      outputs: all.slice(0, outputs.length),
      writes: all.slice(outputs.length),
    });
  }
}

interface Space {
  readonly shapes: readonly Shape[];
  readonly groups: readonly (readonly Source[])[];
}

/**
 * Drops size-1 axes and merges neighbours that every operand crosses without a gap. Axes of different parts (kept,
 * reduced) stay apart. Index spaces whose expressions look at positions are left as they are.
 */
function collapse(
  parts: readonly Shape[],
  groups: readonly (readonly Source[])[],
  exprs: readonly ScalarExpr[],
): Space {
  let positional = false;
  walk(exprs, (e) => (positional ||= e.kind === 'index' || e.kind === 'at'));
  if (positional) return { shapes: parts, groups };
  const all = groups.flat();
  const strides = all.map((): number[] => []);
  let axis = 0;
  const shapes = parts.map((part) => {
    const shape: number[] = [];
    let start = true;
    for (const size of part) {
      const here = axis++;
      if (size === 1) continue;
      const previous = shape.length - 1;
      const mergeable = !start && all.every((source, i) => strides[i]!.at(-1) === source.strides[here]! * size);
      if (mergeable) {
        shape[previous]! *= size;
        all.forEach((source, i) => (strides[i]![strides[i]!.length - 1] = source.strides[here]!));
      } else {
        shape.push(size);
        all.forEach((source, i) => strides[i]!.push(source.strides[here]!));
      }
      start = false;
    }
    return shape;
  });
  let next = 0;
  return { shapes, groups: groups.map((group) => group.map((source) => ({ ...source, strides: strides[next++]! }))) };
}
