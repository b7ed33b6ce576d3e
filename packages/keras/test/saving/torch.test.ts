/**
 * Checkpoints that PyTorch made, in models of layers: outputs agree.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Input, layers, Model, ops, saving, setBackend, tensor, type Tensor } from '@dl/keras';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';

setBackend(reference());

interface Packed {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const at = (name: string): string => fileURLToPath(new URL(`../fixtures/torch/${name}`, import.meta.url));
const expected = JSON.parse(readFileSync(at('expected.json'), 'utf8')) as Record<
  string,
  Record<'input' | 'output', Packed>
>;
const unpack = ({ shape, data }: Packed, dtype: 'float32' | 'int32'): Tensor => tensor(data as number[], dtype, shape);

function images(): Model {
  const x = Input({ shape: [7, 6, 3] });
  const norm = new layers.BatchNormalization({ name: 'bn', epsilon: 1e-5 });
  let y = norm.apply(new layers.Conv2D(4, [3, 2], { name: 'conv' }).apply(x)).relu();
  y = new layers.DepthwiseConv2D(3, { name: 'depthwise', depthMultiplier: 2, useBias: false }).apply(y);
  y = new layers.PReLU({ name: 'act', sharedAxes: [1, 2] }).apply(y);
  y = new layers.Conv2DTranspose(5, 2, { name: 'up', strides: 2 }).apply(y);
  y = new layers.Dense(6, { name: 'first', activation: 'relu' }).apply(new layers.GlobalAveragePooling2D().apply(y));
  return new Model(x, new layers.Dense(2, { name: 'last', useBias: false }).apply(y));
}

function sequences(): Model {
  const ids = Input({ shape: [5], dtype: 'int32' });
  let y: Tensor = new layers.Embedding(11, 6, { name: 'embed' }).apply(ids);
  y = new layers.Conv1D(6, 3, { name: 'conv', padding: 'same', groups: 2 }).apply(y);
  y = new layers.LayerNormalization({ name: 'norm' }).apply(y);
  y = ops.add(y, new layers.MultiHeadAttention(2, 3, { name: 'attention' }).apply([y, y]));
  y = new layers.Bidirectional(new layers.LSTM(3, { returnSequences: true }), { name: 'both' }).apply(y) as Tensor;
  y = new layers.GRU(4, { name: 'gru', returnSequences: true }).apply(y);
  return new Model(ids, new layers.SimpleRNN(3, { name: 'rnn' }).apply(y));
}

async function check(model: Model, which: string, dtype: 'float32' | 'int32'): Promise<void> {
  const { input, output } = expected[which]!;
  const result = model.apply(unpack(input, dtype));
  expect(result.shape).toEqual(output.shape);
  (await result.data()).forEach((value: number, i: number) => expect(value).toBeCloseTo(output.data[i]!, 5));
}

describe('weights of PyTorch', () => {
  test('convolutions of all kinds, norms and dense layers; names are given by a table', async () => {
    const model = images();
    const rename = [
      ['first', 'head.0'],
      ['last', 'head.2'],
    ] as const;
    await model.loadWeights(at('images.safetensors'), { from: 'torch', rename });
    await check(model, 'images', 'float32');
  });

  test('embeddings, attention and recurrent layers', async () => {
    const model = sequences();
    await model.loadWeights(at('sequences.safetensors'), { from: 'torch' });
    await check(model, 'sequences', 'int32');
  });

  test('what is missing is named, and nothing is loaded', async () => {
    const model = images();
    const before = await Promise.all(model.getWeights().map((weight) => weight.array()));
    await expect(model.loadWeights(at('images.safetensors'), { from: 'torch' })).rejects.toThrow(
      "first/kernel: the file has no 'first.weight'",
    );
    expect(await Promise.all(model.getWeights().map((weight) => weight.array()))).toEqual(before);
  });

  test('inspect tells what goes where', async () => {
    const { format, match } = await saving.inspect(at('images.safetensors'), images(), { from: 'torch' });
    expect(format).toBe('safetensors file');
    expect(match!.problems.map(({ what }) => what)).toEqual(['first/kernel', 'first/bias', 'last/kernel']);
    expect(match!.unused).toEqual(['head.0.weight', 'head.0.bias', 'head.2.weight']);
    expect(match!.loads).toContainEqual({ weight: 'conv/kernel', from: 'conv.weight' });
  });
});
