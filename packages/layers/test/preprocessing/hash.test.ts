/**
 * Hashes against vectors of the reference implementations and of TensorFlow.
 */
import { HashedCrossing, Hashing, StringLookup } from '@dl/layers';
import { jit, setBackend, tensor, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';
import { farmFingerprint64, joinFingerprints } from '../../src/preprocessing/hash/farm-hash.ts';
import { sipHash } from '../../src/preprocessing/hash/sip-hash.ts';
import farm from '../golden/farm-hash.json' with { type: 'json' };

setBackend(reference());
const numbers = (t: Tensor): number[] => [...t.dataSync()];
const letters = [['A'], ['B'], ['C'], ['D'], ['E']];

describe('FarmHash and SipHash', () => {
  test.each(farm as [string, string][])('the fingerprint of %j', (text, hash) => {
    expect(farmFingerprint64(text)).toBe(BigInt(hash));
  });
  test('bytes are those of UTF-8', () => {
    expect(farmFingerprint64('ä')).not.toBe(farmFingerprint64('a'));
    expect(farmFingerprint64('héllo')).toBe(farmFingerprint64('h\u00e9llo'));
  });
  test('SipHash-2-4 of the vectors in its paper', () => {
    // Key 00 01 … 0f; messages of the bytes 00, 00 01, … of each length.
    const key = [0x0706050403020100n, 0x0f0e0d0c0b0a0908n] as const;
    const message = (n: number): string => Array.from({ length: n }, (_, i) => String.fromCharCode(i)).join('');
    expect(sipHash(message(0), key)).toBe(0x726fdb47dd0e0e31n);
    expect(sipHash(message(1), key)).toBe(0x74f839c593dc67fdn);
    expect(sipHash(message(8), key)).toBe(0x93f5f5799a932462n);
    expect(sipHash(message(15), key)).toBe(0xa129ca6149be45e5n);
  });
  test('joined fingerprints, as in the tests of TensorFlow', () => {
    const parts = ['batch1-FC1-F1', 'batch1-FC2-F1', 'batch1-FC3-F1'].map(farmFingerprint64);
    const most = 2n ** 63n - 1n;
    expect(parts.reduce(joinFingerprints, 0xdecafcaffen) % most).toBe(1971693436396284976n);
    expect(parts.reduce(joinFingerprints, 0xdecafcafffn) % most).toBe(4847552627144134031n);
  });
});

describe('Hashing', () => {
  test('gives the bins of Keras', () => {
    expect(numbers(new Hashing(3).apply(letters))).toEqual([1, 0, 1, 1, 2]);
    expect(numbers(new Hashing(3, { maskValue: '' }).apply([['A'], ['B'], [''], ['C'], ['D']]))).toEqual([
      1, 1, 0, 2, 2,
    ]);
    expect(numbers(new Hashing(3, { salt: [133, 137] }).apply(letters))).toEqual([1, 2, 1, 0, 2]);
    expect(numbers(new Hashing(3, { salt: 133 }).apply(letters))).toEqual([0, 0, 2, 1, 0]);
    expect(numbers(new Hashing(1).apply(letters))).toEqual([0, 0, 0, 0, 0]);
    expect(numbers(new Hashing(2).apply(['omar', 'stringer', 'marlo', 'wire', 'skywalker']))).toEqual([0, 0, 1, 0, 0]);
  });
  test('hashes integers as decimal texts', () => {
    const ids = tensor([0, 1, 2, 3, 4], 'int32');
    expect(numbers(new Hashing(3).apply(ids))).toEqual([1, 0, 1, 0, 2]);
    expect(numbers(new Hashing(3).apply([0, 1.9, 2, 3, 4]))).toEqual([1, 0, 1, 0, 2]);
    expect(numbers(new Hashing(3, { salt: [133, 137] }).apply(ids))).toEqual([1, 1, 2, 0, 1]);
    expect(numbers(new Hashing(3, { maskValue: 2 }).apply(ids))[2]).toBe(0);
  });
  test('shapes, dtypes and vectors', () => {
    const bins = new Hashing(3).apply([['A', 'B']]);
    expect([bins.shape, bins.dtype]).toEqual([[1, 2], 'int32']);
    expect(new Hashing(3).apply('A').shape).toEqual([]);
    expect(new Hashing(3, { outputMode: 'one_hot' }).apply(letters).arraySync()).toEqual([
      [0, 1, 0],
      [1, 0, 0],
      [0, 1, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
    expect(numbers(new Hashing(3, { outputMode: 'count' }).apply([['A', 'B', 'C', 'D', 'E']]))).toEqual([1, 3, 1]);
    expect(numbers(new Hashing(3, { outputMode: 'multi_hot' }).apply([['A', 'C']]))).toEqual([0, 1, 0]);
    expect(new Hashing(3, { outputMode: 'multi_hot' }).computeOutputShape([null, 7])).toEqual([null, 3]);
  });
  test('the configuration makes an equal layer, also with the dtype that Keras stores', () => {
    const layer = new Hashing(5, { maskValue: 'x', salt: 7, outputMode: 'count', name: 'h' });
    expect(Hashing.fromConfig(layer.getConfig()).getConfig()).toEqual(layer.getConfig());
    expect(Hashing.fromConfig({ num_bins: 3, dtype: 'int64', salt: null }).numBins).toBe(3);
  });
  test('says where it cannot run', () => {
    const layer = new Hashing(3, { name: 'h' });
    const inside = jit((x: Tensor) => layer.apply(x));
    expect(() => inside(tensor([1, 2], 'int32'))).toThrow(
      'h (Hashing): works on the host and cannot be part of a model or a compiled function; apply it to the data first',
    );
    const strings = jit((x: Tensor) => x.add(layer.apply(['A', 'B'])));
    expect(() => strings(tensor([1, 2]))).toThrow('works on the host');
  });
  test.each([
    [() => new Hashing(0), '(Hashing): numBins must be a positive integer, got 0'],
    [() => new Hashing(2, { salt: [1, 2, 3] as never }), 'salt must be a whole number ≥ 0 or two of them'],
    [() => new Hashing(2, { salt: -1 }), 'salt must be'],
    [() => new Hashing(2, { outputMode: 'tf_idf' as never }), 'outputMode must be'],
    [() => new Hashing(2, { sparse: true as never }), 'there are no sparse tensors'],
    [() => new Hashing(2).apply([['a', 'b'], ['c']]), 'rows differ in length'],
    [() => new Hashing(2).apply(tensor([true])), 'expected strings or integers, got bool'],
  ])('wrong use %#', (use, message) => {
    expect(use).toThrow(message);
  });
});

describe('HashedCrossing', () => {
  const [texts, ids] = [
    ['A', 'B', 'A', 'B', 'A'],
    [101, 101, 101, 102, 102],
  ];
  test('gives the bins of Keras', () => {
    expect(numbers(new HashedCrossing(5).apply([texts, ids]))).toEqual([1, 4, 1, 1, 3]);
    expect(numbers(new HashedCrossing(10).apply(['A', 101]))).toEqual([1]);
    const column = new HashedCrossing(5).apply([texts.map((t) => [t]), tensor(ids, 'int32', [5, 1])]);
    expect([column.shape, numbers(column)]).toEqual([
      [5, 1],
      [1, 4, 1, 1, 3],
    ]);
  });
  test('vectors', () => {
    const layer = new HashedCrossing(5, { outputMode: 'one_hot' });
    expect(numbers(layer.apply([['B'], [101]]))).toEqual([0, 0, 0, 0, 1]);
    expect(
      layer.computeOutputShape([
        [null, 1],
        [null, 1],
      ]),
    ).toEqual([null, 5]);
    expect(HashedCrossing.fromConfig(layer.getConfig()).getConfig()).toEqual(layer.getConfig());
  });
  test.each([
    [() => new HashedCrossing(5).apply([texts]), 'expected a list of two features or more'],
    [() => new HashedCrossing(5).apply([texts, [1, 2]]), 'features must all have shape'],
    [() => new HashedCrossing(5).apply([[['a', 'b']], [['c', 'd']]]), 'features must all have shape'],
    [() => new HashedCrossing(5).apply([['a'], [0.5]]), 'expected strings or integers, got numbers with fractions'],
    [() => new HashedCrossing(5, { outputMode: 'count' as never }), 'outputMode must be'],
  ])('wrong use %#', (use, message) => {
    expect(use).toThrow(message);
  });
  test('unknown strings share indices by the same hash', () => {
    const layer = new StringLookup(null, { vocabulary: ['a', 'b', 'c', 'd'], numOovIndices: 2 });
    expect(
      numbers(
        layer.apply([
          ['a', 'c', 'd'],
          ['m', 'z', 'b'],
        ]),
      ),
    ).toEqual([2, 4, 5, 0, 1, 3]);
  });
});
