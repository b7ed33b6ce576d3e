/**
 * Dead code: drops nodes whose results no output depends on.
 */
import type { Graph, Node, Value } from '../graph.ts';

/** The graph without what no output needs. Inputs stay. */
export function removeDeadCode(graph: Graph): Graph {
  const needed = new Set<Value>(graph.outputs);
  const nodes: Node[] = [];
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!;
    if (!node.outputs.some((output) => needed.has(output))) continue;
    nodes.push(node);
    for (const input of node.inputs) needed.add(input);
  }
  return nodes.length === graph.nodes.length ? graph : { ...graph, nodes: nodes.reverse() };
}
