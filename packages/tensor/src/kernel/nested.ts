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

/** Copies a loop or switch with the lists inside replaced. */
export function mapBodies(
  kernel: LoopKernel | SwitchKernel,
  f: (body: readonly Kernel[]) => readonly Kernel[],
): LoopKernel | SwitchKernel {
  return kernel.kind === 'loop' ? { ...kernel, body: f(kernel.body) } : { ...kernel, branches: kernel.branches.map(f) };
}

/** Kernels with those inside loops and switches in the places of these. */
export function simpleKernels(kernels: readonly Kernel[]): readonly SimpleKernel[] {
  return kernels.flatMap((kernel) => (isNested(kernel) ? bodiesOf(kernel).flatMap(simpleKernels) : [kernel]));
}
