/**
 * Trace: the interpreter that runs nothing and writes a Graph.
 */
import { ConfigError } from '../errors.ts';
import { layoutOf } from '../layout.ts';
import type { OpAttrs, OpName } from '../ops/attrs.ts';
import type { Aval } from '../ops/spec.ts';
import { rowOf } from '../ops/table.ts';
import { withInterpreter, type Interpreter } from '../runtime/interpreter.ts';
import { Tensor } from '../tensor.ts';
import { inputValue, literalValue, makeNode, type Graph, type Node, type Value } from './graph.ts';

/** A graph together with the concrete tensors it captured; they are its last inputs. */
export interface Traced extends Graph {
  readonly captures: readonly Tensor[];
}

class TraceInterpreter implements Interpreter {
  readonly nodes: Node[] = [];
  readonly captures: Tensor[] = [];
  readonly capturedValues: Value[] = [];
  readonly #own = new Set<Value>();

  /** A symbolic tensor for a value of this trace. */
  wrap(value: Value): Tensor {
    this.#own.add(value);
    return Tensor.symbolic(layoutOf(value.dtype, value.shape), value);
  }

  valueOf(tensor: Tensor): Value {
    if (tensor.literal !== undefined) return literalValue(tensor.literal, tensor.dtype);
    if (tensor.value && this.#own.has(tensor.value)) return tensor.value;
    const known = this.captures.indexOf(tensor);
    if (known >= 0) return this.capturedValues[known]!;
    const value = inputValue(tensor);
    this.captures.push(tensor);
    this.capturedValues.push(value);
    return value;
  }

  apply<K extends OpName>(op: K, inputs: readonly Tensor[], attrs: OpAttrs[K]): Tensor[] {
    const node = makeNode(
      op,
      inputs.map((tensor) => this.valueOf(tensor)),
      attrs,
      rowOf(op).infer(inputs, attrs),
    );
    this.nodes.push(node);
    return node.outputs.map((value) => this.wrap(value));
  }
}

/**
 * Runs `fn` on symbolic tensors of the given shapes and dtypes and returns what it did.
 * Tensors that `fn` takes from outside become further inputs, by reference.
 */
export function trace(fn: (inputs: readonly Tensor[]) => readonly Tensor[], avals: readonly Aval[]): Traced {
  const interpreter = new TraceInterpreter();
  const inputs = avals.map(inputValue);
  const tensors = inputs.map((value) => interpreter.wrap(value));
  const results = withInterpreter(interpreter, () => fn(tensors));
  if (results instanceof Promise)
    throw new ConfigError('trace: the function returned a promise; traced functions must be synchronous');
  const outputs = results.map((tensor) => interpreter.valueOf(tensor));
  return {
    inputs: [...inputs, ...interpreter.capturedValues],
    nodes: interpreter.nodes,
    outputs,
    captures: interpreter.captures,
  };
}

const calls = new WeakMap<OpAttrs['call']['callee'], Map<string, Traced>>();

/** The traced body of a call for the given argument shapes; cached per callee. */
export function traceCall({ callee, attrs, key }: OpAttrs['call'], avals: readonly Aval[]): Traced {
  let known = calls.get(callee);
  if (!known) calls.set(callee, (known = new Map()));
  const signature = `${key}|${avals.map(({ shape, dtype }) => `${dtype}${shape.join()}`).join('|')}`;
  let traced = known.get(signature);
  if (!traced) {
    traced = trace((inputs) => callee.body(inputs, attrs), avals);
    if (known.size >= 256) known.clear();
    known.set(signature, traced);
  }
  return traced;
}
