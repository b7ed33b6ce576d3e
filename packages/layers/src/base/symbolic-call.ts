/**
 * Layers on symbolic tensors: recording their calls, and shapes of outputs found without running.
 */
import { ConfigError, tensor, type DType, type Shape } from '@dl/tensor';
import type { LayerShape } from './input-spec.ts';
import { inferOutputs, TensorSpec } from './infer-outputs.ts';
import { isSymbolic, KerasTensor, makeNode, recordCall, type CallNode, type Operation } from './keras-tensor.ts';
import { isShape, mapInputs, shapeList, type LayerShapes } from './tensors.ts';

/** Where symbolic inputs come from, for messages; undefined unless it is one layer or op. */
export function originOf(inputs: unknown): string | undefined {
  return inputs instanceof KerasTensor ? inputs.node.operation.name : undefined;
}

/** Shapes of inputs of which some are symbolic. */
export function symbolicShapes(inputs: unknown): LayerShapes {
  return mapInputs(inputs, (x): LayerShape => (isSymbolic(x) ? (x as KerasTensor) : tensor(x)).shape);
}

/** Records the call of a built layer; options that are undefined are left out. */
export function recordLayerCall(layer: Operation, inputs: unknown, options: object): CallNode {
  const given = Object.fromEntries(Object.entries(options).filter(([key, v]) => key !== 'from' && v !== undefined));
  return recordCall(layer, Object.keys(given).length === 0 ? [inputs] : [inputs, given]);
}

/** The only call of a layer. */
export function onlyNode(nodes: readonly CallNode[], label: string, what: string): CallNode {
  if (nodes.length === 1) return nodes[0]!;
  const hint = nodes.length === 0 ? 'apply it to Input(…), or build the model it is in' : 'use layer.inboundNodes[i]';
  throw new ConfigError(`${label}: ${what} needs one call on symbolic tensors, there are ${nodes.length}; ${hint}`);
}

const SOURCE: Operation = { name: 'input', label: 'input', apply: () => null };

/** Shapes of what `call` gives for inputs of these shapes. */
export function inferShapes(call: (inputs: never) => unknown, inputs: LayerShapes, dtype: DType): LayerShapes {
  const specs = shapeList(inputs).map((shape) => new TensorSpec(shape, dtype));
  const places = makeNode(SOURCE, [], [], specs).outputs;
  const keys = isShape(inputs) || Array.isArray(inputs) ? null : Object.keys(inputs);
  const named = keys === null ? places : Object.fromEntries(keys.map((key, i) => [key, places[i]]));
  const result = inferOutputs(call, [isShape(inputs) ? places[0] : named]);
  return shapesOf(result);
}

function shapesOf(specs: unknown): LayerShapes {
  if (specs instanceof TensorSpec) return specs.shape;
  if (Array.isArray(specs)) return specs.map((spec) => shapesOf(spec) as Shape);
  return Object.fromEntries(Object.entries(specs as object).map(([key, spec]) => [key, shapesOf(spec) as Shape]));
}
