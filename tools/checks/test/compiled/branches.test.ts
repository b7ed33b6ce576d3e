/**
 * whileLoop, cond and switchCase on every backend, by themselves and inside compiled functions.
 */
import { grad } from '@dl/autograd';
import * as t from '@dl/tensor';
import {
  cond,
  ConfigError,
  DTypeError,
  foriLoop,
  jit,
  map,
  scan,
  setBackend,
  ShapeError,
  switchCase,
  tensor,
  Variable,
  whileLoop,
  type Tensor,
} from '@dl/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { tiny } from '../../../../packages/tensor/test/tiny-backend.ts';
import { ALL_BACKENDS, numbers } from '../cases/support.ts';

const WAYS: Readonly<Record<string, <A extends readonly unknown[], R>(f: (...args: A) => R) => (...args: A) => R>> = {
  eager: (f) => f,
  compiled: (f) => jit(f),
};

describe.each([...ALL_BACKENDS, ['tiny', tiny] as const])('%s', { timeout: 180_000 }, (backend, make) => {
  beforeAll(async () => setBackend(await make()), 60_000);

  describe.each(Object.keys(WAYS))('%s', (name) => {
    const way = WAYS[name]!;
    test('cond and switchCase take one way', async () => {
      const f = way((x: Tensor, p: Tensor) =>
        cond(
          p,
          () => [x.sqrt(), x.mul(2)],
          () => [x.neg(), tensor([7, 7])],
        ),
      );
      const x = tensor([4, 9]);
      const run = async (p: boolean): Promise<number[][]> => Promise.all(f(x, tensor(p)).map(numbers));
      expect(await run(true)).toEqual([
        [2, 3],
        [8, 18],
      ]);
      expect(await run(false)).toEqual([
        [-4, -9],
        [7, 7],
      ]);
      const g = way((i: Tensor, y: Tensor) =>
        switchCase(i, [(z: Tensor) => z.add(1), (z: Tensor) => z.mul(10), (z: Tensor) => z.sum().add(z.mul(0))], y),
      );
      for (const [i, wanted] of [
        [0, [5, 10]],
        [1, [40, 90]],
        [2, [13, 13]],
        [-4, [5, 10]],
        [9, [13, 13]],
      ] as const)
        // prettier-ignore
        expect(await numbers(g(tensor(i, 'int32'), x))).toEqual(wanted);
    });

    test.each([1, 5, 6, 23])('one of %i branches', async (count) => {
      const f = way((i: Tensor, x: Tensor) =>
        switchCase(
          i,
          Array.from({ length: count }, (_, k) => (y: Tensor) => y.mul(k + 1)),
          x,
        ),
      );
      for (const i of [0, 1, count - 2, count - 1]) {
        const chosen = Math.min(Math.max(i, 0), count - 1);
        expect(await numbers(f(tensor(i, 'int32'), tensor([1, 2])))).toEqual([chosen + 1, 2 * chosen + 2]);
      }
    });

    test('a loop that reads more tensors than a kernel may', async () => {
      const outside = Array.from({ length: 40 }, (_, k) => tensor([k, 1]));
      const f = way((x: Tensor) =>
        foriLoop(0, 2, (_, y) => outside.reduce((sum, o) => sum.add(o.mul(y)), y.mul(0)), x),
      );
      expect(await numbers(f(tensor([1, 1])))).toEqual([780 ** 2, 40 ** 2]);
      expect(await numbers(way(grad((x: Tensor) => f(x).sum()))(tensor([1, 1])))).toEqual([780 ** 2, 40 ** 2]);
    });

    test('only the way that was taken counts for gradients, also in loops', async () => {
      const f = (x: Tensor): Tensor =>
        cond(
          x.sum().greater(0),
          () => x.log().sum(),
          () => x.square().sum(),
        );
      expect(await numbers(way(grad(f))(tensor([1, 4])))).toEqual([1, 0.25]);
      expect(await numbers(way(grad(f))(tensor([-1, 0])))).toEqual([-2, 0]);
      expect(await numbers(way(grad((x: Tensor) => grad(f)(x).sum()))(tensor([-1, 0])))).toEqual([2, 2]);
      const collatz = way(
        (n: Tensor) =>
          scan(
            (c: Tensor) => {
              const next = cond(
                t.mod(c, 2).equal(0),
                () => t.floorDiv(c, 2),
                () => c.mul(3).add(1),
              );
              return [next, c] as const;
            },
            n,
            null,
            { length: 9 },
          )[1],
      );
      expect(await numbers(collatz(tensor(7, 'int32')))).toEqual([7, 22, 11, 34, 17, 52, 26, 13, 40]);
      const relu = way(
        grad((x: Tensor) =>
          map(
            (e: Tensor) =>
              cond(
                e.greater(0),
                () => e.mul(e),
                () => e.mul(0),
              ),
            x,
          ).sum(),
        ),
      );
      expect(await numbers(relu(tensor([3, -2, 1])))).toEqual([6, 0, 2]);
    });

    test('a branch may assign Variables', async () => {
      const [v, u2] = [new Variable(1), new Variable(10)];
      const f = way((p: Tensor) =>
        cond(
          p,
          () => (v.assign(v.value.add(1)), v.value),
          () => (u2.assign(v.value), u2.value),
        ),
      );
      expect(await f(tensor(true)).item()).toBe(2);
      expect([await v.value.item(), await u2.value.item()]).toEqual([2, 10]);
      expect(await f(tensor(false)).item()).toBe(2);
      expect([await v.value.item(), await u2.value.item()]).toEqual([2, 2]);
    });

    const bound = backend === 'webgpu' || backend === 'tiny' ? { maximumIterations: 20 } : {};
    test('whileLoop runs as long as it may', async () => {
      const f = way((x: Tensor) =>
        whileLoop(
          ([y]) => y.sum().less(100),
          ([y, n]): [Tensor, Tensor] => [y.mul(2), n.add(1)],
          [x, tensor(0, 'int32')] as [Tensor, Tensor],
          bound,
        ),
      );
      const [y, n] = f(tensor([1, 2]));
      expect([await numbers(y), await n.item()]).toEqual([[64, 128], 6]);
      const [same, none] = f(tensor([100, 2]));
      expect([await numbers(same), await none.item()]).toEqual([[100, 2], 0]);
      const short = way((x: Tensor) =>
        whileLoop(
          (y) => y.less(1000),
          (y) => y.mul(2),
          x,
          { maximumIterations: 3 },
        ),
      );
      expect(await short(tensor(1)).item()).toBe(8);
      expect(
        await way((x: Tensor) =>
          whileLoop(
            (y) => y.less(1000),
            (y) => y.mul(2),
            x,
            { maximumIterations: 0 },
          ),
        )(tensor(1)).item(),
      ).toBe(1);
      // Loops in loops: the least power of two above each number.
      const above = way((x: Tensor) =>
        map(
          (e: Tensor) =>
            whileLoop(
              ([p]: [Tensor]) => p.lessEqual(e),
              ([p]: [Tensor]): [Tensor] => [p.mul(2)],
              [tensor(1)],
              bound,
            )[0]!,
          x,
        ),
      );
      expect(await numbers(above(tensor([0, 1, 5, 8])))).toEqual([1, 2, 8, 16]);
    });

    test('a bounded whileLoop has a gradient', async () => {
      const f = (x: Tensor): Tensor =>
        whileLoop(
          (y) => y.less(10),
          (y) => y.mul(y),
          x,
          { maximumIterations: 5 },
        );
      expect(await f(tensor(2)).item()).toBe(16);
      expect(await way(grad(f))(tensor(2)).item()).toBe(4 * 8);
      expect(await way(grad(f))(tensor(11)).item()).toBe(1);
    });
  });

  test('what they cannot do is said', () => {
    const x = tensor([1, 2]);
    expect(() =>
      cond(
        tensor(1) as never,
        () => x,
        () => x,
      ),
    ).toThrow('the condition must be bool, got float32');
    expect(() =>
      cond(
        tensor([true]),
        () => x,
        () => x,
      ),
    ).toThrow(ShapeError);
    expect(() =>
      cond(
        tensor(true),
        () => x,
        () => x.sum(),
      ),
    ).toThrow('tensor 0 has shape [] in branch 0, but [2] in branch 1');
    expect(() =>
      cond(
        tensor(true),
        () => x,
        () => x.cast('int32'),
      ),
    ).toThrow(DTypeError);
    expect(() => switchCase(tensor(1.5), [() => x])).toThrow('the index must be an integer, got float32');
    expect(() => switchCase(tensor(1, 'int32'), [])).toThrow(ConfigError);
    expect(() =>
      whileLoop(
        (y) => y,
        (y) => y,
        tensor(1),
      ),
    ).toThrow('the condition must be bool, got float32');
    expect(() =>
      whileLoop(
        (y) => y.less(1),
        (y) => y.add(x),
        tensor(1),
        { maximumIterations: 2 },
      ),
    ).toThrow(ShapeError);
    expect(() =>
      whileLoop(
        (y) => y.less(1),
        (y) => y,
        tensor(1),
        { maximumIterations: -1 },
      ),
    ).toThrow(ConfigError);
    expect(() =>
      grad((y: Tensor) =>
        whileLoop(
          (z) => z.less(5),
          (z) => z.mul(2),
          y,
        ),
      )(tensor(1)),
    ).toThrow('give maximumIterations');
  });
});
