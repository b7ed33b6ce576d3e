/**
 * What users get wrong, and what they are told.
 */
import { fromArrays } from '@dl/data';
import { ConfigError, DTypeError, layers, optimizers, Sequential, ShapeError, tensor } from '@dl/keras';
import { describe, expect, test } from 'vitest';
import { column, line } from './helpers.ts';

const quiet = { verbose: 0 } as const;
const classifier = (loss = 'sparse_categorical_crossentropy', units = 3): Sequential => {
  const model = new Sequential([new layers.Dense(units, { activation: 'softmax', inputShape: [2] })]);
  model.compile({ optimizer: 'sgd', loss });
  return model;
};
const two = [
  [1, 2],
  [3, 4],
];

describe('data', () => {
  test('lengths that differ', async () => {
    const failed = line().fit(column(3), column(2), quiet);
    await expect(failed).rejects.toThrow(ShapeError);
    await expect(failed).rejects.toThrow('fit: x has 3 samples but y has 2 (shape [2, 1])');
    const weights = line().fit(column(3), column(3), { sampleWeight: [1, 2], ...quiet });
    await expect(weights).rejects.toThrow('fit: x has 3 samples but sampleWeight has 2');
  });

  test('ragged arrays', async () => {
    const failed = line().fit([[1], [2, 3]], column(2), quiet);
    await expect(failed).rejects.toThrow(ShapeError);
    await expect(failed).rejects.toThrow(
      'fit: x: ragged array: [1] has 2 elements, expected 1 as in [0] (shape [2, 1])',
    );
    await expect(line().fit([[1], 2] as never, column(2), quiet)).rejects.toThrow('[1] is 2, expected an array of 1');
    await expect(line().fit([1, [2]] as never, column(2), quiet)).rejects.toThrow('[1] is an array, expected a number');
  });

  test('strings are a type error', async () => {
    const failed = line().fit([['a'], ['b']] as never, column(2), quiet);
    await expect(failed).rejects.toThrow(DTypeError);
    await expect(failed).rejects.toThrow("fit: x: expected numbers, got 'a' at [0][0]");
    await expect(line().fit('data' as never, column(2), quiet)).rejects.toThrow(
      "expected arrays, typed arrays or tensors, got 'data'",
    );
  });

  test('no data', async () => {
    await expect(line().fit([], [], quiet)).rejects.toThrow('fit: x has no samples (shape [0])');
    await expect(line().evaluate([], [], quiet)).rejects.toThrow('evaluate: x has no samples');
    await expect(line().predict([], quiet)).rejects.toThrow('predict: x has no samples');
    await expect(line().fit(fromArrays(column(2), column(2)).batch(2).take(0), quiet)).rejects.toThrow(
      'the dataset gave no batches',
    );
  });

  test('class ids out of range, fractions and NaN', async () => {
    const failed = classifier().fit(two, [0, 3], quiet);
    await expect(failed).rejects.toThrow(ConfigError);
    await expect(failed).rejects.toThrow(
      'fit: y holds the class id 3 in row 1 (sparse_categorical_crossentropy); the last layer has 3 units, so ids go from 0 to 2',
    );
    await expect(classifier().fit(two, [0, -1], quiet)).rejects.toThrow('class id -1 in row 1');
    await expect(classifier().fit(two, [0.5, 1], quiet)).rejects.toThrow('class ids are whole numbers');
    await expect(classifier().fit(two, [1, NaN], quiet)).rejects.toThrow('class id NaN in row 1');
    await expect(line().fit(column(2), [[1], [NaN]], quiet)).rejects.toThrow('y holds NaN in row 1');
  });

  test('targets of another shape name both shapes', async () => {
    const failed = classifier('categorical_crossentropy').fit(
      two,
      [
        [1, 0],
        [0, 1],
      ],
      quiet,
    );
    await expect(failed).rejects.toThrow(ShapeError);
    await expect(failed).rejects.toThrow('targets [2, 2] and predictions [2, 3] must have one shape');
    await expect(classifier('mse').fit(two, [1, 2], quiet)).rejects.toThrow(/targets \[2\] and predictions \[2, 3\]/);
  });

  test('inputs of another size name the layer and where its input comes from', async () => {
    const model = new Sequential([
      new layers.Flatten({ name: 'flat', inputShape: [2, 2] }),
      new layers.Dense(3, { name: 'wide' }),
    ]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    await expect(model.fit([[[1, 2, 3]]], [[1, 2, 3]], quiet)).rejects.toThrow('input_layer');
    expect(() => model.layers[1]!.apply([[1, 2]], { from: 'flat' })).toThrow(
      'wide (Dense): expected last axis 4, got 2 — its input comes from flat',
    );
    expect(() => new layers.Conv2D(3, 3, { name: 'c' }).apply([[1, 2]])).toThrow(
      'c (Conv2D): expected rank 4 (batch included), got shape [1, 2] of rank 2',
    );
    expect(() => new layers.GaussianNoise(1, { name: 'g' }).apply(tensor([1], 'int32'))).toThrow(DTypeError);
  });

  test('datasets of rows instead of batches, and parts of the wrong number', async () => {
    await expect(line().fit([1, 2, 3].values() as never, quiet)).rejects.toThrow('call .batch(32)');
    await expect(line().fit(fromArrays(column(2), column(2)).batch(2) as never, column(2), quiet)).rejects.toThrow(
      'a dataset gives targets and weights itself',
    );
    await expect(line().fit([[[[1]], [[1]], [[1]], [[1]]]].values() as never, quiet)).rejects.toThrow('got 4 parts');
  });
});

describe('compile and options', () => {
  test('misspelt names are answered with the nearest ones', () => {
    const model = new Sequential();
    expect(() => model.compile({ optimizer: 'adm' })).toThrow("unknown optimizer 'adm'; did you mean 'adam'");
    expect(() => model.compile({ loss: 'msee' })).toThrow("unknown loss 'msee'; did you mean 'mse'");
    expect(() => model.compile({ metrics: ['acuracy'] })).toThrow("did you mean 'accuracy'");
    expect(() => new layers.Dense(1, { activation: 'rellu' })).toThrow("did you mean 'relu'");
    expect(() => new layers.Dense(1, { kernelInitializer: 'he_norml' })).toThrow("did you mean 'he_normal'");
    expect(() => new layers.Dense(1, { actvation: 'relu' } as never)).toThrow(
      "unknown option 'actvation'; did you mean 'activation'",
    );
    expect(() => new optimizers.Adam(0.1, { beta_1: 1 } as never)).toThrow(
      "unknown option 'beta_1'; did you mean 'beta1'",
    );
    expect(() => model.compile({ optimiser: 'adam' } as never)).toThrow("unknown option 'optimiser'");
    expect(() => model.compile({ metrics: 'mae' as never })).toThrow('metrics must be an array');
  });

  test('a model must be compiled, have layers and a loss', async () => {
    const model = new Sequential([new layers.Dense(1)], { name: 'm' });
    await expect(model.fit(column(2), column(2), quiet)).rejects.toThrow('m: call compile({ optimizer, loss })');
    model.compile({ optimizer: 'sgd' });
    await expect(model.fit(column(2), column(2), quiet)).rejects.toThrow('there is no loss');
    const empty = new Sequential([], { name: 'e' });
    empty.compile({ loss: 'mse' });
    await expect(empty.fit(column(2), column(2), quiet)).rejects.toThrow('e: the model has no layers');
    await expect(line().fit(column(2), undefined as never, quiet)).rejects.toThrow('the loss needs targets');
  });

  test('options of fit', async () => {
    const fit = (options: object): Promise<unknown> => line().fit(column(2), column(2), { ...quiet, ...options });
    await expect(fit({ batchsize: 2 })).rejects.toThrow("fit: unknown option 'batchsize'");
    await expect(fit({ batchSize: 0 })).rejects.toThrow('batchSize must be a positive integer, got 0');
    await expect(fit({ epochs: 1.5 })).rejects.toThrow('epochs must be a positive integer');
    await expect(fit({ initialEpoch: -1 })).rejects.toThrow('initialEpoch must be an integer ≥ 0');
    await expect(fit({ validationSplit: 1 })).rejects.toThrow('validationSplit must lie between 0 and 1');
    await expect(fit({ validationData: [column(2)] })).rejects.toThrow('validationData must be [x, y]');
    await expect(fit({ callbacks: [{}] })).rejects.toThrow('expected callbacks, got an object');
    await expect(fit({ verbose: 3 })).rejects.toThrow("verbose must be 'auto', 0, 1 or 2");
    await expect(fit({ classWeight: { a: 1 } })).rejects.toThrow('classWeight maps class ids to numbers');
  });
});
