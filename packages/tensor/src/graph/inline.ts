/**
 * Inlining: replaces calls by their bodies, except those a backend claims.
 */
import type { OpAttrs } from '../ops/attrs.ts';
import { ConfigError } from '../errors.ts';
import { cloneNode, type Graph, type Node, type Value } from './graph.ts';
import { traceCall } from './trace.ts';

/** Copies `graph` with every call opened up, recursively. */
export function inlineCalls(graph: Graph, claimed: ReadonlySet<string>): Graph {
  const nodes: Node[] = [];
  const renamed = new Map<Value, Value>();
  const current = (value: Value): Value => renamed.get(value) ?? value;
  const visit = (node: Node): void => {
    const inputs = node.inputs.map(current);
    const attrs = node.attrs as OpAttrs['call'];
    if (node.op !== 'call' || claimed.has(attrs.callee.name)) {
      const copy = cloneNode(node, inputs);
      nodes.push(copy);
      node.outputs.forEach((output, i) => renamed.set(output, copy.outputs[i]!));
      return;
    }
    const body = traceCall(attrs, inputs);
    if (body.captures.length > 0) {
      throw new ConfigError(
        `${attrs.callee.name}: a call inside another traced function must not capture tensors; pass them as inputs`,
      );
    }
    body.inputs.forEach((input, i) => renamed.set(input, inputs[i]!));
    body.nodes.forEach(visit);
    const results = body.outputs.map(current);
    node.outputs.forEach((output, i) => renamed.set(output, results[i]!));
  };
  graph.nodes.forEach(visit);
  return { inputs: graph.inputs, nodes, outputs: graph.outputs.map(current) };
}
