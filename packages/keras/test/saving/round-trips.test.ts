/**
 * Models go to .keras bytes and back: every layer class, whole networks, what is trained further.
 */
import * as applications from '@dl/keras/applications';
import {
  clearSession,
  cpu,
  Input,
  layers,
  Model,
  models,
  optimizers,
  Sequential,
  setBackend,
  setSeed,
  tensor,
  type Tensor,
} from '@dl/keras';
import { reference } from '@dl/tensor/backend';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activationCases } from '../../../layers/test/cases/activation.ts';
import { attentionCases } from '../../../layers/test/cases/attention.ts';
import { convolutionCases } from '../../../layers/test/cases/convolution.ts';
import { coreCases } from '../../../layers/test/cases/core.ts';
import { mergingCases } from '../../../layers/test/cases/merging.ts';
import { normalizationCases } from '../../../layers/test/cases/normalization.ts';
import { poolingCases } from '../../../layers/test/cases/pooling.ts';
import { regularizationCases } from '../../../layers/test/cases/regularization.ts';
import { reshapingCases } from '../../../layers/test/cases/reshaping.ts';
import { recurrentCases } from '../../../layers/test/recurrent-cases.ts';

type AnyTensors = Tensor | readonly Tensor[];

interface Case {
  readonly make: (options: { readonly dtype: 'float32' }) => {
    apply(x: AnyTensors, options?: object): AnyTensors;
    built: boolean;
  };
  readonly shape: readonly number[] | readonly (readonly number[])[];
  readonly values?: readonly number[];
  readonly call?: object;
}

const tables = {
  ...activationCases,
  ...attentionCases,
  ...convolutionCases,
  ...coreCases,
  ...mergingCases,
  ...normalizationCases,
  ...poolingCases,
  ...recurrentCases,
  ...regularizationCases,
  ...reshapingCases,
} as unknown as Readonly<Record<string, Case>>;

const wave = (shape: readonly number[], shift: number): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(0.7 * i + shift)),
    'float32',
    shape,
  );
const listOf = (value: AnyTensors): readonly Tensor[] => (Array.isArray(value) ? value : [value as Tensor]);
const bits = (outputs: AnyTensors): number[][] => listOf(outputs).map((output) => [...output.dataSync()]);

/** Replaces all weights by values that no initializer gives. */
function disturb(model: Model<AnyTensors, AnyTensors>): void {
  model.weights.forEach((weight, i) => {
    if (weight.dtype === 'float32') weight.assign(wave(weight.shape, i).mul(0.5).add(0.6));
  });
}

/** A cell of its own would have to be registered; an InputLayer is the input of every model here. */
const LEFT_OUT = /Average as|own|^InputLayer/;

describe('every layer, in a functional model', () => {
  beforeAll(() => setBackend(reference()));
  for (const [name, { make, shape, values, call }] of Object.entries(tables)) {
    if (LEFT_OUT.test(name)) continue;
    test(name, async () => {
      clearSession();
      const shapes = (Array.isArray(shape[0]) ? shape : [shape]) as readonly (readonly number[])[];
      const inputs = shapes.map((one) => Input({ batchShape: one, dtype: values === undefined ? 'float32' : 'int32' }));
      const several = Array.isArray(shape[0]);
      const x = several ? inputs : inputs[0]!;
      const outputs = make({ dtype: 'float32' }).apply(x, call ?? {});
      const model = new Model<AnyTensors, AnyTensors>(x, outputs);
      disturb(model);
      const copy = await models.loadModel<AnyTensors, AnyTensors>(await model.save());
      const data = shapes.map((one, i) =>
        values === undefined ? wave(one, i) : tensor(values as number[], 'int32', one),
      );
      const given = several ? data : data[0]!;
      expect(bits(copy.apply(given))).toEqual(bits(model.apply(given)));
      expect(models.serialize(copy as never)).toEqual(models.serialize(model as never));
    });
  }
});

describe('whole networks', () => {
  beforeAll(() => setBackend(cpu()));
  const options = { includeTop: false, inputShape: [32, 32, 3], pooling: 'avg' } as const;
  const { DenseNet121, EfficientNetB0, MobileNetV2, MobileNetV3Small, ResNet18 } = applications;
  test.each([
    ['DenseNet121', () => DenseNet121(options)],
    ['EfficientNetB0', () => EfficientNetB0(options)],
    ['MobileNetV2', () => MobileNetV2({ ...options, alpha: 0.5 })],
    ['MobileNetV3Small', () => MobileNetV3Small(options)],
    ['ResNet18', () => ResNet18(options)],
  ] as const)('%s', async (_, make) => {
    clearSession();
    setSeed(3);
    const model = make() as unknown as Model;
    const copy = await models.loadModel(await model.save());
    const x = wave([1, 32, 32, 3], 0);
    expect(bits(copy.apply(x))).toEqual(bits(model.apply(x)));
  });
});

describe('training goes on bit for bit', () => {
  beforeAll(() => setBackend(cpu()));
  afterAll(() => setBackend(reference()));
  const x = wave([24, 6], 0.3);
  const y = wave([24, 2], 1);
  const { Adam, AdamW, Nadam, RMSprop, SGD, Adafactor, Lion, LossScaleOptimizer } = optimizers;
  const kinds: Readonly<Record<string, () => optimizers.Optimizer>> = {
    'SGD with momentum': () => new SGD(0.05, { momentum: 0.9, nesterov: true }),
    'Adam with averages and accumulation': () =>
      new Adam(0.01, { amsgrad: true, useEma: true, gradientAccumulationSteps: 2 }),
    'AdamW with a schedule': () =>
      new AdamW(
        new optimizers.schedules.ExponentialDecay({ initialLearningRate: 0.02, decaySteps: 5, decayRate: 0.7 }),
        { clipnorm: 1 },
      ),
    Nadam: () => new Nadam(0.01),
    'RMSprop, centered, with momentum': () => new RMSprop(0.01, { centered: true, momentum: 0.5 }),
    Adafactor: () => new Adafactor(0.05),
    Lion: () => new Lion(0.01),
    'LossScaleOptimizer around Adam': () =>
      new LossScaleOptimizer(new Adam(0.01), { initialScale: 8, dynamicGrowthSteps: 3 }),
  };
  const make = (optimizer: optimizers.Optimizer, eager: boolean): Model => {
    clearSession();
    setSeed(11);
    const model = new Sequential([
      new layers.Dense(5, { activation: 'tanh', inputShape: [6] }),
      new layers.BatchNormalization(),
      new layers.Dense(2, { kernelConstraint: 'max_norm' }),
    ]);
    model.compile({ optimizer, loss: 'mse', metrics: ['mae'], runEagerly: eager });
    return model;
  };
  const train = (model: Model, epochs: number): Promise<unknown> =>
    model.fit(x, y, { epochs, batchSize: 8, shuffle: false, verbose: 0 });

  for (const [name, optimizer] of Object.entries(kinds)) {
    test(name, async () => {
      const whole = make(optimizer(), false);
      await train(whole, 2);
      await train(whole, 3);
      const first = make(optimizer(), false);
      await train(first, 2);
      const second = await models.loadModel(await first.save());
      expect(bits(second.optimizer.variables.map((v) => v.value))).toEqual(
        bits(first.optimizer.variables.map((v) => v.value)),
      );
      await train(second, 3);
      expect(bits(second.getWeights())).toEqual(bits(whole.getWeights()));
      expect(bits(second.optimizer.variables.map((v) => v.value))).toEqual(
        bits(whole.optimizer.variables.map((v) => v.value)),
      );
    });
  }

  test('without the optimizer it starts anew, and says so', async () => {
    const model = make(new Adam(0.01), true);
    await train(model, 1);
    const lines: string[] = [];
    const warn = console.warn;
    console.warn = (line: string) => void lines.push(line);
    const copy = await models
      .loadModel(await model.save(undefined, { includeOptimizer: false }))
      .finally(() => (console.warn = warn));
    expect(lines.join()).toContain('no state of the optimizer');
    expect(copy.optimizer.iterations.value.itemSync()).toBe(0);
    expect(bits(copy.getWeights())).toEqual(bits(model.getWeights()));
  });
});
