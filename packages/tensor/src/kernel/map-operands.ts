/**
 * Rewrites which memory kernels use: operands, loads and stores alike, the carries of loops, the outputs of switches.
 */
import type { Kernel, Operand, Output, Program } from './kernel.ts';
import { mapBodies } from './nested.ts';

/** Copies a kernel with every operand replaced by `f` of it. */
export function mapOperands(kernel: Kernel, f: (operand: Operand) => Operand): Kernel {
  const outputs = (list: readonly Output[]): Output[] =>
    list.map(({ operand, expr }) => ({ operand: f(operand), expr }));
  switch (kernel.kind) {
    case 'map':
      return { ...kernel, operands: kernel.operands.map(f), outputs: outputs(kernel.outputs) };
    case 'reduce':
      return {
        ...kernel,
        operands: kernel.operands.map(f),
        outputs: outputs(kernel.outputs),
        writes: outputs(kernel.writes),
      };
    case 'matmul':
      return {
        ...kernel,
        a: f(kernel.a),
        b: f(kernel.b),
        operands: kernel.operands.map(f),
        outputs: outputs(kernel.outputs),
      };
    case 'conv':
      return {
        ...kernel,
        lhs: f(kernel.lhs),
        rhs: f(kernel.rhs),
        operands: kernel.operands.map(f),
        outputs: outputs(kernel.outputs),
      };
    case 'scatter':
      return { ...kernel, operands: kernel.operands.map(f), target: f(kernel.target) };
    case 'cumulative':
      return { ...kernel, input: f(kernel.input), output: f(kernel.output) };
    case 'sort':
      return {
        ...kernel,
        input: f(kernel.input),
        values: kernel.values && f(kernel.values),
        indices: kernel.indices && f(kernel.indices),
      };
    case 'routine':
      return { ...kernel, inputs: kernel.inputs.map(f), outputs: kernel.outputs.map(f) };
    case 'loop':
      return mapBodies(kernel, (body) => body.map((inner) => mapOperands(inner, f)));
    case 'switch':
      return {
        ...kernel,
        index: f(kernel.index),
        branches: kernel.branches.map((branch) => branch.map((inner) => mapOperands(inner, f))),
      };
    default:
      return kernel satisfies never;
  }
}

/** Lets a kernel use other buffers. */
export function renameKernel(kernel: Kernel, name: (buffer: number) => number): Kernel {
  const inside = (body: readonly Kernel[]): Kernel[] => body.map((inner) => renameKernel(inner, name));
  const named = (operand: Operand): Operand => ({ ...operand, buffer: name(operand.buffer) });
  switch (kernel.kind) {
    case 'loop': {
      const carries = kernel.carries.map(({ current, next }) => ({ current: name(current), next: name(next) }));
      const condition = kernel.condition === undefined ? {} : { condition: name(kernel.condition) };
      return { ...kernel, carries, ...condition, body: inside(kernel.body) };
    }
    case 'switch':
      return {
        ...kernel,
        index: named(kernel.index),
        branches: kernel.branches.map(inside),
        outputs: kernel.outputs.map(name),
      };
    default:
      return mapOperands(kernel, named);
  }
}

/** Lets the kernels of a program use other buffers. */
export function renameBuffers(program: Program, name: (buffer: number) => number): Program {
  return { ...program, kernels: program.kernels.map((kernel) => renameKernel(kernel, name)) };
}
