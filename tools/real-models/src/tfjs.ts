/**
 * What is used of TensorFlow.js.
 */
import { createRequire } from 'node:module';

/** A tensor there. */
export interface TfTensor {
  readonly shape: number[];
  data(): Promise<Float32Array>;
}

/** What a model is stored as. */
export interface Artifacts {
  readonly modelTopology: object;
  readonly trainingConfig?: object;
  readonly weightSpecs: object[];
  readonly weightData: ArrayBuffer;
}

/** A model there. */
export interface TfModel {
  predict(x: TfTensor | TfTensor[]): TfTensor;
  save(target: { save(artifacts: Artifacts): Promise<object> }): Promise<unknown>;
}

/** Makers of layers by name. */
export type TfLayers = Readonly<Record<string, (options: object) => object>>;

/** The library. */
export interface Tfjs {
  readonly layers: TfLayers;
  sequential(options: { readonly layers: readonly object[] }): TfModel;
  setBackend(name: string): Promise<boolean>;
  loadLayersModel(source: { load(): Promise<Artifacts> }): Promise<TfModel>;
  tensor(data: Float32Array, shape: readonly number[]): TfTensor;
}

/** Loads the library with its own CPU backend. */
export async function loadTfjs(): Promise<Tfjs> {
  const tf = createRequire(new URL('../models/package.json', import.meta.url))('@tensorflow/tfjs') as Tfjs;
  await tf.setBackend('cpu');
  return tf;
}

/** A model from the files of a layers-model. */
export function loadFiles(tf: Tfjs, files: ReadonlyMap<string, Uint8Array>): Promise<TfModel> {
  const { weightsManifest, ...topology } = JSON.parse(
    new TextDecoder().decode(files.get('model.json')),
  ) as Artifacts & {
    weightsManifest: { paths: string[]; weights: object[] }[];
  };
  const shards = weightsManifest.flatMap(({ paths }) => paths.map((path) => files.get(path)!));
  const weightData = Uint8Array.from(Buffer.concat(shards)).buffer;
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  return tf.loadLayersModel({ load: () => Promise.resolve({ ...topology, weightSpecs, weightData }) });
}
