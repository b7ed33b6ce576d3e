/**
 * Rewrites which memory kernels use: operands, loads and stores alike, and the carries of loops.
 */
import type { Kernel, Operand, Output, Program } from './kernel.ts';

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
      return { ...kernel, body: kernel.body.map((inner) => mapOperands(inner, f)) };
    default:
      return kernel satisfies never;
  }
}

/** Lets kernels use other buffers. */
export function renameBuffers(program: Program, name: (buffer: number) => number): Program {
  const visit = (kernel: Kernel): Kernel => {
    if (kernel.kind === 'loop') {
      const carries = kernel.carries.map(({ current, next }) => ({ current: name(current), next: name(next) }));
      return { ...kernel, carries, body: kernel.body.map(visit) };
    }
    return mapOperands(kernel, (operand) => ({ ...operand, buffer: name(operand.buffer) }));
  };
  return { ...program, kernels: program.kernels.map(visit) };
}
