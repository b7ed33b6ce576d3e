/**
 * Saving: models and weights to files, or as bytes.
 */
import {
  hdf5Parts,
  streamSafetensors,
  writeNpz,
  writeTo,
  type ByteTarget,
  type LazyArray,
  type NamedArray,
} from '@dl/formats';
import { ConfigError } from '@dl/tensor';
import type { AnyModel } from '../model.ts';
import { archiveParts } from './archive.ts';
import { weightTree } from './h5-weights.ts';
import { namesOf } from '../modules/weight-names.ts';
import { checkFree, joined, makeFolder, nameOfTarget } from './places.ts';
import { shardParts } from './sharded-write.ts';
import { arrayOf } from './weight-plan.ts';

/** Options of `save`. */
export interface SaveOptions {
  /** Whether a file that exists is replaced; true unless given. Only for paths of Node. */
  readonly overwrite?: boolean | undefined;
  /** Whether the state of the optimizer is stored; true unless given. */
  readonly includeOptimizer?: boolean | undefined;
}

/** Options of `saveWeights`. */
export interface SaveWeightsOptions extends SaveOptions {
  /** Most bytes of one file, for `.weights.json`: 2 GB unless given. */
  readonly maxShardBytes?: number | undefined;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** See `Model.save`. */
export async function saveModel(
  model: AnyModel,
  target: ByteTarget | undefined,
  { overwrite = true, includeOptimizer = true }: SaveOptions,
): Promise<Bytes | undefined> {
  if (!model.built)
    throw new ConfigError(
      `${model.label}: build the model before saving it: call it on data, or give it an input shape`,
    );
  if (target === undefined) return joined(await archiveParts(model, { includeOptimizer }));
  const name = nameOfTarget(target);
  if (name !== null && (name.endsWith('/') || name.endsWith('model.json'))) {
    const { layersModelFiles } = await import('./layers-model-write.ts');
    await writeBeside(name, 'model.json', await layersModelFiles(model), overwrite);
    return undefined;
  }
  if (name !== null && !name.endsWith('.keras')) {
    const hint = /\.(weights\.\w+|safetensors|npz)$/.test(name)
      ? 'use saveWeights() for weights alone'
      : 'use a name that ends in .keras';
    throw new ConfigError(`${model.label}: models are saved as .keras or model.json, got '${name}'; ${hint}`);
  }
  if (!overwrite) checkFree(target);
  await writeTo(target, await archiveParts(model, { includeOptimizer }));
  return undefined;
}

/** See `Model.saveWeights`. */
export async function saveModelWeights(
  model: AnyModel,
  target: ByteTarget | undefined,
  { overwrite = true, includeOptimizer = true, maxShardBytes = 2e9 }: SaveWeightsOptions,
): Promise<Bytes | undefined> {
  if (!model.built) throw new ConfigError(`${model.label}: build the model before saving its weights`);
  const optimizer = includeOptimizer && model.compiled ? model.optimizer : null;
  if (target === undefined) return joined(hdf5Parts(await weightTree(model, optimizer)));
  const name = nameOfTarget(target) ?? '.weights.h5';
  if (!overwrite) checkFree(target);
  if (name.endsWith('.weights.json')) {
    const files = shardParts(await weightTree(model, optimizer), name.split('/').at(-1)!, maxShardBytes);
    await writeBeside(name, name.split('/').at(-1)!, files, true);
  } else if (name.endsWith('.weights.h5')) await writeTo(target, hdf5Parts(await weightTree(model, optimizer)));
  else if (name.endsWith('.safetensors')) await streamWeights(model, target);
  else if (name.endsWith('.npz')) await writeTo(target, [writeNpz(await arraysOf(model))]);
  else {
    throw new ConfigError(
      `${model.label}: weights are saved as .weights.h5, .weights.json, .safetensors or .npz, got '${name}'`,
    );
  }
  return undefined;
}

/** Writes weights one after the other, as they are now: a copy of one of them is in memory at a time. */
async function streamWeights(model: AnyModel, target: ByteTarget): Promise<void> {
  const names = namesOf(model.weights);
  const values = model.weights.map((weight) => weight.value);
  const lazy = model.weights.map(({ dtype, shape }, i): [string, LazyArray] => [
    names[i]!,
    { dtype, shape, read: async () => ({ dtype, shape, data: await values[i]!.data() }) },
  ]);
  try {
    await streamSafetensors(new Map(lazy), target);
  } finally {
    for (const value of values) value.dispose();
  }
}

/** The weights of a model by their paths. */
export async function arraysOf(model: AnyModel): Promise<ReadonlyMap<string, NamedArray>> {
  const names = namesOf(model.weights);
  const arrays = new Map<string, NamedArray>();
  for (const [i, weight] of model.weights.entries()) arrays.set(names[i]!, await arrayOf(weight));
  return arrays;
}

/** Writes files into the folder of a target; the main one comes last, so that it never names what is not there. */
async function writeBeside(
  target: string,
  main: string,
  files: ReadonlyMap<string, Iterable<Uint8Array>>,
  overwrite: boolean,
): Promise<void> {
  const folder = target.endsWith('/') ? target : target.slice(0, target.lastIndexOf('/') + 1);
  const place = target.endsWith('/') ? `${target}${main}` : target;
  if (!overwrite) checkFree(place);
  makeFolder(folder);
  for (const [name, parts] of files) if (name !== main) await writeTo(`${folder}${name}`, parts);
  await writeTo(place, files.get(main)!);
}
