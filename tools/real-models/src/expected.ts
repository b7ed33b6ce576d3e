/**
 * Writes expected.json: what TensorFlow.js computes with the models.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { checkInstalled, inputFor, MODELS } from './models.ts';

/** What is used of TensorFlow.js. */
interface Tfjs {
  setBackend(name: string): Promise<boolean>;
  loadLayersModel(source: {
    load(): Promise<object>;
  }): Promise<{ predict(x: object): { data(): Promise<Float32Array>; shape: number[] } }>;
  tensor(data: Float32Array, shape: readonly number[]): object;
}

checkInstalled();
const tf = createRequire(new URL('../models/package.json', import.meta.url))('@tensorflow/tfjs') as Tfjs;
await tf.setBackend('cpu');

const expected: Record<string, unknown> = {};
for (const model of MODELS) {
  const files = model.files();
  const { modelTopology, weightsManifest } = JSON.parse(new TextDecoder().decode(files.get('model.json'))) as {
    modelTopology: object;
    weightsManifest: { paths: string[]; weights: object[] }[];
  };
  const shards = weightsManifest.flatMap(({ paths }) => paths.map((path) => files.get(path)!));
  const weightData = Uint8Array.from(Buffer.concat(shards)).buffer;
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  const network = await tf.loadLayersModel({ load: () => Promise.resolve({ modelTopology, weightSpecs, weightData }) });
  const output = network.predict(tf.tensor(inputFor(model), model.shape));
  const values = [...(await output.data())].slice(0, 64).map((value) => Number(value.toPrecision(7)));
  expected[model.name] = { shape: output.shape, values };
  console.log(model.name, output.shape, values.slice(0, 4));
}
writeFileSync(new URL('../expected.json', import.meta.url), `${JSON.stringify(expected)}\n`);
