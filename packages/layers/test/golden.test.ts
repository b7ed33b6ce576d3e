/**
 * Layers, activations, losses, metrics, regularizers and constraints against numbers of the real Keras.
 */
import { readFileSync } from 'node:fs';
import {
  Attention,
  BatchNormalization,
  Dense,
  EinsumDense,
  Embedding,
  GroupNormalization,
  LayerNormalization,
  MultiHeadAttention,
  PReLU,
  RMSNormalization,
  Softmax,
  UnitNormalization,
  type Layer,
} from '@dl/layers';
import * as activations from '@dl/layers/activations';
import * as constraints from '@dl/layers/constraints';
import { computeFans } from '@dl/layers/initializers';
import * as losses from '@dl/layers/losses';
import * as metrics from '@dl/layers/metrics';
import * as regularizers from '@dl/layers/regularizers';
import { tensor, type TensorLike } from '@dl/tensor';
import { describe, expect, test } from 'vitest';
import { expectClose, flat } from './check-layer.ts';

type Json = Record<string, never>;
const load = (name: string, key = name): Json =>
  (JSON.parse(readFileSync(new URL(`golden/${name}.json`, import.meta.url), 'utf8')) as Record<string, Json>)[key]!;

describe('activations', () => {
  const golden = load('activations') as unknown as Record<string, number[]>;
  const x = tensor(golden['x']!);
  const special: Readonly<Record<string, activations.ActivationFunction>> = {
    gelu_approximate_true: (t) => activations.gelu(t, true),
    'relu_slope0.1_max3_thr0.5': (t) => activations.relu(t, { negativeSlope: 0.1, maxValue: 3, threshold: 0.5 }),
  };
  for (const [name, wanted] of Object.entries(golden)) {
    if (name === 'x') continue;
    test(name, () => {
      const known = Object.hasOwn(special, name) ? special[name]! : activations.get(name);
      expectClose(known(x).dataSync(), wanted, name);
    });
  }
});

describe('layers', () => {
  const golden = load('layers') as unknown as Record<
    string,
    {
      input: TensorLike;
      output: unknown;
      weights?: { name: string; value: TensorLike }[];
      weights_before?: TensorLike[];
      mask?: TensorLike;
    }
  >;
  const makers: Readonly<Record<string, () => Layer>> = {
    Dense: () => new Dense(2, { activation: 'tanh' }),
    Dense_rank3: () => new Dense(2),
    LayerNormalization: () => new LayerNormalization(),
    LayerNormalization_axis12: () => new LayerNormalization({ axis: [1, 2] }),
    GroupNormalization2: () => new GroupNormalization(2),
    BatchNormalization_infer: () => new BatchNormalization(),
    BatchNormalization_train: () => new BatchNormalization(),
    PReLU: () => new PReLU(),
    Embedding: () => new Embedding(5, 3),
    Softmax_masked: () => new Softmax(),
    RMSNormalization: () => new RMSNormalization(),
    UnitNormalization: () => new UnitNormalization(),
    EinsumDense: () => new EinsumDense('abc,cde->abde', [3, 2, 3], { biasAxes: 'de' }),
  };
  test('every golden layer is covered', () => expect(Object.keys(makers)).toEqual(Object.keys(golden)));
  for (const [name, make] of Object.entries(makers)) {
    test(name, () => {
      const { input, output, weights = [], weights_before: before, mask } = golden[name]!;
      const layer = make();
      const x = tensor(input, name === 'Embedding' ? 'int32' : 'float32');
      layer.ensureBuilt([null, ...x.shape.slice(1)]);
      expect(layer.weights.map((w) => w.name)).toEqual(weights.map((w) => w.name));
      layer.setWeights(before ?? weights.map((w) => w.value));
      const training = name.endsWith('_train');
      const y = layer.apply(x, { training, ...(mask === undefined ? {} : { mask: tensor(mask, 'bool') }) });
      expectClose(y.dataSync(), flat(output), name);
      layer.weights.forEach((w, i) => expectClose(w.value.dataSync(), flat(weights[i]!.value), `${name} ${w.name}`));
    });
  }
});

describe('attention', () => {
  interface Golden {
    readonly query: TensorLike;
    readonly value: TensorLike;
    readonly output: unknown;
    readonly scores?: unknown;
    readonly self_causal_output?: unknown;
    readonly attention_mask?: TensorLike;
    readonly masked_output?: unknown;
    readonly weights?: readonly { readonly name: string; readonly value: TensorLike }[];
  }
  const golden = load('layers', 'attention') as unknown as Readonly<Record<string, Golden>>;
  test('MultiHeadAttention', () => {
    const { query, value, output, scores, weights, ...more } = golden['MultiHeadAttention']!;
    const layer = new MultiHeadAttention(2, 3, { valueDim: 2, name: 'multi_head_attention' });
    const inputs = [tensor(query), tensor(value)];
    layer.apply(inputs);
    expect(layer.weights.map(({ path }) => path)).toEqual(weights!.map(({ name }) => name));
    layer.setWeights(weights!.map((w) => w.value));
    expectClose(layer.apply(inputs).dataSync(), flat(output), 'fused', 1e-5);
    const [result, attended] = layer.apply(inputs, { returnAttentionScores: true });
    expectClose(result.dataSync(), flat(output), 'result', 1e-5);
    expectClose(attended.dataSync(), flat(scores), 'scores', 1e-5);
    const causal = layer.apply([inputs[0]!, inputs[0]!], { useCausalMask: true });
    expectClose(causal.dataSync(), flat(more.self_causal_output), 'causal', 1e-5);
    const masked = layer.apply(inputs, { attentionMask: tensor(more.attention_mask!, 'bool') });
    expectClose(masked.dataSync(), flat(more.masked_output), 'masked', 1e-5);
  });
  test('Attention with a scale of 1', () => {
    const { query, value, output } = golden['Attention_use_scale1']!;
    const result = new Attention({ useScale: true }).apply([tensor(query), tensor(value)]);
    expectClose(result.dataSync(), flat(output), 'result', 1e-5);
  });
});

/** `Huber{"delta": 0.5}` as class name and options. */
function parseKey(key: string): readonly [string, Record<string, unknown>] {
  const at = key.indexOf('{');
  const config = at < 0 ? {} : (JSON.parse(key.slice(at)) as Record<string, unknown>);
  return [at < 0 ? key : key.slice(0, at), config];
}

describe('losses', () => {
  const golden = load('losses') as unknown as Record<string, Record<string, never>>;
  const weights = tensor(golden['categorical']!['sample_weight'] as unknown as TensorLike);
  for (const group of ['categorical', 'sparse']) {
    const { y_true: yTrue, y_pred: yPred, sample_weight: _, ...rest } = golden[group]! as Record<string, unknown>;
    for (const [key, wanted] of Object.entries(rest)) {
      const [name, config] = parseKey(key);
      test(`${name} ${JSON.stringify(config)}`, () => {
        for (const [how, value] of Object.entries(wanted as Record<string, unknown>)) {
          const [reduction, weighted] = how.split('|');
          const stored = {
            module: 'keras.losses',
            class_name: name,
            config: { ...config, reduction },
            registered_name: null,
          };
          const loss = losses.get(stored as never);
          const got = loss.apply(yTrue as TensorLike, yPred as TensorLike, {
            sampleWeight: weighted === undefined ? null : weights,
          });
          expectClose(got.dataSync(), flat(value), `${key} ${how}`);
        }
      });
    }
  }

  test('areas', () => {
    const { y_true: yTrue, y_pred: yPred, ...wanted } = golden['segmentation']! as Record<string, unknown>;
    const value = (loss: losses.Loss): ArrayLike<number> =>
      loss.apply(yTrue as TensorLike, yPred as TensorLike).dataSync();
    expectClose(value(new losses.Dice()), [wanted['Dice'] as number], 'dice');
    const perSample = new losses.Dice({ axis: [1, 2, 3], reduction: 'none' });
    expectClose(value(perSample), wanted['Dice_axis123'] as number[], 'dice per sample');
    expectClose(value(new losses.Tversky({ alpha: 0.3, beta: 0.7 })), [wanted['Tversky.3.7'] as number], 'tversky');
  });

  test('sequences: the divisor is batch × steps', () => {
    const { y_true: yTrue, y_pred: yPred, ...wanted } = golden['sequence']! as Record<string, unknown>;
    const loss = new losses.SparseCategoricalCrossentropy();
    const run = (sampleWeight: TensorLike | null): ArrayLike<number> =>
      loss.apply(yTrue as TensorLike, yPred as TensorLike, { sampleWeight }).dataSync();
    expectClose(run(null), [wanted['SparseCategoricalCrossentropy'] as number], 'plain');
    expectClose(run([1, 3]), [wanted['with_sw_per_sample'] as number], 'per sample');
    const steps = [
      [1, 0, 1],
      [2, 1, 0],
    ];
    expectClose(run(steps), [wanted['with_sw_per_step'] as number], 'per step');
  });
});

describe('metrics', () => {
  const golden = load('metrics') as unknown as Record<string, never>;
  const inputs = golden['inputs'] as unknown as Record<string, TensorLike>;
  const binary = golden['binary_inputs'] as unknown as Record<string, readonly number[]>;
  const column = (list: readonly number[]): TensorLike => list.map((value) => [value]);
  // Stored without its inputs.
  const unknown = ['MeanIoU3'];
  for (const [key, wanted] of Object.entries(golden as Record<string, [unknown, unknown]>)) {
    const [plain, kind] = key.split('|') as [string, string | undefined];
    const [name, config] = parseKey(plain);
    if (key.endsWith('inputs') || unknown.includes(name)) continue;
    test(key, () => {
      const source: Record<string, TensorLike> =
        kind === 'binary'
          ? { y_true: column(binary['y_true']!), y_pred: column(binary['y_pred']!), sw: binary['sw']! }
          : inputs;
      const sparse = name.startsWith('Sparse');
      const yTrue = kind === 'binary' ? source['y_true']! : source[sparse ? 'y_true_sparse' : 'y_true_onehot']!;
      const stored = { module: 'keras.metrics', class_name: name, config, registered_name: null };
      [null, source['sw']!].forEach((sampleWeight, i) => {
        // Not a number; and there Keras cuts weights to whole numbers, against its own documentation.
        if (wanted[i] === null || (name === 'OneHotMeanIoU' && i === 1)) return;
        const metric = metrics.get(stored as never);
        metric.updateState(yTrue, source['y_pred']!, { sampleWeight });
        expectClose(metric.result().dataSync(), flat(wanted[i]), `${key} ${i}`);
        // Half of the samples at a time gives the same.
        metric.resetState();
        const half = (value: TensorLike, part: number): TensorLike => {
          const list = value as readonly number[];
          const at = list.length / 2;
          return part === 0 ? list.slice(0, at) : list.slice(at);
        };
        for (const part of [0, 1]) {
          const weights = sampleWeight === null ? null : half(sampleWeight, part);
          metric.updateState(half(yTrue, part), half(source['y_pred']!, part), { sampleWeight: weights });
        }
        expectClose(metric.result().dataSync(), flat(wanted[i]), `${key} ${i} in two parts`);
      });
    });
  }
});

describe('regularizers and constraints', () => {
  const golden = load('regularizers_constraints') as unknown as Record<string, never>;
  const w = tensor(golden['w'] as unknown as TensorLike);
  const wanted: Readonly<Record<string, () => { apply(x: typeof w): typeof w }>> = {
    'L1(.01)': () => regularizers.get('l1')!,
    'L2(.01)': () => new regularizers.L2(0.01),
    'L1L2(.01,.02)': () => new regularizers.L1L2({ l1: 0.01, l2: 0.02 }),
    OrthogonalRegularizer: () => new regularizers.OrthogonalRegularizer(),
    MaxNorm: () => new constraints.MaxNorm(1),
    UnitNorm: () => new constraints.UnitNorm(),
    NonNeg: () => new constraints.NonNeg(),
    'MinMaxNorm(.5,1,.5)': () => new constraints.MinMaxNorm({ minValue: 0.5, maxValue: 1, rate: 0.5 }),
  };
  test('every golden value is covered', () => {
    expect(Object.keys(wanted)).toEqual(Object.keys(golden).filter((key) => key !== 'w'));
  });
  for (const [name, make] of Object.entries(wanted)) {
    test(name, () => expectClose(make().apply(w).dataSync(), flat(golden[name]), name));
  }
});

test('fans of initializers', () => {
  const golden = (load('initializers') as unknown as Record<string, Record<string, number[]>>)['compute_fans']!;
  for (const [shape, fans] of Object.entries(golden)) {
    const sizes = (shape.match(/\d+/g) ?? []).map(Number);
    expect(computeFans(sizes), shape).toEqual(fans);
  }
});
