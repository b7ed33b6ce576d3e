// trainTestSplit: sizes, seeds, strata and wrong options.
import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { ConfigError, iris, ShapeError, trainTestSplit, type NDArray } from '../src/index.ts';

const columns = () => ({
  x: { data: Float32Array.from({ length: 20 }, (_, i) => i), shape: [10, 2] },
  y: Int32Array.from({ length: 10 }, (_, i) => i),
  name: Array.from({ length: 10 }, (_, i) => `n${i}`),
  nested: Array.from({ length: 10 }, (_, i) => [i]),
});

describe('trainTestSplit', () => {
  test('keeps rows together, loses none and keeps the kind of each column', () => {
    const { train, test: rest } = trainTestSplit(columns(), { testSize: 0.3, seed: 1 });
    expectTypeOf(train.x).toEqualTypeOf<NDArray<Float32Array<ArrayBuffer>>>();
    expectTypeOf(train.name).toEqualTypeOf<string[]>();
    expectTypeOf(train.nested).toEqualTypeOf<NDArray<Float32Array>>();
    expect([train.y.length, rest.y.length]).toEqual([7, 3]);
    expect([train.x.shape, rest.nested.shape]).toEqual([
      [7, 2],
      [3, 1],
    ]);
    for (const part of [train, rest]) {
      for (const [i, y] of part.y.entries()) {
        expect(part.x.data.slice(2 * i, 2 * i + 2)).toEqual(Float32Array.of(2 * y, 2 * y + 1));
        expect(part.name[i]).toBe(`n${y}`);
        expect(part.nested.data[i]).toBe(y);
      }
    }
    expect([...train.y, ...rest.y].sort((a, b) => a - b)).toEqual([...columns().y]);
  });

  test('the seed decides the split; without shuffling the last rows are the test', () => {
    const split = (seed: number) => [...trainTestSplit(columns(), { seed }).test.y];
    expect(split(5)).toEqual(split(5));
    expect(split(5)).not.toEqual(split(6));
    expect([...trainTestSplit(columns(), { shuffle: false, testSize: 2 }).test.y]).toEqual([8, 9]);
  });

  test('strata keep their shares', async () => {
    const { data, labels } = await iris.load();
    const { train, test: rest } = trainTestSplit({ x: data, y: labels }, { testSize: 0.2, seed: 3, stratify: 'y' });
    const count = ({ data: values }: NDArray) => [0, 1, 2].map((k) => [...values].filter((v) => v === k).length);
    expect([count(train.y), count(rest.y)]).toEqual([
      [40, 40, 40],
      [10, 10, 10],
    ]);
  });

  test('strata of any sizes: exact total, each share off by less than one', () => {
    const classes = fc.array(fc.integer({ min: 2, max: 12 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(classes, fc.double({ min: 0.1, max: 0.7, noNaN: true }), fc.nat(1000), (sizes, testSize, seed) => {
        const y = sizes.flatMap((size, k) => Array.from({ length: size }, () => `class ${k}`));
        const wanted = Math.ceil(testSize * y.length);
        fc.pre(wanted < y.length);
        const { train, test: rest } = trainTestSplit({ y }, { testSize, seed, stratify: 'y' });
        expect([rest.y.length, train.y.length]).toEqual([wanted, y.length - wanted]);
        for (const [k, size] of sizes.entries()) {
          const got = rest.y.filter((name) => name === `class ${k}`).length;
          expect(Math.abs(got - (size * wanted) / y.length)).toBeLessThan(1);
        }
      }),
    );
  });

  test.each<[string, () => unknown]>([
    ['testSize', () => trainTestSplit(columns(), { testSize: 0 })],
    ['testSize', () => trainTestSplit(columns(), { testSize: 1.5 })],
    ['testSize', () => trainTestSplit(columns(), { testSize: '3' as never })],
    ['leaves none for training', () => trainTestSplit(columns(), { testSize: 10 })],
    ['leaves none for training', () => trainTestSplit({ x: [1] })],
    ['shuffle', () => trainTestSplit(columns(), { shuffle: 1 as never })],
    ['seed', () => trainTestSplit(columns(), { seed: 0.5 })],
    ["stratify names no column: 'z'", () => trainTestSplit(columns(), { stratify: 'z' as never })],
    ['needs two rows of each class, 0 has one', () => trainTestSplit(columns(), { shuffle: false, stratify: 'y' })],
    ['unknown option', () => trainTestSplit(columns(), { test: 1 } as never)],
    ['columns by name', () => trainTestSplit([1, 2] as never)],
  ])('%s', (message, run) => {
    expect(run).toThrow(ConfigError);
    expect(run).toThrow(message);
  });

  test('columns of different lengths do not fit', () => {
    expect(() => trainTestSplit({ x: [1, 2], y: [1] })).toThrow(ShapeError);
  });
});
