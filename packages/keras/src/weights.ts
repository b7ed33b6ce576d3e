/**
 * Weights in files, as functions of a model.
 */
import { writeSafetensors } from '@dl/formats';
import { ConfigError } from '@dl/tensor';
import type { AnyModel } from './model.ts';
import type { LoadWeightsOptions } from './saving/load.ts';
import type { ModelSource } from './saving/places.ts';

export type { LoadWeightsOptions } from './saving/load.ts';

/** A file with weights: its bytes, a path, a URL or files. */
export type WeightSource = ModelSource;

/**
 * Sets the weights of a built model from a file: safetensors or npz by their paths (`block_1/conv/kernel`), or in order where
 * an npz file has numbered arrays only; HDF5 files and archives of Keras; models of TensorFlow.js. All are checked before any
 * is set. The same as `model.loadWeights`.
 *
 * @throws FormatError for damaged files, ConfigError or ShapeError naming a weight that is missing or does not fit.
 * @example await loadWeights(model, 'weights.safetensors');
 */
export async function loadWeights(
  model: AnyModel,
  source: WeightSource,
  options: LoadWeightsOptions = {},
): Promise<void> {
  await model.loadWeights(source, options);
}

/**
 * The weights of a built model as a safetensors file, by their paths.
 *
 * @example await writeFile('weights.safetensors', await saveWeights(model));
 */
export async function saveWeights(model: AnyModel): Promise<Uint8Array<ArrayBuffer>> {
  if (!model.built) throw new ConfigError(`${model.label}: build the model before saving its weights`);
  const { arraysOf } = await import('./saving/save.ts');
  return writeSafetensors(await arraysOf(model));
}
