/**
 * Switches for backends without them: every branch is computed, and the results of one are taken.
 */
import { computeDType } from '../dtype.ts';
import type { BufferSpec, Kernel, Operand, SwitchKernel } from './kernel.ts';
import { renameBuffers } from './rename-buffers.ts';
import { compare, constant, load, select, type ScalarExpr } from './scalar.ts';

/** Branches that one kernel chooses from: devices let a kernel see few buffers. */
const AT_ONCE = 4;

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
    const values = computed.map((own) => line(own.get(output)!));
    let [end, rest] = [values.length - 1, values.at(-1)!];
    do {
      const start = Math.max(end - AT_ONCE, 0);
      const some = values.slice(start, end);
      const expr = some.reduceRight<ScalarExpr>(
        (other, _, i) =>
          select(compare('eq', load(0, 'int32'), constant(start + i, 'int32')), load(i + 1, type), other),
        load(some.length + 1, type),
      );
      kernels.push({
        kind: 'map',
        shape: [size],
        operands: [{ buffer: index, dtype: 'int32', offset: 0, strides: [0] }, ...some, rest],
        outputs: [{ operand: line(output), expr }],
      });
      [end, rest] = [start, line(output)];
    } while (end > 0);
  }
  return kernels;
}
