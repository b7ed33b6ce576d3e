import {
  Input,
  layers,
  losses,
  Model,
  optimizers,
  Sequential,
  setBackend,
  tensor,
  variableGrads,
  Variable,
} from '@dl/keras';
import { reference } from '@dl/tensor/backend';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const { setDTypePolicy } = layers;
const wave = (n: number, shift = 0): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => Math.sin(1.3 * i + shift));

beforeEach(() => {
  setBackend(reference());
  setDTypePolicy('mixed_float16');
});
afterEach(() => setDTypePolicy('float32'));

describe('mixed_float16', () => {
  test('weights stay float32, activations are float16, and gradients come back as float32', () => {
    const layer = new layers.Dense(3, { activation: 'relu' });
    const x = tensor(wave(8), undefined, [2, 4]);
    const y = layer.apply(x);
    expect([layer.dtype, layer.computeDtype, y.dtype, layer.kernel!.dtype]).toEqual([
      'float32',
      'float16',
      'float16',
      'float32',
    ]);
    const { grads } = variableGrads(() => layer.apply(x).cast('float32').square().sum(), layer.trainableWeights);
    expect(grads.map((g) => g!.dtype)).toEqual(['float32', 'float32']);
    expect(layer.getConfig()['dtype']).toMatchObject({ class_name: 'DTypePolicy', config: { name: 'mixed_float16' } });
    expect(layers.Dense.fromConfig(layer.getConfig()).computeDtype).toBe('float16');
    expect(new layers.Dense(2, { dtype: 'float32' }).apply(y).dtype).toBe('float32');
  });

  test('normalization keeps its statistics in float32', () => {
    for (const layer of [
      new layers.BatchNormalization(),
      new layers.LayerNormalization(),
      new layers.GroupNormalization(2),
    ]) {
      const x = tensor(
        Float32Array.from({ length: 64 }, (_, i) => 1000 + (i % 7)),
        undefined,
        [16, 4],
      );
      const y = layer.apply(x, { training: true });
      expect(y.dtype, layer.name).toBe('float16');
      expect([...y.dataSync()].every(Number.isFinite), layer.name).toBe(true);
      expect(layer.weights.every(({ dtype }) => dtype === 'float32')).toBe(true);
    }
  });

  test('a model trains with a scaled loss, eagerly and compiled alike', async () => {
    const results = await Promise.all(
      [true, false].map(async (runEagerly) => {
        const model = new Sequential([
          Input({ shape: [4] }),
          new layers.Dense(8, { activation: 'tanh', kernelInitializer: 'ones' }),
          new layers.Dense(1, { dtype: 'float32', kernelInitializer: 'ones' }),
        ]);
        model.compile({ optimizer: 'adam', loss: 'mse', runEagerly });
        expect(model.optimizer).toBeInstanceOf(optimizers.LossScaleOptimizer);
        const x = tensor(wave(64), undefined, [16, 4]);
        const { history } = await model.fit(x, x.mean(1, true), { epochs: 5, verbose: 0, shuffle: false });
        expect(history['loss']!.at(-1)!).toBeLessThan(history['loss']![0]!);
        return history['loss']!;
      }),
    );
    results[0]!.forEach((loss, i) => expect(loss).toBeCloseTo(results[1]![i]!, 2));
  });

  test('small gradients survive by the scale', () => {
    const w = new Variable([1]);
    const scaled = new optimizers.LossScaleOptimizer(new optimizers.SGD(1e6));
    const step = (scale: (loss: ReturnType<typeof tensor>) => ReturnType<typeof tensor>): number => {
      const { grads } = variableGrads(() => scale(w.value.cast('float16').mul(1e-8).sum().cast('float32')), [w]);
      return grads[0]!.itemSync();
    };
    expect(step((loss) => scaled.scaleLoss(loss))).toBeGreaterThan(0);
    expect(step((loss) => loss)).toBe(0);
  });
});

describe('LossScaleOptimizer', () => {
  test('leaves out updates that are not finite, halves and doubles its scale', () => {
    const w = new Variable([1]);
    const optimizer = new optimizers.LossScaleOptimizer(new optimizers.SGD(0.5), {
      initialScale: 8,
      dynamicGrowthSteps: 2,
    });
    const seen: number[][] = [];
    for (const g of [8, NaN, 8, 8, Infinity, 8]) {
      optimizer.apply([tensor([g])], [w]);
      seen.push([w.value.itemSync(), optimizer.dynamicScale.value.itemSync(), optimizer.iterations.value.itemSync()]);
    }
    // 1 − 0.5·(8/8); NaN: nothing but half the scale; 8/4 twice, then the scale grows; Infinity; 8/4.
    expect(seen).toEqual([
      [0.5, 8, 1],
      [0.5, 4, 1],
      [-0.5, 4, 2],
      [-1.5, 8, 3],
      [-1.5, 4, 3],
      [-2.5, 4, 4],
    ]);
  });

  test('is made again from its stored form', () => {
    const optimizer = new optimizers.LossScaleOptimizer(new optimizers.Adam(0.01), { initialScale: 4 });
    const copy = optimizers.get(JSON.parse(JSON.stringify(optimizers.serialize(optimizer))) as never);
    expect(copy.getConfig()).toEqual(optimizer.getConfig());
    expect(() => new optimizers.LossScaleOptimizer('adam' as never)).toThrow('expected an optimizer');
    expect(() => new optimizers.LossScaleOptimizer(new optimizers.SGD(1), { initialScale: -1 })).toThrow(
      'initialScale',
    );
  });
});

test('policies that do not exist are refused', () => {
  expect(() => new layers.Dense(1, { dtype: 'mixed_bfloat16' as never })).toThrow(/there is no bfloat16 here/);
  expect(() => setDTypePolicy('float17' as never)).toThrow("expected a dtype or 'mixed_float16'");
  expect(new Model({ dtype: 'float64' }).dtype).toBe('float64');
  expect(losses.get('mse').name).toBe('mean_squared_error');
});
