/**
 * Weights in files: safetensors and npz.
 */
import { loadArrays, writeSafetensors, type ByteSource, type NamedArray } from '@dl/formats';
import type { Weight } from '@dl/layers';
import { ConfigError, ShapeError, tensor, type TypedArray } from '@dl/tensor';
import { formatShape, sameShape } from '@dl/tensor/interpreter';
import type { AnyModel } from './model.ts';

/** A file with weights: its bytes, a path or a URL. */
export type WeightSource = ByteSource;

/** Options of {@link loadWeights}. */
export interface LoadWeightsOptions {
  /** Whether weights that do not fit, or are not in the file, stay as they are; false unless given. */
  readonly skipMismatch?: boolean | undefined;
}

/** A name for every weight: its path, numbered where two layers have the same. */
function namesOf(weights: readonly Weight[]): readonly string[] {
  const seen = new Map<string, number>();
  return weights.map(({ path }) => {
    const count = seen.get(path) ?? 0;
    seen.set(path, count + 1);
    return count === 0 ? path : `${path}_${count}`;
  });
}

/**
 * Sets the weights of a built model from a safetensors or npz file, by their paths (`block_1/conv/kernel`), or in order where
 * an npz file has numbered arrays only. All are checked before any is set.
 *
 * @throws FormatError for damaged files, ConfigError or ShapeError naming a weight that is missing or does not fit.
 * @example await loadWeights(model, 'weights.safetensors');
 */
export async function loadWeights(
  model: AnyModel,
  source: WeightSource,
  { skipMismatch = false }: LoadWeightsOptions = {},
): Promise<void> {
  if (!model.built) throw new ConfigError(`${model.label}: build the model before loading weights into it`);
  const arrays = await loadArrays(source);
  const { weights } = model;
  const names = namesOf(weights);
  const numbered = arrays.size === weights.length && weights.every((_, i) => arrays.has(`arr_${i}`));
  const chosen = weights.map((weight, i): NamedArray | null => {
    const name = numbered ? `arr_${i}` : names[i]!;
    const array = arrays.get(name);
    const fits = array !== undefined && sameShape(array.shape, weight.shape);
    if (fits) return array;
    if (skipMismatch) return null;
    if (array === undefined) {
      const some = [...arrays.keys()].slice(0, 5).join(', ');
      throw new ConfigError(
        `${model.label}: the file has no weight '${name}'; it has ${arrays.size}: ${some}${arrays.size > 5 ? ' …' : ''}`,
      );
    }
    throw new ShapeError(
      `${model.label}: weight '${name}' has shape ${formatShape(weight.shape)}, in the file ${formatShape(array.shape)}`,
    );
  });
  weights.forEach((weight, i) => {
    const array = chosen[i];
    if (array) weight.assign(tensor(array.data as TypedArray, weight.dtype, array.shape));
  });
}

/**
 * The weights of a built model as a safetensors file, by their paths.
 *
 * @example await writeFile('weights.safetensors', await saveWeights(model));
 */
export async function saveWeights(model: AnyModel): Promise<Uint8Array<ArrayBuffer>> {
  if (!model.built) throw new ConfigError(`${model.label}: build the model before saving its weights`);
  const names = namesOf(model.weights);
  const entries = await Promise.all(
    model.weights.map(async (weight, i): Promise<[string, NamedArray]> => {
      const { shape, dtype } = weight;
      return [names[i]!, { dtype, shape, data: await weight.value.data() }];
    }),
  );
  return writeSafetensors(new Map(entries));
}
