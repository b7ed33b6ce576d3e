/**
 * Rewrites the scalar expressions of kernels, all of one kernel together so that shared nodes stay shared.
 */
import { exprsOf } from './inspect.ts';
import type { Kernel, Output } from './kernel.ts';
import { isNested, mapBodies } from './nested.ts';
import type { ScalarExpr } from './scalar.ts';

/** Copies kernels with their expressions replaced by `f` of them. */
export function mapExprs(
  kernels: readonly Kernel[],
  f: (exprs: readonly ScalarExpr[]) => readonly ScalarExpr[],
): Kernel[] {
  return kernels.map((kernel) => {
    if (isNested(kernel)) return mapBodies(kernel, (body) => mapExprs(body, f));
    const next = [...f(exprsOf(kernel))];
    const take = <T extends { readonly expr: ScalarExpr }>(list: readonly T[]): T[] =>
      list.map((item) => ({ ...item, expr: next.shift()! }));
    switch (kernel.kind) {
      case 'map':
      case 'matmul':
      case 'conv':
        return { ...kernel, outputs: take<Output>(kernel.outputs) };
      case 'reduce':
        return { ...kernel, stages: take(kernel.stages), outputs: take(kernel.outputs), writes: take(kernel.writes) };
      case 'scatter':
        return { ...kernel, coords: next.slice(0, -1), value: next.at(-1)! };
      default:
        return kernel;
    }
  });
}
