/**
 * Models from their stored configurations. The only module that brings all layers with it.
 */
import { type Config, type Layer, type LayerShape, type Tensors } from '@dl/layers';
import { deserializeLayer, type LoadableLayer } from '@dl/layers/registry';
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { Sequential } from './sequential.ts';
import { serializeLayer } from './serialize-layer.ts';

export { serializeLayer as serialize };

/** The stored form of a layer or model; other keys are ignored. */
export interface StoredLayer {
  readonly class_name: string;
  readonly config: Config;
}

/** Options of {@link fromConfig}. */
export interface FromConfigOptions {
  /** Layer classes of your own by class name; they win over built-in ones. */
  readonly customLayers?: Readonly<Record<string, LoadableLayer>> | undefined;
}

/**
 * Makes a model from its stored form, or from what `getConfig()` of a Sequential gave. Its weights are new; set them with
 * `setWeights`.
 *
 * @throws ConfigError with the nearest names for a layer that is unknown.
 * @example const copy = models.fromConfig(models.serialize(model));
 */
export function fromConfig(stored: StoredLayer | Config, options: FromConfigOptions = {}): Sequential {
  const { class_name: name = 'Sequential', config = stored as Config } = stored as Partial<StoredLayer>;
  const made = makeLayer({ class_name: name, config }, options);
  if (made instanceof Sequential) return made;
  throw new ConfigError(`models.fromConfig: expected the configuration of a model, got that of ${describe(made)}`);
}

function makeLayer({ class_name: name, config }: StoredLayer, options: FromConfigOptions): Layer<Tensors, Tensors> {
  if (name === 'Sequential' && !Object.hasOwn(options.customLayers ?? {}, name)) return sequential(config, options);
  return deserializeLayer(name, config, options.customLayers);
}

function sequential(config: Config, options: FromConfigOptions): Sequential {
  const records = config['layers'] as unknown;
  if (!Array.isArray(records)) {
    throw new ConfigError(`models.fromConfig: a Sequential needs a list of layers, got ${describe(records)}`);
  }
  const { name, trainable, build_input_shape: shape } = config;
  const model = new Sequential([], { name: name as string | undefined, trainable: trainable as boolean | undefined });
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
