/**
 * Layers whose calls are more than sums of products, with weights in float32 and calls in float16.
 */
import { variableGrads } from '@dl/autograd';
import {
  AlphaDropout,
  BatchNormalization,
  Dense,
  EinsumDense,
  GroupQueryAttention,
  MultiHeadAttention,
  RMSNormalization,
  SpectralNormalization,
  TernaryDense,
  UnitNormalization,
  type Layer,
} from '@dl/layers';
import { Generator, type Tensor } from '@dl/tensor';
import { describe, expect, test } from 'vitest';
import { expectClose } from './check-layer.ts';

const dtype = 'mixed_float16';
const x = new Generator(1).normal([2, 3, 4]);
const makers: Readonly<Record<string, (o: { readonly dtype: 'float32' | 'mixed_float16' }) => Layer>> = {
  BatchNormalization: (o) => new BatchNormalization(o),
  'BatchNormalization with renorm': (o) => new BatchNormalization({ renorm: true, ...o }),
  RMSNormalization: (o) => new RMSNormalization(o),
  UnitNormalization: (o) => new UnitNormalization(o),
  SpectralNormalization: (o) => new SpectralNormalization(new Dense(3, o), o),
  EinsumDense: (o) => new EinsumDense('abc,cd->abd', [null, 3], { biasAxes: 'd', loraRank: 1, ...o }),
  TernaryDense: (o) => new TernaryDense(3, o),
  AlphaDropout: (o) => new AlphaDropout(0.5, o),
};

describe('mixed_float16', () => {
  for (const [name, make] of Object.entries(makers)) {
    test(`${name} keeps float32 weights, and gives float16`, () => {
      const [half, single] = [make({ dtype }), make({ dtype: 'float32' })];
      for (const layer of [half, single]) layer.ensureBuilt([null, 3, 4]);
      half.setWeights(single.getWeights());
      const y = half.apply(x);
      expect([y.dtype, ...half.weights.map((w) => w.dtype)]).toEqual(['float16', ...half.weights.map(() => 'float32')]);
      expectClose([...y.dataSync()].map(Number), single.apply(x).dataSync(), name, 1e-2);
      const { grads } = variableGrads(
        () => half.apply(x, { training: true }).cast('float32').sum(),
        half.trainableWeights,
      );
      for (const grad of grads) expect(grad!.dtype).toBe('float32');
    });
  }
  test('attention', () => {
    for (const layer of [new MultiHeadAttention(2, 2, { dtype }), new GroupQueryAttention(2, 2, 1, { dtype })]) {
      const plain: Tensor = layer.apply([x, x], { useCausalMask: true });
      const [result, scores] = layer.apply([x, x], { useCausalMask: true, returnAttentionScores: true });
      expect([plain.dtype, result.dtype, scores.dtype]).toEqual(['float16', 'float16', 'float16']);
      expectClose([...result.dataSync()].map(Number), [...plain.dataSync()].map(Number), 'forms', 1e-2);
      expect(layer.weights.every((w) => w.dtype === 'float32')).toBe(true);
    }
  });
});
