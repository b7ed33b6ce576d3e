/**
 * Order: what is computed from scalars alone comes first, so that the kernels which use it can take in what follows.
 */
import type { Graph, Node, Value } from './graph.ts';

/** Moves nodes that depend only on values of one element to the front; everything else keeps its order. */
export function hoistScalars(graph: Graph): Graph {
  const scalar = new Set<Value>(graph.inputs.filter(isSingle));
  const first: Node[] = [];
  const rest: Node[] = [];
  for (const node of graph.nodes) {
    const moves =
      node.outputs.every(isSingle) &&
      node.inputs.every((input) => scalar.has(input) || (input.node === null && input.literal !== undefined));
    if (moves) node.outputs.forEach((output) => scalar.add(output));
    (moves ? first : rest).push(node);
  }
  return { ...graph, nodes: [...first, ...rest] };
}

function isSingle({ shape }: Value): boolean {
  return shape.every((n) => n === 1);
}
