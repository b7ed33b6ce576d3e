/**
 * Rewriting: walks a graph in order and replaces nodes. All passes that change nodes are built on it.
 */
import type { OpAttrs, OpName } from '../../ops/attrs.ts';
import { rowOf } from '../../ops/table.ts';
import { sameShape, type Shape } from '../../shape.ts';
import { cloneNode, literalValue, makeNode, type Graph, type Node, type Value } from '../graph.ts';
import type { DType } from '../../dtype.ts';

/** Adds a node with one output and returns that; the node is itself looked at by the pass first. */
export type Make = <K extends OpName>(op: K, inputs: readonly Value[], attrs: OpAttrs[K]) => Value;

/**
 * What becomes of a node, whose inputs are rewritten already: values in place of its outputs, or null to keep it. `original`
 * is the node in the graph that is rewritten, or `node` itself where the pass made it.
 */
export type Visit = (node: Node, make: Make, original: Node) => readonly Value[] | null;

/** Rewrites node by node. Inputs and the order of outputs stay; a graph in which nothing changes is returned as it is. */
export function rewriteGraph(graph: Graph, visit: Visit): Graph {
  const nodes: Node[] = [];
  const renamed = new Map<Value, Value>();
  const current = (value: Value): Value => renamed.get(value) ?? value;
  const add = (node: Node, original: Node): readonly Value[] => {
    const replaced = visit(node, make, original);
    if (replaced !== null) return replaced;
    nodes.push(node);
    return node.outputs;
  };
  const make: Make = (op, inputs, attrs) => {
    const node = makeNode(op, inputs, attrs, rowOf(op).infer(inputs, attrs));
    return add(node, node)[0]!;
  };
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(current);
    const same = inputs.every((input, i) => input === node.inputs[i]);
    const outputs = add(same ? node : cloneNode(node, inputs), node);
    if (outputs !== node.outputs) node.outputs.forEach((output, i) => renamed.set(output, outputs[i]!));
  }
  return renamed.size === 0 ? graph : { inputs: graph.inputs, nodes, outputs: graph.outputs.map(current) };
}

/** The number that all elements of a value are, where a broadcast literal shows it. */
export function literalOf({ literal, node }: Value): number | undefined {
  return literal ?? (node?.op === 'broadcastTo' ? node.inputs[0]!.literal : undefined);
}

/** A value seen in a shape that it broadcasts to. */
export function expand(value: Value, shape: Shape, make: Make): Value {
  return sameShape(value.shape, shape) ? value : make('broadcastTo', [value], { shape });
}

/** One number in all elements. */
export function filled(literal: number, dtype: DType, shape: Shape, make: Make): Value {
  return expand(literalValue(literal, dtype), shape, make);
}

/** The value below a view that only repeats it, as broadcasting would; null for everything else. */
export function unexpanded({ node, shape }: Value): Value | null {
  if (node?.op !== 'broadcastTo' && node?.op !== 'reshape') return null;
  const below = node.inputs[0]!;
  if (node.op === 'broadcastTo') return below;
  const lead = shape.length - below.shape.length;
  const prepends = lead >= 0 && sameShape(shape.slice(lead), below.shape) && shape.slice(0, lead).every((n) => n === 1);
  return prepends ? below : null;
}
