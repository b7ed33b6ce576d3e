/**
 * Layers on symbolic tensors: recording their calls, and shapes of outputs found without running.
 */
import { ConfigError, ShapeError, tensor, type DType, type Shape } from '@dl/tensor';
import { formatShape, leavesOf } from '@dl/tensor/interpreter';
import type { LayerShape } from './input-spec.ts';
import { inferOutputs, TensorSpec } from './infer-outputs.ts';
import {
  isSymbolic,
  KerasTensor,
  makeNode,
  recordCall,
  withOrigins,
  type CallNode,
  type Operation,
} from './keras-tensor.ts';
import { isShape, mapInputs, shapeList, type LayerShapes } from './tensors.ts';

/** Where symbolic inputs come from, for messages; undefined unless it is one layer or op. */
export function originOf(inputs: unknown): string | undefined {
  return inputs instanceof KerasTensor ? inputs.node.operation.name : undefined;
}

/** Shapes of inputs of which some are symbolic. */
export function symbolicShapes(inputs: unknown): LayerShapes {
  return mapInputs(inputs, (x): LayerShape => (isSymbolic(x) ? (x as KerasTensor) : tensor(x)).shape);
}

/** Builds a layer for symbolic inputs; what does not fit is reported with where they come from. */
export function buildOn(layer: Operation, inputs: unknown, build: () => void): void {
  const places = leavesOf(inputs).filter((leaf) => leaf instanceof KerasTensor);
  withOrigins(layer.name, places, build);
}

/**
 * Records the call of a built layer; options that are undefined are left out.
 *
 * @throws ShapeError when nothing is left of the inputs.
 */
export function recordLayerCall(layer: Operation, inputs: unknown, options: object): CallNode {
  const given = Object.fromEntries(Object.entries(options).filter(([key, v]) => key !== 'from' && v !== undefined));
  const node = recordCall(layer, Object.keys(given).length === 0 ? [inputs] : [inputs, given]);
  const isEmpty = ({ shape }: KerasTensor): boolean => shape.includes(0);
  const empty = node.outputs.find(isEmpty);
  if (empty === undefined || node.inputs.some(isEmpty)) return node;
  return withOrigins(layer.name, node.inputs, () => {
    throw new ShapeError(
      `${layer.label}: nothing is left of the input, the output would be ${formatShape(empty.shape)}; use larger inputs, smaller windows or padding`,
    );
  });
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
