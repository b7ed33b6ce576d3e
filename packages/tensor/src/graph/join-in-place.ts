/**
 * Concatenation without copies: maps write their results where these belong in the whole.
 */
import type { OpAttrs } from '../ops/attrs.ts';
import type { Source } from '../ops/spec.ts';
import type { Fused } from './fuse.ts';
import type { Graph, Value } from './graph.ts';

/** Gives results of maps that only a concatenation reads a place in its result. */
export function joinInPlace(graph: Graph, { groupOf }: Fused, sources: Map<Value, Source>): void {
  const joins = graph.nodes.filter(({ op }) => op === 'concat');
  if (joins.length === 0) return;
  const uses = usesOf(graph);
  for (const {
    inputs,
    attrs,
    outputs: [whole],
  } of joins) {
    const target = sources.get(whole!);
    if (target === undefined) continue;
    const { axis } = attrs as OpAttrs['concat'];
    let { offset } = target;
    for (const input of inputs) {
      // What else reads it may need it in one piece.
      if (uses.get(input) === 1 && groupOf.get(input)?.kind === 'map') {
        sources.set(input, { ...target, shape: input.shape, offset });
      }
      offset += input.shape[axis]! * target.strides[axis]!;
    }
  }
}

/** How often values are read, by nodes and as outputs. */
function usesOf({ nodes, outputs }: Graph): ReadonlyMap<Value, number> {
  const uses = new Map<Value, number>();
  const count = (value: Value): unknown => uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const { inputs } of nodes) inputs.forEach(count);
  outputs.forEach(count);
  return uses;
}
