/**
 * Rewrites the integers of a program: sizes, strides and offsets, wherever they stand.
 */
import type { ConvAxis, Kernel, Operand, Output, Program } from './kernel.ts';
import { rewrite, type Int, type ScalarExpr } from './scalar.ts';

/** What an integer stands for. `fixed` ones decide the structure of the code (window sizes, strides of convolutions). */
export type IntRole = 'size' | 'stride' | 'offset' | 'fixed';

/** Returns the replacement of an integer. `buffer` is given for offsets and strides of operands. */
export type IntRewriter = (value: Int, role: IntRole, buffer: number | null) => Int;

/** Copies a program with every integer replaced. */
export function mapInts(program: Program, f: IntRewriter): Program {
  return {
    ...program,
    buffers: program.buffers.map((spec) => ({ ...spec, size: f(spec.size, 'size', null) })),
    kernels: program.kernels.map((kernel) => mapKernel(kernel, f)),
  };
}

function mapKernel(kernel: Kernel, f: IntRewriter): Kernel {
  const size = (value: Int): Int => f(value, 'size', null);
  const sizes = (list: readonly Int[]): Int[] => list.map(size);
  const operand = (o: Operand): Operand => ({
    ...o,
    offset: f(o.offset, 'offset', o.buffer),
    strides: o.strides.map((stride) => f(stride, 'stride', o.buffer)),
    ...(o.iterationStride === undefined ? {} : { iterationStride: f(o.iterationStride, 'stride', o.buffer) }),
  });
  const operands = (list: readonly Operand[]): Operand[] => list.map(operand);
  // All expressions of a kernel are rewritten together, so that nodes they share stay shared.
  const exprs = (list: readonly ScalarExpr[]): ScalarExpr[] =>
    rewrite(list, (e) => (e.kind === 'int' ? { ...e, value: f(e.value, 'size', null) } : e));
  const outputs = (list: readonly Output[], next: readonly ScalarExpr[]): Output[] =>
    list.map((output, i) => ({ operand: operand(output.operand), expr: next[i]! }));
  switch (kernel.kind) {
    case 'map':
      return {
        ...kernel,
        shape: sizes(kernel.shape),
        operands: operands(kernel.operands),
        outputs: outputs(kernel.outputs, exprs(kernel.outputs.map((o) => o.expr))),
      };
    case 'reduce': {
      const { stages, outputs: kept, writes } = kernel;
      const all = exprs([...stages, ...kept, ...writes].map((o) => o.expr));
      return {
        ...kernel,
        shape: sizes(kernel.shape),
        reduced: sizes(kernel.reduced),
        operands: operands(kernel.operands),
        stages: stages.map((stage, i) => ({ ...stage, expr: all[i]! })),
        outputs: outputs(kept, all.slice(stages.length)),
        writes: outputs(writes, all.slice(stages.length + kept.length)),
      };
    }
    case 'matmul':
      return {
        ...kernel,
        batch: sizes(kernel.batch),
        m: size(kernel.m),
        n: size(kernel.n),
        k: size(kernel.k),
        a: operand(kernel.a),
        b: operand(kernel.b),
        operands: operands(kernel.operands),
        outputs: outputs(kernel.outputs, exprs(kernel.outputs.map((o) => o.expr))),
      };
    case 'conv':
      return {
        ...kernel,
        groups: size(kernel.groups),
        batch: size(kernel.batch),
        channels: size(kernel.channels),
        features: size(kernel.features),
        axes: kernel.axes.map((axis) => mapAxis(axis, f)),
        lhs: operand(kernel.lhs),
        rhs: operand(kernel.rhs),
        operands: operands(kernel.operands),
        outputs: outputs(kernel.outputs, exprs(kernel.outputs.map((o) => o.expr))),
      };
    case 'scatter': {
      const all = exprs([...kernel.coords, kernel.value]);
      return {
        ...kernel,
        shape: sizes(kernel.shape),
        operands: operands(kernel.operands),
        target: operand(kernel.target),
        dims: sizes(kernel.dims),
        coords: all.slice(0, -1),
        value: all.at(-1)!,
      };
    }
    case 'cumulative':
      return {
        ...kernel,
        shape: sizes(kernel.shape),
        length: size(kernel.length),
        input: operand(kernel.input),
        output: operand(kernel.output),
      };
    case 'sort':
      return {
        ...kernel,
        shape: sizes(kernel.shape),
        length: size(kernel.length),
        input: operand(kernel.input),
        values: kernel.values && operand(kernel.values),
        indices: kernel.indices && operand(kernel.indices),
      };
    case 'routine':
      return {
        ...kernel,
        shapes: kernel.shapes.map(sizes),
        inputs: operands(kernel.inputs),
        outputs: operands(kernel.outputs),
      };
    case 'loop':
      return { ...kernel, trip: size(kernel.trip), body: kernel.body.map((inner) => mapKernel(inner, f)) };
    case 'switch':
      return {
        ...kernel,
        index: operand(kernel.index),
        branches: kernel.branches.map((branch) => branch.map((inner) => mapKernel(inner, f))),
      };
    default:
      return kernel satisfies never;
  }
}

function mapAxis(axis: ConvAxis, f: IntRewriter): ConvAxis {
  return {
    input: f(axis.input, 'size', null),
    output: f(axis.output, 'size', null),
    kernel: f(axis.kernel, 'fixed', null),
    stride: f(axis.stride, 'fixed', null),
    padLow: f(axis.padLow, 'fixed', null),
    lhsDilation: f(axis.lhsDilation, 'fixed', null),
    rhsDilation: f(axis.rhsDilation, 'fixed', null),
  };
}
