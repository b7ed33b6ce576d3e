/**
 * Map kernels: nested loops with the innermost axis in vectors.
 */
import type { MapKernel } from '@dl/tensor/backend';
import type { KernelWriter } from './writer.ts';

export function writeMap(w: KernelWriter, kernel: MapKernel): void {
  const { f } = w;
  const rank = kernel.shape.length;
  const position = kernel.shape.map(() => f.local('i32'));
  const axis = rank === 0 ? null : rank - 1;
  const exprs = kernel.outputs.map((output) => output.expr);
  w.nest(kernel.shape.slice(0, -1), position, () => {
    w.along(
      { axis, size: kernel.shape.at(-1) ?? 1, vector: true, position, operands: kernel.operands, stages: [], exprs },
      (lanes, count) => w.store(kernel.outputs, lanes, count, axis, position),
    );
  });
}
