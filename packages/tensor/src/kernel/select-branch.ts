/**
 * Switches for backends without them: every branch is computed, and the results of one are taken.
 */
import { computeDType } from '../dtype.ts';
import type { BufferSpec, Kernel, Operand, SwitchKernel } from './kernel.ts';
import { renameBuffers } from './rename-buffers.ts';
import { compare, constant, load, select, type ScalarExpr } from './scalar.ts';

/** The kernels of all branches, then a choice for each output; switches inside must be gone already. */
export function selectBranch({ index, branches, results }: SwitchKernel, buffers: BufferSpec[]): Kernel[] {
  const kernels: Kernel[] = [];
  const computed = branches.map((branch) => {
    const own = new Map(results.map((buffer) => [buffer, buffers.push({ ...buffers[buffer]!, role: 'temp' }) - 1]));
    for (const kernel of branch) kernels.push(renameBuffers(kernel, (buffer) => own.get(buffer) ?? buffer));
    return own;
  });
  for (const output of results) {
    const { dtype, size } = buffers[output]!;
    const type = computeDType(dtype);
    const line = (buffer: number): Operand => ({ buffer, dtype, offset: 0, strides: [1] });
    const chosen = load(0, 'int32');
    const expr = computed.reduceRight<ScalarExpr>(
      (rest, _, i) =>
        i === computed.length - 1
          ? load(i + 1, type)
          : select(compare('eq', chosen, constant(i, 'int32')), load(i + 1, type), rest),
      load(computed.length, type),
    );
    kernels.push({
      kind: 'map',
      shape: [size],
      operands: [{ ...index, strides: [0] }, ...computed.map((own) => line(own.get(output)!))],
      outputs: [{ operand: line(output), expr }],
    });
  }
  return kernels;
}
