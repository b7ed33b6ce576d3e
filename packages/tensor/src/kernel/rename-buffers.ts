/**
 * Lets kernels use other buffers.
 */
import type { Kernel } from './kernel.ts';
import { rewriteKernel } from './rewrite-kernel.ts';

/** Copies a kernel with every buffer replaced. */
export function renameBuffers(kernel: Kernel, name: (buffer: number) => number): Kernel {
  return rewriteKernel(kernel, {
    operand: (operand) => ({ ...operand, buffer: name(operand.buffer) }),
    buffer: name,
  });
}
