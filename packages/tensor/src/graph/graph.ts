/**
 * Graph: a traced function as a list of op applications in execution order (static single assignment).
 */
import type { DType } from '../dtype.ts';
import type { OpAttrs, OpName } from '../ops/attrs.ts';
import type { Aval } from '../ops/spec.ts';
import { formatShape, type Shape } from '../shape.ts';

/** One tensor of the graph. */
export interface Value extends Aval {
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: DType;
  /** The node that makes it; null for inputs and literals. */
  readonly node: Node | null;
  /** A number known while tracing; its shape is []. */
  readonly literal?: number;
  /** Whether it gives way to the dtype of what it meets, as a number does. */
  readonly weak?: boolean;
}

/** One application of an op. */
export interface Node {
  readonly op: OpName;
  readonly inputs: readonly Value[];
  readonly attrs: OpAttrs[OpName];
  readonly outputs: readonly Value[];
}

export interface Graph {
  readonly inputs: readonly Value[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly Value[];
}

let nextId = 0;

export function inputValue({ shape, dtype, weak = false }: Aval & { readonly weak?: boolean }): Value {
  return { id: nextId++, shape, dtype, node: null, weak };
}

export function literalValue(literal: number, dtype: DType): Value {
  return { id: nextId++, shape: [], dtype, node: null, literal };
}

/** Makes a node together with its outputs. */
export function makeNode<K extends OpName>(
  op: K,
  inputs: readonly Value[],
  attrs: OpAttrs[K],
  avals: readonly Aval[],
): Node {
  const outputs: Value[] = [];
  const node: Node = { op, inputs, attrs, outputs };
  for (const { shape, dtype } of avals) outputs.push({ id: nextId++, shape, dtype, node });
  return node;
}

/** Replaces inputs of nodes; used by passes that rebuild graphs. */
export function cloneNode(node: Node, inputs: readonly Value[]): Node {
  return makeNode(node.op, inputs, node.attrs, node.outputs);
}

/** The graph as readable text, one line a node. */
export function printGraph(graph: Graph): string {
  const names = new Map<Value, string>();
  const nameOf = (value: Value): string => {
    if (value.literal !== undefined) return String(value.literal);
    if (!names.has(value)) names.set(value, `%${names.size}`);
    return names.get(value)!;
  };
  const typed = (value: Value): string => `${nameOf(value)}: ${value.dtype}${formatShape(value.shape)}`;
  const lines = [`inputs ${graph.inputs.map(typed).join(', ')}`];
  for (const node of graph.nodes) {
    // Graphs inside follow below, which says what a key would.
    const { body, branches = body ? [body] : [] } = node.attrs as { body?: Graph; branches?: readonly Graph[] };
    const attrs = Object.entries(node.attrs)
      .filter(
        ([name, value]) =>
          typeof value !== 'function' && (branches.length === 0 || !['key', 'branches'].includes(name)),
      )
      .filter(([, value]) => typeof value !== 'object' || Array.isArray(value))
      .map(([key, value]) => ` ${key}=${JSON.stringify(value)}`)
      .join('');
    const callee = node.op === 'call' ? ` ${(node.attrs as OpAttrs['call']).callee.name}` : '';
    lines.push(
      `${node.outputs.map(typed).join(', ')} = ${node.op}${callee}(${node.inputs.map(nameOf).join(', ')})${attrs}`,
    );
    for (const inner of branches) lines.push(printGraph(inner).replaceAll(/^/gm, '  '));
  }
  lines.push(`return ${graph.outputs.map(nameOf).join(', ')}`);
  return lines.join('\n');
}
