/**
 * Layers and models from their stored form. Brings all layers and ops with it.
 */
import { Layer, toOptions, type Config, type ConfigValue, type LayerShape, type Tensors } from '@dl/layers';
import { layerClasses } from '@dl/layers/registry';
import { ConfigError, unknownName } from '@dl/tensor';
import { describe, isPlain } from '@dl/tensor/interpreter';
import * as ops from '@dl/tensor/ops';
import { loadGraph } from '../functional/load.ts';
import { Model, type AnyModel } from '../model.ts';
import { Sequential } from '../sequential.ts';
import { CustomLookup, isConfigurable, type CustomObjects } from './custom-objects.ts';
import { refusing } from './refusal.ts';
import { checkSizes, type ModelLimits } from './sizes.ts';

/** The stored form of a layer or model; other keys are ignored. */
export interface StoredLayer {
  readonly class_name: string;
  readonly config: Config;
}

type AnyLayer = Layer<Tensors, Tensors>;

interface Stored extends StoredLayer {
  readonly registered_name?: unknown;
  readonly shared_object_id?: unknown;
  readonly build_config?: unknown;
}

/** Keys whose values may be the name of a function or class of a user. */
const BY_NAME = /(^|_)(activation|initializer|regularizer|constraint)$/;

/** Configurations nested deeper than this are refused. */
const MAX_DEPTH = 200;

const UNLIMITED: ModelLimits = { maxSize: Infinity, maxRepeats: Infinity };

/** The layer of a configuration, for messages. */
const layerIn = ({ name }: Config): string => (typeof name === 'string' ? `layer '${name}'` : 'a layer');

/** Makes layers and models from their stored form. */
export class ModelMaker {
  readonly #lookup: CustomLookup;
  readonly #where: string;
  /** Layers that are stored in several places, by their id. */
  readonly #shared = new Map<unknown, AnyLayer>();
  #depth = 0;

  readonly #limits: ModelLimits;

  /**
   * @param where Begins messages: the file and its format.
   * @param limits How large layers may be; no limits unless given.
   */
  constructor(where: string, customObjects: CustomObjects = {}, limits: ModelLimits = UNLIMITED) {
    this.#where = where;
    this.#limits = limits;
    this.#lookup = new CustomLookup(customObjects);
  }

  /**
   * A model from its record.
   *
   * @throws ConfigError for a record of something else.
   */
  model(record: unknown): AnyModel {
    const made = this.layer(record);
    if (made instanceof Model) return made as AnyModel;
    throw new ConfigError(`${this.#where}: expected a model, got ${made.label}`);
  }

  /** A layer from its record, built if the record says for what. */
  layer(record: unknown): AnyLayer {
    const stored = this.#check(record);
    const { shared_object_id: id } = stored;
    const known = id === undefined ? undefined : this.#shared.get(id);
    if (known !== undefined) return known;
    if (++this.#depth > MAX_DEPTH)
      throw new ConfigError(`${this.#where}: layers are nested more than ${MAX_DEPTH} deep`);
    const { config, class_name: kind } = stored;
    const what = (): string => `${layerIn(config)} (${kind})`;
    const made = refusing(this.#where, what, () => this.#make(stored));
    this.#depth--;
    if (id !== undefined) this.#shared.set(id, made);
    return made;
  }

  /** What builds a model that is a class of its own: the shape in its record. */
  build(model: AnyModel, record: unknown): void {
    const shape = (record as Stored).build_config as { readonly input_shape?: LayerShape | null } | null | undefined;
    const input = shape?.input_shape;
    if (model.built || input === null || input === undefined) return;
    model.ensureBuilt(input as never);
    if (!model.layers.every((layer) => layer.built)) model.computeOutputShape(input as never);
  }

  /**
   * A configuration in which records of users' classes have become objects; built-in ones stay records. With `byName` texts
   * may be names of users' classes and functions as well.
   */
  custom(value: unknown, byName: boolean): unknown {
    if (!byName) return this.#revive(value as ConfigValue);
    if (typeof value === 'string') return this.#named(value);
    if (Array.isArray(value)) return value.map((item) => this.custom(item, true));
    if (!isPlain(value) || typeof value['class_name'] === 'string') return this.#revive(value as ConfigValue);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.custom(item, true)]));
  }

  #check(record: unknown, what = 'a record'): Stored {
    const { class_name: name, config } = (isPlain(record) ? record : {}) as Partial<Stored>;
    if (typeof name === 'string' && isPlain(config)) return record as unknown as Stored;
    throw new ConfigError(`${this.#where}: ${what} has no class_name and config, got ${describe(record)}`);
  }

  #make(stored: Stored): AnyLayer {
    const { class_name: name, config, registered_name: registered } = stored;
    const load = (inner: unknown): AnyLayer => this.layer(inner);
    const custom = this.#lookup.find(name, registered);
    if (custom !== undefined) {
      if (!isConfigurable(custom)) throw new ConfigError(`${this.#where}: ${name} has no fromConfig; extend Layer`);
      const made = custom.fromConfig(this.#revive(config), load);
      if (!(made instanceof Layer)) throw new ConfigError(`${this.#where}: ${name} is no layer, got ${describe(made)}`);
      return made as AnyLayer;
    }
    if (name === 'Sequential') return this.#sequential(config) as unknown as AnyLayer;
    if (name === 'Functional' || (name === 'Model' && 'layers' in config)) return this.#functional(config);
    if (!Object.hasOwn(layerClasses, name)) return this.#unknown(name, config);
    checkSizes(`${this.#where}: ${layerIn(config)} (${name})`, config, this.#limits);
    return layerClasses[name]!.fromConfig(this.#revive(config) as Config, load);
  }

  #unknown(name: string, config: Config): never {
    const layer = layerIn(config);
    const hint =
      `A class of your own must be registered before loading, saving.registerKerasSerializable(${name}), ` +
      `or given to it: { customObjects: { ${name} } }`;
    return unknownName(
      `${this.#where}: ${layer}`,
      'layer',
      name,
      [...this.#lookup.names, ...Object.keys(layerClasses)],
      hint,
    );
  }

  #functional(config: Config): AnyModel {
    const { inputs, outputs } = loadGraph(config, (record) => this.layer(record), ops, this.#where);
    return new Model(inputs, outputs, commonOptions(config));
  }

  #sequential(config: Config): Sequential {
    const records = config['layers'] as unknown;
    if (!Array.isArray(records)) {
      throw new ConfigError(`${this.#where}: a Sequential needs a list of layers, got ${describe(records)}`);
    }
    const { build_input_shape: shape } = config;
    const model = new Sequential([], commonOptions(config));
    (records as unknown[]).forEach((record, i) => {
      this.#check(record, `layer ${i} of ${model.name}`);
      model.add(this.layer(record) as unknown as Layer);
    });
    if (Array.isArray(shape) && !model.built) model.build(shape as LayerShape);
    return model;
  }

  /** A configuration in which classes and functions of users have become objects. Layers inside stay records. */
  #revive(value: ConfigValue, key = ''): unknown {
    if (Array.isArray(value)) return (value as readonly ConfigValue[]).map((item) => this.#revive(item, key));
    if (typeof value === 'string' && BY_NAME.test(key)) return this.#named(value);
    if (!isPlain(value)) return value;
    const { class_name: name, config, registered_name: registered } = value as Partial<Stored>;
    if (name === '__lambda__') {
      throw new ConfigError(
        `${this.#where}: the file holds Python code (a lambda) in '${key}', which is never run; save the model with a named function`,
      );
    }
    if (typeof name !== 'string' || !('config' in value)) return this.#entries(value);
    const fn: unknown = config;
    if (name === 'function' && typeof fn === 'string') return this.#lookup.find(fn, registered) ?? fn;
    if (name === '__numpy__' || name === '__tensor__') return (config as Config | undefined)?.['value'];
    const custom = this.#lookup.find(name, registered);
    const isLayer = typeof custom === 'function' && custom.prototype instanceof Layer;
    if (custom === undefined || isLayer || !isConfigurable(custom) || !isPlain(config)) {
      return isLayer || Object.hasOwn(layerClasses, name) ? value : this.#entries(value);
    }
    return custom.fromConfig(this.#entries(config));
  }

  #entries(value: Readonly<Record<string, unknown>>): Config {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.#revive(item as ConfigValue, key)]),
    ) as Config;
  }

  /** A function or class of a user that is given by its name alone. */
  #named(name: string): unknown {
    const custom = this.#lookup.find(name);
    if (custom === undefined) return name;
    return isConfigurable(custom) ? custom.fromConfig({}) : custom;
  }
}

function commonOptions(config: Config): { name?: string; trainable?: boolean } {
  const { name, trainable } = toOptions(config);
  return {
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof trainable === 'boolean' ? { trainable } : {}),
  };
}
