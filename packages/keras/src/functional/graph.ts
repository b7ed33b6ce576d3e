/**
 * FunctionalGraph: the calls between the inputs and the outputs of a functional model.
 */
import {
  asList,
  checkSymbolic,
  InputLayer,
  KerasTensor,
  type CallNode,
  type Operation,
  type Tensors,
} from '@dl/layers';
import { ConfigError, Tensor } from '@dl/tensor';
import { isPlain, leavesOf, mapTree } from '@dl/tensor/interpreter';
import { isTensor } from './forms.ts';
import { arrange, mapSeveral, type Form } from './structure.ts';

/** Chooses what is called in place of an operation. */
export type Replace = (operation: Operation) => Operation;

/** The form of inputs or outputs; leaves are named by `nameOf`. */
function formOf(value: Tensors, nameOf: (tensor: KerasTensor) => string): Form {
  if (value instanceof Tensor) return { kind: 'one', names: [nameOf(value as KerasTensor)] };
  if (Array.isArray(value)) return { kind: 'list', names: uniqueNames((value as KerasTensor[]).map(nameOf)) };
  return { kind: 'record', names: Object.keys(value) };
}

function uniqueNames(names: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  });
}

/** The calls that lead from symbolic inputs to symbolic outputs, in an order in which they can run. */
export class FunctionalGraph {
  readonly inputs: Tensors;
  readonly outputs: Tensors;
  readonly inputForm: Form;
  readonly outputForm: Form;
  /** Every call comes after those it depends on; those of the inputs come first. */
  readonly nodes: readonly CallNode[];
  /** Layers and ops from the inputs on, by the longest way to an output, as Keras lists them. */
  readonly operations: readonly Operation[];
  readonly #where: string;

  constructor(inputs: Tensors, outputs: Tensors, where: string) {
    this.#where = where;
    checkEnds(inputs, `${where}: input`);
    checkEnds(outputs, `${where}: output`);
    const given = asList(inputs);
    if (new Set(given).size !== given.length) throw new ConfigError(`${where}: the same input is given twice`);
    if (asList(outputs).length === 0) throw new ConfigError(`${where}: a model needs an output`);
    const boundary = new Map(given.map((tensor) => [tensor as KerasTensor, inputFor(tensor as KerasTensor)]));
    this.inputs = mapSeveral<Tensor, Tensor>(inputs, isTensor, (t) => boundary.get(t as KerasTensor)!);
    const search = new Search([...boundary.values()], boundary, where);
    this.outputs = mapSeveral<Tensor, Tensor>(outputs, isTensor, (t) => search.visit(t as KerasTensor));
    this.nodes = [...new Set([...asList(this.inputs).map((t) => (t as KerasTensor).node), ...search.nodes])];
    this.operations = inOrder(this.nodes, search.met);
    this.inputForm = formOf(this.inputs, ({ node }) => node.operation.name);
    this.outputForm = formOf(this.outputs, ({ node }) => node.operation.name);
    checkNames(this.operations, where);
  }

  /**
   * Runs the calls for inputs in the form of the model's, or by name. Given symbolic tensors, and with `replace`, it makes
   * the same calls of other operations.
   */
  run(inputs: Tensors, replace: Replace = (operation) => operation): Tensors {
    const values = new Map<Tensor, Tensor>();
    const given = asList(arrange<Tensor>(inputs, isTensor, this.inputForm, `${this.#where}: inputs`));
    asList(this.inputs).forEach((place, i) => {
      const { operation } = (place as KerasTensor).node;
      const symbolic = given[i] instanceof KerasTensor;
      values.set(place, symbolic ? given[i]! : ((operation as InputLayer).apply(given[i]!) as Tensor));
    });
    for (const { operation, args, outputs } of this.nodes) {
      if (operation instanceof InputLayer) continue;
      const real = mapTree(args, (leaf) => values.get(leaf) ?? leaf);
      const results = leavesOf(replace(operation).apply(...(real as never[])));
      outputs.forEach((place, i) => values.set(place, results[i]!));
    }
    return mapSeveral<Tensor, Tensor>(this.outputs, isTensor, (place) => values.get(place)!);
  }
}

/** Throws unless inputs or outputs are one symbolic tensor, or a list or record of them. */
function checkEnds(ends: Tensors, where: string): void {
  if (!Array.isArray(ends) && !isPlain(ends)) return checkSymbolic(where, ends);
  Object.entries(ends).forEach(([key, end]) => checkSymbolic(`${where} ${key}`, end));
}

/** The input of a model for a symbolic tensor: itself, or a new input where another call gave it. */
function inputFor(tensor: KerasTensor): KerasTensor {
  const { operation } = tensor.node;
  if (operation instanceof InputLayer) return tensor;
  return new InputLayer({ batchShape: tensor.shape, dtype: tensor.dtype }).output as KerasTensor;
}

/** Goes back from outputs to inputs. */
class Search {
  /** Calls after those they depend on. */
  readonly nodes: CallNode[] = [];
  /** When each operation was met. */
  readonly met = new Map<Operation, number>();
  readonly #done = new Map<CallNode, CallNode>();
  readonly #inputs: ReadonlySet<KerasTensor>;
  readonly #boundary: ReadonlyMap<KerasTensor, KerasTensor>;
  readonly #where: string;

  constructor(inputs: readonly KerasTensor[], boundary: ReadonlyMap<KerasTensor, KerasTensor>, where: string) {
    this.#inputs = new Set(inputs);
    this.#boundary = boundary;
    this.#where = where;
  }

  /** Collects the calls that a tensor needs. Returns the tensor of the graph for it. */
  visit(tensor: KerasTensor, wantedBy = 'an output'): KerasTensor {
    const inner = this.#boundary.get(tensor);
    if (inner !== undefined) {
      this.#meet(inner.node.operation);
      return inner;
    }
    return this.#node(tensor.node, wantedBy).outputs[tensor.index]!;
  }

  #meet(operation: Operation): void {
    if (!this.met.has(operation)) this.met.set(operation, this.met.size);
  }

  #node(node: CallNode, wantedBy: string): CallNode {
    const known = this.#done.get(node);
    if (known !== undefined) return known;
    const { operation } = node;
    this.#meet(operation);
    if (operation instanceof InputLayer && !this.#inputs.has(node.outputs[0]!)) {
      throw new ConfigError(
        `${this.#where}: the graph is disconnected: ${wantedBy} needs the input '${operation.name}', which is not among the model's inputs (${[...this.#inputs].map(({ name }) => name).join(', ')})`,
      );
    }
    const inner = node.inputs.map((input) => this.visit(input, operation.label));
    const same = inner.every((input, i) => input === node.inputs[i]);
    const places = new Map<Tensor, Tensor>(node.inputs.map((input, i) => [input, inner[i]!]));
    const made = same ? node : { ...node, inputs: inner, args: mapTree(node.args, (leaf) => places.get(leaf) ?? leaf) };
    this.#done.set(node, made);
    this.nodes.push(made);
    return made;
  }
}

/** Operations by the longest way to an output, the farthest first; equals in the order in which they were met. */
function inOrder(nodes: readonly CallNode[], met: ReadonlyMap<Operation, number>): readonly Operation[] {
  const makers = new Map<KerasTensor, CallNode>(nodes.flatMap((node) => node.outputs.map((t) => [t, node])));
  const ofNode = new Map<CallNode, number>();
  const ofOperation = new Map<Operation, number>();
  for (const node of [...nodes].reverse()) {
    const depth = Math.max(ofNode.get(node) ?? 0, ofOperation.get(node.operation) ?? 0);
    ofNode.set(node, depth);
    ofOperation.set(node.operation, depth);
    for (const input of node.inputs) {
      const maker = makers.get(input)!;
      ofNode.set(maker, Math.max(depth + 1, ofNode.get(maker) ?? 0));
    }
  }
  const place = (operation: Operation): number => met.get(operation) ?? met.size;
  return [...ofOperation.keys()].sort((a, b) => ofOperation.get(b)! - ofOperation.get(a)! || place(a) - place(b));
}

function checkNames(operations: readonly Operation[], where: string): void {
  const seen = new Map<string, Operation>();
  for (const operation of operations) {
    const other = seen.get(operation.name);
    if (other !== undefined) {
      throw new ConfigError(
        `${where}: the name '${operation.name}' is used by two layers, ${other.label} and ${operation.label}; names must differ`,
      );
    }
    seen.set(operation.name, operation);
  }
}
