/**
 * Running graphs node by node, so that every value is rounded to its dtype and the results are those of the graph alone.
 */
import { Tensor, type DType } from '@dl/tensor';
import { applyAll, type Aval, type Graph, type Node, type OpName, type Value } from '@dl/tensor/interpreter';

/** Results of a graph, each node run by itself on the default backend. */
export function runGraph(graph: Graph, inputs: readonly Tensor[]): Tensor[] {
  const values = new Map<Value, Tensor>(graph.inputs.map((value, i) => [value, inputs[i]!]));
  const tensorOf = (value: Value): Tensor => {
    const { literal, dtype } = value;
    if (literal === undefined) return values.get(value)!;
    return Tensor.scalar(dtype === 'float32' || dtype === 'float16' ? Math.fround(literal) : literal, dtype);
  };
  for (const node of graph.nodes) {
    const results = applyAll(node.op, node.inputs.map(tensorOf), node.attrs);
    node.outputs.forEach((output, i) => values.set(output, results[i]!));
  }
  return graph.outputs.map(tensorOf);
}

/** The host values of tensors. */
export function read(tensors: readonly Tensor[]): Promise<readonly (readonly number[])[]> {
  return Promise.all(tensors.map(async (tensor) => Array.from(await tensor.data())));
}

/** The names of a graph's ops in order. */
export function opsOf(graph: Graph): string {
  return graph.nodes.map((node: Node) => node.op).join(' ');
}

/** Values that tell a wrong rule from a right one. */
export function specials(dtype: DType): readonly number[] {
  switch (dtype) {
    case 'float32':
    case 'float64':
    case 'float16':
      return [0, -0, 1, -1, NaN, Infinity, -Infinity, 0.5, -2.5, 3.25, 1e-7, -60000];
    case 'bool':
      return [0, 1, 1, 0, 1, 1, 0, 0, 0, 1, 0, 1];
    case 'int32':
      return [0, 1, -1, 2, 2 ** 31 - 1, -(2 ** 31), 7, -7, 65536, 100, -100, 3];
    case 'int8':
      return [0, 1, -1, 2, 127, -128, 7, -7, 64, 100, -100, 3];
    case 'int16':
      return [0, 1, -1, 2, 32767, -32768, 7, -7, 256, 100, -100, 3];
    case 'uint8':
      return [0, 1, 255, 2, 127, 128, 7, 9, 64, 100, 200, 3];
    case 'uint16':
      return [0, 1, 65535, 2, 127, 32768, 7, 9, 256, 100, 200, 3];
    case 'uint32':
      return [0, 1, 2 ** 32 - 1, 2, 2 ** 31, 2 ** 31 - 1, 7, 9, 65536, 100, 200, 3];
    default:
      return dtype satisfies never;
  }
}

/** A tensor of special values: of shape [3, 4], unless another one is given. */
export function specialTensor({ shape, dtype }: Aval): Tensor {
  const list = specials(dtype);
  const size = shape.reduce((a, b) => a * b, 1);
  return Tensor.fromValues(
    Array.from({ length: size }, (_, i) => list[i % list.length]!),
    shape,
    dtype,
  );
}

/** Names of ops, for tables. */
export type { OpName };
