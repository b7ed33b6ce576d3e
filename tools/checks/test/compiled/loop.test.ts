/**
 * foriLoop: the loop that is traced once, on every backend, by itself and inside compiled functions.
 */
import { grad, variableGrads } from '@dl/autograd';
import { cpu, setThreads } from '@dl/backend-cpu';
import * as t from '@dl/tensor';
import {
  ConfigError,
  DTypeError,
  foriLoop,
  Generator,
  jit,
  setBackend,
  ShapeError,
  tensor,
  Variable,
  type Tensor,
} from '@dl/tensor';
import { compiledPrograms } from '@dl/tensor/interpreter';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gathered, jobs, whenWorth } from '../../../../packages/backend-cpu/test/together.ts';
import { tiny } from '../../../../packages/tensor/test/tiny-backend.ts';
import { ALL_BACKENDS, numbers } from '../cases/support.ts';
import { values } from './training.ts';

/** Each way to run a function of tensors. */
const WAYS: Readonly<Record<string, <A extends readonly unknown[], R>(f: (...args: A) => R) => (...args: A) => R>> = {
  eager: (f) => f,
  compiled: (f) => jit(f),
};

describe.each([...ALL_BACKENDS, ['tiny', tiny] as const])('%s', { timeout: 120_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()), 60_000);

  describe.each(Object.keys(WAYS))('%s', (name) => {
    const way = WAYS[name]!;

    test.each([0, 1, 2, 3, 10])('%i trips', async (trips) => {
      const f = way((x: Tensor) => foriLoop(0, trips, (__, y) => y.mul(2).add(1), x));
      const wanted = [0, 1, -1].map((x) => 2 ** trips * x + 2 ** trips - 1);
      expect(await numbers(f(tensor([0, 1, -1])))).toEqual(wanted);
    });

    test('the iteration is a value, from any lower bound; nothing runs backwards', async () => {
      const sum = (lower: number, upper: number): ((x: Tensor) => Tensor) =>
        way((x: Tensor) => foriLoop(lower, upper, (i, y) => y.mul(10).add(i), x));
      expect(await sum(1, 4)(tensor(0)).item()).toBe(123);
      expect(await sum(-2, 1)(tensor([0])).item()).toBe(-210);
      expect(await sum(3, 1)(tensor([7])).item()).toBe(7);
      const whole = way((x: Tensor) => foriLoop(0, 5, (i, y) => y.add(i.mul(i)), x));
      const result = whole(tensor([1, 2], 'int32'));
      expect([result.dtype, await numbers(result)]).toEqual(['int32', [31, 32]]);
    });

    test('carries are trees, may change places, and may be given twice', async () => {
      interface Pair {
        readonly a: Tensor;
        readonly rest: readonly [Tensor, Tensor];
        readonly text: string;
      }
      const f = way((a: Tensor, b: Tensor): Pair =>
        foriLoop<Pair>(0, 3, (__, { a: x, rest: [y, z], text }) => ({ a: y, rest: [x, t.add(x, z)], text }), {
          a,
          rest: [b, b],
          text: 'kept',
        }),
      );
      const { a, rest, text } = f(tensor([1, 2]), tensor([5, 6]));
      expect([await numbers(a), await numbers(rest[0]), await numbers(rest[1]), text]).toEqual([
        [5, 6],
        [1, 2],
        [5 + 1 + 5 + 1, 6 + 2 + 6 + 2],
        'kept',
      ]);
    });

    test('Fibonacci numbers, with int carries', async () => {
      const f = way((a: Tensor) => foriLoop(0, 20, (__, [x, y]) => [y!, x!.add(y!)], [a, t.onesLike(a)])[0]!);
      expect(await f(tensor([0], 'int32')).item()).toBe(6765);
    });

    test('products, reductions, views and values from outside', async () => {
      const w = new Variable([[0.5, 0.25], [0, 0.5]]); // prettier-ignore
      const outside = tensor([1, -1]);
      const f = way((x: Tensor) =>
        foriLoop(0, 4, (__, y) => t.tanh(y.matmul(w).add(outside)).sub(y.mean(0)).transpose().transpose(), x),
      );
      let wanted = tensor([[1, 2], [3, 4]]); // prettier-ignore
      for (let i = 0; i < 4; i++) wanted = t.tanh(wanted.matmul(w).add(outside)).sub(wanted.mean(0));
      const actual = await numbers(f(tensor([[1, 2], [3, 4]]))); // prettier-ignore
      (await numbers(wanted)).forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 5));
    });

    test('loops in loops see the numbers of both', async () => {
      const f = way((x: Tensor) =>
        foriLoop(0, 3, (i, y) => foriLoop(0, 2, (j, z) => z.mul(10).add(i.mul(2).add(j)), y).add(i.mul(0)), x),
      );
      expect(await f(tensor(0)).item()).toBe(12345);
    });

    test('gradients go through every iteration', async () => {
      const power = (x: Tensor): Tensor => foriLoop(0, 4, (i, y) => y.mul(x).add(i.mul(0)), x).sum();
      expect(await numbers(way(grad(power))(tensor([1, 2])))).toEqual([5, 80]);
      expect(await numbers(way(grad((x: Tensor) => grad(power)(x).sum()))(tensor([1, 2])))).toEqual([20, 160]);
      const w = new Variable([2, 3]);
      const step = way((x: Tensor) => variableGrads(() => foriLoop(0, 3, (__, y) => y.mul(w), x).sum(), [w]).grads[0]!);
      expect(await numbers(step(tensor([1, 2])))).toEqual([12, 54]);
    });
  });

  test('a compiled loop follows Variables and updates them afterwards', async () => {
    const v = new Variable([1, 2]);
    const f = jit((n: Tensor) => {
      v.assign(foriLoop(0, 3, (__, y) => y.add(v.value).mul(n), v.value));
      return v.value.sum();
    });
    expect([await f(tensor(1)).item(), await f(tensor(0)).item()]).toEqual([12, 0]);
    expect(f.traces).toBe(1);
  });

  test('Variables that the body assigns go from one iteration to the next', async () => {
    const v = new Variable([1, 10], { name: 'running' });
    let random = new Generator(1);
    const f = (x: Tensor): Tensor =>
      foriLoop(0, 3, (__, y) => (v.assign(v.value.add(y)), y.add(random.uniform([2]))), x);
    const steps = async (run: (x: Tensor) => Tensor): Promise<number[]> => {
      v.assign([1, 10]);
      random = new Generator(1);
      return [...(await numbers(run(tensor([1, 2])))), ...(await numbers(v.value))];
    };
    const byHand = await steps((x) => {
      let y = x;
      for (let i = 0; i < 3; i++) {
        v.assign(v.value.add(y));
        y = y.add(random.uniform([2]));
      }
      return y;
    });
    expect(await steps(f)).toEqual(byHand);
    expect(await steps(jit(f))).toEqual(byHand);
  });

  test('a loop is one kernel of a program that other closures share', () => {
    const f = jit((x: Tensor) => foriLoop(0, 6, (i, y) => t.sin(y.add(i)).mul(y.mean()), x));
    const { program } = f.lower(t.ones([5]));
    const { kernels } = t.getBackend().capabilities;
    const loops = program.kernels.filter(({ kind }) => kind === 'loop');
    expect(loops).toHaveLength(kernels.has('loop') ? 1 : 0);
    const run = (scale: number): Tensor => foriLoop(0, 6, (__, y) => y.mul(scale).add(1), t.ones([5]));
    run(2);
    const compiled = compiledPrograms();
    run(2);
    expect(compiledPrograms()).toBe(compiled);
    run(3);
    expect(compiledPrograms()).toBe(compiled + 1);
  });

  test('what a loop cannot do is said', () => {
    const x = tensor([1, 2]);
    expect(() => foriLoop(0, 2, (__, y) => y.sum(), x)).toThrow(ShapeError);
    expect(() => foriLoop(0, 2, (__, y) => y.cast('int32'), x)).toThrow(DTypeError);
    expect(() => foriLoop(0, 2, (__, y) => [y[0]!], [x, x])).toThrow(
      'the carry holds 2 tensors, but the body returns 1',
    );
    expect(() => foriLoop(0, 1.5, (__, y) => y, x)).toThrow('upper must be a whole number of 32 bits, got 1.5');
    expect(() => foriLoop(0, tensor(3) as never, (__, y) => y, x)).toThrow(ConfigError);
    expect(() => foriLoop(0, 2, (__, y) => y, 3)).toThrow('the carry must be a tensor, or hold some, got 3');
  });
});

describe('threads', () => {
  beforeAll(() => setBackend(cpu()));
  afterAll(() => setThreads(1));

  test.each([2, 3])('%i threads give the bits of one', async (threads) => {
    const x = values(1, [24, 24]);
    const run = async (): Promise<number[]> => {
      const f = jit((start: Tensor) =>
        foriLoop(
          0,
          5,
          (i, y) =>
            t
              .softmax(y.matmul(start).add(y.sum(0)))
              .mul(i.add(1))
              .sub(y.mean()),
          start,
        ),
      );
      return numbers(whenWorth(true, () => f(x)));
    };
    setThreads(1);
    const alone = await run();
    await gathered(threads);
    const before = jobs();
    expect(await run()).toEqual(alone);
    expect(jobs()).toBeGreaterThan(before);
  });
});
