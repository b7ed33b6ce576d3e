/**
 * Vocabularies: StringLookup and IntegerLookup.
 */
import { IntegerLookup, StringLookup } from '@dl/layers';
import { deserializeLayer } from '@dl/layers/registry';
import { jit, setBackend, tensor, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../check-layer.ts';

setBackend(reference());
const numbers = (t: Tensor): number[] => [...t.dataSync()];
const data = [
  ['a', 'c', 'd'],
  ['d', 'z', 'b'],
];
const vocabulary = ['a', 'b', 'c', 'd'];
const rows = [
  ['a', 'c', 'd', 'd'],
  ['d', 'z', 'b', 'z'],
];

describe('StringLookup', () => {
  test('indices follow frequency, then descending order', async () => {
    const layer = new StringLookup();
    await layer.adapt(data);
    expect(layer.getVocabulary()).toEqual(['[UNK]', 'd', 'z', 'c', 'b', 'a']);
    expect(layer.getVocabulary(false)).toEqual(['d', 'z', 'c', 'b', 'a']);
    expect(layer.vocabularySize()).toBe(6);
    expect(numbers(layer.apply(data))).toEqual([5, 3, 1, 1, 2, 4]);
    expect(layer.apply('d').shape).toEqual([]);
    expect(layer.apply(data).dtype).toBe('int32');
  });
  test('ties of longer texts and of characters beyond 16 bits are as in UTF-8', async () => {
    const layer = new StringLookup();
    await layer.adapt(['ab', 'a', '\u{1F600}', '\uFFFD', 'abc']);
    expect(layer.getVocabulary(false)).toEqual(['\u{1F600}', '\uFFFD', 'abc', 'ab', 'a']);
  });
  test('a mask is index 0, or left out of vectors', async () => {
    const layer = new StringLookup(null, { maskToken: '', numOovIndices: 2 });
    await layer.adapt([
      ['x', 'y', ''],
      ['y', '', '[UNK]'],
    ]);
    expect(layer.getVocabulary()).toEqual(['', '[UNK]', '[UNK]', 'y', 'x']);
    expect(numbers(layer.apply(['', 'x', 'y']))).toEqual([0, 4, 3]);
    const hot = new StringLookup(null, { maskToken: '', vocabulary: ['x', 'y'], outputMode: 'count' });
    expect(hot.getVocabulary()).toEqual(['[UNK]', 'x', 'y']);
    expect(numbers(hot.apply([['', 'y', 'y', 'q', '']]))).toEqual([1, 0, 2]);
  });
  test('vectors', () => {
    const run = (outputMode: 'one_hot' | 'multi_hot' | 'count', value: never): unknown =>
      new StringLookup(null, { vocabulary, outputMode }).apply(value).arraySync();
    expect(run('one_hot', ['a', 'z'] as never)).toEqual([
      [0, 1, 0, 0, 0],
      [1, 0, 0, 0, 0],
    ]);
    expect(run('multi_hot', rows as never)).toEqual([
      [0, 1, 0, 1, 1],
      [1, 0, 1, 0, 1],
    ]);
    expect(run('count', rows as never)).toEqual([
      [0, 1, 0, 1, 2],
      [2, 0, 1, 0, 1],
    ]);
  });
  test('tf-idf with given weights, whole or without special tokens', () => {
    const layer = new StringLookup(null, { outputMode: 'tf_idf' });
    layer.setVocabulary(vocabulary, [0.25, 0.75, 0.6, 0.4]);
    expectClose(numbers(layer.apply(rows)), [0, 0.25, 0, 0.6, 0.8, 1, 0, 0.75, 0, 0.4], 'mean for unknown');
    layer.setVocabulary(['[UNK]', ...vocabulary], [0.9, 0.25, 0.75, 0.6, 0.4]);
    expectClose(numbers(layer.apply(rows)), [0, 0.25, 0, 0.6, 0.8, 1.8, 0, 0.75, 0, 0.4], 'own for unknown');
  });
  test('tf-idf with learned weights: log(1 + n / (1 + documents))', async () => {
    const layer = new StringLookup(6, { outputMode: 'tf_idf', padToMaxTokens: true });
    await layer.adapt([
      ['a', 'b', 'a'],
      ['a', 'c', 'c'],
    ]);
    expect(layer.getVocabulary()).toEqual(['[UNK]', 'a', 'c', 'b']);
    const [a, c] = [Math.log(1 + 2 / 3), Math.log(1 + 2 / 2)];
    const mean = (a + c + c) / 3;
    expectClose(numbers(layer.apply([['a', 'a', 'b', 'q']])), [mean, 2 * a, 0, c, 0, 0], 'weights');
  });
  test('maxTokens keeps the most frequent; adapting again forgets', async () => {
    const layer = new StringLookup(3, { maskToken: '' });
    await layer.adapt(['b', 'b', 'a', 'c', 'c', 'c']);
    expect(layer.getVocabulary()).toEqual(['', '[UNK]', 'c']);
    await layer.adapt(['z']);
    expect(layer.getVocabulary()).toEqual(['', '[UNK]', 'z']);
  });
  test('learns from batches, also with labels', async () => {
    const layer = new StringLookup();
    async function* batches(): AsyncGenerator<unknown> {
      await Promise.resolve();
      yield [['a', 'b'], new Float32Array([0, 1])];
      yield [['b'], new Float32Array([1])];
    }
    await layer.adapt(batches());
    expect(layer.getVocabulary()).toEqual(['[UNK]', 'b', 'a']);
  });
  test('back from indices', () => {
    const layer = new StringLookup(null, { vocabulary, invert: true });
    expect(
      layer.toStrings([
        [1, 3, 4],
        [4, 0, 9],
      ]),
    ).toEqual([
      ['a', 'c', 'd'],
      ['d', '[UNK]', '[UNK]'],
    ]);
    expect(layer.toStrings(2)).toBe('b');
    expect(() => layer.apply(data)).toThrow('with invert, call toStrings(indices)');
  });
  test('the configuration holds the vocabulary', async () => {
    const layer = new StringLookup(9, { maskToken: '', outputMode: 'tf_idf', padToMaxTokens: true, salt: 3 });
    await layer.adapt(rows);
    const config = JSON.parse(JSON.stringify(layer.getConfig())) as never;
    const copy = deserializeLayer('StringLookup', config) as unknown as StringLookup;
    expect(copy.getConfig()).toEqual(layer.getConfig());
    expect(numbers(copy.apply(rows))).toEqual(numbers(layer.apply(rows)));
    await expect(copy.adapt(['a'])).rejects.toThrow('cannot adapt a layer that was given a vocabulary');
    expect(StringLookup.fromConfig({ vocabulary, dtype: 'string' }).vocabularySize()).toBe(5);
  });
  const make =
    (options: object, max: number | null = null) =>
    (): unknown =>
      new StringLookup(max, options);
  test.each([
    [make({}, 1), 'maxTokens must be an integer above 1, got 1'],
    [make({ numOovIndices: -1 }), 'numOovIndices must be'],
    [make({ padToMaxTokens: true }), 'padToMaxTokens needs maxTokens'],
    [make({ invert: true, outputMode: 'count' }), "invert goes with outputMode 'int' only"],
    [make({ vocabulary, idfWeights: [1, 2, 3, 4] }), "idfWeights go with outputMode 'tf_idf' only"],
    [make({ vocabulary, outputMode: 'tf_idf' }), "outputMode 'tf_idf' needs idfWeights, one for each of 4 tokens"],
    [make({ vocabulary: ['a', 'b', 'a'] }), "the vocabulary repeats 'a'"],
    [make({ vocabulary: ['a', ''], maskToken: '' }), 'contains the special token'],
    [make({ vocabulary: ['a', '[UNK]'], invert: true }), 'contains the special token'],
    [make({ vocabulary }, 3), '5 tokens, special ones included, are more than maxTokens 3'],
    [make({ vocabulary: [] }), 'expected a vocabulary with tokens'],
    [make({ vocabulary: [1] }), 'cannot contain'],
    [make({ encoding: 'latin-1' }), "encoding can only be 'utf-8'"],
    [make({ vocab: [] }), 'vocabulary'],
    [() => new StringLookup().apply(['a']), 'call adapt(data) or setVocabulary(tokens) first'],
    [() => new StringLookup(null, { vocabulary, numOovIndices: 0 }).apply(['z']), "'z' is not in the vocabulary"],
    [() => new StringLookup(null, { vocabulary }).apply([1, 2]), 'expected strings, got'],
    [() => new StringLookup(null, { vocabulary }).apply(tensor([1])), 'expected strings, got numbers'],
    [() => jit((x: Tensor) => x.add(new StringLookup(null, { vocabulary }).apply(['a'])))(tensor([1])), 'on the host'],
  ])('wrong use %#', (use, message) => {
    expect(use).toThrow(message);
  });
  test('data that cannot be learned from', async () => {
    await expect(new StringLookup().adapt([])).rejects.toThrow('adapt found no tokens');
    await expect(new StringLookup().adapt(5 as never)).rejects.toThrow('expected strings');
    await expect(new StringLookup().adapt({} as never)).rejects.toThrow(
      'adapt takes an array, a tensor or an iterable',
    );
  });
});

describe('IntegerLookup', () => {
  const ids = [
    [12, 1138, 42],
    [42, 1000, 36],
  ];
  test('indices follow frequency, then descending order', async () => {
    const layer = new IntegerLookup();
    await layer.adapt(ids);
    expect(layer.getVocabulary()).toEqual([-1, 42, 1138, 1000, 36, 12]);
    expect(numbers(layer.apply(ids))).toEqual([5, 2, 1, 1, 3, 4]);
    await layer.adapt(tensor(ids, 'int32'));
    expect(layer.getVocabulary()).toEqual([-1, 42, 1138, 1000, 36, 12]);
  });
  const known = [12, 36, 1138, 42];
  test('unknown integers go by the remainder, or by a hash', () => {
    const layer = new IntegerLookup(null, { vocabulary: known, numOovIndices: 2 });
    expect(numbers(layer.apply([12, 1138, 42, 37, 1000, 36, -3]))).toEqual([2, 4, 5, 1, 0, 3, 1]);
    const hashed = new IntegerLookup(null, { vocabulary: known, numOovIndices: 3, oovMethod: 'farmhash' });
    expect(numbers(hashed.apply([0, 1, 2, 3, 4]))).toEqual([1, 0, 1, 0, 2]);
    const salted = new IntegerLookup(null, { vocabulary: known, numOovIndices: 3, salt: [133, 137] });
    expect(numbers(salted.apply([0, 1, 2, 3, 4]))).toEqual([1, 1, 2, 0, 1]);
    expect(() => jit((x: Tensor) => hashed.apply(x))(tensor([1, 2], 'int32'))).toThrow('on the host');
  });
  test('a mask, and no unknown integers', () => {
    const layer = new IntegerLookup(null, { vocabulary: known, numOovIndices: 0, maskToken: 0 });
    expect(layer.getVocabulary()).toEqual([0, 12, 36, 1138, 42]);
    expect(numbers(layer.apply([0, 12, 42]))).toEqual([0, 1, 4]);
    const hot = new IntegerLookup(null, { vocabulary: known, maskToken: 0, outputMode: 'multi_hot' });
    expect(numbers(hot.apply([[0, 36, 7]]))).toEqual([1, 0, 1, 0, 0]);
    const strict = new IntegerLookup(null, { vocabulary: known, numOovIndices: 0 });
    expect(() => strict.apply([12, 5])).toThrow('without numOovIndices');
    expect(numbers(jit((x: Tensor) => strict.apply(x))(tensor([12, 5], 'int32')))).toEqual([0, -1]);
  });
  test('back from indices', () => {
    const layer = new IntegerLookup(null, { vocabulary: known, invert: true });
    expect(numbers(layer.apply([1, 3, 4, 4, 0, 9]))).toEqual([12, 1138, 42, 42, -1, -1]);
  });
  test('compiled equals eager', () => {
    const layer = new IntegerLookup(null, { vocabulary: known, numOovIndices: 2, maskToken: 5 });
    const x = tensor([12, 5, -7, 2 ** 30, 42, 1138], 'int32');
    expect(numbers(jit((t: Tensor) => layer.apply(t))(x))).toEqual(numbers(layer.apply(x)));
  });
  test.each([
    [() => new IntegerLookup(null, { vocabulary: [0.5] }), 'cannot contain'],
    [() => new IntegerLookup(null, { vocabulary: [2 ** 31] }), 'cannot contain'],
    [() => new IntegerLookup(null, { oovMethod: 'mod' as never }), 'oovMethod must be'],
    [() => new IntegerLookup(null, { vocabularyDtype: 'float32' as never }), 'vocabularyDtype must be'],
    [() => new IntegerLookup().apply([1]), 'call adapt(data) or setVocabulary(tokens) first'],
  ])('wrong use %#', (use, message) => {
    expect(use).toThrow(message);
  });
});
