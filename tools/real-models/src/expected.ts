/**
 * Writes expected.json, what TensorFlow.js computes with the models, and a small model of its own for the tests of keras.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { install, inputFor, MODELS } from './models.ts';
import { loadFiles, loadTfjs, type Artifacts, type TfTensor } from './tfjs.ts';

install();
const tf = await loadTfjs();
const rounded = async (output: TfTensor): Promise<number[]> =>
  [...(await output.data())].slice(0, 64).map((value) => Number(value.toPrecision(7)));

const expected: Record<string, unknown> = {};
for (const model of MODELS) {
  const network = await loadFiles(tf, model.files());
  const output = network.predict(tf.tensor(inputFor(model), model.shape));
  expected[model.name] = { shape: output.shape, values: await rounded(output) };
}
writeFileSync(new URL('../expected.json', import.meta.url), `${JSON.stringify(expected)}\n`);

const { embedding, bidirectional, lstm, gru, dense, batchNormalization, leakyReLU } = tf.layers as Required<
  typeof tf.layers
>;
const small = tf.sequential({
  layers: [
    embedding!({ inputDim: 10, outputDim: 4, inputLength: 5 }),
    bidirectional!({ layer: lstm!({ units: 3, returnSequences: true }), mergeMode: 'concat' }),
    batchNormalization!({}),
    gru!({ units: 3, biasInitializer: 'randomNormal' }),
    leakyReLU!({ alpha: 0.1 }),
    dense!({ units: 2, activation: 'hardSigmoid', kernelInitializer: 'randomNormal' }),
  ],
});
const ids = Float32Array.of(1, 2, 3, 9, 0, 5, 5, 4, 8, 7);
const folder = new URL('../../../packages/keras/test/fixtures/tfjs/', import.meta.url);
mkdirSync(folder, { recursive: true });
await small.save({
  save: ({ modelTopology, weightSpecs, weightData }: Artifacts) => {
    const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
    const model = {
      format: 'layers-model',
      generatedBy: 'TensorFlow.js tfjs-layers v4.22.0',
      modelTopology,
      weightsManifest,
    };
    writeFileSync(new URL('model.json', folder), `${JSON.stringify(model)}\n`);
    writeFileSync(new URL('weights.bin', folder), new Uint8Array(weightData));
    return Promise.resolve({});
  },
});
const output = await rounded(small.predict(tf.tensor(ids, [2, 5])));
writeFileSync(new URL('expected.json', folder), `${JSON.stringify({ ids: [...ids], output })}\n`);
