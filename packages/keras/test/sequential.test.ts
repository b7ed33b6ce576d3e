/**
 * Sequential: adding and removing layers, building, names, nesting and configurations.
 */
import { clearSession, ConfigError, initializers, Input, layers, models, Sequential, type Tensor } from '@dl/keras';
import { beforeEach, describe, expect, test } from 'vitest';
import { column } from './helpers.ts';

beforeEach(() => clearSession());
const quiet = { verbose: 0 } as const;

describe('building', () => {
  test('at once with an input shape, otherwise on first data', () => {
    const known = new Sequential([new layers.Dense(3, { inputShape: [2] }), new layers.Dense(1)]);
    expect([known.built, known.inputShape, known.outputShape]).toEqual([true, [null, 2], [null, 1]]);
    expect(known.weights.map((w) => w.path)).toEqual([
      ...['sequential/dense/kernel', 'sequential/dense/bias', 'sequential/dense_1/kernel', 'sequential/dense_1/bias'],
    ]);
    const late = new Sequential([new layers.Dense(3), new layers.Dense(1)]);
    expect([late.built, late.outputShape, late.weights]).toEqual([false, null, []]);
    late.apply([[1, 2]]);
    expect([late.built, late.outputShape]).toEqual([true, [null, 1]]);
    const asked = new Sequential([new layers.Dense(3)]);
    asked.build([null, 4]);
    expect(asked.countParams()).toBe(15);
  });

  test('the InputLayer is not among the layers', () => {
    const model = new Sequential([Input({ shape: [2] }), new layers.Dense(1)]);
    expect(model.layers.map((layer) => layer.name)).toEqual(['dense']);
    expect(model.getLayer('dense')).toBe(model.layers[0]);
    expect(model.getLayer(-1)).toBe(model.layers[0]);
    expect(() => model.getLayer('dens')).toThrow("no layer 'dens'; there are dense");
    expect(() => model.apply([[1, 2, 3]])).toThrow('input_layer (InputLayer): expected last axis 2, got 3');
  });

  test('layers added later are built too; pop removes the last one', () => {
    const model = new Sequential([new layers.Dense(3, { inputShape: [2] })]);
    model.add(new layers.Dense(4));
    expect(model.outputShape).toEqual([null, 4]);
    const last = model.pop();
    expect([last.name, model.outputShape]).toEqual(['dense_1', [null, 3]]);
    model.pop();
    expect(() => model.pop()).toThrow('there is no layer to pop');
  });

  test('what cannot be added', () => {
    const model = new Sequential([new layers.Dense(1, { name: 'a' })], { name: 'm' });
    expect(() => model.add(new layers.Dense(1, { name: 'a' }))).toThrow("m: there is a layer named 'a' already");
    expect(() => model.add(Input({ shape: [1] }))).toThrow('an InputLayer must be the first layer');
    expect(() => model.add('dense' as never)).toThrow("m: add() expects a layer, got 'dense'");
    expect(() => new Sequential(new layers.Dense(1) as never)).toThrow('expected an array of layers');
    expect(() => Input({} as never)).toThrow('expected { shape: [32] }');
    expect(() => Input({ shape: [-1] })).toThrow(ConfigError);
  });

  test('images through convolutions', async () => {
    const model = new Sequential([
      Input({ shape: [8, 8, 1] }),
      new layers.Rescaling(1 / 255),
      new layers.Conv2D(2, 3, { activation: 'relu' }),
      new layers.MaxPooling2D(2),
      new layers.Flatten(),
      new layers.Dropout(0.25),
      new layers.Dense(3, { activation: 'softmax' }),
    ]);
    expect(model.outputShape).toEqual([null, 3]);
    model.compile({ optimizer: 'adam', loss: 'sparse_categorical_crossentropy', metrics: ['acc'] });
    const images = { data: Uint8Array.from({ length: 6 * 64 }, (_, i) => (i * 37) % 256), shape: [6, 8, 8, 1] };
    const { history } = await model.fit(images, Uint8Array.of(0, 1, 2, 0, 1, 2), { epochs: 2, ...quiet });
    expect(Object.keys(history)).toEqual(['acc', 'loss']);
    const p = await model.predict(images, { batchSize: 4, ...quiet });
    expect(p.shape).toEqual([6, 3]);
    for (const row of (await p.array()) as number[][]) expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  });
});

describe('nesting', () => {
  const nested = (): Sequential => {
    const inner = new Sequential([new layers.BatchNormalization(), new layers.Dense(3)], { name: 'inner' });
    return new Sequential([Input({ shape: [2] }), inner, new layers.Dense(1)], { name: 'outer' });
  };

  test('weights of models inside train', async () => {
    const model = nested();
    expect(model.trainableWeights.map((w) => w.name)).toEqual(['gamma', 'beta', 'kernel', 'bias', 'kernel', 'bias']);
    model.compile({ optimizer: 'adam', loss: 'mse' });
    const before = model.getWeights().map((t) => [...t.dataSync()]);
    const x = [
      [1, 2],
      [3, 5],
      [7, 1],
    ];
    await model.fit(x, [[1], [2], [5]], quiet);
    model.getWeights().forEach((t, i) => expect([...t.dataSync()], `weight ${i}`).not.toEqual(before[i]));
  });

  test('the summary opens models inside on request, and counts the state of the optimizer', async () => {
    const model = nested();
    model.compile({ optimizer: 'adam', loss: 'mse' });
    await model.fit(
      [
        [1, 2],
        [3, 4],
      ],
      [[1], [2]],
      quiet,
    );
    let text = '';
    model.summary({ expandNested: true, lineLength: 120, printFn: (line) => (text = line) });
    const names = [...text.matchAll(/│ (\s*(?:└ )?\w+ \(\w+\))/g)].map((match) => match[1]);
    expect(names).toEqual([
      'inner (Sequential)',
      '   └ batch_normalization (BatchNormalization)',
      '   └ dense (Dense)',
      'dense_1 (Dense)',
    ]);
    expect(text).toContain(' Total params: 57 (228.00 B)');
    expect(text).toContain(' Trainable params: 17 (68.00 B)');
    expect(text).toContain(' Non-trainable params: 4 (16.00 B)');
    expect(text).toContain(' Optimizer params: 36 (144.00 B)');
  });
});

describe('configurations', () => {
  test('the round trip keeps names, shapes and outputs', () => {
    const model = new Sequential(
      [
        Input({ shape: [6, 2] }),
        new layers.Conv1D(3, 2, { activation: 'elu', kernelRegularizer: 'l2' }),
        new Sequential([new layers.LayerNormalization(), new layers.Dense(2)], { name: 'inside' }),
        new layers.GlobalMaxPooling1D(),
      ],
      { name: 'whole' },
    );
    const stored = JSON.parse(JSON.stringify(models.serialize(model))) as models.StoredLayer;
    expect(stored).toMatchObject({
      module: 'keras',
      class_name: 'Sequential',
      build_config: { input_shape: [null, 6, 2] },
    });
    const copy = models.fromConfig(stored);
    expect(copy.name).toBe('whole');
    copy.setWeights(model.getWeights());
    const x = Array.from({ length: 2 }, (_, i) => Array.from({ length: 6 }, (_unused, j) => [i + 0.1 * j, j]));
    expect([...copy.apply(x).dataSync()]).toEqual([...model.apply(x).dataSync()]);
    expect(models.fromConfig(JSON.parse(JSON.stringify(model.getConfig())) as never).getConfig()).toEqual(
      model.getConfig(),
    );
  });

  test("layers of one's own come from a map; unknown ones are answered", () => {
    class Twice extends layers.Layer {
      static override readonly className: string = 'Twice';
      override call(x: Tensor): Tensor {
        return x.mul(2);
      }
    }
    const stored = models.serialize(new Sequential([new Twice()]));
    expect(
      models
        .fromConfig(stored, { customLayers: { Twice } })
        .apply([[3]])
        .dataSync()[0],
    ).toBe(6);
    expect(() => models.fromConfig(stored)).toThrow("unknown layer 'Twice'");
    expect(() => models.fromConfig({ class_name: 'Sequential', config: {} })).toThrow('needs a list of layers');
    expect(() => models.fromConfig({ class_name: 'Sequential', config: { layers: [1] } })).toThrow(
      /layer 0 of \S+ has no class_name/,
    );
    expect(() => models.fromConfig({ class_name: 'Dense', config: { units: 1 } })).toThrow(
      /expected a model, got \S+ \(Dense\)/,
    );
    expect(() => Sequential.fromConfig()).toThrow('use models.fromConfig()');
  });
});

test('predictions keep the order of the rows, whatever the batch size', async () => {
  const model = new Sequential([
    new layers.Dense(1, { kernelInitializer: new initializers.Constant(2), inputShape: [1] }),
  ]);
  for (const batchSize of [1, 3, 100]) {
    const p = await model.predict(column(7), { batchSize, ...quiet });
    expect([...p.dataSync()]).toEqual([0, 2, 4, 6, 8, 10, 12]);
  }
});
