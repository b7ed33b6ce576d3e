/**
 * Models of TensorFlow.js, small ones; tools/real-models has large ones.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Input, layers, Model, models, ops, Sequential, setBackend, tensor, type Tensor } from '@dl/keras';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';

setBackend(reference());

const at = (name: string): string => fileURLToPath(new URL(`../fixtures/tfjs/${name}`, import.meta.url));
const read = (name: string): Uint8Array<ArrayBuffer> => Uint8Array.from(readFileSync(at(name)));
const text = new TextDecoder().decode(read('model.json'));
const { ids, output } = JSON.parse(readFileSync(at('expected.json'), 'utf8')) as { ids: number[]; output: number[] };

async function check(model: Model): Promise<void> {
  const values = await model.apply(tensor(ids, 'int32', [2, 5])).data();
  values.forEach((value: number, i: number) => expect(value).toBeCloseTo(output[i]!, 5));
}

const files = (json: string, bytes: Uint8Array<ArrayBuffer> = read('weights.bin')): File[] => [
  new File([json], 'model.json'),
  new File([bytes], 'weights.bin'),
];

describe('a model that TensorFlow.js wrote', () => {
  test('computes what it computes there: its hard sigmoid, gates and weights by name', async () => {
    await check(await models.loadModel(at('model.json')));
    await check(await models.loadModel(files(text)));
  });

  test('goes on as a .keras file', async () => {
    const model = await models.loadModel(at('model.json'));
    await check(await models.loadModel(await model.save()));
  });

  test('C58: with what Keras 3 writes: batch_shape, policies, modules, longer names and unknown keys', async () => {
    const policy =
      '"dtype":{"module":"keras","class_name":"DTypePolicy","config":{"name":"float32"},"registered_name":null}';
    const newer = text
      .replaceAll('"batch_input_shape"', '"future":[1],"batch_shape"')
      .replaceAll('"trainable":true', `"trainable":true,${policy}`)
      .replaceAll('{"class_name":"Dense"', '{"module":"keras.layers","registered_name":null,"class_name":"Dense"')
      .replace('"dense_Dense1/kernel"', '"sequential_1/dense_Dense1/kernel"');
    const head = '{"class_name":"InputLayer","config":{"batch_shape":[null,5],"dtype":"float32","name":"in"}},';
    await check(await models.loadModel(files(newer.replace('"layers":[', `"layers":[${head}`))));
  });

  test('C58: a layer that is unknown is named with its class and the format', async () => {
    const odd = text.replace('"class_name":"GRU"', '"class_name":"Mystery"');
    await expect(models.loadModel(files(odd))).rejects.toThrow(/layers-model.*'gru_GRU1'.*'Mystery'/);
  });

  test('C72: files of a wrong size, missing files and cut JSON are errors', async () => {
    const bytes = read('weights.bin');
    const longer = new Uint8Array([...bytes, 0, 0, 0, 0]);
    await expect(models.loadModel(files(text, longer))).rejects.toThrow(`${bytes.length} bytes`);
    await expect(models.loadModel(files(text, bytes.slice(0, -4)))).rejects.toThrow(`${bytes.length} bytes`);
    await expect(models.loadModel(files(text).slice(0, 1))).rejects.toThrow("'weights.bin'");
    for (let i = 1; i < 20; i++) {
      await expect(models.loadModel(files(text.slice(0, Math.floor((text.length * i) / 20))))).rejects.toThrow();
    }
    await expect(models.loadModel(files(text.replace('layers-model', 'graph-model')))).rejects.toThrow('graph-model');
  });

  test('C74: keys such as __proto__ are plain keys', async () => {
    const odd = text.replaceAll('"trainable":true', '"trainable":true,"__proto__":{"polluted":true}');
    await check(await models.loadModel(files(odd)));
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('what TensorFlow.js does not have is refused', () => {
  const save = (model: Model): Promise<undefined> => model.save('/nowhere/model.json');
  test('gates that reset after, other hard sigmoids, and ops without a layer', async () => {
    const steps = [4, 3];
    const gru = new Sequential([new layers.GRU(2, { inputShape: steps })] as never);
    await expect(save(gru)).rejects.toThrow('resetAfter: false');
    const hard = new Sequential([new layers.Dense(2, { activation: 'hard_sigmoid', inputShape: [3] })]);
    await expect(save(hard)).rejects.toThrow('0.2x + 0.5');
    const x = Input({ shape: [3] });
    await expect(save(new Model(x, ops.cumsum(x, 1) as Tensor))).rejects.toThrow('Cumsum');
  });
});
