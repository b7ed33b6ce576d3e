/**
 * Replaying: what a graph says is done again, by the interpreter in force.
 */
import { DlError } from '../errors.ts';
import { applyAll } from '../runtime/interpreter.ts';
import { Tensor } from '../tensor.ts';
import type { Graph, Value } from './graph.ts';

/** Applies the ops of a graph to tensors and returns its outputs. The body of a loop belongs in a trace of another one. */
export function replay(graph: Graph, inputs: readonly Tensor[]): Tensor[] {
  const known = new Map<Value, Tensor>(graph.inputs.map((value, i) => [value, inputs[i]!]));
  const tensorOf = (value: Value): Tensor => {
    if (value.literal !== undefined) return Tensor.scalar(value.literal, value.dtype);
    const tensor = known.get(value);
    if (tensor === undefined) throw new DlError('replay: a value is used before it is computed');
    return tensor;
  };
  for (const node of graph.nodes) {
    const results = applyAll(node.op, node.inputs.map(tensorOf), node.attrs as never);
    node.outputs.forEach((value, i) => known.set(value, results[i]!));
  }
  return graph.outputs.map(tensorOf);
}
