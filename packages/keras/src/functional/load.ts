/**
 * Functional models from their stored form.
 */
import {
  Bidirectional,
  InputLayer,
  recordCall,
  RNN,
  toOptions,
  type Config,
  type KerasTensor,
  type Layer,
  type Operation,
  type Tensors,
} from '@dl/layers';
import { ConfigError, tensor, type DType, type Nested, type Tensor } from '@dl/tensor';
import { describe, isPlain } from '@dl/tensor/interpreter';
import { isOpRecord, loadOp, type LoadedOp, type OpTable } from './op-classes.ts';
import { firstCall } from './config.ts';
import type { Several } from './structure.ts';

/** Makes a layer from its record. */
export type MakeLayer = (record: { readonly class_name: string; readonly config: Config }) => Layer<Tensors, Tensors>;

interface StoredCall {
  readonly args: readonly unknown[];
  readonly kwargs: unknown;
}

/** A call that is to be repeated, of a layer or an op. */
interface Waiting {
  readonly operation: Operation;
  readonly op: LoadedOp | null;
  readonly call: StoredCall;
}

interface StoredOperation {
  readonly class_name: string;
  readonly config: Config;
  readonly registered_name?: unknown;
  readonly module?: unknown;
  readonly name: string;
  readonly inbound_nodes: readonly StoredCall[];
}

type Ends = Several<readonly [string, number, number]>;

/** The symbolic ends of a stored model. */
export interface LoadedGraph {
  readonly inputs: Tensors;
  readonly outputs: Tensors;
}

/** Makes the layers and repeats the calls; calls wait until what they need is there. */
export function loadGraph(config: Config, makeLayer: MakeLayer, ops: OpTable, where: string): LoadedGraph {
  return new Loader(config, makeLayer, ops, where).load();
}

class Loader {
  readonly #config: Config;
  readonly #makeLayer: MakeLayer;
  readonly #ops: OpTable;
  readonly #where: string;
  /** Results of the calls of every operation so far. */
  readonly #results = new Map<string, (readonly KerasTensor[])[]>();
  /** The number of the first call of every operation. */
  readonly #first = new Map<string, number>();

  constructor(config: Config, makeLayer: MakeLayer, ops: OpTable, where: string) {
    this.#config = config;
    this.#makeLayer = makeLayer;
    this.#ops = ops;
    this.#where = where;
  }

  load(): LoadedGraph {
    const records = this.#config['layers'] as unknown;
    if (!Array.isArray(records)) throw this.#bad(`expected a list of layers, got ${describe(records)}`);
    const calls = (records as StoredOperation[]).flatMap((record, i) => this.#open(record, i));
    let waiting = calls;
    while (waiting.length > 0) {
      const blocked = new Set<Operation>();
      const next = waiting.filter((one) => {
        // The calls of a layer keep their order, by which they are known.
        const ran = !blocked.has(one.operation) && this.#run(one);
        if (!ran) blocked.add(one.operation);
        return !ran;
      });
      if (next.length === waiting.length) {
        throw this.#bad(
          `the calls of ${[...new Set(next.map(({ operation }) => operation.name))].join(', ')} need results that no layer gives`,
        );
      }
      waiting = next;
    }
    const { input_layers: inputs, output_layers: outputs } = this.#config as unknown as {
      readonly [K in 'input_layers' | 'output_layers']: Ends;
    };
    return { inputs: this.#ends(inputs, 'input_layers'), outputs: this.#ends(outputs, 'output_layers') };
  }

  #open(record: StoredOperation, i: number): readonly Waiting[] {
    const valid =
      typeof record?.class_name === 'string' && isPlain(record.config) && Array.isArray(record.inbound_nodes);
    if (!valid) throw this.#bad(`layer ${i} has no class_name, config and inbound_nodes`);
    const op = isOpRecord(record.module) ? loadOp(record, this.#ops, this.#where) : null;
    const operation = op?.operation ?? (this.#makeLayer(record) as Operation);
    const { name } = operation;
    if (this.#results.has(name)) throw this.#bad(`two layers are named '${name}'`);
    this.#results.set(name, operation instanceof InputLayer ? [[operation.output as KerasTensor]] : []);
    this.#first.set(name, firstCall(operation));
    return record.inbound_nodes.map((call) => ({ operation, op, call }));
  }

  /** Repeats a call; false while it needs what is not there yet. */
  #run({ operation, op, call }: Waiting): boolean {
    if (!Array.isArray(call?.args) || !isPlain(call.kwargs ?? {})) {
      throw this.#bad(`a call of ${operation.name} has no args and kwargs`);
    }
    const missing = { found: false };
    const args = this.#restore(call.args, missing) as unknown[];
    const kwargs = this.#restore(call.kwargs ?? {}, missing) as Record<string, unknown>;
    if (missing.found) return false;
    const outputs =
      op === null
        ? this.#apply(operation as unknown as Layer<Tensors, Tensors>, args, kwargs)
        : recordCall(operation, op.call(args, kwargs)).outputs;
    this.#results.get(operation.name)!.push(outputs);
    return true;
  }

  #apply(
    layer: Layer<Tensors, Tensors>,
    args: readonly unknown[],
    kwargs: Record<string, unknown>,
  ): readonly KerasTensor[] {
    // Null stands for arguments that were not given.
    const given = Object.entries(toOptions(kwargs as Config)).filter(([, value]) => value !== null);
    const options: Record<string, unknown> = Object.fromEntries(given);
    const { inputNames } = layer.constructor as typeof Layer;
    let [inputs, ...rest] = args;
    if (inputNames.length > 0 && !Array.isArray(inputs)) {
      const list = inputNames.map((name, i) => args[i] ?? options[name]);
      for (const name of inputNames) delete options[name];
      inputs = list.filter((one) => one !== undefined && one !== null);
      rest = args.slice(inputNames.length);
    }
    if (rest.length === 1 && (layer instanceof RNN || layer instanceof Bidirectional)) {
      options['initialState'] = rest.pop();
    }
    if (rest.some((value) => value !== null)) {
      throw this.#bad(`${layer.label} was called with ${args.length} arguments; it takes options beside its inputs`);
    }
    layer.apply(inputs as Tensors, options);
    return layer.inboundNodes.at(-1)!.outputs;
  }

  #restore(value: unknown, missing: { found: boolean }): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#restore(item, missing));
    if (!isPlain(value)) return value;
    const { class_name: kind, config } = value as { class_name?: string; config?: Record<string, unknown> };
    if (kind === '__keras_tensor__') {
      const found = this.#find(config?.['keras_history'] as readonly [string, number, number]);
      if (found === undefined) missing.found = true;
      return found;
    }
    if (kind === '__tensor__' || kind === '__numpy__')
      return tensor(config!['value'] as Nested, config!['dtype'] as DType);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#restore(item, missing)]));
  }

  #find(history: readonly [string, number, number]): KerasTensor | undefined {
    if (!Array.isArray(history)) throw this.#bad(`expected [layer, call, output], got ${describe(history)}`);
    const [name, node, index] = history;
    return this.#results.get(name)?.[node - (this.#first.get(name) ?? 0)]?.[index];
  }

  #ends(ends: Ends, what: string): Tensors {
    const single = Array.isArray(ends) && typeof ends[0] === 'string';
    const find = (end: readonly [string, number, number]): Tensor => {
      const found = this.#find(end);
      if (found === undefined) throw this.#bad(`${what} names ${JSON.stringify(end)}, which no layer gives`);
      return found;
    };
    if (single) return find(ends as unknown as readonly [string, number, number]);
    if (Array.isArray(ends)) return (ends as (readonly [string, number, number])[]).map(find);
    if (!isPlain(ends)) throw this.#bad(`${what} must list ends, got ${describe(ends)}`);
    return Object.fromEntries(Object.entries(ends).map(([key, end]) => [key, find(end as never)]));
  }

  #bad(message: string): ConfigError {
    return new ConfigError(`${this.#where}: ${message}`);
  }
}
