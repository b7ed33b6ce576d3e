/**
 * Preludes: what a program computes from values that seldom change is split off, to be computed again only when one does.
 */
import { rowOf } from '../../ops/table.ts';
import { sizeOf } from '../../shape.ts';
import { inputValue, type Graph, type Node, type Value } from '../graph.ts';
import { removeDeadCode } from './dce.ts';
import { invarianceOf } from './invariance.ts';
import { rewriteGraph } from './rewrite.ts';

/** A graph in two parts. */
export interface SplitGraph {
  /** What depends on invariant inputs only; its inputs are those of the graph that it reads. Null when it is not worth it. */
  readonly prelude: Graph | null;
  /** The rest: its inputs are those of the whole graph, then one for each output of the prelude. */
  readonly main: Graph;
}

/** Arithmetic on up to so many elements is done again each time. */
const FEW = 8;

/**
 * Splits off what depends only on the given inputs, where it costs arithmetic on more than a few elements. Views and
 * arithmetic on scalars stay in the main part.
 */
export function splitPrelude(graph: Graph, invariant: ReadonlySet<Value>): SplitGraph {
  const isInvariant = invarianceOf(invariant);
  const costs = costOf();
  const hoisted = new Map<Value, Value>();
  const hoist = (value: Value): void => {
    const { node } = value;
    if (node === null) return;
    if (rowOf(node.op).kind === 'view') hoist(node.inputs[0]!);
    else if (costs(value) && !hoisted.has(value)) hoisted.set(value, inputValue(value));
  };
  for (const node of graph.nodes) if (!node.outputs.every(isInvariant)) node.inputs.filter(isInvariant).forEach(hoist);
  graph.outputs.filter(isInvariant).forEach(hoist);
  if (hoisted.size === 0) return { prelude: null, main: graph };
  const prelude = removeDeadCode({ inputs: graph.inputs, nodes: graph.nodes, outputs: [...hoisted.keys()] });
  const read = new Set(prelude.nodes.flatMap(({ inputs }) => inputs));
  const main = rewriteGraph(graph, (node, _, { outputs }) =>
    outputs.some((output) => hoisted.has(output))
      ? outputs.map((output, i) => hoisted.get(output) ?? node.outputs[i]!)
      : null,
  );
  return {
    prelude: { ...prelude, inputs: graph.inputs.filter((input) => read.has(input)) },
    main: removeDeadCode({ ...main, inputs: [...graph.inputs, ...hoisted.values()] }),
  };
}

/** A test for values behind which some node computes with more than a few elements. */
function costOf(): (value: Value) => boolean {
  const known = new Map<Node, boolean>();
  const test = ({ node }: Value): boolean => {
    if (node === null) return false;
    let result = known.get(node);
    if (result === undefined) known.set(node, (result = heavy(node) || node.inputs.some(test)));
    return result;
  };
  return test;
}

function heavy({ op, inputs, outputs }: Node): boolean {
  const { kind } = rowOf(op);
  return kind !== 'view' && kind !== 'source' && [...inputs, ...outputs].some(({ shape }) => sizeOf(shape) > FEW);
}
