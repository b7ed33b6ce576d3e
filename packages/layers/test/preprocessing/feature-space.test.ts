/**
 * FeatureSpace: tables as vectors.
 */
import { Dense, FeatureSpace, HashedCrossing, StringLookup, TextVectorization, type Feature } from '@dl/layers';
import { deserializeLayer } from '@dl/layers/registry';
import { setBackend, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../check-layer.ts';

setBackend(reference());
const columns = { size: [0, 0.1, 0.2, 0.3], word: ['zero', 'one', 'two', 'three'], id: [0, 1, 2, 2] };
const make = (options: object = {}): FeatureSpace =>
  new FeatureSpace({ size: 'float_normalized', word: 'string_categorical', id: 'integer_categorical' }, options);
const values = (y: unknown): number[] => [...(y as Tensor).dataSync()];

describe('FeatureSpace', () => {
  test('concatenates features by name, then crosses', async () => {
    const space = make({ crosses: [['word', 'id']], crossingDim: 4 });
    await space.adapt(columns);
    const y = space.apply(columns) as Tensor;
    // id: [UNK], 2, 1, 0; size; word: [UNK] and four; the cross.
    expect(y.shape).toEqual([4, 4 + 1 + 5 + 4]);
    const deviation = Math.sqrt((0.15 ** 2 + 0.05 ** 2) / 2);
    const row = values(y).slice(0, 14);
    expectClose(row.slice(0, 10), [0, 0, 0, 1, -0.15 / deviation, 0, 1, 0, 0, 0], 'first row', 1e-5);
    // The cross is of indices: word 1 ('zero' is the largest) and id 3.
    const bin = values(new HashedCrossing(4).apply([[1], [3]]))[0]!;
    expect(row.slice(10)).toEqual([0, 1, 2, 3].map((k) => Number(k === bin)));
  });
  test('one sample gives one vector', async () => {
    const space = make();
    await space.adapt(columns);
    const y = space.apply({ size: 0.1, word: 'two', id: 7 }) as Tensor;
    expect(y.shape).toEqual([10]);
    expect(values(y).slice(0, 4)).toEqual([1, 0, 0, 0]);
  });
  test('learns from samples and batches, with labels or without', async () => {
    const whole = make();
    await whole.adapt(columns);
    const samples = make();
    await samples.adapt(columns.size.map((size, i) => ({ size, word: columns.word[i], id: columns.id[i] })));
    const batches = make();
    async function* stream(): AsyncGenerator<unknown> {
      await Promise.resolve();
      for (const [from, to] of [
        [0, 3],
        [3, 4],
      ] as const) {
        const cut = Object.entries(columns).map(([key, list]) => [key, list.slice(from, to)]);
        yield [Object.fromEntries(cut), [0]];
      }
    }
    await batches.adapt(stream());
    expect(values(samples.apply(columns))).toEqual(values(whole.apply(columns)));
    expectClose(values(batches.apply(columns)), values(whole.apply(columns)), 'batches', 1e-6);
  });
  test('a record of features, with indices', async () => {
    const space = new FeatureSpace(
      {
        plain: FeatureSpace.float(),
        scaled: FeatureSpace.floatRescaled(2, 1),
        range: FeatureSpace.floatDiscretized(2, { binBoundaries: [0.5], outputMode: 'int' }),
        id: FeatureSpace.integerHashed(3, { outputMode: 'int' }),
        word: FeatureSpace.stringHashed(3),
        known: FeatureSpace.stringCategorical({ maxTokens: 2, outputMode: 'int' }),
      },
      { outputMode: 'dict', crosses: [FeatureSpace.cross(['word', 'id'], 5, 'int')] },
    );
    const data = { plain: [1, 0], scaled: [1, 0], range: [1, 0], id: [0, 1], word: ['A', 'E'], known: ['x', 'y'] };
    await space.adapt({ known: ['x', 'x', 'y'] });
    const y = space.apply(data) as Record<string, Tensor>;
    const seen = Object.fromEntries(Object.entries(y).map(([key, t]) => [key, [t.dtype, t.arraySync()]]));
    expect(seen).toEqual({
      plain: ['float32', [[1], [0]]],
      scaled: ['float32', [[3], [1]]],
      range: ['int32', [[1], [0]]],
      id: ['int32', [[1], [0]]],
      word: [
        'float32',
        [
          [0, 1, 0],
          [0, 0, 1],
        ],
      ],
      known: ['int32', [[1], [0]]],
      word_X_id: [
        'int32',
        new HashedCrossing(5)
          .apply([
            [[1], [2]],
            [[1], [0]],
          ])
          .arraySync(),
      ],
    });
    const one = space.apply({ plain: 1, scaled: 1, range: 1, id: 0, word: 'A', known: 'x' }) as Record<string, Tensor>;
    expect(one['word']!.shape).toEqual([3]);
  });
  test('names stand for kinds with their defaults', async () => {
    const space = new FeatureSpace(
      { a: 'float', b: 'float_rescaled', c: 'float_discretized', d: 'integer_hashed', e: 'string_hashed' },
      { hashingDim: 5, numDiscretizationBins: 4 },
    );
    await space.adapt({ c: Float32Array.from({ length: 100 }, (_, i) => i) });
    const y = space.apply({ a: [1], b: [2], c: [99], d: [3], e: ['x'] }) as Tensor;
    expect(y.shape).toEqual([1, 1 + 1 + 4 + 5 + 5]);
    expect(values(y).slice(0, 6)).toEqual([1, 2, 0, 0, 0, 1]);
  });
  test('a layer of your own', async () => {
    const text = FeatureSpace.feature('string', new TextVectorization(null, { outputMode: 'tf_idf' }), 'float');
    const space = new FeatureSpace({ text });
    await space.adapt({ text: ['1st string', '2nd string'] });
    const y = space.apply({ text: ['string'] }) as Tensor;
    expectClose(values(y), [0, Math.log(1 + 2 / 3), 0, 0], 'tf-idf', 1e-6);
  });
  test('is stored with vocabularies; means are weights', async () => {
    const space = make({ crosses: [['word', 'id']] });
    await space.adapt(columns);
    const config = JSON.parse(JSON.stringify(space.getConfig())) as never;
    const copy = FeatureSpace.fromConfig(config, (stored) => deserializeLayer(stored.class_name, stored.config));
    expect(copy.getConfig()).toEqual(space.getConfig());
    expect(() => copy.apply(columns)).toThrow("call adapt(data) first; feature 'size' needs a mean");
    copy.preprocessors['size']!.ensureBuilt([null, 1]);
    copy.weights.forEach((weight, i) => weight.assign(space.weights[i]!.value));
    expect(values(copy.apply(columns))).toEqual(values(space.apply(columns)));
  });
  const fresh =
    (features: Record<string, unknown>, options: object = {}) =>
    (): unknown =>
      new FeatureSpace(features as Record<string, Feature>, options);
  test.each([
    [fresh({}), 'expected a record of features'],
    [fresh({ a: 'flaot' }), "unknown feature 'flaot'"],
    [fresh({ a: 'float' }, { outputMode: 'list' }), 'outputMode must be'],
    [fresh({ a: 'float' }, { crosses: [['a', 'b']] }), "a cross names 'b', but there are the features a"],
    [fresh({ a: 'float' }, { crosses: [['a']] }), 'a cross needs names of two features or more'],
    [() => FeatureSpace.feature('text' as never, new StringLookup(), 'int'), 'dtype must be'],
    [() => FeatureSpace.feature('string', 3 as never, 'int'), 'a preprocessor must be a layer'],
    [() => make().apply(columns), "feature 'size' needs a mean"],
    [() => new FeatureSpace({ a: 'float' }).apply({ b: [1] }), "feature 'a' is missing; the data has b"],
    [() => new FeatureSpace({ a: 'float' }).apply([1] as never), 'expected a record of columns'],
    [() => new FeatureSpace({ a: 'float' }).apply({ a: ['x'] }), "feature 'a' takes float32 values, got strings"],
    [() => new FeatureSpace({ a: 'string_hashed' }).apply({ a: [1] }), "feature 'a' takes string values, got numbers"],
    [
      () => new FeatureSpace({ a: FeatureSpace.integerHashed(3, { outputMode: 'int' }) }).apply({ a: [1] }),
      "feature 'a' is an index and cannot stand in a vector",
    ],
    [
      () => new FeatureSpace({ a: FeatureSpace.feature('float32', new Dense(2), 'one_hot') }).apply({ a: [1] }),
      "the number of categories of feature 'a' is not known",
    ],
  ])('wrong use %#', (use, message) => {
    expect(use).toThrow(message);
  });
});
