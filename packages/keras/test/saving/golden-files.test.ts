/**
 * Files that Keras wrote: they load, predict what Keras predicts, and are written again as they were.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { models, setBackend, type DataTree, type Tensor } from '@dl/keras';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';

setBackend(reference());

const at = (name: string): string => fileURLToPath(new URL(`../fixtures/keras/${name}`, import.meta.url));
const { models: golden } = JSON.parse(readFileSync(at('expected.json'), 'utf8'));

function near(actual: Tensor, expected: unknown): void {
  const wanted = (expected as number[][]).flat(Infinity as 1) as number[];
  expect([...actual.dataSync()].length).toBe(wanted.length);
  actual.dataSync().forEach((value: number, i: number) => expect(value).toBeCloseTo(wanted[i]!, 5));
}

describe('files of Keras', () => {
  test.each(['mlp.keras', 'mlp_legacy.h5'])('%s: predictions and metrics', async (name) => {
    const model = await models.loadModel(at(name));
    const { x, y, predict, evaluate } = golden.mlp;
    near(await model.predict(x, { verbose: 0 }), predict);
    const [loss, accuracy] = (await model.evaluate(x, y, { verbose: 0 })) as number[];
    expect(loss).toBeCloseTo(evaluate[0], 5);
    expect(accuracy).toBeCloseTo(evaluate[1], 5);
  });

  test('mlp.weights.h5: weights and the state of the optimizer', async () => {
    const model = await models.loadModel(at('mlp.keras'));
    const copy = models.fromConfig(models.serialize(model as never));
    await copy.loadWeights(at('mlp.weights.h5'));
    near(await copy.predict(golden.mlp.x, { verbose: 0 }), golden.mlp.predict);
  });

  test('nested.keras: a model in a model', async () => {
    const model = await models.loadModel(at('nested.keras'));
    near(await model.predict(golden.nested.x, { verbose: 0 }), golden.nested.predict);
  });

  test('two_headed.keras: attention, recurrent and shared layers, several inputs and outputs', async () => {
    const { tokens, extra, predict, layer_order } = golden.two_headed;
    const model = await models.loadModel<readonly Tensor[], readonly Tensor[]>(at('two_headed.keras'));
    const outputs = await model.predict({ tokens, extra } as unknown as DataTree, { verbose: 0 });
    outputs.forEach((output, i) => near(output, predict[i]));
    expect(model.layers.map(({ name }) => name)).toEqual(layer_order);
  });

  test('cnn.keras: shapes of outputs and weights', async () => {
    const model = await models.loadModel(at('cnn.keras'));
    expect(model.weights.map(({ path, shape }) => ({ path, shape }))).toEqual(golden.cnn.weights);
    const shapes = model.layers.map((layer) => [layer.name, (layer.output as Tensor).shape.slice(1)]);
    expect(shapes).toEqual(golden.cnn.layer_output_shapes);
  });
});
