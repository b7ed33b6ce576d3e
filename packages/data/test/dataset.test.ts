// Operators of Dataset: order, sizes, repeatability, laziness and bad options.
import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  ConfigError,
  fromArrays,
  fromGenerator,
  fromIterable,
  ShapeError,
  zip,
  type Dataset,
  type NDArray,
} from '../src/index.ts';

const digits = (): Dataset<number> => fromArrays(Float32Array.from({ length: 10 }, (_, i) => i));
const streamed = (count: number): Dataset<number> =>
  fromGenerator(function* () {
    for (let i = 0; i < count; i++) yield i;
  });
const flat = async (dataset: Dataset<NDArray>): Promise<number[][]> =>
  (await dataset.toArray()).map((batch) => [...batch.data]);

describe('finite and endless datasets', () => {
  test('an iterator goes on, a new pass starts anew', async () => {
    const batches = digits().batch(2);
    const iterator = batches[Symbol.asyncIterator]();
    const seen: number[][] = [];
    for (let step = 0; step < 6; step++) {
      const { done, value } = await iterator.next();
      if (!done) seen.push([...value.data]);
    }
    expect(seen).toHaveLength(5);
    expect(await flat(batches)).toEqual(seen);
    expect(await flat(batches)).toEqual(seen);
  });

  test('an endless dataset cannot be kept, but parts of it can be taken', async () => {
    const endless = digits().repeat().batch(2);
    expect(endless.size).toBe(Infinity);
    expect(() => endless.cache()).toThrow('endless');
    expect(await flat(endless.skip(4).take(2))).toEqual([
      [8, 9],
      [0, 1],
    ]);
  });

  test('sizes are known where they can be', () => {
    expect(digits().batch(4).size).toBe(3);
    expect(digits().batch(4, { dropRemainder: true }).size).toBe(2);
    expect(digits().repeat(3).size).toBe(30);
    expect(digits().take(3).size).toBe(3);
    expect(digits().skip(30).size).toBe(0);
    expect(digits().repeat().take(7).size).toBe(7);
    expect(digits().filter(Boolean).size).toBeUndefined();
    expect(streamed(3).size).toBeUndefined();
    expect(streamed(3).repeat().size).toBe(Infinity);
    expect(streamed(3).repeat(2).size).toBeUndefined();
    expect(digits().concat(digits()).size).toBe(20);
    expect(digits().concat(streamed(1)).size).toBeUndefined();
    expect(zip([digits(), digits().repeat()]).size).toBe(10);
    expect(fromArrays([]).repeat().size).toBe(0);
  });
});

describe('the same result in memory and streamed', () => {
  const chain = fc.array(
    fc.oneof(
      fc.record({ op: fc.constant('take' as const), n: fc.nat(12) }),
      fc.record({ op: fc.constant('skip' as const), n: fc.nat(12) }),
      fc.record({ op: fc.constant('repeat' as const), n: fc.nat(3) }),
      fc.record({ op: fc.constant('shuffle' as const), n: fc.integer({ min: 1, max: 20 }) }),
    ),
    { maxLength: 5 },
  );
  const build = (source: Dataset<number>, ops: readonly { readonly op: string; readonly n: number }[]) =>
    ops.reduce((dataset, { op, n }) => {
      if (op === 'take') return dataset.take(n);
      if (op === 'skip') return dataset.skip(n);
      if (op === 'repeat') return dataset.repeat(n);
      return dataset.shuffle(n, 7);
    }, source);

  test('any chain of operators, over two passes, with sizes that tell the truth', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(15), chain, fc.nat(6), fc.boolean(), async (count, ops, rest, cached) => {
        const values = Float32Array.from({ length: count }, (_, i) => i);
        const [inMemory, stream] = [build(fromArrays(values), ops), build(streamed(count), ops)];
        const fast = (cached ? inMemory.cache() : inMemory).batch(rest + 1);
        const slow = (cached ? stream.cache() : stream).batch(rest + 1);
        for (let pass = 0; pass < 2; pass++) {
          const batches = await flat(fast);
          expect(batches).toEqual(await flat(slow));
          expect(fast.size).toBe(batches.length);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('shuffle', () => {
  test('gives a permutation, a new one each pass, the same for the same seed', async () => {
    const first = digits().shuffle(10, 3);
    const [a, b] = [await first.toArray(), await first.toArray()];
    expect(a).not.toEqual(b);
    expect([...a].sort((x, y) => x - y)).toEqual(await digits().toArray());
    const second = digits().shuffle(10, 3);
    expect([await second.toArray(), await second.toArray()]).toEqual([a, b]);
    expect(await digits().shuffle(10, 4).toArray()).not.toEqual(a);
  });

  test('keeps one order when asked to', async () => {
    const fixed = digits().shuffle(10, 3, false);
    expect(await fixed.toArray()).toEqual(await fixed.toArray());
    const repeated = await fixed.repeat(2).toArray();
    expect(repeated.slice(0, 10)).toEqual(repeated.slice(10));
  });

  test('reshuffles inside repeat and moves no element further forward than the buffer', async () => {
    const twice = await digits().shuffle(10, 3).repeat(2).toArray();
    expect(twice.slice(0, 10)).not.toEqual(twice.slice(10));
    const near = await fromArrays(Float32Array.from({ length: 100 }, (_, i) => i))
      .shuffle(5, 1)
      .toArray();
    for (const [i, value] of near.entries()) expect(value).toBeLessThan(i + 5);
  });

  test('every position is about equally likely', async () => {
    const counts = new Float64Array(5);
    const dataset = fromArrays(Float32Array.of(0, 1, 2, 3, 4)).shuffle(5, 11);
    for (let i = 0; i < 2000; i++) counts[(await dataset.toArray()).indexOf(0)]!++;
    for (const count of counts) expect(Math.abs(count - 400)).toBeLessThan(100);
  });
});

describe('map, filter, forEach', () => {
  test('map keeps the order and bounds the calls in flight', async () => {
    let running = 0;
    let most = 0;
    const slow = async (value: number): Promise<number> => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, (value % 3) * 2));
      running--;
      return value * 2;
    };
    expect(await digits().map(slow, { concurrency: 4 }).toArray()).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
    expect(most).toBe(4);
  });

  test('an error comes at its place, and nothing is left unhandled', async () => {
    const seen: number[] = [];
    const failing = digits().map(
      async (value) => {
        if (value >= 3) throw new Error(`no ${value}`);
        return value;
      },
      { concurrency: 3 },
    );
    await expect(failing.forEach((value) => void seen.push(value))).rejects.toThrow('no 3');
    expect(seen).toEqual([0, 1, 2]);
    await expect(failing.prefetch(4).toArray()).rejects.toThrow('no 3');
  });

  test('filter keeps what it should and hands out positions', async () => {
    expect(
      await digits()
        .filter((value, i) => value === i && value % 4 === 0)
        .toArray(),
    ).toEqual([0, 4, 8]);
    expect(
      await digits()
        .filter(async (value) => value > 8)
        .toArray(),
    ).toEqual([9]);
  });
});

describe('zip, concat, cache, prefetch', () => {
  test('zip makes tuples and records and ends with the shortest', async () => {
    expect(await zip([digits(), fromIterable(['a', 'b'])]).toArray()).toEqual([
      [0, 'a'],
      [1, 'b'],
    ]);
    const named = zip({ x: digits(), y: streamed(2) });
    expectTypeOf(named).toEqualTypeOf<Dataset<{ readonly x: number; readonly y: number }>>();
    expect(await named.toArray()).toEqual([
      { x: 0, y: 0 },
      { x: 1, y: 1 },
    ]);
  });

  test('concat runs one after the other', async () => {
    expect(await streamed(2).concat(digits().take(1), streamed(1)).toArray()).toEqual([0, 1, 0, 0]);
  });

  test('cache works once and only after a full pass', async () => {
    let calls = 0;
    const cached = digits()
      .map((value) => {
        calls++;
        return value;
      })
      .cache();
    await cached.take(3).toArray();
    expect(calls).toBe(3);
    expect(await cached.toArray()).toHaveLength(10);
    expect(calls).toBe(13);
    expect(await cached.toArray()).toEqual(await digits().toArray());
    expect(calls).toBe(13);
  });

  test('cache fixes the order of a shuffle before it', async () => {
    const cached = digits().shuffle(10, 1).cache();
    expect(await cached.toArray()).toEqual(await cached.toArray());
  });

  test('prefetch works ahead by so many, keeps the order and closes the source', async () => {
    let made = 0;
    let closed = false;
    const source = fromGenerator(async function* () {
      try {
        for (; made < 100;) yield made++;
      } finally {
        closed = true;
      }
    });
    const iterator = source.prefetch(3)[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(made).toBe(4);
    await iterator.return?.();
    expect(closed).toBe(true);
    expect(await digits().prefetch(2).toArray()).toEqual(await digits().toArray());
  });

  test('leaving a loop early closes the source', async () => {
    let closed = 0;
    const source = fromGenerator(function* () {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        closed++;
      }
    });
    for await (const value of source.map((x) => x).batch(2)) if (value.data[0] === 2) break;
    expect(await source.shuffle(3, 1).take(2).toArray()).toHaveLength(2);
    expect(await zip([source, streamed(1)]).toArray()).toHaveLength(1);
    expect(closed).toBe(3);
  });
});

describe('wrong use', () => {
  test.each<[string, () => unknown]>([
    ['batch: size', () => digits().batch(0)],
    ['batch: size', () => digits().batch(1.5)],
    ['batch: size', () => digits().batch('2' as never)],
    ['batch: unknown option', () => digits().batch(2, { drop: true } as never)],
    ['dropRemainder', () => digits().batch(2, { dropRemainder: 1 as never })],
    ['options must be an object', () => digits().batch(2, true as never)],
    ['shuffle: bufferSize', () => digits().shuffle(0)],
    ['shuffle: seed', () => digits().shuffle(2, NaN)],
    ['reshuffleEachIteration', () => digits().shuffle(2, 1, 'no' as never)],
    ['take: count', () => digits().take(-1)],
    ['skip: count', () => digits().skip(Infinity)],
    ['repeat: times', () => digits().repeat(-1)],
    ['map: fn must be a function', () => digits().map(3 as never)],
    ['concurrency', () => digits().map((x) => x, { concurrency: 0 })],
    ['prefetch: count', () => digits().prefetch(0)],
    ['filter: keep', () => digits().filter(undefined as never)],
    ['concat', () => digits().concat([1] as never)],
    ['zip', () => zip([] as never)],
    ['zip', () => zip({ a: [1] } as never)],
    ['fromIterable', () => fromIterable(3 as never)],
    ['fromGenerator', () => fromGenerator([1] as never)],
    ['size must be', () => fromGenerator(function* () {}, { size: -1 })],
  ])('%s', (message, run) => {
    expect(run).toThrow(ConfigError);
    expect(run).toThrow(message);
  });

  test('an iterator runs once, a function or an array as often as asked', async () => {
    const once = fromIterable([1, 2].values());
    expect(await once.toArray()).toEqual([1, 2]);
    await expect(once.toArray()).rejects.toThrow('already run through');
    const array = fromIterable([1, 2]);
    expect([await array.toArray(), await array.toArray(), array.size]).toEqual([[1, 2], [1, 2], 2]);
    await expect(fromGenerator(() => 3 as never).toArray()).rejects.toThrow('something iterable');
  });

  test('batches of unlike elements name the element and the field', async () => {
    const row = (length: number) => ({ x: new Float32Array(length) });
    await expect(
      fromIterable([row(2), row(3)])
        .batch(2)
        .toArray(),
    ).rejects.toThrow('batch: element 1, field x: expected shape [2] as in element 0, got [3]');
    const mixed: readonly unknown[][] = [
      [1, 'a'],
      [1, undefined],
      [{ a: 1 }, { b: 1 }],
      [{ a: 1 }, 2],
      [[1], [1, 2]],
      ['a', 1],
      [new Float32Array(1), new Int8Array(1)],
      [new Float32Array(1), 1],
    ];
    for (const values of mixed) await expect(fromIterable(values).batch(2).toArray()).rejects.toThrow(ShapeError);
  });
});
