/**
 * Configurations in the form of Keras 2, for TensorFlow.js.
 */
import { ConfigError } from '@dl/tensor';
import { isPlain } from '@dl/tensor/interpreter';
import { isOpRecord } from '../functional/op-classes.ts';
import { OLD_HARD_SIGMOID } from './custom-objects.ts';

type Json = Readonly<Record<string, unknown>>;

/** A record with a class and a configuration. */
export interface Stored extends Json {
  readonly class_name: string;
  readonly config: Json;
}

const isStored = (value: unknown): value is Stored =>
  isPlain(value) && typeof value['class_name'] === 'string' && 'config' in value;

/** Ops that there is a layer for, which takes several inputs. */
const MERGING: readonly string[] = ['Add', 'Multiply', 'Maximum', 'Minimum', 'Concatenate'];
/** Ops that there is an activation for. */
const ACTIVATIONS: readonly string[] = [
  'Elu',
  'Relu',
  'Relu6',
  'Selu',
  'Sigmoid',
  'Softmax',
  'Softplus',
  'Softsign',
  'Tanh',
];

interface Node {
  readonly args: readonly unknown[];
  readonly kwargs: Json;
}

/** Turns records of Keras 3 into those of Keras 2. */
export class Downgrade {
  readonly #where: string;

  constructor(where: string) {
    this.#where = where;
  }

  /** A layer or model. */
  record(stored: Stored): Json {
    const { class_name: name, config } = stored;
    if (name === 'Functional') return { class_name: name, config: this.#functional(config) };
    if (name === 'InputLayer') {
      const { batch_shape: shape, ...rest } = config;
      return { class_name: name, config: { batch_input_shape: shape, ...(this.#values(rest) as object) } };
    }
    if ((name === 'GRU' || name === 'GRUCell') && config['reset_after'] === true) {
      throw this.#bad(config, 'TensorFlow.js has no GRU with reset_after; make it with { resetAfter: false }');
    }
    const values = this.#values(config) as Record<string, unknown>;
    if (name === 'Bidirectional') {
      // The layer backwards is made of the other, and both get their prefixes there.
      const { backward_layer: _, layer, ...rest } = values;
      const { class_name: inner, config: own } = layer as Stored;
      const plain = String(own['name']).replace(/^forward_/, '');
      return { class_name: name, config: { ...rest, layer: { class_name: inner, config: { ...own, name: plain } } } };
    }
    if (name === 'LeakyReLU') return { class_name: name, config: { ...values, alpha: values['negative_slope'] } };
    return { class_name: name, config: values };
  }

  #bad(config: Json, message: string): ConfigError {
    return new ConfigError(
      `${this.#where}: layer '${String(config['name'])}' cannot be stored for TensorFlow.js: ${message}`,
    );
  }

  #values(config: Json): Json {
    return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, this.#value(value, key, config)]));
  }

  #value(value: unknown, key: string, owner: Json): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#value(item, key, owner));
    if (value === 'hard_sigmoid' && key.endsWith('activation')) {
      throw this.#bad(owner, 'its hard_sigmoid is 0.2x + 0.5 there; use another activation');
    }
    if (!isStored(value)) return value;
    if (value.class_name === 'DTypePolicy') return value.config['name'];
    if ((value.class_name as string) !== 'function') return this.record(value);
    if ((value.config as unknown) === OLD_HARD_SIGMOID) return 'hard_sigmoid';
    throw this.#bad(owner, `the function ${JSON.stringify(value.config)} is unknown there`);
  }

  #functional({ layers, input_layers: inputs, output_layers: outputs, ...rest }: Json): Json {
    const records = layers as readonly (Stored & { readonly name: string; readonly inbound_nodes: readonly Node[] })[];
    const containers = new Set(records.filter((one) => one.class_name === 'Sequential').map(({ name }) => name));
    // Calls of all models inside are counted from 1 there, here those of functional ones only.
    const history = ([name, node, index]: readonly [string, number, number]): readonly unknown[] => [
      name,
      node + Number(containers.has(name)),
      index,
    ];
    const stored = records.map((record) => {
      const layer = isOpRecord(record['module']) ? this.#op(record) : this.record(record);
      return {
        ...layer,
        name: record.name,
        inbound_nodes: record.inbound_nodes.map((node) => this.#node(record, node, history)),
      };
    });
    const ends = (value: unknown): unknown => {
      const list = value as readonly unknown[];
      if (!Array.isArray(value)) throw this.#bad(rest, 'inputs and outputs by name are unknown there; use a list');
      return (typeof list[0] === 'string' ? [list] : list).map((end) =>
        history(end as readonly [string, number, number]),
      );
    };
    return { ...rest, layers: stored, input_layers: ends(inputs), output_layers: ends(outputs) };
  }

  #op({ class_name: name, config }: Stored): Json {
    const base = { name: config['name'], trainable: true };
    if (name === 'Concatenate') return { class_name: name, config: { ...base, axis: config['axis'] ?? 0 } };
    if (MERGING.includes(name)) return { class_name: name, config: base };
    const plain = Object.entries(config).every(([key, value]) => key === 'name' || (key === 'axis' && value === -1));
    if (ACTIVATIONS.includes(name) && plain) {
      return { class_name: 'Activation', config: { ...base, activation: name.toLowerCase() } };
    }
    throw this.#bad(config, `there is no layer for the op ${name}; use layers only`);
  }

  /** A call: outputs of layers with the options, which only the first has. */
  #node(
    { config }: Stored,
    { args, kwargs }: Node,
    history: (end: readonly [string, number, number]) => readonly unknown[],
  ): readonly unknown[] {
    const { initial_state: states = [], ...options } = kwargs;
    return [...args, states].flat(2).map((value, i) => {
      if (!isStored(value) || value.class_name !== '__keras_tensor__') {
        throw this.#bad(config, 'it is called with numbers, or tensors that no layer gives');
      }
      const end = history(value.config['keras_history'] as readonly [string, number, number]);
      return [...end, i === 0 ? this.#options(config, options) : {}];
    });
  }

  #options(config: Json, options: Json): Json {
    if (JSON.stringify(options).includes('__keras_tensor__')) {
      throw this.#bad(config, `it is called with tensors as options: ${Object.keys(options).join(', ')}`);
    }
    return options;
  }
}
