/**
 * Models from their stored configurations. The only module that brings all layers and ops with it.
 */
import type { Config, Tensors } from '@dl/layers';
import type { LoadableLayer } from '@dl/layers/registry';
import { ConfigError, type Tensor } from '@dl/tensor';
import { describe, isPlain } from '@dl/tensor/interpreter';
import type { Model } from './model.ts';
import type { CustomObjects } from './saving/custom-objects.ts';
import { ModelMaker, type StoredLayer } from './saving/make-model.ts';
import { serializeLayer } from './serialize-layer.ts';

export { cloneModel, type CloneOptions } from './functional/clone.ts';
export { registerLayer } from '@dl/layers/registry';
export { serializeLayer as serialize };

export type { StoredLayer } from './saving/make-model.ts';

/** Options of {@link fromConfig}. */
export interface FromConfigOptions {
  /** Layer classes of your own by class name; they win over built-in and registered ones. */
  readonly customLayers?: Readonly<Record<string, LoadableLayer>> | undefined;
  /** Classes and functions of your own of every kind, by name; the same. */
  readonly customObjects?: CustomObjects | undefined;
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
  const { customLayers, customObjects } = options;
  const maker = new ModelMaker('models.fromConfig', { ...customLayers, ...customObjects } as CustomObjects);
  return maker.model({ ...stored, class_name: name, config }) as unknown as Model<I, O>;
}
