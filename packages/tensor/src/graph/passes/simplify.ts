/**
 * Simplification: algebraic rules, one row per op, that keep every bit of the value (NaN, infinities and −0 included).
 */
import { broadcastAll } from '../../ops/infer.ts';
import { rowOf } from '../../ops/table.ts';
import { sameShape } from '../../shape.ts';
import type { Graph, Node, Value } from '../graph.ts';
import { ARITHMETIC_RULES } from './arithmetic-rules.ts';
import { MOVEMENT_RULES } from './movement-rules.ts';
import { REDUCTION_RULES } from './reduce-rules.ts';
import { rewriteGraph, unexpanded, type Make } from './rewrite.ts';
import type { Rule, Rules } from './rule.ts';

const RULES: Rules = { ...ARITHMETIC_RULES, ...MOVEMENT_RULES, ...REDUCTION_RULES };

/** Simplifies each node by the rules of its op. */
export function simplify(graph: Graph): Graph {
  return rewriteGraph(graph, (node, make) => {
    const rule = RULES[node.op] as Rule<never> | undefined;
    const [output] = node.outputs;
    const value =
      rule?.({ inputs: node.inputs, attrs: node.attrs as never, output: output!, make }) ?? unbroadcast(node, make);
    return value && [value];
  });
}

/** Elementwise ops broadcast by themselves: drops views of inputs that only repeat them. */
function unbroadcast(node: Node, make: Make): Value | null {
  if (rowOf(node.op).kind !== 'elementwise' || node.inputs.length < 2) return null;
  const [output] = node.outputs;
  const inputs = [...node.inputs];
  let dropped = false;
  inputs.forEach((input, i) => {
    const below = unexpanded(input);
    if (below === null) return;
    inputs[i] = below;
    if (sameShape(broadcastAll(node.op, inputs), output!.shape)) dropped = true;
    else inputs[i] = input;
  });
  return dropped ? make(node.op, inputs, node.attrs) : null;
}
