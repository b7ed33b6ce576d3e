/**
 * Models from their stored configurations. The only module that brings all layers and ops with it.
 */
import { type Config, type Layer, type LayerShape, type Tensors } from '@dl/layers';
import { deserializeLayer, type LoadableLayer } from '@dl/layers/registry';
import { ConfigError, type Tensor } from '@dl/tensor';
import { describe, isPlain } from '@dl/tensor/interpreter';
import * as ops from '@dl/tensor/ops';
import { loadGraph } from './functional/load.ts';
import { Model, type AnyModel } from './model.ts';
import { Sequential } from './sequential.ts';
import { serializeLayer } from './serialize-layer.ts';

export { cloneModel, type CloneOptions } from './functional/clone.ts';
export { registerLayer } from '@dl/layers/registry';
export { serializeLayer as serialize };

/** The stored form of a layer or model; other keys are ignored. */
export interface StoredLayer {
  readonly class_name: string;
  readonly config: Config;
}

/** Options of {@link fromConfig}. */
export interface FromConfigOptions {
  /** Layer classes of your own by class name; they win over built-in and registered ones. */
  readonly customLayers?: Readonly<Record<string, LoadableLayer>> | undefined;
}

/**
 * Makes a model from its stored form, or from what `getConfig()` of a Sequential or functional model gave. Its weights are
 * new; set them with `setWeights`. Classes of your own are found when they were registered (`registerLayer`) or are given.
 *
 * @throws ConfigError with the nearest names for a layer that is unknown.
 * @example const copy = models.fromConfig(models.serialize(model));
 */
export function fromConfig<I extends Tensors = Tensor, O extends Tensors = Tensor>(
  stored: StoredLayer | Config,
  options: FromConfigOptions = {},
): Model<I, O> {
  if (!isPlain(stored)) {
    throw new ConfigError(
      `models.fromConfig: expected what models.serialize() or getConfig() gave, got ${describe(stored)}; parse JSON first`,
    );
  }
  const { config = stored as Config } = stored as Partial<StoredLayer>;
  const guess = 'input_layers' in config ? 'Functional' : 'Sequential';
  const { class_name: name = guess } = stored as Partial<StoredLayer>;
  const made = makeLayer({ class_name: name, config }, options);
  if (made instanceof Model) return made as unknown as Model<I, O>;
  throw new ConfigError(`models.fromConfig: expected the configuration of a model, got that of ${describe(made)}`);
}

function makeLayer({ class_name: name, config }: StoredLayer, options: FromConfigOptions): Layer<Tensors, Tensors> {
  if (!Object.hasOwn(options.customLayers ?? {}, name)) {
    if (name === 'Sequential') return sequential(config, options) as unknown as Layer<Tensors, Tensors>;
    if (name === 'Functional') return functional(config, options);
  }
  return deserializeLayer(name, config, options.customLayers, (inner) => makeLayer(inner, options));
}

function functional(config: Config, options: FromConfigOptions): AnyModel {
  const make = (record: StoredLayer): Layer<Tensors, Tensors> => makeLayer(record, options);
  const { inputs, outputs } = loadGraph(config, make, ops, 'models.fromConfig');
  return new Model(inputs, outputs, commonOptions(config));
}

const commonOptions = ({ name, trainable }: Config): { name?: string; trainable?: boolean } => ({
  ...(typeof name === 'string' ? { name } : {}),
  ...(typeof trainable === 'boolean' ? { trainable } : {}),
});

function sequential(config: Config, options: FromConfigOptions): Sequential {
  const records = config['layers'] as unknown;
  if (!Array.isArray(records)) {
    throw new ConfigError(`models.fromConfig: a Sequential needs a list of layers, got ${describe(records)}`);
  }
  const { build_input_shape: shape } = config;
  const model = new Sequential([], commonOptions(config));
  records.forEach((record: unknown, i) => {
    const stored = record as Partial<StoredLayer> | null;
    if (typeof stored?.class_name !== 'string' || typeof stored.config !== 'object') {
      throw new ConfigError(`models.fromConfig: layer ${i} has no class_name and config`);
    }
    model.add(makeLayer(stored as StoredLayer, options) as Layer);
  });
  if (Array.isArray(shape) && !model.built) model.build(shape as LayerShape);
  return model;
}
