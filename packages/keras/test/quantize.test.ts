/**
 * Quantization: values, predictions, sizes, files and what is refused.
 */
import { execFileSync } from 'node:child_process';
import { readSafetensors, readZip } from '@dl/formats';
import { describe, expect, test } from 'vitest';
import {
  Input,
  layers,
  Model,
  models,
  normal,
  quantizers,
  saveWeights,
  Sequential,
  setSeed,
  tensor,
  type Tensor,
} from '../src/index.ts';

const { absMaxQuantize, AbsMaxQuantizer, packInt4, unpackInt4 } = quantizers;

const read = async (x: Tensor): Promise<number[]> => Array.from(await x.data(), Number);

/** Largest difference, as a share of the largest size. */
async function relativeError(a: Tensor, b: Tensor): Promise<number> {
  const [x, y] = [await read(a), await read(b)];
  const size = Math.max(...y.map(Math.abs));
  return Math.max(...x.map((value, i) => Math.abs(value - y[i]!))) / size;
}

describe('values', () => {
  test('absMaxQuantize and its class', async () => {
    const [values, scale] = absMaxQuantize(
      [
        [1, -2],
        [0, 0],
      ],
      -1,
    );
    expect([values.dtype, await read(values)]).toEqual(['int8', [64, -127, 0, 0]]);
    expect(scale.shape).toEqual([2, 1]);
    expect((await read(scale))[0]).toBeCloseTo(63.5, 4);
    const quantizer = AbsMaxQuantizer.fromConfig(new AbsMaxQuantizer({ axis: 0, valueRange: [-8, 7] }).getConfig());
    expect(
      await read(
        quantizer.apply([
          [1, -4],
          [2, 2],
        ])[0],
      ),
    ).toEqual([4, -7, 7, 4]);
    expect(() => absMaxQuantize([1], 0, { valueRange: [-129, 127] })).toThrow('two integers that int8 has');
    expect(() => new AbsMaxQuantizer().apply([1])).toThrow('give the axis');
  });

  test.each([
    [[5, 3], 0],
    [[4, 3], 0],
    [[2, 7], -1],
    [[16], 0],
  ])('four bits of shape %j along %i come back', async (shape, axis) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const numbers = Int8Array.from({ length: size }, (_, i) => ((i * 5) % 16) - 8);
    const x = tensor(numbers, 'int8', shape);
    const { packed, originalLength } = packInt4(x, axis);
    expect(packed.shape[axis < 0 ? axis + shape.length : axis]).toBe(Math.ceil(originalLength / 2));
    const back = unpackInt4(packed, originalLength, axis);
    expect([back.dtype, back.shape, await read(back)]).toEqual(['int8', shape, [...numbers]]);
  });

  test('four bits as Keras packs them: the first in the lower half', async () => {
    expect(await read(packInt4(tensor([1, -2, 3], 'int8')).packed)).toEqual([-31, 3]);
    expect(() => packInt4([1.5])).toThrow('expected int8 values');
    expect(() => unpackInt4(tensor([1], 'int8'), 3)).toThrow('1 bytes hold 1 or 2 numbers, got 3');
  });
});

describe('layers', () => {
  test('Dense computes what NumPy computes by the rules of Keras', async () => {
    setSeed(1);
    const dense = new layers.Dense(5, { biasInitializer: 'ones' });
    const x = normal([3, 2, 7]);
    dense.apply(x);
    const kernel = await read(dense.kernel!.value);
    dense.quantize('int8');
    const wanted = JSON.parse(
      execFileSync('/usr/bin/python3', [
        '-c',
        `
import json, sys, numpy as np
x = np.array(json.loads(sys.argv[1]), np.float32).reshape(3, 2, 7)
k = np.array(json.loads(sys.argv[2]), np.float32).reshape(7, 5)
def quantize(v, axis):
    scale = 127 / (np.max(np.abs(v), axis=axis, keepdims=True) + 1e-7)
    return np.clip(np.round(v * scale), -127, 127).astype(np.int8), scale
xq, xs = quantize(x, -1)
kq, ks = quantize(k, 0)
y = np.matmul(xq.astype(np.int32), kq.astype(np.int32)) / (xs * ks) + 1
print(json.dumps([kq.tolist(), y.ravel().tolist()]))`,
        JSON.stringify(await read(x)),
        JSON.stringify(kernel),
      ]).toString(),
    ) as [number[][], number[]];
    expect(await read(dense.kernel!.value)).toEqual(wanted[0].flat());
    (await read(dense.apply(x))).forEach((value, i) => expect(value).toBeCloseTo(wanted[1][i]!, 5));
    expect(dense.weights.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
      ['bias', 'float32', [5]],
      ['kernel', 'int8', [7, 5]],
      ['kernel_scale', 'float32', [5]],
    ]);
    expect(dense.dtypePolicy.name).toBe('int8_from_float32');
  });

  test.each([
    ['abc,cd->abd', [null, 6], [2, 3, 4], [1, 1, 6]],
    ['abc,cde->abde', [null, 2, 3], [2, 3, 4], [1, 1, 2, 3]],
    ['abcd,cde->abe', [null, 5], [2, 3, 4, 2], [1, 1, 5]],
    ['...b,bc->...c', [4], [2, 3, 4, 5], [1, 4]],
    ['ab...,bc->ac...', [4], [2, 3, 5], [1, 4, 1]],
    ['ab,bcd->adc', [3, 2], [4, 5], [1, 3, 2]],
    ['abc,bcd->abd', [null, 6], [2, 3, 4], [1, 3, 6]],
  ] as const)('EinsumDense %s', async (equation, outputShape, shape, scaleShape) => {
    setSeed(2);
    const layer = new layers.EinsumDense(equation, outputShape, { activation: 'linear' });
    const x = normal(shape);
    const before = layer.apply(x);
    layer.quantize('int8');
    const after = layer.apply(x);
    expect(after.shape).toEqual(before.shape);
    expect(layer.weights.at(-1)!.shape).toEqual(scaleShape);
    expect(await relativeError(after, before)).toBeLessThan(0.02);
  });

  test('Embedding, its rows in int8 with a scale each; tied scores; convolutions', async () => {
    setSeed(3);
    const words = new layers.Embedding(10, 6);
    const ids = tensor([[0, 9, 4]], 'int32');
    const before = words.apply(ids);
    words.quantize('int8');
    expect(words.weights.map(({ shape }) => shape)).toEqual([[10, 6], [10]]);
    expect(await relativeError(words.apply(ids), before)).toBeLessThan(0.005);
    const tied = new layers.ReversibleEmbedding(10, 6);
    const vectors = tied.apply(ids);
    const scores = tied.apply(vectors, { reverse: true });
    tied.quantize('int8');
    expect(await relativeError(tied.apply(vectors, { reverse: true }), scores)).toBeLessThan(0.01);
    const conv = new layers.Conv2D(4, 3);
    const image = normal([2, 8, 8, 3]);
    const maps = conv.apply(image);
    conv.quantize('int8');
    expect(await relativeError(conv.apply(image), maps)).toBeLessThan(0.01);
  });

  test('changes by LoRA go into the weight', async () => {
    setSeed(4);
    const dense = new layers.Dense(4, { loraRank: 2 });
    const x = normal([2, 5]);
    dense.apply(x);
    const [, , b] = dense.weights.filter(({ name }) => name.startsWith('lora') || name === 'kernel');
    expect(b === undefined).toBe(false);
    dense.weights.find(({ name }) => name === 'lora_kernel_b')!.assign(normal([2, 4]));
    const before = dense.apply(x);
    dense.quantize('int8');
    expect(await relativeError(dense.apply(x), before)).toBeLessThan(0.02);
    expect(dense.weights.map(({ name }) => name)).toEqual(['bias', 'kernel', 'kernel_scale']);
    expect(() => dense.enableLora(2)).toThrow('LoRA on quantized weights is not supported');
    expect(dense.getConfig()['lora_rank']).toBeUndefined();
  });

  test('what cannot be', () => {
    const dense = new layers.Dense(2);
    expect(() => dense.quantize('int8')).toThrow('quantize needs a built layer');
    dense.apply([[1]]);
    expect(() => dense.quantize('int4' as 'int8')).toThrow("knows the mode 'int8', got 'int4'");
    dense.quantize('int8');
    expect(() => dense.quantize('int8')).toThrow('quantized already');
    expect(() => dense.apply([[1]], { training: true })).toThrow(
      'quantized to int8 and cannot be trained; train first',
    );
  });

  test('half precision does not overflow', async () => {
    const dense = new layers.Dense(1, { dtype: 'mixed_float16', kernelInitializer: 'ones' });
    const x = tensor(new Float32Array(512).fill(1), 'float32', [1, 512]);
    dense.apply(x);
    dense.quantize('int8');
    const y = dense.apply(x);
    expect([y.dtype, await read(y)]).toEqual(['float16', [512]]);
    expect(dense.dtypePolicy.name).toBe('int8_from_mixed_float16');
  });
});

describe('models', () => {
  /** A trained model of images of two kinds. */
  async function trained(): Promise<{ model: Sequential; x: Tensor; y: Int32Array }> {
    setSeed(7);
    const x = normal([256, 64]);
    const values = await read(x);
    const y = Int32Array.from({ length: 256 }, (_, i) => Number(values[i * 64]! + values[i * 64 + 1]! > 0));
    const model = new Sequential([
      new layers.Dense(128, { activation: 'relu', inputShape: [64] }),
      new layers.Dense(128, { activation: 'relu' }),
      new layers.Dense(2, { activation: 'softmax' }),
    ]);
    model.compile({ optimizer: 'adam', loss: 'sparse_categorical_crossentropy', metrics: ['accuracy'] });
    await model.fit(x, y, { epochs: 6, verbose: 0 });
    return { model, x, y };
  }

  test('predictions stay, the file is a quarter, and training is refused', async () => {
    const { model, x, y } = await trained();
    const before = await model.predict(x, { verbose: 0 });
    const [, accuracy] = (await model.evaluate(x, y, { verbose: 0 })) as number[];
    const [large, keras] = [await saveWeights(model), await model.save()];
    expect(model.quantize('int8').map(({ name }) => name)).toEqual(model.layers.map(({ name }) => name));
    const after = await model.predict(x, { verbose: 0 });
    // Probabilities differ by less than 0.03, and no class changes that was sure.
    const differences = (await read(after)).map((p, i) => Math.abs(p - Number(before.dataSync()[i])));
    expect(Math.max(...differences)).toBeLessThan(0.03);
    const [, again] = (await model.evaluate(x, y, { verbose: 0 })) as number[];
    expect(Math.abs(again! - accuracy!)).toBeLessThan(0.01);
    const small = await saveWeights(model);
    expect(large.length / small.length).toBeGreaterThan(3.6);
    expect(keras.length / (await model.save()).length).toBeGreaterThan(3);
    const kernel = [...readSafetensors(small).arrays].find(([name]) => name.endsWith('/kernel'))![1];
    expect(kernel.dtype).toBe('int8');
    await expect(model.fit(x, y, { verbose: 0 })).rejects.toThrow('cannot be trained; train first');
    expect(() => model.quantize('int8')).toThrow('there is no layer to quantize');
  });

  test('files and configurations keep it, as Keras writes it', async () => {
    const { model, x } = await trained();
    model.quantize('int8');
    const before = await read(await model.predict(x, { verbose: 0 }));
    const file = await model.save();
    const loaded = await models.loadModel(file);
    expect(await read((await loaded.predict(x, { verbose: 0 })) as Tensor)).toEqual(before);
    const config = JSON.parse(new TextDecoder().decode(readZip(file).get('config.json')!())) as {
      config: { layers: { class_name: string; config: { dtype: unknown } }[] };
    };
    expect(config.config.layers.find(({ class_name: name }) => name === 'Dense')!.config.dtype).toMatchObject({
      module: 'keras',
      class_name: 'QuantizedDTypePolicy',
      config: { mode: 'int8', source_name: 'float32' },
    });
    const copy = models.cloneModel(model);
    copy.setWeights(model.getWeights());
    expect(await read(await copy.predict(x, { verbose: 0 }))).toEqual(before);
  });

  test('attention and a filter; convolutions when asked', async () => {
    setSeed(9);
    const input = Input({ shape: [5, 8] });
    const attended = new layers.MultiHeadAttention(2, 4, { name: 'attention' }).apply([input, input]);
    const output = new layers.Dense(3, { name: 'head' }).apply(attended as Tensor);
    const model = new Model(input, output);
    const x = normal([4, 5, 8]);
    const before = await model.predict(x, { verbose: 0 });
    const names = model.quantize('int8', { filter: ({ name }) => name !== 'head' }).map(({ name }) => name);
    expect(names).toEqual(['query', 'key', 'value', 'attention_output']);
    expect(await relativeError(await model.predict(x, { verbose: 0 }), before)).toBeLessThan(0.05);
    const convolutional = new Sequential([new layers.Conv1D(4, 3, { inputShape: [9, 2] })]);
    expect(() => convolutional.quantize('int8')).toThrow('with convolutions: true');
    expect(convolutional.quantize('int8', { convolutions: true })).toHaveLength(1);
    expect(() => new Sequential([new layers.Dense(1)]).quantize('int8')).toThrow('needs a built model');
  });
});
