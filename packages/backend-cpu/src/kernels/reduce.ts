/**
 * Reduce kernels, in one of two ways. Rows: lanes lie along the innermost reduced axis and are combined at the end.
 * Columns: lanes lie along a kept axis, so that four or more results grow side by side.
 */
import { walk, type Int, type Operand, type Output, type ReduceKernel, type ScalarExpr } from '@dl/tensor/backend';
import { writeColumns } from './reduce-columns.ts';
import { writeRows } from './reduce-rows.ts';
import { suitsShort } from './reduce-short.ts';
import { loadedSlots, mergeAxes, mergedExprs, mergedOperand } from './simplify.ts';
import type { KernelWriter } from './writer.ts';

/** All expressions of a reduce, in the order in which they are evaluated. */
export function reduceExprs(kernel: Pick<ReduceKernel, 'stages' | 'outputs' | 'writes'>): ScalarExpr[] {
  return [...kernel.stages, ...kernel.outputs, ...kernel.writes].map(({ expr }) => expr);
}

/** A reduce over fewer axes. */
function simplify(kernel: ReduceKernel): ReduceKernel {
  const kept = kernel.shape.length;
  const rank = kept + kernel.reduced.length;
  const exprs = reduceExprs(kernel);
  const loaded = loadedSlots(exprs);
  const walked = [
    ...kernel.operands.filter((_, slot) => loaded.has(slot)),
    ...[...kernel.outputs, ...kernel.writes].map(({ operand }) => operand),
  ];
  const merged = mergeAxes([...kernel.shape, ...kernel.reduced], walked, exprs, [
    [0, kept],
    [kept, rank],
  ]);
  const next = mergedExprs(exprs, merged);
  const left = merged.axes.filter((group) => group[0]! < kept).length;
  let at = 0;
  const output = ({ operand }: Output): Output => ({ operand: mergedOperand(operand, merged), expr: next[at++]! });
  return {
    kind: 'reduce',
    shape: merged.shape.slice(0, left),
    reduced: merged.shape.slice(left),
    operands: kernel.operands.map((operand, slot) => (loaded.has(slot) ? mergedOperand(operand, merged) : operand)),
    stages: kernel.stages.map((stage) => ({ ...stage, expr: next[at++]! })),
    outputs: kernel.outputs.map(output),
    writes: kernel.writes.map(output),
  };
}

/** How many loads find neighbours side by side along an axis. */
function unitLoads(exprs: readonly ScalarExpr[], operands: readonly Operand[], axis: number): number {
  let count = 0;
  walk(exprs, (e) => {
    if (e.kind === 'load') count += Number(operands[e.operand]!.strides[axis] === 1);
    if (e.kind !== 'at') return;
    const last = e.coords.at(-1);
    count += Number(last?.kind === 'index' && last.axis === axis && operands[e.operand]!.strides.at(-1) === 1);
  });
  return count;
}

/** The kept axis along which most operands lie side by side. */
function columnAxis({ shape, operands, outputs }: ReduceKernel, exprs: readonly ScalarExpr[]): number {
  let [best, most] = [shape.length - 1, -1];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const stores = outputs.filter(({ operand }) => operand.strides[axis] === 1).length;
    const count = 4 * unitLoads(exprs, operands, axis) + stores;
    if (count > most) [best, most] = [axis, count];
  }
  return best;
}

export function writeReduce(w: KernelWriter, original: ReduceKernel): void {
  const kernel = simplify(original);
  const { shape, reduced, operands } = kernel;
  const exprs = reduceExprs(kernel);
  if (shape.length === 0) return writeRows(w, kernel);
  const column = columnAxis(kernel, exprs);
  const inRows = reduced.length === 0 ? 0 : unitLoads(exprs, operands, shape.length + reduced.length - 1);
  const inColumns = unitLoads(exprs, operands, column);
  if (inRows > 0 && inRows >= inColumns && !suitsShort(kernel, column)) return writeRows(w, kernel);
  writeColumns(w, kernel, column);
}

/** The number of elements, where all sizes are fixed. */
export function fixedProduct(sizes: readonly Int[]): number | null {
  let total = 1;
  for (const size of sizes) {
    if (typeof size !== 'number') return null;
    total *= size;
  }
  return total;
}
