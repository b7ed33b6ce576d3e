/**
 * Models from their stored configurations. The only module that brings all layers and ops with it.
 */
import type { Config, Tensors } from '@dl/layers';
import type { LoadableLayer } from '@dl/layers/registry';
import { ConfigError, type Tensor } from '@dl/tensor';
import { describe, isPlain } from '@dl/tensor/interpreter';
import type { AnyModel, Model } from './model.ts';
import type { LoadModelOptions } from './saving/load.ts';
import type { ModelSource, ModelTarget } from './saving/places.ts';
import type { SaveOptions } from './saving/save.ts';
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

/**
 * Loads a model: a `.keras` file, a legacy HDF5 file with a model, or a model of TensorFlow.js (`model.json` with its shards).
 * The source is a path, a URL, bytes, files, or `indexeddb://name`; what it is, its first bytes tell. The model is compiled
 * as it was, and its optimizer goes on where it stopped.
 *
 * @throws FormatError for damaged files; ConfigError for layers that are unknown, with how to make them known; ShapeError
 * for weights that do not fit. Nothing of a file is used before all of it has been checked.
 * @example const model = await models.loadModel('model.keras');
 */
export async function loadModel<I extends Tensors = Tensor, O extends Tensors = Tensor>(
  source: ModelSource,
  options: LoadModelOptions = {},
): Promise<Model<I, O>> {
  const { loadModel: load } = await import('./saving/load.ts');
  return load<I, O>(source, options);
}

/** Saves a model; the same as `model.save(target, options)`. */
export async function saveModel(model: AnyModel, target: ModelTarget, options: SaveOptions = {}): Promise<void> {
  await model.save(target, options);
}

/**
 * A model from what `model.toJson()` gave, with new weights, compiled as it was.
 *
 * @throws FormatError for something that is no JSON, ConfigError as {@link loadModel}.
 * @example const copy = await models.modelFromJson(await model.toJson());
 */
export async function modelFromJson<I extends Tensors = Tensor, O extends Tensors = Tensor>(
  text: string,
  options: Pick<LoadModelOptions, 'customObjects' | 'limits'> = {},
): Promise<Model<I, O>> {
  const { modelOfJson } = await import('./saving/load.ts');
  return modelOfJson(text, options) as unknown as Model<I, O>;
}
