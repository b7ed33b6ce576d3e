/**
 * Functional models in their stored form: layers with the calls that lead to them, as Keras writes them.
 */
import {
  asList,
  KerasTensor,
  OpCall,
  type CallNode,
  type Config,
  type ConfigValue,
  type Layer,
  type Operation,
  type Tensors,
} from '@dl/layers';
import { Tensor } from '@dl/tensor';
import { isPlain } from '@dl/tensor/interpreter';
import { serializeLayer } from '../serialize-layer.ts';
import type { FunctionalGraph } from './graph.ts';

/** A symbolic tensor by the layer that gave it, which of its calls in this model, and its place among the results. */
type History = readonly [string, number, number];

const pascal = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** An op as Keras stores the layers that its functions make of symbolic tensors. */
function serializeOp(operation: OpCall): Config {
  const name = pascal(operation.op);
  return { module: 'keras.src.ops', class_name: name, config: { name: operation.name }, registered_name: name };
}

/** The stored layers and ends of a graph. */
export function graphConfig({ operations, nodes, inputs, outputs }: FunctionalGraph): Config {
  const calls = new Map<Operation, CallNode[]>();
  for (const node of nodes) calls.set(node.operation, [...(calls.get(node.operation) ?? []), node]);
  const makers = new Map<KerasTensor, CallNode>(nodes.flatMap((node) => node.outputs.map((t) => [t, node])));
  const history = (tensor: KerasTensor): History => {
    const node = makers.get(tensor)!;
    return [node.operation.name, calls.get(node.operation)!.indexOf(node), tensor.index];
  };
  const store = (value: unknown): ConfigValue => {
    if (value instanceof KerasTensor) {
      const config = { shape: value.shape as ConfigValue, dtype: value.dtype, keras_history: history(value) };
      return { class_name: '__keras_tensor__', config };
    }
    if (value instanceof Tensor) {
      return { class_name: '__tensor__', config: { value: value.arraySync() as ConfigValue, dtype: value.dtype } };
    }
    if (Array.isArray(value)) return value.map(store);
    if (isPlain(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, store(item)]));
    return value as ConfigValue;
  };
  const layers = operations.map((operation) => ({
    ...(operation instanceof OpCall ? serializeOp(operation) : serializeLayer(operation as Layer<Tensors, Tensors>)),
    name: operation.name,
    inbound_nodes: calls.get(operation)!.flatMap((node) => {
      if (node.inputs.length === 0 && node.args.length === 0) return [];
      const [first, options = {}] = node.args;
      return operation instanceof OpCall
        ? [{ args: node.args.map(store), kwargs: {} }]
        : [{ args: [store(first)], kwargs: store(options) }];
    }),
  }));
  const ends = (tensors: Tensors): ConfigValue => {
    if (tensors instanceof Tensor) return history(tensors as KerasTensor);
    if (Array.isArray(tensors)) return asList(tensors).map((tensor) => history(tensor as KerasTensor));
    return Object.fromEntries(Object.entries(tensors).map(([key, tensor]) => [key, history(tensor as KerasTensor)]));
  };
  return { layers: layers as ConfigValue, input_layers: ends(inputs), output_layers: ends(outputs) };
}
