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
import { storeOp } from './op-classes.ts';
import { serializeLayer } from '../serialize-layer.ts';
import type { FunctionalGraph } from './graph.ts';

/** A symbolic tensor by the layer that gave it, which of its calls in this model, and its place among the results. */
type History = readonly [string, number, number];

const toSnake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** In Keras a functional model has a call from the start, the one that made it. */
export const firstCall = (operation: Operation): number =>
  Number((operation as { readonly className?: string }).className === 'Functional');

/** What a layer was called with, as Keras's call takes it: several inputs may be arguments of their own. */
function callArguments(layer: Layer<Tensors, Tensors>, args: readonly unknown[]): StoredCall {
  const [inputs, options = {}] = args;
  const { inputNames } = layer.constructor as typeof Layer;
  const spread = inputNames.length > 0 && Array.isArray(inputs);
  const kwargs = Object.fromEntries(Object.entries(options as object).map(([key, value]) => [toSnake(key), value]));
  return { args: spread ? inputs : [inputs], kwargs };
}

interface StoredCall {
  readonly args: readonly unknown[];
  readonly kwargs: object;
}

/** The stored layers and ends of a graph. */
export function graphConfig({ operations, nodes, inputs, outputs }: FunctionalGraph): Config {
  const calls = new Map<Operation, CallNode[]>();
  for (const node of nodes) calls.set(node.operation, [...(calls.get(node.operation) ?? []), node]);
  const makers = new Map<KerasTensor, CallNode>(nodes.flatMap((node) => node.outputs.map((t) => [t, node])));
  const history = (tensor: KerasTensor): History => {
    const node = makers.get(tensor)!;
    const { operation } = node;
    return [operation.name, calls.get(operation)!.indexOf(node) + firstCall(operation), tensor.index];
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
  const layers = operations.map((operation) => {
    const own = calls.get(operation)!.filter((node) => node.args.length > 0);
    const ops = operation instanceof OpCall ? own.map((node) => storeOp(operation, node.args)) : [];
    const record = ops[0]?.record ?? serializeLayer(operation as Layer<Tensors, Tensors>);
    const stored = own.map(({ args }, i): StoredCall => {
      return ops[i] === undefined
        ? callArguments(operation as Layer<Tensors, Tensors>, args)
        : { args: ops[i].args, kwargs: {} };
    });
    return { ...record, name: operation.name, inbound_nodes: stored.map(store) };
  });
  const ends = (tensors: Tensors): ConfigValue => {
    if (tensors instanceof Tensor) return history(tensors as KerasTensor);
    if (Array.isArray(tensors)) return asList(tensors).map((tensor) => history(tensor as KerasTensor));
    return Object.fromEntries(Object.entries(tensors).map(([key, tensor]) => [key, history(tensor as KerasTensor)]));
  };
  return { layers: layers as ConfigValue, input_layers: ends(inputs), output_layers: ends(outputs) };
}
