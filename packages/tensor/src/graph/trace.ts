/**
 * Trace: the interpreter that runs nothing and writes a Graph.
 */
import { ConfigError } from '../errors.ts';
import { layoutOf } from '../layout.ts';
import type { OpAttrs, OpName } from '../ops/attrs.ts';
import type { Aval } from '../ops/spec.ts';
import { rowOf } from '../ops/table.ts';
import { withInterpreter, type GuardError, type Interpreter } from '../runtime/interpreter.ts';
import { currentLabel } from '../runtime/label.ts';
import { Tensor } from '../tensor.ts';
import type { Variable } from '../variable.ts';
import { inputValue, literalValue, makeNode, type Graph, type Node, type Value } from './graph.ts';

/** What a traced function did with a Variable. */
export interface VariableUse {
  readonly variable: Variable;
  /** The input with its value at the start; null when it was not read before it was assigned. */
  readonly read: Value | null;
  /** The output with its value at the end; null when it was not assigned. */
  readonly assigned: Value | null;
}

/** A check of values that only a run knows. */
export interface Guard {
  /** An int32 scalar: where the first value that does not fit stands, or −1. */
  readonly position: Value;
  /** That value, an int32 scalar. */
  readonly value: Value;
  readonly error: GuardError;
  /** The part of the program that asked for the check. */
  readonly label: string | null;
}

/**
 * A graph with what the function took from outside. Inputs are the arguments, the Variables that were read, then the
 * captured tensors; outputs are the results, then the values of the Variables that were assigned.
 */
export interface Traced extends Graph {
  readonly variables: readonly VariableUse[];
  readonly captures: readonly Tensor[];
  readonly guards: readonly Guard[];
}

class TraceInterpreter implements Interpreter {
  readonly nodes: Node[] = [];
  readonly captures: Tensor[] = [];
  readonly capturedValues: Value[] = [];
  readonly guards: Guard[] = [];
  readonly #own = new Set<Value>();
  readonly #reads = new Map<Variable, Value>();
  readonly #assigned = new Map<Variable, Tensor>();

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

  readVariable(variable: Variable): Tensor {
    const assigned = this.#assigned.get(variable);
    if (assigned) return assigned;
    let value = this.#reads.get(variable);
    if (!value) this.#reads.set(variable, (value = inputValue(variable)));
    return this.wrap(value);
  }

  assignVariable(variable: Variable, value: Tensor): void {
    this.#assigned.set(variable, value);
  }

  guard(position: Tensor, value: Tensor, error: GuardError): void {
    this.guards.push({ position: this.valueOf(position), value: this.valueOf(value), error, label: currentLabel() });
  }

  variableUses(): VariableUse[] {
    const touched = new Set([...this.#reads.keys(), ...this.#assigned.keys()]);
    return [...touched].map((variable) => {
      const assigned = this.#assigned.get(variable);
      return { variable, read: this.#reads.get(variable) ?? null, assigned: assigned ? this.valueOf(assigned) : null };
    });
  }
}

/**
 * Runs `fn` on symbolic tensors of the given shapes and dtypes and returns what it did.
 * Tensors that `fn` takes from outside become further inputs, by reference; so do Variables, none of which changes.
 */
export function trace(
  fn: (inputs: readonly Tensor[]) => readonly Tensor[],
  avals: readonly (Aval & { readonly weak?: boolean })[],
): Traced {
  const interpreter = new TraceInterpreter();
  const inputs = avals.map((aval) => inputValue(aval));
  const tensors = inputs.map((value) => interpreter.wrap(value));
  const results = withInterpreter(interpreter, () => fn(tensors));
  if (results instanceof Promise)
    throw new ConfigError('trace: the function returned a promise; traced functions must be synchronous');
  const outputs = results.map((tensor) => interpreter.valueOf(tensor));
  const variables = interpreter.variableUses();
  return {
    inputs: [...inputs, ...variables.flatMap(({ read }) => read ?? []), ...interpreter.capturedValues],
    nodes: interpreter.nodes,
    outputs: [...outputs, ...variables.flatMap(({ assigned }) => assigned ?? [])],
    variables,
    captures: interpreter.captures,
    guards: interpreter.guards,
  };
}

const calls = new WeakMap<OpAttrs['call']['callee'], Map<string, Traced>>();

/** Traces the body of a call. */
export function traceBody({ callee, attrs }: OpAttrs['call'], avals: readonly Aval[]): Traced {
  const traced = trace((inputs) => callee.body(inputs, attrs), avals);
  const [used] = traced.variables;
  if (used) {
    throw new ConfigError(
      `${callee.name}: the function ${used.assigned ? 'assigns' : 'reads'} Variable '${used.variable.name}', but what it ` +
        'does must depend on its arguments only; pass the value as an argument',
    );
  }
  return traced;
}

/** The traced body of a call for the given argument shapes; cached per callee. */
export function traceCall({ callee, attrs, key }: OpAttrs['call'], avals: readonly Aval[]): Traced {
  let known = calls.get(callee);
  if (!known) calls.set(callee, (known = new Map()));
  const signature = `${key}|${avals.map(({ shape, dtype }) => `${dtype}${shape.join()}`).join('|')}`;
  let traced = known.get(signature);
  if (!traced) {
    traced = traceBody({ callee, attrs, key }, avals);
    if (known.size >= 256) known.clear();
    known.set(signature, traced);
  }
  return traced;
}
