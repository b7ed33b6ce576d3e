/**
 * Configurations of Keras 2 and TensorFlow.js in the form of Keras 3, which is the only one that is loaded.
 */
import { layerClasses } from '@dl/layers/registry';
import { ConfigError } from '@dl/tensor';
import { describe, isPlain } from '@dl/tensor/interpreter';
import { OLD_HARD_SIGMOID } from './custom-objects.ts';
import { isOpClass } from '../functional/op-classes.ts';
import { refusing } from './refusal.ts';

type Json = Readonly<Record<string, unknown>>;

/** A record that has been found to have a class and a configuration. */
interface Stored extends Json {
  readonly class_name: string;
  readonly config: unknown;
}

const isStored = (value: unknown): value is Stored =>
  isPlain(value) && typeof value['class_name'] === 'string' && 'config' in value;

/** Layers that Keras 2 calls with their first states among the inputs. */
const RECURRENT: readonly string[] = [
  'RNN',
  'SimpleRNN',
  'LSTM',
  'GRU',
  'Bidirectional',
  'ConvLSTM1D',
  'ConvLSTM2D',
  'ConvLSTM3D',
];

const rename = (config: Json, names: Readonly<Record<string, string>>): Json =>
  Object.fromEntries(Object.entries(config).map(([key, value]) => [names[key] ?? key, value]));

/** What else changed between the versions, by class. */
const CHANGES: Readonly<Record<string, (config: Json) => Json>> = {
  InputLayer: (config) => rename(config, { batch_input_shape: 'batch_shape' }),
  LeakyReLU: (config) => rename(config, { alpha: 'negative_slope' }),
  BatchNormalization: (config) => ({ ...config, axis: single(config['axis']) }),
  VarianceScaling: (config) => ({
    ...config,
    distribution: config['distribution'] === 'normal' ? 'truncated_normal' : config['distribution'],
  }),
};

/** The only element of a list, or what it is. */
const single = (value: unknown): unknown =>
  Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;

/** How a dialect differs from Keras 3. */
export interface Dialect {
  /** Begins messages. */
  readonly where: string;
  /** Whether `hard_sigmoid` is 0.2x + 0.5 limited to [0, 1], as before Keras 3. */
  readonly oldHardSigmoid: boolean;
  /** What a GRU without `reset_after` means; undefined leaves that to the layer. */
  readonly resetAfter?: boolean | undefined;
}

/** A model in the form of Keras 3. */
export function upgradeModel(stored: unknown, dialect: Dialect): unknown {
  const inner = isPlain(stored) && isStored(stored['model_config']) ? stored['model_config'] : stored;
  if (!isStored(inner)) {
    throw new ConfigError(`${dialect.where}: expected a model with class_name and config, got ${describe(inner)}`);
  }
  return refusing(
    dialect.where,
    () => 'the model',
    () => new Upgrade(dialect).record(inner),
  );
}

class Upgrade {
  readonly #dialect: Dialect;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  record(stored: Stored): unknown {
    const { class_name: name, config } = stored;
    if (name === 'Sequential') {
      const whole = Array.isArray(config) ? { layers: config as unknown[] } : (config as Json);
      return { ...stored, config: this.#values(whole) };
    }
    if ((name === 'Model' || name === 'Functional') && isPlain(config) && Array.isArray(config['layers'])) {
      return { ...stored, class_name: 'Functional', config: this.#functional(config) };
    }
    if (!isPlain(config)) return stored;
    if (name === 'ThresholdedReLU') {
      const { theta = 1, ...rest } = config;
      return { ...stored, class_name: 'ReLU', config: { ...rest, threshold: theta } };
    }
    const change = Object.hasOwn(CHANGES, name) ? CHANGES[name]! : (same: Json): Json => same;
    const values = this.#values(change(config));
    const { resetAfter } = this.#dialect;
    const gru = (name === 'GRU' || name === 'GRUCell') && resetAfter !== undefined && !('reset_after' in values);
    return { ...stored, config: gru ? { ...values, reset_after: resetAfter } : values };
  }

  #values(config: Json): Json {
    return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, this.#value(value, key)]));
  }

  #value(value: unknown, key: string): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#value(item, key));
    if (isStored(value)) return this.record(value);
    const hard = typeof value === 'string' && key.endsWith('activation') && /^hard_?sigmoid$/i.test(value);
    return hard && this.#dialect.oldHardSigmoid ? HARD_SIGMOID : value;
  }

  #functional(config: Json): Json {
    const records = config['layers'] as readonly unknown[];
    const calls = new Calls(records, this.#dialect.where);
    const layers = records.map((record) => {
      if (!isStored(record)) return record;
      const upgraded = this.record(record) as Stored;
      const name = String(record['name'] ?? (record.config as Json)['name']);
      const inbound = record['inbound_nodes'];
      if (!Array.isArray(inbound)) return upgraded;
      const old = inbound.every((node) => Array.isArray(node));
      const nodes = old
        ? (inbound as unknown[][]).map((node) => calls.node(node, record.class_name))
        : (inbound as unknown[]);
      return { ...upgraded, ...moduleOf(upgraded, nodes), name, inbound_nodes: nodes };
    });
    const ends = (key: string): unknown => calls.ends(config[key]);
    return { ...config, layers, input_layers: ends('input_layers'), output_layers: ends('output_layers') };
  }
}

/** Old files do not say which records are ops; those have tensors as arguments of their own. */
function moduleOf({ class_name: name, module }: Stored, nodes: readonly unknown[]): Json {
  if (module !== undefined || !isOpClass(name)) return {};
  const args = (nodes[0] as { readonly args?: unknown } | undefined)?.args;
  const several = Array.isArray(args) && args.length > 1;
  return Object.hasOwn(layerClasses, name) && !several ? {} : { module: 'keras.src.ops' };
}

/** The calls between the layers of a functional model. */
class Calls {
  readonly #where: string;
  /** Layers by name, with how many calls they have, and whether these are counted from 1. */
  readonly #layers = new Map<string, { readonly calls: number; readonly functional: boolean; fromOne: boolean }>();

  constructor(records: readonly unknown[], where: string) {
    this.#where = where;
    for (const record of records) {
      if (!isStored(record)) throw new ConfigError(`${where}: a layer has no class_name and config`);
      const name = String(record['name'] ?? (record.config as Json | null)?.['name']);
      const nodes = record['inbound_nodes'];
      const functional = record.class_name === 'Model' || record.class_name === 'Functional';
      this.#layers.set(name, { calls: Array.isArray(nodes) ? nodes.length : 0, functional, fromOne: false });
    }
    for (const record of records) this.#see((record as Stored)['inbound_nodes']);
  }

  /** Some writers count the calls of models inside from 1: then the last number is that of the calls. */
  #see(value: unknown): void {
    if (!Array.isArray(value)) return;
    const [name, node] = value as readonly unknown[];
    const layer = typeof name === 'string' ? this.#layers.get(name) : undefined;
    if (layer !== undefined && typeof node === 'number') layer.fromOne ||= layer.calls > 0 && node >= layer.calls;
    else for (const item of value as unknown[]) this.#see(item);
  }

  #isTensor(value: unknown): value is readonly [string, number, number] {
    if (!Array.isArray(value) || value.length < 3) return false;
    const [name, node, tensor] = value as readonly unknown[];
    return typeof name === 'string' && this.#layers.has(name) && Number.isInteger(node) && Number.isInteger(tensor);
  }

  #history([name, node, tensor]: readonly [string, number, number]): readonly [string, number, number] {
    const { functional, fromOne } = this.#layers.get(name)!;
    return [name, node - Number(fromOne) + Number(functional), tensor];
  }

  #value(value: unknown): unknown {
    if (this.#isTensor(value)) {
      return { class_name: '__keras_tensor__', config: { keras_history: this.#history(value) } };
    }
    if (Array.isArray(value)) return value.map((item) => this.#value(item));
    return isPlain(value) ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, this.#value(v)])) : value;
  }

  /** One call: `[[layer, call, output, options], …]` as arguments. */
  node(node: readonly unknown[], className: string): unknown {
    const entries = this.#isTensor(node) ? [node] : node;
    const tensors = entries.map((entry) => {
      if (this.#isTensor(entry)) return this.#value((entry as readonly unknown[]).slice(0, 3));
      throw new ConfigError(
        `${this.#where}: a call has the input ${JSON.stringify(entry)}, which is no output of a layer`,
      );
    });
    const options = entries.map((entry) => (entry as readonly unknown[])[3] ?? {});
    const kwargs = this.#value(Object.assign({}, ...options)) as Json;
    const [first, ...states] = tensors;
    if (RECURRENT.includes(className) && states.length > 0) {
      return { args: [first], kwargs: { ...kwargs, initial_state: states } };
    }
    return { args: [tensors.length === 1 ? first : tensors], kwargs };
  }

  /** Inputs or outputs of the model; one in a list is one alone. */
  ends(value: unknown): unknown {
    if (this.#isTensor(value)) return this.#history(value);
    if (Array.isArray(value)) {
      const list = value.map((item) => this.ends(item));
      return list.length === 1 ? list[0] : list;
    }
    return isPlain(value) ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, this.ends(v)])) : value;
  }
}

/** The function that stands for `hard_sigmoid` of old files. */
const HARD_SIGMOID: Json = {
  module: 'builtins',
  class_name: 'function',
  config: OLD_HARD_SIGMOID,
  registered_name: OLD_HARD_SIGMOID,
};

/** The arguments of `compile` from a `training_config`. */
export function upgradeCompile(stored: unknown): unknown {
  if (!isPlain(stored)) return null;
  const { optimizer_config: optimizer, optimizer: name, ...rest } = stored;
  return { ...rest, optimizer: isStored(optimizer) ? upgradeOptimizer(optimizer) : (name ?? 'rmsprop') };
}

/** `lr` is `learning_rate` today, and a decay a schedule. */
function upgradeOptimizer(stored: Stored): unknown {
  const { lr, decay, ...config } = stored.config as Json;
  const rate = config['learning_rate'] ?? lr;
  const decaying = typeof decay === 'number' && decay > 0 && typeof rate === 'number';
  const schedule = {
    class_name: 'InverseTimeDecay',
    config: { initial_learning_rate: rate, decay_steps: 1, decay_rate: decay },
  };
  return { ...stored, config: { ...config, learning_rate: decaying ? schedule : rate } };
}
