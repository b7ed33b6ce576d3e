/**
 * Cases of convolution, normalization and embeddings, met by the other layers of their kind.
 */
import { layers, setBackend, tensor, variableGrads } from '@dl/keras';
import * as t from '@dl/keras';
import { beforeAll, describe, expect, test } from 'vitest';
import { ALL_BACKENDS, BACKENDS, expectNear, numbers } from './support.ts';

describe.each(ALL_BACKENDS)('%s', { timeout: 180_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()), 60_000);

  test("C24 'same' padding with stride 2, of depthwise and separable layers and over time", async () => {
    const kernel = tensor([0, 1, 2, 3, 4, 5, 6, 7, 8]).reshape([3, 3, 1, 1]);
    const options = { strides: 2, padding: 'same', useBias: false } as const;
    const depthwise = new layers.DepthwiseConv2D(3, options);
    const separable = new layers.SeparableConv2D(1, 3, options);
    for (const layer of [depthwise, separable]) layer.ensureBuilt([null, null, null, 1]);
    depthwise.setWeights([kernel]);
    separable.setWeights([kernel, tensor([1]).reshape([1, 1, 1, 1])]);
    for (const layer of [depthwise, separable]) {
      expect(await numbers(layer.apply(t.ones([1, 1, 1, 1])))).toEqual([4]);
      expect(await numbers(layer.apply(t.ones([1, 2, 2, 1])))).toEqual([8]);
    }
    const steps = new layers.DepthwiseConv1D(3, options);
    steps.ensureBuilt([null, null, 1]);
    steps.setWeights([tensor([1, 10, 100]).reshape([3, 1, 1])]);
    // Two steps need one more, which comes after: 1·x₀ + 10·x₁.
    expect(await numbers(steps.apply(tensor([2, 3]).reshape([1, 2, 1])))).toEqual([32]);
  });

  test('C26 dilated transposed, depthwise and separable convolutions train', async () => {
    const kernel = tensor([1, 10, 100]).reshape([3, 1, 1]);
    const x = tensor([1, 2]).reshape([1, 2, 1]);
    const options = { dilationRate: 2, useBias: false } as const;
    const transposed = new layers.Conv1DTranspose(1, 3, options);
    transposed.ensureBuilt([null, 2, 1]);
    transposed.setWeights([kernel]);
    expect(await numbers(transposed.apply(x))).toEqual([1, 2, 10, 20, 100, 200]);
    const { grads } = variableGrads(() => transposed.apply(x).sum(), transposed.trainableWeights);
    expect(await numbers(grads[0]!)).toEqual([3, 3, 3]);
    const long = tensor([1, 2, 3, 4, 5]).reshape([1, 5, 1]);
    const depthwise = new layers.DepthwiseConv1D(3, options);
    depthwise.ensureBuilt([null, 5, 1]);
    depthwise.setWeights([kernel]);
    expect(await numbers(depthwise.apply(long))).toEqual([531]);
    const own = variableGrads(() => depthwise.apply(long).sum(), depthwise.trainableWeights).grads[0]!;
    expect(await numbers(own)).toEqual([1, 3, 5]);
    for (const make of [
      () => new layers.SeparableConv2D(1, 2, { strides: 2, dilationRate: 2 }),
      () => new layers.Conv3DTranspose(1, 2, { strides: 2, dilationRate: 2 }),
    ]) {
      expect(make).toThrow('cannot be combined');
    }
  });

  test('C28 adaptive pools of negative values, and of more windows than elements', async () => {
    const x = tensor([-1, -2, -3]).reshape([1, 3, 1]);
    expect(await numbers(new layers.AdaptiveMaxPooling1D(2).apply(x))).toEqual([-1, -2]);
    expect(await numbers(new layers.AdaptiveMaxPooling1D(5).apply(x))).toEqual([-1, -1, -2, -2, -3]);
    expectNear(await numbers(new layers.AdaptiveAveragePooling1D(2).apply(x)), [-1.5, -2.5]);
  });
});

describe.each(BACKENDS)('%s', (_, make) => {
  beforeAll(async () => setBackend(await make()));

  test('C37 frozen layers with renormalization, or with spectral normalization, keep their state', () => {
    const renorm = new layers.BatchNormalization({ renorm: true });
    const spectral = new layers.SpectralNormalization(new layers.Dense(2));
    for (const layer of [renorm, spectral]) {
      layer.apply([[10], [20]]);
      layer.trainable = false;
      const before = layer.getWeights().map((w) => [...w.dataSync()]);
      layer.apply([[10], [20]], { training: true });
      expect(layer.getWeights().map((w) => [...w.dataSync()])).toEqual(before);
      layer.trainable = true;
      layer.apply([[10], [20]], { training: true });
      expect(layer.getWeights().map((w) => [...w.dataSync()])).not.toEqual(before);
    }
  });

  test('C39 ids out of range are errors of a ReversibleEmbedding, and with LoRA', () => {
    const reversible = new layers.ReversibleEmbedding(2, 2);
    const adapted = new layers.Embedding(2, 2, { loraRank: 1 });
    for (const layer of [reversible, adapted]) {
      expect(() => layer.apply(tensor([0, 2], 'int32'))).toThrow('index 2 at position 1 is out of range [0, 2)');
    }
  });
});
