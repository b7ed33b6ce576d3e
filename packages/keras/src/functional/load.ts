/**
 * Functional models from their stored form.
 */
import {
  InputLayer,
  Layer,
  OpCall,
  recordCall,
  type Config,
  type KerasTensor,
  type Operation,
  type Tensors,
} from '@dl/layers';
import { ConfigError, tensor, unknownName, type DType, type Nested, type Tensor } from '@dl/tensor';
import { describe, isPlain } from '@dl/tensor/interpreter';
import type { Several } from './structure.ts';

/** Finds the ops of stored calls by name. */
export type OpTable = Readonly<Record<string, unknown>>;

/** Makes a layer from its record. */
export type MakeLayer = (record: { readonly class_name: string; readonly config: Config }) => Layer<Tensors, Tensors>;

interface StoredCall {
  readonly args: readonly unknown[];
  readonly kwargs: unknown;
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
      const next = waiting.filter(({ operation, call }) => !this.#run(operation, call));
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

  #open(record: StoredOperation, i: number): readonly { operation: Operation; call: StoredCall }[] {
    const valid =
      typeof record?.class_name === 'string' && isPlain(record.config) && Array.isArray(record.inbound_nodes);
    if (!valid) throw this.#bad(`layer ${i} has no class_name, config and inbound_nodes`);
    const isOp = typeof record.module === 'string' && record.module.startsWith('keras.src.ops');
    const operation = isOp ? this.#op(record) : (this.#makeLayer(record) as Operation);
    this.#results.set(operation.name, operation instanceof InputLayer ? [[operation.output as KerasTensor]] : []);
    return record.inbound_nodes.map((call) => ({ operation, call }));
  }

  #op({ class_name: className, config }: StoredOperation): OpCall {
    const wanted = className.toLowerCase();
    const names = Object.keys(this.#ops);
    const name = names.find((key) => key.toLowerCase() === wanted && typeof this.#ops[key] === 'function');
    if (name === undefined) return unknownName(this.#where, 'op', className, names);
    const fn = this.#ops[name] as (...args: never[]) => unknown;
    return new OpCall(name, fn, config['name'] as string);
  }

  /** Repeats a call; false while it needs what is not there yet. */
  #run(operation: Operation, { args, kwargs }: StoredCall): boolean {
    const missing = { found: false };
    const [real, options] = [args, kwargs].map((part) => this.#restore(part, missing)) as [unknown[], unknown];
    if (missing.found) return false;
    const outputs =
      operation instanceof Layer
        ? this.#apply(operation as Layer<Tensors, Tensors>, real[0] as Tensors, options as object)
        : recordCall(operation, real).outputs;
    this.#results.get(operation.name)!.push(outputs);
    return true;
  }

  #apply(layer: Layer<Tensors, Tensors>, inputs: Tensors, options: object): readonly KerasTensor[] {
    layer.apply(inputs, options);
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
    if (kind === '__tensor__') return tensor(config!['value'] as Nested, config!['dtype'] as DType);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#restore(item, missing)]));
  }

  #find([name, node, index]: readonly [string, number, number]): KerasTensor | undefined {
    return this.#results.get(name)?.[node]?.[index];
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
