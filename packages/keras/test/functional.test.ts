import { layers, models, Input, Model, ops, Sequential, tensor, ones, type Tensor, KerasTensor } from '@dl/keras';
import { describe, expect, test } from 'vitest';

const wave = (n: number, shift = 0): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => Math.sin(1.3 * i + shift));
const rows = (n: number, size: number, shift = 0): Tensor => tensor(wave(n * size, shift), undefined, [n, size]);

/** Two towers that share a layer, with an op between, and two outputs. */
function siamese(): Model<readonly Tensor[], readonly Tensor[]> {
  const a = Input({ shape: [4], name: 'a' });
  const b = Input({ shape: [4], name: 'b' });
  const shared = new layers.Dense(3, { name: 'shared', activation: 'tanh' });
  const distance = shared.apply(a).sub(shared.apply(b)).abs();
  const match = new layers.Dense(1, { name: 'match', activation: 'sigmoid' }).apply(distance);
  const sum = new layers.Dense(2, { name: 'sum' }).apply(ops.concatenate([a, b], -1));
  return new Model([a, b], [match, sum], { name: 'siamese' });
}

describe('symbolic tensors', () => {
  test('have shapes with open sizes and dtypes, and record layers and ops', () => {
    const x = Input({ shape: [8, 8, 3], dtype: 'uint8' });
    expect(x).toBeInstanceOf(KerasTensor);
    expect(x.shape).toEqual([null, 8, 8, 3]);
    const y = new layers.Conv2D(5, 3, { strides: 2 }).apply(x.cast('float32'));
    expect(y.shape).toEqual([null, 3, 3, 5]);
    expect(ops.mean(y, [1, 2]).shape).toEqual([null, 5]);
    expect(ops.argMax(y, -1).dtype).toBe('int32');
    expect(ops.shape(y)).toEqual([null, 3, 3, 5]);
    expect(() => x.dataSync()).toThrow(/has no values/);
  });

  test('open inner sizes stay open through convolutions, pools and recurrences', () => {
    const x = Input({ shape: [null, null, 3] });
    const y = new layers.Conv2D(4, 7, { strides: 2 }).apply(x);
    const z = new layers.MaxPooling2D(2).apply(y);
    expect(z.shape).toEqual([null, null, null, 4]);
    expect(new layers.GlobalAveragePooling2D().apply(z).shape).toEqual([null, 4]);
  });

  test('errors name the layer, what came, and where it came from', () => {
    const x = new layers.Dense(3, { name: 'first' }).apply(Input({ shape: [4] }));
    const built = new layers.Dense(2, { name: 'second' });
    built.apply(ones([1, 7]));
    expect(() => built.apply(x)).toThrow('second (Dense): expected last axis 7, got 3 — its input comes from first');
    const other = Input({ shape: [5], name: 'other' });
    expect(() => ops.add(x, other)).toThrow(
      /do not broadcast.*inputs of add.*\[null, 3\] from first, \[null, 5\] from other/,
    );
    expect(() => new layers.Add({ name: 'join' }).apply([x, other])).toThrow(/join \(Add\)/);
  });
});

describe('functional models', () => {
  test('several inputs and outputs, a shared layer and ops give what the layers give one by one', () => {
    const model = siamese();
    const [a, b] = [rows(5, 4), rows(5, 4, 2)];
    const [match, sum] = model.apply([a, b]);
    const shared = model.getLayer('shared');
    const distance = shared.apply(a).sub(shared.apply(b)).abs();
    expect(match!.dataSync()).toEqual(model.getLayer('match').apply(distance).dataSync());
    expect(sum!.dataSync()).toEqual(
      model
        .getLayer('sum')
        .apply(ops.concatenate([a, b], -1))
        .dataSync(),
    );
    expect(model.weights.map((w) => w.path)).toEqual([
      'shared/kernel',
      'shared/bias',
      'match/kernel',
      'match/bias',
      'sum/kernel',
      'sum/bias',
    ]);
    const byName = model.apply({ b, a } as never);
    expect(byName[0]!.dataSync()).toEqual(match!.dataSync());
  });

  test('train with losses, weights and metrics by output', async () => {
    const model = siamese();
    model.compile({
      optimizer: 'adam',
      loss: { match: 'binary_crossentropy', sum: 'mse' },
      lossWeights: { sum: 0.5 },
      metrics: { match: ['accuracy'], sum: 'mae' },
    });
    const n = 24;
    const x = { a: rows(n, 4), b: rows(n, 4, 2) };
    const y = {
      match: tensor(
        wave(n).map((v) => Number(v > 0)),
        undefined,
        [n, 1],
      ),
      sum: rows(n, 2, 1),
    };
    const { history } = await model.fit(x, y, { epochs: 4, batchSize: 8, verbose: 0, validationSplit: 0.25 });
    expect(Object.keys(history).sort()).toEqual(
      ['loss', 'match_accuracy', 'match_loss', 'sum_loss', 'sum_mae'].flatMap((k) => [k, `val_${k}`]).sort(),
    );
    const last = (key: string): number => history[key]!.at(-1)!;
    expect(last('loss')).toBeCloseTo(last('match_loss') + 0.5 * last('sum_loss'), 5);
    expect(last('loss')).toBeLessThan(history['loss']![0]!);
    const [match, sum] = await model.predict([x.a, x.b], { verbose: 0 });
    expect([match!.shape, sum!.shape]).toEqual([
      [n, 1],
      [n, 2],
    ]);
    const results = await model.evaluate(x, y, { verbose: 0, returnDict: true });
    expect(results['loss']).toBeCloseTo(results['match_loss']! + 0.5 * results['sum_loss']!, 5);
    const onBatch = (await model.trainOnBatch([x.a, x.b], [y.match, y.sum], { returnDict: true })) as object;
    expect(Object.keys(onBatch)).toContain('sum_mae');
  });

  test('datasets of records train the same model', async () => {
    const model = siamese();
    model.compile({ optimizer: 'sgd', loss: ['bce', 'mse'] });
    const batch = [
      { a: rows(3, 4), b: rows(3, 4, 1) },
      { match: ones([3, 1]), sum: ones([3, 2]) },
    ];
    const { history } = await model.fit([batch, batch].values(), { verbose: 0 });
    expect(history['loss']!.length).toBe(1);
    expect(Number.isFinite(history['loss']![0])).toBe(true);
  });

  test('parts of models are models: features of an inner layer, and nested models', () => {
    const model = new Sequential([
      Input({ shape: [4] }),
      new layers.Dense(6, { activation: 'relu', name: 'features' }),
      new layers.Dense(2),
    ]);
    const features = new Model(model.inputs[0]!, model.getLayer('features').output);
    const x = rows(3, 4);
    expect(features.apply(x).dataSync()).toEqual(model.getLayer('features').apply(x).dataSync());
    const from = Input({ shape: [4] });
    const outer = new Model(from, new layers.Dense(1).apply(model.apply(from)));
    expect(outer.layers.map(({ name }) => name)).toContain(model.name);
    expect(outer.countParams()).toBe(4 * 6 + 6 + 6 * 2 + 2 + 2 + 1);
    const tail = new Model(model.getLayer('features').output, model.output);
    expect(tail.apply(features.apply(x)).dataSync()).toEqual(model.apply(x).dataSync());
  });

  test('freezing an inner model keeps its weights', async () => {
    const inner = new Sequential([Input({ shape: [3] }), new layers.Dense(3), new layers.BatchNormalization()]);
    const x = Input({ shape: [3] });
    const model = new Model(x, new layers.Dense(1).apply(inner.apply(x)));
    inner.trainable = false;
    expect(model.trainableWeights.length).toBe(2);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const before = inner.getWeights().map((w) => [...w.dataSync()]);
    await model.fit(rows(8, 3), ones([8, 1]), { verbose: 0, epochs: 2 });
    expect(inner.getWeights().map((w) => [...w.dataSync()])).toEqual(before);
  });

  test('configurations and clones make the same model again', () => {
    const model = siamese();
    const [a, b] = [rows(2, 4), rows(2, 4, 2)];
    const stored = JSON.parse(JSON.stringify(models.serialize(model))) as never;
    const copies = [models.fromConfig<readonly Tensor[], readonly Tensor[]>(stored), models.cloneModel(model)];
    for (const copy of copies) {
      expect(copy.getConfig()).toEqual(model.getConfig());
      copy.setWeights(model.getWeights());
      expect(copy.apply([a, b]).map((t) => t.dataSync())).toEqual(model.apply([a, b]).map((t) => t.dataSync()));
    }
    expect(models.serialize(model)).toMatchObject({ class_name: 'Functional', registered_name: 'Functional' });
  });

  test('an intermediate tensor may be an input', () => {
    const x = Input({ shape: [4] });
    const h = new layers.Dense(3).apply(x);
    const top = new Model(h, h.relu().add(1));
    expect(top.apply(tensor([[-1, 0, 2]])).dataSync()).toEqual(Float32Array.of(1, 1, 3));
    const copy = models.fromConfig(models.serialize(top));
    expect(copy.apply(tensor([[-1, 0, 2]])).dataSync()).toEqual(Float32Array.of(1, 1, 3));
  });

  test('inputs that do not fit are named', async () => {
    const model = siamese();
    expect(() => model.apply([rows(2, 4)] as never)).toThrow('siamese: inputs: expected 2 (a, b), got 1');
    expect(() => model.apply({ a: rows(2, 4), c: rows(2, 4) } as never)).toThrow("siamese: inputs: 'b' is missing");
    expect(() => model.apply([rows(2, 4), rows(2, 5)])).toThrow('b (InputLayer): expected last axis 4, got 5');
    model.compile({ loss: 'mse' });
    await expect(model.fit({ a: rows(2, 4) }, [ones([2, 1]), ones([2, 2])])).rejects.toThrow("fit: x: 'b' is missing");
    await expect(model.fit([rows(2, 4), rows(3, 4)], [ones([2, 1]), ones([2, 2])])).rejects.toThrow('x[1] has 3');
    expect(() => model.compile({ loss: { nothing: 'mse' } }) as never).not.toThrow();
    await expect(model.fit([rows(2, 4), rows(2, 4)], [ones([2, 1]), ones([2, 2])])).rejects.toThrow(
      "loss names 'nothing', the model's outputs are match, sum",
    );
  });

  test('graphs that cannot be are refused', () => {
    const a = Input({ shape: [4], name: 'a' });
    const b = Input({ shape: [4], name: 'b' });
    const y = new layers.Dense(2, { name: 'top' }).apply(ops.add(a, b));
    expect(() => new Model(a, y)).toThrow(/graph is disconnected: add.* needs the input 'b'.*\(a\)/);
    expect(() => new Model([a, a], y)).toThrow('the same input is given twice');
    expect(() => new Model(a, ones([1, 2]))).toThrow('output: expected a symbolic tensor');
    expect(() => new Model(ones([1, 2]), y)).toThrow('input: expected a symbolic tensor');
    const twice = new layers.Dense(2, { name: 'top' }).apply(y);
    expect(() => new Model([a, b], twice)).toThrow("the name 'top' is used by two layers");
    expect(() => new layers.Dense(2).output).toThrow('needs one call on symbolic tensors, there are 0');
    expect(() => new Model().apply(ones([1, 2]))).toThrow('override call(), or make the model from inputs and outputs');
  });
});

test('a model with a loss of its own needs no targets; functions as metrics align ranks', async () => {
  const x = Input({ shape: [2] });
  const model = new Model(x, new layers.Dense(2, { activityRegularizer: 'l2' }).apply(x));
  model.compile({ optimizer: 'sgd' });
  const { history } = await model.fit(rows(6, 2), null, { epochs: 2, verbose: 0 });
  expect(history['loss']![1]).toBeLessThan(history['loss']![0]!);
  const line = new Sequential([Input({ shape: [1] }), new layers.Dense(1)]);
  const distance = (t: Tensor, p: Tensor): Tensor => p.sub(t).abs().mean(-1);
  line.compile({ loss: 'mae', metrics: [distance] });
  const logs = await line.evaluate([1, 2, 3], [3, 2, 5], { verbose: 0, returnDict: true });
  expect(logs['distance']).toBeCloseTo(logs['loss']!, 6);
});
