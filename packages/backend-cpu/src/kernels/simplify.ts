/**
 * Choosing loops: neighbouring axes that all operands walk as one are merged, and one axis is chosen for the lanes.
 */
import { rewrite, walk, type Int, type MapKernel, type Operand, type ScalarExpr } from '@dl/tensor/backend';

/** Axes that `index` nodes look at and that must therefore stay as they are. */
function indexedAxes(exprs: readonly ScalarExpr[]): Set<number> {
  const axes = new Set<number>();
  walk(exprs, (e) => e.kind === 'index' && axes.add(e.axis));
  return axes;
}

/** Whether axis `outer` continues where `inner` ends, for one operand. */
function continues({ strides }: Operand, outer: number, inner: number, size: Int): boolean {
  const [a, b] = [strides[outer] ?? 0, strides[inner] ?? 0];
  if (a === 0 && b === 0) return true;
  return typeof a === 'number' && typeof b === 'number' && typeof size === 'number' && a === b * size;
}

/** Loops count in int32. */
const LARGEST = 2 ** 31 - 1;

export interface Merged {
  /** For each axis that is left, the axes it was made of. */
  readonly axes: readonly (readonly number[])[];
  readonly shape: readonly Int[];
}

/**
 * Merges axes within `ranges` (pairs of first and one past last axis) and drops axes of size 1.
 * Operands read by `at` keep their strides, which belong to coordinates.
 */
export function mergeAxes(
  shape: readonly Int[],
  walked: readonly Operand[],
  exprs: readonly ScalarExpr[],
  ranges: readonly (readonly [first: number, end: number])[],
): Merged {
  const indexed = indexedAxes(exprs);
  const axes: number[][] = [];
  const sizes: Int[] = [];
  for (const [first, end] of ranges) {
    const begin = axes.length;
    for (let axis = first; axis < end; axis++) {
      const size = shape[axis]!;
      if (size === 1 && !indexed.has(axis)) continue;
      const last = axes.at(-1);
      const previous = sizes.at(-1);
      const fixed = typeof size === 'number' && typeof previous === 'number';
      const joins =
        axes.length > begin &&
        fixed &&
        previous * size <= LARGEST &&
        !indexed.has(axis) &&
        !indexed.has(last!.at(-1)!) &&
        walked.every((operand) => continues(operand, last!.at(-1)!, axis, size));
      if (joins) {
        last!.push(axis);
        sizes[sizes.length - 1] = previous * size;
      } else {
        axes.push([axis]);
        sizes.push(size);
      }
    }
  }
  return { axes, shape: sizes };
}

/** An operand's strides over merged axes: those of the innermost of each. */
export function mergedOperand(operand: Operand, { axes }: Merged): Operand {
  return { ...operand, strides: axes.map((group) => operand.strides[group.at(-1)!] ?? 0) };
}

/** Rewrites `index` nodes to merged axes. */
export function mergedExprs(exprs: readonly ScalarExpr[], { axes }: Merged): ScalarExpr[] {
  return rewrite(exprs, (e) => {
    if (e.kind !== 'index') return e;
    return { ...e, axis: axes.findIndex((group) => group.includes(e.axis)) };
  });
}

/** Operands that `load` nodes read, by slot. */
export function loadedSlots(exprs: readonly ScalarExpr[]): Set<number> {
  const slots = new Set<number>();
  walk(exprs, (e) => e.kind === 'load' && slots.add(e.operand));
  return slots;
}

/** A map kernel over fewer axes, and the axis whose elements lie side by side most often. */
export function simplifyMap(kernel: MapKernel): { readonly kernel: MapKernel; readonly laneAxis: number | null } {
  const exprs = kernel.outputs.map(({ expr }) => expr);
  const loaded = loadedSlots(exprs);
  const walked = [
    ...kernel.operands.filter((_, slot) => loaded.has(slot)),
    ...kernel.outputs.map(({ operand }) => operand),
  ];
  const merged = mergeAxes(kernel.shape, walked, exprs, [[0, kernel.shape.length]]);
  const next = mergedExprs(exprs, merged);
  const result: MapKernel = {
    kind: 'map',
    shape: merged.shape,
    operands: kernel.operands.map((operand, slot) => (loaded.has(slot) ? mergedOperand(operand, merged) : operand)),
    outputs: kernel.outputs.map(({ operand }, i) => ({ operand: mergedOperand(operand, merged), expr: next[i]! })),
  };
  return { kernel: result, laneAxis: laneAxisOf(result) };
}

/** Stores count double: scattered stores cost more than scattered loads. */
function laneAxisOf({ shape, operands, outputs }: MapKernel): number | null {
  if (shape.length === 0) return null;
  const exprs = outputs.map(({ expr }) => expr);
  const loaded = loadedSlots(exprs);
  let best = shape.length - 1;
  let most = -1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const unit = (operand: Operand): number => Number(operand.strides[axis] === 1);
    let count = outputs.reduce((sum, { operand }) => sum + 2 * unit(operand), 0);
    operands.forEach((operand, slot) => (count += loaded.has(slot) ? unit(operand) : 0));
    if (count > most) [best, most] = [axis, count];
  }
  return best;
}
