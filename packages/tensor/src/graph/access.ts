/**
 * Access: how a kernel's index space reaches a value through view ops, without copying.
 */
import { broadcastLayout, layoutOf, reshapeLayout, transposeLayout, type Layout, type View } from '../layout.ts';
import type { ViewRow } from '../ops/spec.ts';
import { rowOf } from '../ops/table.ts';
import { sameShape, type Shape } from '../shape.ts';
import type { Node, Value } from './graph.ts';

/** One view applied on the way from a value to the index space. */
export interface Step {
  readonly apply: (layout: Layout) => View | null;
  /** The value to store contiguously when the step cannot be expressed by strides. */
  readonly blame: Value | null;
}

/** Views from the value outwards. */
export type Chain = readonly Step[];

export function viewStep(node: Node, row: ViewRow<never>): Step {
  return { apply: (layout) => row.view(layout, node.attrs as never), blame: node.inputs[0]! };
}

/** The views between a value and another above it. */
export function chainTo(value: Value, base: Value): Chain {
  const chain: Step[] = [];
  for (let at = value; at !== base; at = at.node!.inputs[0]!)
    chain.unshift(viewStep(at.node!, rowOf(at.node!.op) as ViewRow<never>));
  return chain;
}

export function broadcastStep(from: Shape, to: Shape): Chain {
  return sameShape(from, to) ? [] : [{ apply: (layout) => broadcastLayout(layout, to), blame: null }];
}

export function transposeStep(permutation: readonly number[]): Chain {
  if (permutation.every((axis, i) => axis === i)) return [];
  return [{ apply: (layout) => transposeLayout(layout, permutation), blame: null }];
}

/** Reshape that only splits axes or drops axes of size 1, of `value`. */
export function reshapeStep(value: Value, to: Shape): Chain {
  return sameShape(value.shape, to) ? [] : [{ apply: (layout) => reshapeLayout(layout, to), blame: value }];
}

/** Thrown when a value must be stored contiguously before it can be viewed as asked. */
export class NeedsCopy extends Error {
  readonly value: Value;

  constructor(value: Value) {
    super('value needs a contiguous copy');
    this.value = value;
  }
}

/** The layout that remains after all steps. */
export function follow(layout: Layout, offset: number, chain: Chain): View {
  let view: View = { layout, offset };
  let blame: Value | null = null;
  for (const step of chain) {
    blame = step.blame ?? blame;
    const next = step.apply(view.layout);
    if (next === null) throw new NeedsCopy(blame!);
    view = { layout: next.layout, offset: view.offset + next.offset };
  }
  return view;
}

/** The natural (contiguous) layout of a value. */
export function naturalLayout({ dtype, shape }: Value): Layout {
  return layoutOf(dtype, shape);
}

/** Whether a view walks its buffer exactly with these strides; axes of size 1 do not matter. */
export function walksWith({ layout, offset }: View, strides: readonly number[]): boolean {
  return offset === 0 && layout.shape.every((n, axis) => n <= 1 || layout.strides[axis] === strides[axis]);
}
