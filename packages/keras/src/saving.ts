/**
 * Classes and functions of your own in files, and looking into files, as `keras.saving`.
 */
import type { AnyModel } from './model.ts';
import type { Inspection, InspectOptions } from './saving/inspect.ts';
import type { ModelSource } from './saving/places.ts';

export {
  customObjectScope,
  getRegisteredObject,
  registerKerasSerializable,
  type CustomObject,
  type CustomObjects,
  type RegisterOptions,
} from './saving/custom-objects.ts';
export { loadModel, saveModel } from './models.ts';
export type { InspectedLayer, InspectedWeight, Inspection, InspectOptions } from './saving/inspect.ts';
export type { LoadModelOptions, LoadWeightsOptions } from './saving/load.ts';
export type { MatchOptions, Rename } from './saving/model-file.ts';
export type { ModelSource, ModelTarget } from './saving/places.ts';
export type { ModelLimits } from './saving/sizes.ts';
export type { SaveOptions, SaveWeightsOptions } from './saving/save.ts';

/**
 * Tells what a file holds and, for a built model, which of its weights would be loaded, which not, and why. Changes nothing.
 *
 * @throws FormatError for damaged files and other kinds.
 * @example const { weights, match } = await saving.inspect('weights.safetensors', model);
 */
export async function inspect(
  source: ModelSource,
  model?: AnyModel | null,
  options: InspectOptions = {},
): Promise<Inspection> {
  const { inspect: look } = await import('./saving/inspect.ts');
  return look(source, model ?? null, options);
}
