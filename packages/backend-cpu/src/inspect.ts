/**
 * Looking into kernels.
 */
import type { Kernel, ScalarExpr } from '@dl/tensor/backend';

/** All expressions of a kernel; of a loop, those of its body. */
export function exprsOf(kernel: Kernel): readonly ScalarExpr[] {
  switch (kernel.kind) {
    case 'map':
    case 'matmul':
    case 'conv':
      return kernel.outputs.map((o) => o.expr);
    case 'reduce':
      return [...kernel.stages, ...kernel.outputs, ...kernel.writes].map((o) => o.expr);
    case 'scatter':
      return [...kernel.coords, kernel.value];
    case 'loop':
      return kernel.body.flatMap(exprsOf);
    case 'cumulative':
    case 'sort':
    case 'routine':
      return [];
    default:
      return kernel satisfies never;
  }
}
