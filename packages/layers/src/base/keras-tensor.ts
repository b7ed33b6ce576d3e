/**
 * KerasTensor: inputs and results of calls in a functional model, and the record of those calls.
 */
import { ConfigError, DlError, type DType } from '@dl/tensor';
import { describe, formatShape, leavesOf, SymbolicTensor } from '@dl/tensor/interpreter';
import { inferOutputs, TensorSpec } from './infer-outputs.ts';
import type { LayerShape } from './input-spec.ts';
import { autoName, toSnakeCase } from './names.ts';

/** What a node calls: a layer, or an op under its name. */
export interface Operation {
  readonly name: string;
  /** For messages: `dense_1 (Dense)`. */
  readonly label: string;
  apply(...args: never[]): unknown;
}

/** An op in a functional model, such as `add` or `softmax`. */
export class OpCall implements Operation {
  readonly name: string;
  /** Name of the op in `ops`. */
  readonly op: string;
  readonly apply: (...args: never[]) => unknown;

  constructor(op: string, fn: (...args: never[]) => unknown, name: string = autoName(toSnakeCase(op))) {
    this.name = name;
    this.op = op;
    this.apply = fn;
  }

  get label(): string {
    return `${this.name} (${this.op})`;
  }
}

/** One call of a layer or op on symbolic tensors: what was passed, and what came out. */
export interface CallNode {
  readonly operation: Operation;
  /** Arguments of `operation.apply`, with the symbolic tensors among them. */
  readonly args: readonly unknown[];
  /** The symbolic tensors among the arguments. */
  readonly inputs: readonly KerasTensor[];
  /** One symbolic tensor or several, as the call gave them. */
  readonly result: unknown;
  /** The symbolic tensors of the result. */
  readonly outputs: readonly KerasTensor[];
}

/**
 * A symbolic tensor of a functional model: `Input(…)`, or what a layer or op gives for one. Its `shape` has null where a
 * size is open; it has no values.
 *
 * @example
 * const x = Input({ shape: [4] });
 * const y = new Dense(2).apply(x).relu(); // y.shape is [null, 2]
 */
export class KerasTensor extends SymbolicTensor {
  readonly name: string;
  /** The call that gave it. */
  readonly node: CallNode;
  /** Its place among the results of the call. */
  readonly index: number;

  constructor(shape: LayerShape, dtype: DType, node: CallNode, index: number) {
    super(shape, dtype);
    this.node = node;
    this.index = index;
    this.name = index === 0 ? node.operation.name : `${node.operation.name}:${index}`;
  }

  override record(name: string, fn: (...args: never[]) => unknown, args: readonly unknown[]): unknown {
    return recordCall(new OpCall(name, fn), args).result;
  }

  override toString(): string {
    return `KerasTensor(${this.dtype}${formatShape(this.shape)} from ${this.node.operation.name})`;
  }
}

/** Records a call: infers what it gives, and makes the symbolic tensors for that. */
export function recordCall(operation: Operation, args: readonly unknown[]): CallNode {
  const inputs = leavesOf(args).filter((leaf) => leaf instanceof KerasTensor);
  const infer = (): unknown => inferOutputs(operation.apply.bind(operation), args);
  return makeNode(operation, args, inputs, withOrigins(operation.name, inputs, infer));
}

/** A node for a result of known specs. */
export function makeNode(
  operation: Operation,
  args: readonly unknown[],
  inputs: readonly KerasTensor[],
  specs: unknown,
): CallNode {
  const outputs: KerasTensor[] = [];
  const node: { -readonly [K in keyof CallNode]: CallNode[K] } = { operation, args, inputs, outputs, result: null };
  const make = (spec: unknown): unknown => {
    if (spec instanceof TensorSpec) {
      const tensor = new KerasTensor(spec.shape, spec.dtype, node, outputs.length);
      outputs.push(tensor);
      return tensor;
    }
    if (Array.isArray(spec)) return spec.map(make);
    if (typeof spec !== 'object' || spec === null) return spec;
    return Object.fromEntries(Object.entries(spec).map(([key, value]) => [key, make(value)]));
  };
  node.result = make(specs);
  return node;
}

/** Runs what prepares or infers a call; what does not fit is reported with where the inputs come from. */
export function withOrigins<T>(name: string, inputs: readonly KerasTensor[], fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    if (!(error instanceof DlError)) throw error;
    const origins = inputs.map(({ shape, node }) => `${formatShape(shape)} from ${node.operation.name}`);
    const Kind = error.constructor as new (message: string, options?: ErrorOptions) => DlError;
    throw new Kind(`${error.message} — inputs of ${name}: ${origins.join(', ')} (null: any size)`, { cause: error });
  }
}

/** Whether a value is a symbolic tensor, or a list or record of which some are. */
export function isSymbolic(value: unknown): boolean {
  if (value instanceof KerasTensor) return true;
  if (Array.isArray(value)) return value.some((item) => item instanceof KerasTensor);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  return (
    Object.getPrototypeOf(value) === Object.prototype && Object.values(value).some((v) => v instanceof KerasTensor)
  );
}

/** Throws unless a value is a symbolic tensor. */
export function checkSymbolic(where: string, value: unknown): asserts value is KerasTensor {
  if (value instanceof KerasTensor) return;
  throw new ConfigError(
    `${where}: expected a symbolic tensor, made by Input() or by a layer or op applied to one; got ${describe(value)}`,
  );
}
