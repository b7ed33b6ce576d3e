/**
 * Keys of graphs: equal for graphs that do the same, whoever traced them.
 */
import type { OpAttrs } from '../ops/attrs.ts';
import type { Graph, Node, Value } from './graph.ts';

const callees = new WeakMap<object, number>();
let nextCallee = 0;

/** The attributes of a node as text; functions count by identity. */
export function attrsKey({ op, attrs }: Pick<Node, 'op' | 'attrs'>): string {
  if (op === 'loop') {
    const { trip, reverse, carries, stacked, conditional, key } = attrs as OpAttrs['loop'];
    return `${trip},${carries},${stacked}${reverse ? ' back' : ''}${conditional ? ' while' : ''}{${key}}`;
  }
  if (op === 'switch') return `{${(attrs as OpAttrs['switch']).key}}`;
  if (op === 'call') {
    const { callee, key } = attrs as OpAttrs['call'];
    let id = callees.get(callee);
    if (id === undefined) callees.set(callee, (id = nextCallee++));
    return `${id} ${key}`;
  }
  for (const _ in attrs) return JSON.stringify(attrs);
  return '';
}

/** Everything that a graph computes, as text. */
export function graphKey(graph: Graph): string {
  const names = new Map<Value, number>();
  const typed = ({ dtype, shape }: Value): string => `${dtype}${shape.join()}`;
  const nameOf = (value: Value): string => {
    const { literal, dtype } = value;
    if (literal !== undefined) return `${dtype} ${Object.is(literal, -0) ? '-0' : literal}`;
    return String(names.get(value));
  };
  const declare = (value: Value): string => (names.set(value, names.size), typed(value));
  const inputs = graph.inputs.map(declare).join();
  const lines = graph.nodes.map((node) => {
    const text = `${node.op}(${node.inputs.map(nameOf).join()})${attrsKey(node)}`;
    node.outputs.forEach(declare);
    return text;
  });
  return [inputs, ...lines, graph.outputs.map(nameOf).join()].join(';');
}
