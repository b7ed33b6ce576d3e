/**
 * TextVectorization: standardizing, splitting, n-grams, and vocabularies of texts.
 */
import { TextVectorization } from '@dl/layers';
import { deserializeLayer } from '@dl/layers/registry';
import { jit, setBackend, tensor, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../check-layer.ts';

setBackend(reference());
const texts = ['foo bar', 'bar baz', 'baz bada boom'];

describe('TextVectorization', () => {
  test('indices of words, cut off or filled up', async () => {
    const layer = new TextVectorization(5000, { outputSequenceLength: 4 });
    await layer.adapt(texts);
    expect(layer.getVocabulary()).toEqual(['', '[UNK]', 'baz', 'bar', 'foo', 'boom', 'bada']);
    expect(layer.apply([['foo qux bar'], ['qux baz']]).arraySync()).toEqual([
      [4, 1, 3, 0],
      [1, 2, 0, 0],
    ]);
    expect(layer.apply(['baz bada boom foo bar']).arraySync()).toEqual([[2, 6, 5, 4]]);
    expect(layer.apply('foo').arraySync()).toEqual([4, 0, 0, 0]);
    expect(layer.apply([]).shape).toEqual([0, 4]);
    expect(layer.vocabularySize()).toBe(7);
    expect(layer.computeOutputShape([null, 1])).toEqual([null, 4]);
  });
  test('without a length, the longest text decides', () => {
    const layer = new TextVectorization(null, { vocabulary: ['earth', 'wind', 'and', 'fire'] });
    expect(layer.getVocabulary()).toEqual(['', '[UNK]', 'earth', 'wind', 'and', 'fire']);
    const y = layer.apply(['Earth, wind  &\tfire!', 'WIND', '']);
    expect([y.dtype, y.arraySync()]).toEqual([
      'int32',
      [
        [2, 3, 5],
        [3, 0, 0],
        [0, 0, 0],
      ],
    ]);
  });
  const words = async (options: object, list: readonly string[]): Promise<string[]> => {
    const layer = new TextVectorization(null, options);
    await layer.adapt(list);
    return layer.getVocabulary(false).sort();
  };
  test('standardizing', async () => {
    const punctuation = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\'';
    expect(await words({}, [`A${punctuation}b CÉ`])).toEqual(['ab', 'cÉ']);
    expect(await words({ standardize: 'lower' }, ["It's"])).toEqual(["it's"]);
    expect(await words({ standardize: 'strip_punctuation' }, ["It's"])).toEqual(['Its']);
    expect(await words({ standardize: null }, ["It's"])).toEqual(["It's"]);
    expect(await words({ standardize: (t: string) => t.replaceAll('x', ' ') }, ['axb'])).toEqual(['a', 'b']);
  });
  test('splitting', async () => {
    expect(await words({ split: 'character' }, ['ab\u{1F600}'])).toEqual(['a', 'b', '\u{1F600}']);
    expect(await words({ split: null }, ['two words'])).toEqual(['two words']);
    expect(await words({ split: (t: string) => t.split('-'), standardize: null }, ['a-b c'])).toEqual(['a', 'b c']);
  });
  test('n-grams: those of one word first, then of two', () => {
    const layer = new TextVectorization(null, {
      ngrams: 2,
      vocabulary: ['a', 'b', 'c', 'a b', 'b c', 'c a'],
      outputSequenceLength: 6,
    });
    expect(layer.apply(['a b c', 'a']).arraySync()).toEqual([
      [2, 3, 4, 5, 6, 0],
      [2, 0, 0, 0, 0, 0],
    ]);
    const pairs = new TextVectorization(null, { ngrams: [3, 2], vocabulary: ['b c', 'a b c'] });
    expect(pairs.apply(['a b c']).arraySync()).toEqual([[3, 1, 2]]);
  });
  test('vectors start with the unknown word', async () => {
    const count = new TextVectorization(null, { outputMode: 'count', vocabulary: ['b', 'a'] });
    expect(count.getVocabulary()).toEqual(['[UNK]', 'b', 'a']);
    expect(count.apply(['a b a q', '']).arraySync()).toEqual([
      [1, 1, 2],
      [0, 0, 0],
    ]);
    expect(count.computeOutputShape([null])).toEqual([null, 3]);
    const hot = new TextVectorization(5, { outputMode: 'multi_hot', vocabulary: ['b', 'a'], padToMaxTokens: true });
    expect(hot.apply(['a a']).arraySync()).toEqual([[0, 0, 1, 0, 0]]);
    const layer = new TextVectorization(null, { outputMode: 'tf_idf' });
    await layer.adapt(['a b a', 'a c']);
    const [a, b] = [Math.log(1 + 2 / 3), Math.log(1 + 2 / 2)];
    expect(layer.getVocabulary()).toEqual(['[UNK]', 'a', 'c', 'b']);
    expectClose([...layer.apply(['a a b']).dataSync()], [0, 2 * a, 0, b], 'tf-idf');
  });
  test('learns from batches', async () => {
    const layer = new TextVectorization();
    await layer.adapt(new Set([['a b'], ['b c']]));
    expect(layer.getVocabulary(false)).toEqual(['b', 'c', 'a']);
  });
  test('the configuration holds the vocabulary', async () => {
    const layer = new TextVectorization(9, { ngrams: [1, 2], outputMode: 'tf_idf', split: 'character' });
    await layer.adapt(['abc', 'ab']);
    const copy = deserializeLayer('TextVectorization', JSON.parse(JSON.stringify(layer.getConfig())) as never);
    expect(copy.getConfig()).toEqual(layer.getConfig());
    const own = new TextVectorization(null, { split: (t) => [t] });
    expect(() => own.getConfig()).toThrow('functions cannot be stored');
  });
  test('setVocabulary', () => {
    const layer = new TextVectorization();
    layer.setVocabulary(['', '[UNK]', 'x']);
    expect(layer.apply(['x y']).arraySync()).toEqual([[2, 1]]);
  });
  const make = (options: object) => (): unknown => new TextVectorization(null, options);
  test.each([
    [make({ standardize: 'upper' }), "'upper'"],
    [make({ split: 'word' }), "'word'"],
    [make({ ngrams: 0 }), 'ngrams must be a positive integer'],
    [make({ ngrams: [1, 0.5] }), 'ngrams must be'],
    [make({ outputMode: 'one_hot' }), "use 'multi_hot'"],
    [make({ outputMode: 'count', outputSequenceLength: 3 }), "outputSequenceLength goes with outputMode 'int' only"],
    [make({ outputSequenceLength: 0 }), 'outputSequenceLength must be a positive integer'],
    [make({ ragged: true }), 'there are no ragged tensors'],
    [make({ sparse: true }), 'there are no sparse tensors'],
    [() => new TextVectorization().apply(['a']), 'call adapt(data) or setVocabulary(tokens) first'],
    [() => new TextVectorization(null, { vocabulary: ['a'] }).apply([['a', 'b']]), 'rows of one text each'],
    [() => new TextVectorization(null, { vocabulary: ['a'] }).apply(tensor([1])), 'expected strings, got numbers'],
    [() => jit((x: Tensor) => new TextVectorization(null, { vocabulary: ['a'] }).apply(x))(tensor([1])), 'on the host'],
  ])('wrong use %#', (use, message) => {
    expect(use).toThrow(message);
  });
});
