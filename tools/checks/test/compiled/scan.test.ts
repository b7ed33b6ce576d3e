/**
 * scan, map and associativeScan on every backend, by themselves and inside compiled functions.
 */
import { grad, gradcheck, variableGrads } from '@dl/autograd';
import { cpu, setThreads } from '@dl/backend-cpu';
import * as t from '@dl/tensor';
import {
  associativeScan,
  cond,
  ConfigError,
  DTypeError,
  Generator,
  jit,
  map,
  scan,
  setBackend,
  ShapeError,
  tensor,
  Variable,
  whileLoop,
  type Tensor,
} from '@dl/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gathered, jobs, whenWorth } from '../../../../packages/backend-cpu/test/together.ts';
import { tiny } from '../../../../packages/tensor/test/tiny-backend.ts';
import { ALL_BACKENDS, expectTensor, numbers } from '../cases/support.ts';
import { values } from './training.ts';

const WAYS: Readonly<Record<string, <A extends readonly unknown[], R>(f: (...args: A) => R) => (...args: A) => R>> = {
  eager: (f) => f,
  compiled: (f) => jit(f),
};

/** A recurrent cell, and what it does to a sequence in plain steps. */
function cell(w: Tensor, u: Tensor): (h: Tensor, x: Tensor) => [Tensor, Tensor] {
  return (h, x) => {
    const next = t.tanh(h.matmul(w).add(x.matmul(u)));
    return [next, next.mul(x.sum())];
  };
}

function byHand(w: Tensor, u: Tensor, h0: Tensor, xs: Tensor, reverse: boolean): [Tensor, Tensor] {
  const step = cell(w, u);
  const n = xs.shape[0]!;
  const ys: Tensor[] = [];
  let h = h0;
  for (let k = 0; k < n; k++) {
    const i = reverse ? n - 1 - k : k;
    const [next, y] = step(h, xs.at(i));
    h = next;
    ys[i] = y;
  }
  return [h, t.stack(ys)];
}

describe.each([...ALL_BACKENDS, ['tiny', tiny] as const])('%s', { timeout: 180_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()), 60_000);

  describe.each(Object.keys(WAYS))('%s', (name) => {
    const way = WAYS[name]!;
    const w = (): Tensor => values(3, [3, 3]);
    const u = (): Tensor => values(4, [2, 3]);
    const h0 = (): Tensor => values(5, [4, 3]);
    const xs = (n: number): Tensor => values(6, [n, 4, 2]);

    test.each([
      [0, {}],
      [1, {}],
      [5, {}],
      [5, { reverse: true }],
      [6, { unroll: 3 }],
      [6, { unroll: 2, reverse: true }],
      [5, { unroll: 2 }],
      [4, { unroll: true }],
    ] as const)('scan over %i elements, %j', async (n, options) => {
      const f = way((x: Tensor) => scan(cell(w(), u()), h0(), x, options));
      const [h, ys] = f(xs(n));
      expect([h.shape, ys.shape]).toEqual([
        [4, 3],
        [n, 4, 3],
      ]);
      if (n === 0) return expectTensor(h, await numbers(h0()));
      const [wantedH, wantedYs] = byHand(w(), u(), h0(), xs(n), 'reverse' in options);
      await expectTensor(h, await numbers(wantedH), { floor: 1e-6 });
      await expectTensor(ys, await numbers(wantedYs), { floor: 1e-6 });
    });

    test.each([false, true])('gradients of scan, reverse %j', async (reverse) => {
      type Args = readonly [Tensor, Tensor, Tensor, Tensor];
      const loss = ([h, ys]: readonly [Tensor, Tensor]): Tensor =>
        h
          .square()
          .sum()
          .add(ys.mul(ys.add(1)).mean());
      const scanned = (...[a, b, c, d]: Args): Tensor => loss(scan(cell(a, b), c, d, { reverse }));
      const stepped = (...[a, b, c, d]: Args): Tensor => loss(byHand(a, b, c, d, reverse));
      const args = [w(), u(), h0(), xs(4)] as const;
      const argnums = [0, 1, 2, 3];
      const got = way(grad(scanned, { argnums }))(...args) as unknown as Tensor[];
      const wanted = grad(stepped, { argnums })(...args) as unknown as Tensor[];
      for (const [i, g] of got.entries())
        await expectTensor(g, await numbers(wanted[i]!), { relative: 1e-4, floor: 1e-5 });
      // Second order: the gradient of a norm of the gradient.
      const norm = (f: typeof scanned) => (a: Tensor) =>
        grad((b: Tensor) => f(b, ...(args.slice(1) as [Tensor, Tensor, Tensor])))(a)
          .square()
          .sum();
      const second = way(grad(norm(scanned)))(args[0]);
      await expectTensor(second, await numbers(grad(norm(stepped))(args[0])), { relative: 1e-3, floor: 1e-4 });
    });

    test('scan without elements, without results, and over trees', async () => {
      const powers = way((x: Tensor) => scan((c: Tensor) => [c.mul(2), null] as const, x, null, { length: 5 }));
      const [last, none] = powers(tensor([1, 3]));
      expect([await numbers(last), none]).toEqual([[32, 96], null]);
      const f = way((a: Tensor, b: Tensor) =>
        scan(
          ({ sum, n }: { sum: Tensor; n: Tensor }, [x, y]: readonly [Tensor, Tensor]) =>
            [
              { sum: sum.add(x.mul(y)), n: n.add(1) },
              { x: x.neg(), n },
            ] as const,
          { sum: tensor(0), n: tensor(0, 'int32') },
          [a, b] as const,
        ),
      );
      const [carry, ys] = f(tensor([1, 2, 3]), tensor([4, 5, 6]));
      expect([await carry.sum.item(), await carry.n.item(), await numbers(ys.x), await numbers(ys.n)]).toEqual([
        32,
        3,
        [-1, -2, -3],
        [0, 1, 2],
      ]);
      expect(ys.n.dtype).toBe('int32');
    });

    test('scans in scans, over columns, with what both see', async () => {
      const table = tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      const f = way((x: Tensor) =>
        scan(
          (total: Tensor, row: Tensor) => {
            const [sum, sums] = scan(
              (s: Tensor, v: Tensor) => [s.add(v.mul(row.max())), s.add(total)] as const,
              total,
              row,
            );
            return [sum, sums] as const;
          },
          tensor(0),
          x,
        ),
      );
      const [total, sums] = f(table);
      // Row 1: 3·(1+2+3) = 18, then 18 + 6·15.
      expect(await total.item()).toBe(18 + 90);
      expect(await numbers(sums)).toEqual([0, 3, 9, 36, 36 + 24, 36 + 24 + 30]);
      const columns = way((x: Tensor) =>
        scan((s: Tensor, c: Tensor) => [s.add(c), s] as const, tensor([0, 0]), x.transpose()),
      )(table);
      expect(await numbers(columns[0])).toEqual([6, 15]);
      const g = way(grad((x: Tensor) => f(x)[0]))(table);
      await expectTensor(g, [3, 3, 3 + 6, 6, 6, 6 + 15]);
    });

    test('Variables and random numbers inside scan, with gradients', async () => {
      const v = new Variable([2, 3]);
      const count = new Variable(0);
      const step = way((x: Tensor) =>
        variableGrads(
          () =>
            scan(
              (c: Tensor, e: Tensor) => {
                count.assign(count.value.add(1));
                return [c.mul(v.value).add(e), c] as const;
              },
              tensor([1, 1]),
              x,
            )[0].sum(),
          [v],
        ),
      );
      const { value, grads } = step(tensor([[1, 2], [3, 4], [5, 6]])); // prettier-ignore
      // ((v + e0)·v + e1)·v + e2, its slope 3v² + 2·v·e0 + e1.
      expect(await value.item()).toBe(((2 + 1) * 2 + 3) * 2 + 5 + ((3 + 2) * 3 + 4) * 3 + 6);
      expect(await numbers(grads[0]!)).toEqual([12 + 4 + 3, 27 + 12 + 4]);
      expect(await count.value.item()).toBe(3);
      const random = new Generator(7);
      const again = new Generator(7);
      const noise = way(
        (x: Tensor) => scan((c: Tensor, e: Tensor) => [c, e.add(random.uniform([]))] as const, tensor(0), x)[1],
      );
      const drawn = await numbers(noise(t.zeros([4])));
      const wanted: number[] = [];
      for (let i = 0; i < 4; i++) wanted.push(await again.uniform([]).item());
      expect(drawn).toEqual(wanted);
    });

    test('map', async () => {
      const f = way((x: Tensor) => map((row: Tensor) => [row.sum(), row.mul(2)] as const, x));
      const [sums, twice] = f(tensor([[1, 2], [3, 4], [5, 6]])); // prettier-ignore
      expect([await numbers(sums), await numbers(twice)]).toEqual([
        [3, 7, 11],
        [2, 4, 6, 8, 10, 12],
      ]);
      const empty = way((x: Tensor) => map((row: Tensor) => row.sum(), x))(t.zeros([0, 3]));
      expect(empty.shape).toEqual([0]);
    });

    test.each([1, 2, 3, 4, 7, 8, 13])('associativeScan over %i elements', async (n) => {
      const x = Array.from({ length: n }, (_, i) => (i % 3) - 1.5);
      const sums = x.map((_, i) => x.slice(0, i + 1).reduce((a, b) => a + b, 0));
      const back = x.map((_, i) => x.slice(i).reduce((a, b) => a + b, 0));
      expect(
        await numbers(way((y: Tensor) => associativeScan(t.add as (a: Tensor, b: Tensor) => Tensor, y))(tensor(x))),
      ).toEqual(sums);
      const rows = tensor([x, x.map((v) => v * 2)]);
      const along = way((y: Tensor) =>
        associativeScan((a: Tensor, b: Tensor) => a.add(b), y, { axis: -1, reverse: true }),
      )(rows);
      expect(await numbers(along)).toEqual([...back, ...back.map((v) => v * 2)]);
      // Linear recurrences compose: (a, b) then (c, d) is (a·c, b·c + d), which does not commute.
      const [scales, offsets] = way((a: Tensor, b: Tensor) =>
        associativeScan(
          ([a1, b1]: readonly [Tensor, Tensor], [a2, b2]: readonly [Tensor, Tensor]) =>
            [a1.mul(a2), b1.mul(a2).add(b2)] as const,
          [a, b] as const,
        ),
      )(tensor(x), tensor(x));
      let [scale, offset] = [1, 0];
      const wanted = x.map((v) => (([scale, offset] = [scale * v, offset * v + v]), offset));
      expect(await numbers(offsets)).toEqual(wanted);
      expect((await numbers(scales)).at(-1)).toBe(scale);
    });
  });

  test('what they cannot do is said', () => {
    const x = tensor([1, 2]);
    const id = (c: Tensor, y: Tensor): [Tensor, Tensor] => [c, y];
    expect(() => scan(id, tensor(0), tensor(1))).toThrow(ShapeError);
    expect(() => scan(id as never, tensor(0), [x, tensor([1, 2, 3])])).toThrow(
      'expected 2 elements along the first axis, got shape [3]',
    );
    expect(() => scan((c: Tensor) => [c, null] as const, x, null)).toThrow(
      'the number of iterations must be given as length',
    );
    expect(() => scan(id, tensor(0), x, { length: 3 })).toThrow(ShapeError);
    expect(() => scan(id, tensor(0), x, { unroll: 0 })).toThrow(ConfigError);
    expect(() => scan((c: Tensor) => c as never, tensor(0), x)).toThrow('must return [carry, y]');
    expect(() => scan((c: Tensor, y: Tensor) => [c.add(x), y] as const, tensor(0), x)).toThrow(ShapeError);
    expect(() => scan((c: Tensor, y: Tensor) => [c.cast('int32'), y] as const, tensor(0), x)).toThrow(DTypeError);
  });
});

test('gradients of scan against differences, in float64', () => {
  setBackend(cpu());
  const x = values(8, [3, 2, 2]).cast('float64');
  const w = values(9, [2, 2]).cast('float64');
  const f = (a: Tensor, b: Tensor): Tensor => {
    const [c, ys] = scan(
      (h: Tensor, e: Tensor) => {
        const y = cond(
          e.sum().greater(0),
          () => t.sigmoid(h.matmul(b)),
          () => h.mul(e),
        );
        return [y.add(e), y.square()] as const;
      },
      t.ones([2, 2], 'float64'),
      a,
    );
    return c.sum().add(ys.sum());
  };
  gradcheck(f, [x, w]);
});

test('the gradient of an LSTM: a product and a map each way in the loops, everything else around them', () => {
  setBackend(cpu());
  const loss = (w: Tensor, u: Tensor, x: Tensor): Tensor => {
    const [[h]] = scan(
      ([h, c]: readonly [Tensor, Tensor], z: Tensor) => {
        const [i, f, g, o] = t.split(z.add(h.matmul(u)), 4, -1) as [Tensor, Tensor, Tensor, Tensor];
        const cell = t
          .sigmoid(f)
          .mul(c)
          .add(t.sigmoid(i).mul(t.tanh(g)));
        return [[t.sigmoid(o).mul(t.tanh(cell)), cell], null] as const;
      },
      [t.zeros([4, 8], x.dtype), t.zeros([4, 8], x.dtype)] as const,
      t.transpose(x, [1, 0, 2]).matmul(w),
    );
    return h.square().sum();
  };
  const step = jit(grad(loss, { argnums: [0, 1] }));
  const { program } = step.lower(t.ones([5, 32]), t.ones([8, 32]), t.ones([4, 6, 5]));
  const bodies = program.kernels.flatMap((kernel) =>
    kernel.kind === 'loop' ? [kernel.body.map(({ kind }) => kind)] : [],
  );
  // The state is kept by a map of its own.
  expect(bodies).toEqual([
    ['map', 'matmul', 'map'],
    ['map', 'matmul'],
  ]);
  // Products of all steps at once give the gradients of both weights.
  const sums = program.kernels.flatMap((kernel) => (kernel.kind === 'matmul' ? [kernel.k] : []));
  expect(sums.toSorted((a, b) => Number(a) - Number(b))).toEqual([5, 24, 24]);
  const [w, u, x] = [values(1, [5, 32]), values(2, [8, 32]), values(3, [4, 6, 5])];
  gradcheck(
    loss,
    [w, u, x].map((part) => part.cast('float64')),
  );
});

test('explain shows the body of a loop instead of its key', () => {
  setBackend(cpu());
  const f = jit((x: Tensor) => scan((c: Tensor, e: Tensor) => [c.add(e).sin(), c] as const, t.zeros([2]), x)[0]);
  const text = f.explain(t.ones([3, 2]));
  expect(text).toMatch(/= loop\(.*trip=3 reverse=false carries=1 stacked=1/);
  expect(text).toMatch(/\n {4}inputs .*\n {4}.* = add\(.*\n {4}.* = sin\(.*\n {4}return /);
  expect(text).not.toContain('key=');
});

test('a scan is one loop and takes as many kernels whatever its length', () => {
  setBackend(cpu());
  const count = (n: number): number => {
    const step = jit(
      grad((w: Tensor, x: Tensor) =>
        scan((h: Tensor, e: Tensor) => [t.tanh(h.matmul(w).add(e)), h] as const, t.zeros([2, 3]), x)[0].sum(),
      ),
    );
    const { program } = step.lower(t.ones([3, 3]), t.ones([n, 2, 3]));
    const loops = program.kernels.flatMap((kernel) => (kernel.kind === 'loop' ? [kernel.body.length] : []));
    expect(loops).toHaveLength(2);
    return program.kernels.length + loops[0]! + loops[1]!;
  };
  expect(count(100)).toBe(count(3));
});

describe('threads', () => {
  beforeAll(() => setBackend(cpu()));
  afterAll(() => setThreads(1));

  test.each([2, 3])('%i threads give the bits of one', async (threads) => {
    const [x, w] = [values(1, [5, 24, 24]), values(2, [24, 24])];
    const run = async (): Promise<number[]> => {
      const f = jit((b: Tensor, a: Tensor) =>
        grad((v: Tensor) => {
          const [c, ys] = scan(
            (h: Tensor, e: Tensor) => {
              const y = cond(
                e.sum().greater(0),
                () => t.softmax(h.matmul(v)),
                () => h.add(e),
              );
              return [y, y.mul(e)] as const;
            },
            a.at(0),
            a,
          );
          const [last] = whileLoop(
            ([z]) => z.sum().less(50),
            ([z]) => [z.mul(1.5).add(1)],
            [c.square()],
            { maximumIterations: 9 },
          );
          return last!.sum().add(ys.sum());
        })(b),
      );
      return numbers(whenWorth(true, () => f(w, x)));
    };
    setThreads(1);
    const alone = await run();
    await gathered(threads);
    const before = jobs();
    expect(await run()).toEqual(alone);
    expect(jobs()).toBeGreaterThan(before);
  });
});
