/**
 * Values to store so that no kernel loads more buffers than a backend can bind: an elementwise expression is computed where
 * it is used, so one over many stored values has to be cut.
 */
import { rowOf } from '../ops/table.ts';
import type { Graph, Value } from './graph.ts';

/** Adds cuts to `roots`, the values that are stored; `most` counts loaded buffers and the one that is written. */
export type SplitWide = (graph: Graph, roots: Set<Value>, scalars: ReadonlyMap<Value, number>, most: number) => void;

/** See {@link SplitWide}. */
export const splitWide: SplitWide = (graph, roots, scalars, most) => {
  /** The stored values that each value needs where it is computed. */
  const needs = new Map<Value, ReadonlySet<Value>>();
  const loads = (value: Value): ReadonlySet<Value> => {
    if (roots.has(value)) return new Set([value]);
    if (value.node === null) return new Set(value.literal !== undefined || scalars.has(value) ? [] : [value]);
    return needs.get(value) ?? new Set([value]);
  };
  const union = (values: readonly Value[]): Set<Value> => new Set(values.flatMap((value) => [...loads(value)]));
  for (const { op, inputs, outputs } of graph.nodes) {
    const { kind } = rowOf(op);
    if (kind !== 'elementwise' && kind !== 'source' && kind !== 'view' && kind !== 'reduce') continue;
    let all = union(inputs);
    while (all.size >= most) {
      const widest = inputs.reduce((a, b) => (loads(b).size > loads(a).size ? b : a));
      if (loads(widest).size < 2) break;
      roots.add(elementwiseBelow(widest));
      all = union(inputs);
    }
    if (kind !== 'reduce') needs.set(outputs[0]!, all);
  }

  /** A view needs what the value below it needs, so storing that is what counts. */
  function elementwiseBelow(value: Value): Value {
    let base = value;
    while (base.node && rowOf(base.node.op).kind === 'view') base = base.node.inputs[0]!;
    for (let view = value; view !== base; view = view.node!.inputs[0]!) needs.set(view, new Set([base]));
    return base;
  }
};
