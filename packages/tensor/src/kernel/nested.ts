/**
 * Kernels that hold kernels: loops and switches.
 */
import type { Kernel, LoopKernel, SwitchKernel } from './kernel.ts';

/** A kernel without kernels inside. */
export type SimpleKernel = Exclude<Kernel, LoopKernel | SwitchKernel>;

export function isNested(kernel: Kernel): kernel is LoopKernel | SwitchKernel {
  return kernel.kind === 'loop' || kernel.kind === 'switch';
}

/** The lists of kernels inside a kernel. */
export function bodiesOf(kernel: Kernel): readonly (readonly Kernel[])[] {
  if (kernel.kind === 'loop') return [kernel.body];
  return kernel.kind === 'switch' ? kernel.branches : [];
}

/** Kernels with those inside loops and switches in the places of these. */
export function simpleKernels(kernels: readonly Kernel[]): readonly SimpleKernel[] {
  return kernels.flatMap((kernel) => (isNested(kernel) ? bodiesOf(kernel).flatMap(simpleKernels) : [kernel]));
}
