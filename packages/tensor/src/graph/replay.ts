/**
 * Replaying: what a graph says is done again, by the interpreter in force.
 */
import { DlError } from '../errors.ts';
import { applyAll } from '../runtime/interpreter.ts';
import { Tensor } from '../tensor.ts';
import type { Graph, Value } from './graph.ts';

/**
 * Applies the ops of a graph to tensors and returns its outputs. In the body of a loop, `iteration` is its number; null
 * leaves that to the loop which is being traced.
 */
export function replay(graph: Graph, inputs: readonly Tensor[], iteration: number | null): Tensor[] {
  const known = new Map<Value, Tensor>(graph.inputs.map((value, i) => [value, inputs[i]!]));
  const tensorOf = (value: Value): Tensor => {
    if (value.literal !== undefined) return Tensor.scalar(value.literal, value.dtype);
    const tensor = known.get(value);
    if (tensor === undefined) throw new DlError('replay: a value is used before it is computed');
    return tensor;
  };
  for (const node of graph.nodes) {
    const results =
      node.op === 'iteration' && iteration !== null
        ? [Tensor.scalar(iteration, 'int32')]
        : applyAll(node.op, node.inputs.map(tensorOf), node.attrs as never);
    node.outputs.forEach((value, i) => known.set(value, results[i]!));
  }
  return graph.outputs.map(tensorOf);
}
