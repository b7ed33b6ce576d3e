/**
 * LoRA, Lambda, EinsumDense, Masking, ReversibleEmbedding and TernaryDense beyond what checkLayer checks.
 */
import { variableGrads } from '@dl/autograd';
import {
  collectLosses,
  Conv1D,
  ActivityRegularization,
  Dense,
  EinsumDense,
  Embedding,
  Lambda,
  maskOf,
  Masking,
  registerLambda,
  ReversibleEmbedding,
  SpectralNormalization,
  TernaryDense,
  type Layer,
} from '@dl/layers';
import { deserializeLayer } from '@dl/layers/registry';
import { jit, ones, tensor, type Tensor } from '@dl/tensor';
import { describe, expect, test } from 'vitest';
import { expectClose, flat } from './check-layer.ts';

const numbers = (t: Tensor): number[] => [...t.dataSync()];

describe('LoRA', () => {
  const input = tensor([[1, -2, 0.5]]);
  const layers: Readonly<Record<string, readonly [Layer & { enableLora(rank: number): void }, Tensor]>> = {
    Dense: [new Dense(2), input],
    EinsumDense: [new EinsumDense('ab,bc->ac', 2), input],
    Conv1D: [
      new Conv1D(2, 2),
      tensor([
        [
          [1, 2],
          [3, -1],
          [0.5, 2],
        ],
      ]),
    ],
    Embedding: [new Embedding(4, 2), tensor([[1, 3]], 'int32')],
  };
  for (const [name, [layer, x]] of Object.entries(layers)) {
    test(`${name}: the output stays until the factors are learnt`, () => {
      expect(() => layer.enableLora(2)).toThrow('enableLora needs a built layer');
      const before = numbers(layer.apply(x));
      const [main] = layer.weights;
      layer.enableLora(2);
      expectClose(numbers(layer.apply(x)), before, name);
      expect(layer.trainableWeights).not.toContain(main);
      expect(layer.weights.map((w) => w.name).slice(-2)).toEqual([`lora_${main!.name}_a`, `lora_${main!.name}_b`]);
      expect(layer.weights.map((w) => w.path).every((path) => path.startsWith(`${layer.name}/`))).toBe(true);
      expect(layer.getConfig()).toMatchObject({ lora_rank: 2, lora_alpha: 2 });
      expect(() => layer.enableLora(2)).toThrow('LoRA is enabled already');
    });
  }
  test('kernel + a·b·(alpha / rank), and merged', () => {
    const dense = new Dense(2, { useBias: false });
    dense.ensureBuilt([null, 2]);
    dense.setWeights([
      [
        [1, 2],
        [3, 4],
      ],
    ]);
    dense.enableLora(1, { loraAlpha: 3 });
    const [kernel, a, b] = dense.weights;
    a!.assign([[1], [2]]);
    b!.assign([[0.5, -1]]);
    const x = tensor([[1, 1]]);
    // [1, 1] · ([[1, 2], [3, 4]] + 3·[[0.5, −1], [1, −2]])
    expect(numbers(dense.apply(x))).toEqual([8.5, -3]);
    dense.mergeLora();
    expect(numbers(kernel!.value)).toEqual([2.5, -1, 6, -2]);
    expect(numbers(b!.value)).toEqual([0, 0]);
    expect(numbers(dense.apply(x))).toEqual([8.5, -3]);
  });
  test('does not go with constraints', () => {
    expect(() => new Dense(2, { loraRank: 1, kernelConstraint: 'non_neg' }).apply(ones([1, 2]))).toThrow(
      "LoRA does not go with a constraint on 'kernel'",
    );
    expect(() => new Dense(2, { loraRank: 0 })).toThrow('loraRank must be a positive integer');
    expect(() => new Dense(2).mergeLora()).toThrow('call enableLora first');
  });
});

describe('Lambda', () => {
  test('gets training and mask, and keeps no code', () => {
    const layer = new Lambda((x, { training }) => (training ? x.mul(2) : x));
    expect(numbers(layer.apply([1, 2], { training: true }))).toEqual([2, 4]);
    expect(numbers(layer.apply([1, 2]))).toEqual([1, 2]);
    expect(layer.computeOutputShape([null, 5])).toEqual([null, 5]);
    expect(() => layer.getConfig()).toThrow("name it first: registerLambda('my_function', fn)");
  });
  test('is loaded by the name of its function', () => {
    const double = (x: Tensor): Tensor => x.mul(2);
    registerLambda('double', double);
    const copy = deserializeLayer('Lambda', new Lambda(double).getConfig()) as unknown as Layer;
    expect(numbers(copy.apply([3]))).toEqual([6]);
    expect(() => new Lambda('doubel')).toThrow('double');
    expect(() => registerLambda('double', (x: Tensor) => x)).toThrow("another function is named 'double'");
    expect(() => deserializeLayer('Lambda', { function: { class_name: '__lambda__', config: {} } })).toThrow(
      'expected a function or the name of one',
    );
  });
  test('may give a mask and take lists', () => {
    const layer = new Lambda<readonly Tensor[]>(([a, b]) => a!.add(b!), { mask: tensor([true, false]) });
    const y = layer.apply([tensor([1, 2]), tensor([3, 4])]);
    expect([numbers(y), numbers(maskOf(y)!)]).toEqual([
      [4, 6],
      [1, 0],
    ]);
  });
});

describe('EinsumDense', () => {
  test('equations and shapes that do not fit are refused', () => {
    expect(() => new EinsumDense('ab,bc', 2)).toThrow("expected an equation such as 'ab,bc->ac'");
    expect(() => new EinsumDense('ab,bc->ac', 2).apply(ones([1, 2, 3]))).toThrow('takes inputs of rank 2');
    expect(() => new EinsumDense('abc,cd->abd', [5, 4]).apply(ones([1, 2, 3]))).toThrow("axis 'b' has 2 elements");
    expect(() => new EinsumDense('ab,bc->ac', [null]).apply(ones([1, 2]))).toThrow("axis 'c' must be known");
    expect(() => new EinsumDense('ab,bc->ac', 2, { biasAxes: 'z' }).apply(ones([1, 2]))).toThrow("biasAxes 'z'");
    expect(() => new EinsumDense('ab,bc->ac', [2, 3]).apply(ones([1, 2]))).toThrow('does not fit the output');
  });
  test('first values follow from the axes of the equation', () => {
    const layer = new EinsumDense('abc,cde->abde', [null, 50, 20], { kernelInitializer: 'glorot_uniform' });
    layer.ensureBuilt([null, 3, 100]);
    const limit = Math.sqrt(6 / (100 + 1000));
    const largest = Math.max(...numbers(layer.kernel!.value).map(Math.abs));
    expect(largest).toBeLessThanOrEqual(limit);
    expect(largest).toBeGreaterThan(0.99 * limit);
  });
});

test('Masking zeroes steps and masks them', () => {
  const y = new Masking().apply([
    [
      [1, 0],
      [0, 0],
    ],
  ]);
  expect([numbers(y), numbers(maskOf(y)!)]).toEqual([
    [1, 0, 0, 0],
    [1, 0],
  ]);
});

test('ActivityRegularization adds its penalty, divided by the batch', () => {
  const layer = new ActivityRegularization({ l1: 1, l2: 0.5 });
  const { losses } = collectLosses(() =>
    layer.apply([
      [1, -2],
      [0, 4],
    ]),
  );
  expect(losses.map((loss) => loss.itemSync())).toEqual([(7 + 0.5 * 21) / 2]);
});

describe('ReversibleEmbedding', () => {
  const ids = tensor([[1, 2]], 'int32');
  test('goes back with the transposed table', () => {
    const layer = new ReversibleEmbedding(3, 2, {
      weights: [
        [1, 0],
        [0, 2],
        [3, 1],
      ],
      logitSoftCap: 2,
    });
    const vectors = layer.apply(ids);
    expect(numbers(vectors)).toEqual([0, 2, 3, 1]);
    const logits = layer.apply(vectors, { reverse: true });
    expect(logits.shape).toEqual([1, 2, 3]);
    expectClose(
      numbers(logits),
      [0, 4, 2, 3, 2, 10].map((v) => 2 * Math.tanh(v / 2)),
      'logits',
    );
    expect(() => layer.apply([[1, 2, 3]], { reverse: true })).toThrow('expected last axis 2, got 3');
  });
  test('or with a weight of its own, in a dtype of its own', () => {
    const layer = new ReversibleEmbedding(3, 2, { tieWeights: false, reverseDtype: 'float64' });
    layer.apply(ids);
    expect(layer.weights.map(({ name, shape }) => [name, shape])).toEqual([
      ['embeddings', [3, 2]],
      ['reverse_embeddings', [2, 3]],
    ]);
    layer.weights[1]!.assign([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const logits = layer.apply([[1, 1]], { reverse: true });
    expect([logits.dtype, numbers(logits)]).toEqual(['float64', [5, 7, 9]]);
  });
});

test('TernaryDense computes with signs and learns through them', () => {
  const layer = new TernaryDense(1, { useBias: false });
  const x = tensor([[1, 2, 3]]);
  layer.ensureBuilt([null, 3]);
  layer.setWeights([[[0.9], [-0.6], [0.1]]]);
  // The mean size is 1.6 / 3; 0.1 is below half of it.
  expectClose(numbers(layer.apply(x)), [(1 - 2) * (1.6 / 3)], 'output');
  const { grads } = variableGrads(() => layer.apply(x).sum(), layer.weights);
  // x · β through the signs, and the derivative of β.
  const beta = 1.6 / 3;
  expectClose(numbers(grads[0]!), [beta - 1 / 3, 2 * beta + 1 / 3, 3 * beta - 1 / 3], 'gradient');
  expect(() => new TernaryDense(1, { threshold: -1 })).toThrow('threshold must be a number ≥ 0');
});

describe('SpectralNormalization', () => {
  const make = (): SpectralNormalization => {
    const layer = new SpectralNormalization(new Dense(2, { useBias: false }), { powerIterations: 30 });
    layer.ensureBuilt([null, 2]);
    layer.setWeights([
      [[1, 0.5]],
      [
        [3, 0],
        [0, 1],
      ],
    ]);
    return layer;
  };
  test('the largest singular value becomes 1, in training only', () => {
    const layer = make();
    layer.apply(ones([1, 2]));
    expect(numbers(layer.weights[1]!.value)).toEqual([3, 0, 0, 1]);
    layer.apply(ones([1, 2]), { training: true });
    expectClose(numbers(layer.weights[1]!.value), [1, 0, 0, 1 / 3], 'kernel');
    expectClose(numbers(layer.weights[0]!.value), [1, 0], 'vector');
  });
  test('gradients are those by the new kernel, compiled too', () => {
    const x = tensor([[2, 5]]);
    const gradient = (layer: SpectralNormalization) => (): Tensor =>
      variableGrads(() => layer.apply(x, { training: true }).sum(), layer.trainableWeights).grads[0]!;
    expect(numbers(gradient(make())())).toEqual([2, 2, 5, 5]);
    expect(numbers(jit(gradient(make()))())).toEqual([2, 2, 5, 5]);
  });
  test('layers without a kernel are refused', () => {
    expect(() => new SpectralNormalization(new Masking()).apply(ones([1, 2]))).toThrow(
      'neither a kernel nor embeddings',
    );
    expect(() => new SpectralNormalization({} as never)).toThrow('expected a layer');
  });
  test('stored layers need the registry', () => {
    const config = make().getConfig();
    expect(() => SpectralNormalization.fromConfig(config)).toThrow('Use deserializeLayer()');
    expect(flat(deserializeLayer('SpectralNormalization', config).getConfig()['power_iterations'])).toEqual([30]);
  });
});
