/**
 * fit, evaluate and predict: what they run on, in which order, and what they return.
 */
import { fromArrays, fromGenerator } from '@dl/data';
import { layers, Model, Sequential, tensor, variableGrads, type StepData, type Tensor } from '@dl/keras';
import { describe, expect, test, vi } from 'vitest';
import { column, line } from './helpers.ts';

const quiet = { verbose: 0 } as const;

/** A model that passes its input on and remembers which rows each training step saw. */
function spy(): { model: Sequential; rows: number[][] } {
  const rows: number[][] = [];
  class Spy extends Sequential {
    override trainStep(data: StepData): Record<string, Tensor> | undefined {
      rows.push([...data.x.dataSync()]);
      return super.trainStep(data);
    }
  }
  const model = new Spy([new layers.Dense(1, { inputShape: [1] })]);
  model.compile({ optimizer: 'sgd', loss: 'mse', runEagerly: true });
  return { model, rows };
}

describe('data', () => {
  test('nested arrays, typed arrays, arrays with a shape and tensors train alike', async () => {
    const x = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    const y = [[1], [2], [3]];
    const run = async (a: unknown, b?: unknown): Promise<number> => {
      const model = new Sequential([new layers.Dense(1, { kernelInitializer: 'ones', inputShape: [2] })]);
      model.compile({ optimizer: 'sgd', loss: 'mse' });
      const history = await model.fit(a as never, b as never, { batchSize: 2, shuffle: false, ...quiet });
      return history.history['loss']![0]!;
    };
    const flatX = Float32Array.from(x.flat());
    const wanted = await run(x, y);
    expect(await run(flatX, Float32Array.of(1, 2, 3))).toBe(wanted);
    expect(await run({ data: flatX, shape: [3, 2] }, tensor(y))).toBe(wanted);
    expect(await run(tensor(x), { data: Int32Array.of(1, 2, 3), shape: [3, 1] })).toBe(wanted);
    expect(
      await run(
        x.map((row) => Float32Array.from(row)),
        y,
      ),
    ).toBe(wanted);
    expect(await run(fromArrays(x, y).batch(2))).toBe(wanted);
  });

  test('one number per sample, for models that take one', async () => {
    const history = await line().fit([1, 2], [1, 2], quiet);
    expect(history.history['loss']![0]).toBe(2.5);
  });

  test('flat one-hot targets take the shape of the output', async () => {
    const model = new Sequential([new layers.Dense(3, { activation: 'softmax', inputShape: [2] })]);
    model.compile({ optimizer: 'sgd', loss: 'categorical_crossentropy', metrics: ['accuracy'] });
    const history = await model.fit(new Float32Array(8), Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0), quiet);
    expect(history.history['loss']![0]).toBeCloseTo(Math.log(3), 5);
  });

  test('the last batch may be smaller, and counts by its size in the loss', async () => {
    const model = line(0, { optimizer: new (await import('@dl/keras')).optimizers.SGD(0) });
    const history = await model.fit([[1], [1], [1], [1]], [[1], [1], [1], [3]], {
      batchSize: 3,
      shuffle: false,
      ...quiet,
    });
    expect(history.history['loss']![0]).toBeCloseTo((1 + 1 + 1 + 9) / 4, 5);
  });

  test('shuffling: whole, inside batches, or not at all; every epoch another order', async () => {
    const { model, rows } = spy();
    await model.fit(column(9), column(9), { batchSize: 3, shuffle: false, ...quiet });
    expect(rows).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7, 8],
    ]);
    rows.length = 0;
    await model.fit(column(9), column(9), { batchSize: 3, shuffle: 'batch', epochs: 3, ...quiet });
    rows.forEach((batch, i) => expect([...batch].sort((a, b) => a - b)).toEqual([0, 1, 2].map((k) => k + 3 * (i % 3))));
    expect(rows.some((batch) => batch.some((value, k) => k > 0 && value < batch[k - 1]!))).toBe(true);
    rows.length = 0;
    await model.fit(column(20), column(20), { batchSize: 20, epochs: 2, ...quiet });
    expect(rows[0]).not.toEqual(rows[1]);
    for (const epoch of rows) expect([...epoch].sort((a, b) => a - b)).toEqual(column(20).flat());
  });

  test('datasets give records, weights and tensors; sizes need not be known', async () => {
    const model = line();
    const records = fromGenerator(function* () {
      yield { x: tensor([[1]]), y: [[2]], sampleWeight: [0.5] };
      yield { x: [[1]], y: tensor([[2]]), sampleWeight: [0.5] };
    });
    const history = await model.fit(records, quiet);
    expect(history.history['loss']![0]).toBeLessThan(2);
    expect(await model.evaluate(records, quiet)).toBeGreaterThan(0);
    expect((await model.predict(records, quiet)).shape).toEqual([2, 1]);
  });
});

describe('epochs', () => {
  test('logs are alphabetical, validation last; evaluate answers in compile order', async () => {
    const model = line(0, { metrics: ['mae', 'accuracy'] });
    const { history } = await model.fit(column(4), column(4), { validationData: [column(2), column(2)], ...quiet });
    expect(Object.keys(history)).toEqual(['accuracy', 'loss', 'mae', 'val_accuracy', 'val_loss', 'val_mae']);
    const list = (await model.evaluate(column(4), column(4), quiet)) as number[];
    const dict = await model.evaluate(column(4), column(4), { returnDict: true, ...quiet });
    expect(Object.keys(dict)).toEqual(['accuracy', 'loss', 'mae']);
    expect(list).toEqual([dict['loss'], dict['mae'], dict['accuracy']]);
    expect(model.history?.history).toBe(history);
    expect(await line().evaluate(column(3), column(3), quiet)).toBeCloseTo(5 / 3, 5);
  });

  test('validationFreq, by number and by list', async () => {
    const model = line();
    const val = [column(2), column(2)] as const;
    const every = await model.fit(column(2), column(2), {
      epochs: 4,
      validationData: val,
      validationFreq: 2,
      ...quiet,
    });
    expect(every.history['val_loss']).toHaveLength(2);
    const listed = await model.fit(column(2), column(2), {
      epochs: 4,
      validationData: val,
      validationFreq: [1, 4, 9],
      ...quiet,
    });
    expect(listed.history['val_loss']).toHaveLength(2);
  });

  test('the same seed trains to the same bits', async () => {
    const { setSeed } = await import('@dl/keras');
    const run = async (): Promise<number[]> => {
      setSeed(3);
      const model = new Sequential([
        new layers.Dense(4, { inputShape: [1] }),
        new layers.Dropout(0.3),
        new layers.Dense(1),
      ]);
      model.compile({ optimizer: 'adam', loss: 'mse' });
      const history = await model.fit(column(20), column(20), { epochs: 3, batchSize: 4, ...quiet });
      return history.history['loss']!;
    };
    expect(await run()).toEqual(await run());
  });

  test('a value read before fit stays as it was', async () => {
    const model = line();
    const before = model.weights[0]!.value;
    await model.fit(column(4), column(4), quiet);
    expect(before.itemSync()).toBe(0);
    expect(model.weights[0]!.value.itemSync()).toBeGreaterThan(0);
  });

  test('without callbacks that ask for it, values are read once an epoch', async () => {
    const model = line();
    let reads = 0;
    const inner = model.readMetrics.bind(model);
    model.readMetrics = () => (reads++, inner());
    await model.fit(column(32), column(32), { batchSize: 1, epochs: 2, ...quiet });
    expect(reads).toBe(2);
  });

  test('timers get their turn while training, evaluation and prediction run', async () => {
    const model = line();
    const options = { batchSize: 2, ...quiet } as const;
    const runs = [
      () => model.fit(column(3000), column(3000), options),
      () => model.evaluate(column(3000), column(3000), options),
      () => model.predict(column(3000), options),
    ];
    for (const run of runs) {
      let turns = 0;
      const timer = setInterval(() => turns++, 1);
      await run();
      clearInterval(timer);
      expect(turns).toBeGreaterThan(0);
    }
  });
});

describe('weights', () => {
  const x = [[1], [1]];
  const y = [[1], [3]];
  test('sample weights reach the loss and weighted metrics, not plain metrics', async () => {
    const model = line(0, { metrics: ['mae'], weightedMetrics: ['mae', 'mse'] });
    const logs = await model.evaluate(x, y, { sampleWeight: [0, 1], returnDict: true, ...quiet });
    expect(logs).toEqual({ loss: 4.5, mae: 2, weighted_mae: 3, mse: 9 });
  });

  test('class weights become sample weights; classes left out count 1', async () => {
    const model = new Sequential([
      new layers.Dense(2, { activation: 'softmax', kernelInitializer: 'zeros', inputShape: [1] }),
    ]);
    model.compile({ optimizer: 'sgd', loss: 'sparse_categorical_crossentropy' });
    const one = await model.trainOnBatch([[0], [0]], [0, 1], { classWeight: { 1: 3 } });
    expect(one).toBeCloseTo((Math.LN2 * (1 + 3)) / 2, 5);
    const hot = new Sequential([
      new layers.Dense(2, { activation: 'softmax', kernelInitializer: 'zeros', inputShape: [1] }),
    ]);
    hot.compile({ optimizer: 'sgd', loss: 'categorical_crossentropy' });
    const history = await hot.fit(
      [[0], [0]],
      [
        [1, 0],
        [0, 1],
      ],
      { classWeight: { 1: 3 }, ...quiet },
    );
    expect(history.history['loss']![0]).toBeCloseTo((Math.LN2 * (1 + 3)) / 2, 5);
    const both = { classWeight: { 1: 3 }, sampleWeight: [1, 1], ...quiet };
    await expect(
      hot.fit(
        [[0], [0]],
        [
          [1, 0],
          [0, 1],
        ],
        both,
      ),
    ).rejects.toThrow(/not both/);
  });

  test('lossWeights scales the loss', async () => {
    expect(await line(0, { lossWeights: [0.5] }).evaluate(x, y, quiet)).toBeCloseTo(2.5, 6);
  });

  test('regularization enters training and validation losses', async () => {
    const model = new Sequential([
      new layers.Dense(1, { useBias: false, kernelInitializer: 'ones', kernelRegularizer: 'l2', inputShape: [1] }),
    ]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    expect(await model.evaluate([[1]], [[1]], quiet)).toBeCloseTo(0.01, 6);
    model.layers[0]!.trainable = false;
    expect(await model.evaluate([[1]], [[1]], quiet)).toBe(0);
  });

  test('activity regularizers add the penalty of the output by the batch size', async () => {
    const model = new Sequential([
      new layers.Dense(1, { useBias: false, kernelInitializer: 'ones', activityRegularizer: 'l1', inputShape: [1] }),
    ]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    expect(await model.evaluate([[2], [4]], [[2], [4]], quiet)).toBeCloseTo((0.01 * 6) / 2, 6);
  });
});

describe('batches by hand', () => {
  test('tensors are used where they are', async () => {
    const model = line();
    const x = tensor([[1], [2]]);
    const y = tensor([[1], [2]]);
    const reads = vi.spyOn(x, 'data');
    expect(await model.trainOnBatch(x, y)).toBe(2.5);
    expect(reads).not.toHaveBeenCalled();
    await expect(model.trainOnBatch(x, tensor([[1]]))).rejects.toThrow('trainOnBatch: x has 2 samples but y has 1');
    expect(await model.testOnBatch(x, y, { sampleWeight: [0, 0] })).toBeCloseTo(1.25, 6);
  });

  test('trainOnBatch returns running values until resetMetrics', async () => {
    const model = line(0, { optimizer: (await import('@dl/keras')).optimizers.get('sgd') });
    const first = await model.trainOnBatch([[1]], [[2]]);
    expect(first).toBe(4);
    const second = (await model.testOnBatch([[1]], [[2]])) as number;
    expect(second).toBeLessThan(4);
    expect(second).toBeGreaterThan(3.9);
    model.resetMetrics();
    expect(await model.testOnBatch([[0]], [[3]], { returnDict: true })).toEqual({ loss: 9 });
    expect((await model.predictOnBatch([[1], [2]])).shape).toEqual([2, 1]);
    expect(model.metricsNames).toEqual(['loss']);
  });
});

describe("steps of one's own", () => {
  test('trainStep may return its logs', async () => {
    class Custom extends Sequential {
      override trainStep({ x, y }: StepData): Record<string, Tensor> {
        const { value, grads } = variableGrads(
          () => this.apply(x, { training: true }).sub(y!).abs().mean(),
          this.trainableWeights,
        );
        this.optimizer.apply(grads, this.trainableWeights);
        return { distance: value };
      }
    }
    const model = new Custom([new layers.Dense(1, { kernelInitializer: 'zeros', inputShape: [1] })]);
    model.compile({ optimizer: 'sgd' });
    const { history } = await model.fit([[1]], [[5]], { epochs: 2, ...quiet });
    expect(Object.keys(history)).toEqual(['distance']);
    expect(history['distance']![0]).toBe(5);
    expect(history['distance']![1]).toBeLessThan(5);
  });

  test('subclasses of Model find their layers and train', async () => {
    class Residual extends Model {
      readonly inner = new layers.Dense(3, { activation: 'relu' });
      readonly more = [new layers.Dense(3), new layers.BatchNormalization()];
      readonly outer = new layers.Dense(1);
      override call(x: Tensor): Tensor {
        const h = this.inner.apply(x);
        return this.outer.apply(this.more.reduce((a, layer) => layer.apply(a), h).add(h));
      }
    }
    const model = new Residual();
    model.compile({ optimizer: 'adam', loss: 'mse' });
    const before = await model.fit(column(8), column(8), { epochs: 8, ...quiet });
    expect(model.name).toMatch(/^residual/);
    expect(model.weights.map((w) => w.name)).toEqual([
      ...['kernel', 'bias', 'kernel', 'bias', 'gamma', 'beta', 'moving_mean', 'moving_variance', 'kernel', 'bias'],
    ]);
    expect(model.trainableWeights).toHaveLength(8);
    const { loss } = before.history;
    expect(loss!.at(-1)).toBeLessThan(loss![0]!);
  });
});
