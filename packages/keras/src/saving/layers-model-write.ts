/**
 * Models as TensorFlow.js keeps them: model.json with configurations in the form of Keras 2, and shards of weights.
 */
import { writeWeightsManifest, type NamedArray } from '@dl/formats';
import {
  classNameOf,
  DepthwiseConv1D,
  DepthwiseConv2D,
  toSnakeCase,
  type Layer,
  type Tensors,
  type Weight,
} from '@dl/layers';
import * as losses from '@dl/layers/losses';
import { ConfigError } from '@dl/tensor';
import { isPlain } from '@dl/tensor/interpreter';
import { Model, type AnyModel } from '../model.ts';
import { Downgrade, type Stored } from './keras-2-write.ts';
import { modelRecord } from './model-record.ts';
import { writeJson } from './python-json.ts';
import { arrayOf } from './weight-plan.ts';

type AnyLayer = Layer<Tensors, Tensors>;

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
  return { optimizer_config: { class_name, config }, loss: fullNames(loss), metrics: metrics ?? [] };
}

/** `mean_squared_error` for `mse`: only long names are known there. */
function fullNames(loss: unknown): unknown {
  if (Array.isArray(loss)) return loss.map(fullNames);
  return typeof loss === 'string' ? toSnakeCase(classNameOf(losses.get(loss))) : loss;
}

/** Weights by the names that TensorFlow.js gives them: those of their layer and of their own, without models around them. */
async function weightsOf(model: AnyModel): Promise<ReadonlyMap<string, NamedArray>> {
  const arrays = new Map<string, NamedArray>();
  const done = new Set<Weight>();
  for (const layer of layersOf(model)) {
    for (const weight of layer.weights) {
      if (done.has(weight)) continue;
      done.add(weight);
      const name = nameOf(weight, layer);
      if (arrays.has(name)) {
        throw new ConfigError(
          `${model.label}: two weights would be named '${name}'; give the layers of models inside names of their own`,
        );
      }
      const array = await arrayOf(weight);
      const narrow = array.dtype === 'float64';
      arrays.set(name, narrow ? { ...array, dtype: 'float32', data: Float32Array.from(array.data) } : array);
    }
  }
  return arrays;
}

/** The layers of a model, and of the models inside in place of those. */
function layersOf(model: AnyModel): readonly AnyLayer[] {
  const layers = model.layers as unknown as readonly AnyLayer[];
  return layers.flatMap((layer) => (layer instanceof Model ? layersOf(layer as AnyModel) : [layer]));
}

/** `lstm/kernel`, without the cell, and `bidirectional/forward_lstm/kernel`. */
function nameOf({ path }: Weight, layer: AnyLayer): string {
  const parts = path.split('/');
  const inner = parts.slice(parts.lastIndexOf(layer.name)).filter((part, i, all) => {
    return i === 0 || i === all.length - 1 || !/_cell(_\d+)?$/.test(part);
  });
  const depthwise = layer instanceof DepthwiseConv1D || layer instanceof DepthwiseConv2D;
  return inner.map((part) => (depthwise && part === 'kernel' ? 'depthwise_kernel' : part)).join('/');
}
