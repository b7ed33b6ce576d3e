/**
 * Common subexpressions: of nodes that compute the same, the first stays. All ops are pure functions of their inputs, random
 * bits too, which depend on nothing but their state.
 */
import type { OpAttrs, OpName } from '../../ops/attrs.ts';
import { rowOf } from '../../ops/table.ts';
import { sameShape } from '../../shape.ts';
import type { Graph, Node, Value } from '../graph.ts';
import { attrsKey } from '../key.ts';
import { rewriteGraph } from './rewrite.ts';

/** Ops whose two arguments may change places without a change in any bit. */
const COMMUTATIVE: ReadonlySet<OpName> = new Set<OpName>([
  'add',
  'mul',
  'maximum',
  'minimum',
  'and',
  'or',
  'xor',
  'equal',
  'notEqual',
]);

/** Shares equal nodes. Reductions that differ in keeping axes only are one reduction and a reshape. */
export function shareCommon(graph: Graph): Graph {
  const first = new Map<string, Node>();
  const keyOf = ({ op, inputs, attrs }: Node): string => {
    const names = inputs.map(nameOf);
    if (COMMUTATIVE.has(op)) names.sort();
    return `${op}(${names.join()})${detailOf(op, attrs)}`;
  };
  return rewriteGraph(graph, (node, make) => {
    const key = keyOf(node);
    const known = first.get(key);
    if (known === undefined) {
      first.set(key, node);
      return null;
    }
    const [result] = known.outputs;
    const { shape } = node.outputs[0]!;
    return sameShape(result!.shape, shape) ? known.outputs : [make('reshape', [result!], { shape })];
  });
}

function nameOf({ id, literal, dtype }: Value): string {
  if (literal === undefined) return `${id}`;
  return `${dtype} ${Object.is(literal, -0) ? '-0' : literal}`;
}

function detailOf(op: OpName, attrs: OpAttrs[OpName]): string {
  const row = rowOf(op);
  return row.kind === 'reduce' ? row.axes(attrs as never).join() : attrsKey({ op, attrs });
}
