/**
 * Models as TensorFlow.js keeps them: model.json with configurations in the form of Keras 2, and shards of weights.
 */
import { writeWeightsManifest, type NamedArray } from '@dl/formats';
import type { Weight } from '@dl/layers';
import { ConfigError } from '@dl/tensor';
import { isPlain } from '@dl/tensor/interpreter';
import type { AnyModel } from '../model.ts';
import { Downgrade, type Stored } from './keras-2-write.ts';
import { modelRecord } from './model-record.ts';
import { writeJson } from './python-json.ts';
import { arrayOf } from './weight-plan.ts';

/**
 * The files by name.
 *
 * @throws ConfigError for what TensorFlow.js does not have.
 */
export async function layersModelFiles(model: AnyModel): Promise<ReadonlyMap<string, Iterable<Uint8Array>>> {
  const record = modelRecord(model, true) as unknown as Stored & { readonly compile_config?: unknown };
  const topology = new Downgrade(model.label).record(record);
  const { manifest, shards } = writeWeightsManifest(await weightsOf(model));
  const training = trainingConfig(record.compile_config);
  const json = {
    format: 'layers-model',
    generatedBy: 'keras-compatible v3.16.0',
    convertedBy: null,
    modelTopology: { ...topology, keras_version: '2.15.0', backend: 'tensor_flow.js' },
    ...(training === null ? {} : { trainingConfig: training }),
    weightsManifest: manifest,
  };
  return new Map<string, Iterable<Uint8Array>>([
    ...[...shards].map(([name, bytes]): [string, Iterable<Uint8Array>] => [name, [bytes]]),
    ['model.json', [new TextEncoder().encode(writeJson(json))]],
  ]);
}

/** What was given to `compile`, where it consists of names; TensorFlow.js cannot read other losses and metrics. */
function trainingConfig(compile: unknown): object | null {
  if (!isPlain(compile) || !isPlain(compile['optimizer'])) return null;
  const { optimizer, loss, metrics } = compile;
  const names = (value: unknown): boolean =>
    value === null || typeof value === 'string' || (Array.isArray(value) && value.every(names));
  if (loss === null || !names(loss) || !names(metrics)) return null;
  const { class_name, config } = optimizer as unknown as Stored;
  return { optimizer_config: { class_name, config }, loss, metrics: metrics ?? [] };
}

/** Weights by the names that TensorFlow.js gives them: those of their layer and of their own. */
async function weightsOf(model: AnyModel): Promise<ReadonlyMap<string, NamedArray>> {
  const arrays = new Map<string, NamedArray>();
  for (const weight of model.weights) {
    const name = nameOf(weight);
    if (arrays.has(name)) {
      throw new ConfigError(
        `${model.label}: two weights would be named '${name}'; give the layers of models inside names of their own`,
      );
    }
    const array = await arrayOf(weight);
    arrays.set(
      name,
      array.dtype === 'float64' ? { ...array, dtype: 'float32', data: Float32Array.from(array.data) } : array,
    );
  }
  return arrays;
}

/** `lstm/kernel` for what a cell has, `layer/kernel` for others. */
function nameOf({ path }: Weight): string {
  const parts = path.split('/');
  const cell = /_cell(_\d+)?$/.test(parts.at(-2) ?? '') && parts.length > 2;
  const [owner, name] = [parts.at(cell ? -3 : -2)!, parts.at(-1)!];
  return `${owner}/${DEPTHWISE.test(owner) && name === 'kernel' ? 'depthwise_kernel' : name}`;
}

const DEPTHWISE = /^depthwise_conv/;
