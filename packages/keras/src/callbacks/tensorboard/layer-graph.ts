/**
 * The layers of a model as a graph that TensorBoard draws.
 */
import { classNameOf, KerasTensor, Layer, type Operation, type Tensors } from '@dl/layers';
import { callsOf } from '../../functional/calls.ts';
import type { AnyModel } from '../../model.ts';
import { graph, type GraphNode } from './messages.ts';

/** Names of operations inside the boxes of their models. */
const nameOf = (box: string, operation: Operation): string => `${box}/${operation.name}`;

/** What a node says beside its shapes. */
function factsOf(operation: Operation): Readonly<Record<string, string>> {
  if (!(operation instanceof Layer)) return {};
  const layer = operation as Layer<Tensors, Tensors>;
  return {
    parameters: String(layer.weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)),
    trainable: String(layer.trainable),
  };
}

function nodesOf(model: AnyModel, box: string): GraphNode[] {
  return callsOf(model).map(({ operation, inputs, outputs }) => {
    const op = operation instanceof Layer ? classNameOf(operation as Layer<Tensors, Tensors>) : operation.label;
    return {
      name: nameOf(box, operation),
      op: op.replace(/^.*\((.*)\)$/, '$1'),
      inputs: inputs.map(({ node }) => nameOf(box, node.operation)),
      outputShapes: outputs.map(({ shape }) => shape as readonly (number | null)[]),
      facts: factsOf(operation),
    };
  });
}

/** The graph of a model, or null where it is not built on symbolic tensors. A layer that is called twice is one node. */
export function layerGraph(model: AnyModel): Uint8Array | null {
  const symbolic =
    model.graph !== null || ('inputShape' in model && model.built && model.output instanceof KerasTensor);
  if (!symbolic) return null;
  const merged = new Map<string, GraphNode>();
  for (const node of nodesOf(model, model.name)) {
    const known = merged.get(node.name);
    merged.set(node.name, known === undefined ? node : { ...known, inputs: [...known.inputs, ...node.inputs] });
  }
  return graph([...merged.values()]);
}
