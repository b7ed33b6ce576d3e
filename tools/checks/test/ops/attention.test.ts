/**
 * Attention as a whole and by blocks: values, gradients, memory.
 */
import { grad, gradcheck } from '@dl/autograd';
import { jit, setBackend, tensor, type Tensor } from '@dl/tensor';
import * as ops from '@dl/tensor/ops';
import { beforeAll, describe, expect, test } from 'vitest';
import { BACKENDS, expectNear } from '../cases/support.ts';
import { runGolden, type Golden } from './golden.ts';
import golden from './golden/attention.json' with { type: 'json' };

const cases = golden as unknown as readonly Golden[];
/** The case with further options. */
const withOptions = ([name, args, result]: Golden, options: { readonly [key: string]: number | boolean }): Golden => [
  name,
  [...args.slice(0, 3), { ...(args[3] as object), ...options }],
  result,
];
const draw = (shape: readonly number[], seed: number, dtype: 'float64' | 'float32' = 'float64'): Tensor =>
  ops.random.normal(shape, 0, 1, { seed, dtype });

describe.each(BACKENDS)('%s', { timeout: 120_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()));

  test.each(cases.map((entry, i) => [i, entry] as const))('case %s, whole and by blocks', (_i, entry) => {
    runGolden(ops, withOptions(entry, { flashAttention: false }), 2e-5);
    for (const blockSize of [1, 2, 3, 64]) {
      expect(runGolden(ops, withOptions(entry, { flashAttention: true, blockSize }), 2e-5)).toBe(true);
    }
  });

  test.each([
    ['plain', {}],
    ['causal', { isCausal: true }],
    ['capped', { softCap: 0.8, isCausal: true }],
  ])('gradients by blocks, %s', (_name, options) => {
    const f = (flashAttention: boolean) => (q: Tensor, k: Tensor, v: Tensor, bias: Tensor) =>
      ops.dotProductAttention(q, k, v, { ...options, bias, flashAttention, blockSize: 2 });
    const points = [draw([1, 3, 4, 2], 1), draw([1, 5, 2, 2], 2), draw([1, 5, 2, 3], 3)];
    for (const bias of [draw([4, 3, 5], 4), draw([5], 5), draw([1, 4, 1, 1], 6)]) {
      gradcheck(f(true), [...points, bias]);
      const slopes = (flash: boolean): Tensor[] =>
        grad(
          (...xs: Tensor[]) =>
            f(flash)(...(xs as [Tensor, Tensor, Tensor, Tensor]))
              .square()
              .sum(),
          {
            argnums: [0, 1, 2, 3],
          },
        )(...points, bias) as unknown as Tensor[];
      const [whole, blocked] = [slopes(false), slopes(true)];
      whole.forEach((slope, i) =>
        expectNear(blocked[i]!.dataSync(), [...slope.dataSync()], { relative: 1e-9, floor: 1e-12 }),
      );
    }
  });

  test('second derivatives by blocks', () => {
    const f = (q: Tensor, k: Tensor) => ops.dotProductAttention(q, k, k, { flashAttention: true, blockSize: 2 });
    gradcheck(f, [draw([1, 2, 1, 2], 1), draw([1, 3, 1, 2], 2)], { order: 2 });
  });

  test('masks and rows without any key, with gradients', () => {
    const mask = tensor([
      [true, false, true],
      [false, false, false],
    ]);
    const points = [draw([1, 2, 1, 2], 1), draw([1, 3, 1, 2], 2), draw([1, 3, 1, 2], 3)];
    for (const flashAttention of [false, true]) {
      const f = (q: Tensor, k: Tensor, v: Tensor) =>
        ops.dotProductAttention(q, k, v, { mask, flashAttention, blockSize: 2 });
      gradcheck(f, points);
      const low = (q: Tensor, k: Tensor, v: Tensor) =>
        ops.dotProductAttention(q, k, v, { bias: [-Infinity, -Infinity, 0], flashAttention, blockSize: 2 });
      const last = ops.slice(points[2]!, [0, 2, 0, 0]).dataSync();
      expectNear(low(points[0]!, points[1]!, points[2]!).dataSync(), [...last, ...last], { relative: 1e-12 });
    }
  });

  test('by blocks, no temporary is as large as the scores, forward or backward', () => {
    const [queries, keys, depth] = [96, 640, 4];
    const loss = (q: Tensor, k: Tensor, v: Tensor) =>
      ops.dotProductAttention(q, k, v, { flashAttention: true, blockSize: 64, isCausal: true }).square().sum();
    const step = jit(
      (q: Tensor, k: Tensor, v: Tensor) => grad(loss, { argnums: [0, 1, 2] })(q, k, v) as unknown as Tensor[],
    );
    const inputs = [queries, keys, keys].map((n, i) => draw([1, n, 1, depth], i, 'float32')) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const results = step(...inputs);
    const temporaries = [...step.explain(...inputs).matchAll(/temp \w+\[(\d+)\]/g)].map(([, size]) => Number(size));
    expect(temporaries.length).toBeGreaterThan(3);
    expect(Math.max(...temporaries)).toBeLessThan((queries * keys) / 4);
    const whole = (q: Tensor, k: Tensor, v: Tensor) =>
      ops.dotProductAttention(q, k, v, { flashAttention: false, isCausal: true }).square().sum();
    const wanted = grad(whole, { argnums: [0, 1, 2] })(...inputs) as unknown as Tensor[];
    wanted.forEach((t, i) => expectNear(results[i]!.dataSync(), [...t.dataSync()], { relative: 1e-3, floor: 2e-5 }));
  });

  test('half precision computes in float32', () => {
    const [q, k] = [draw([1, 2, 1, 2], 1), draw([1, 3, 1, 2], 2)];
    const half = ops.dotProductAttention(q.cast('float16'), k.cast('float16'), k.cast('float16'));
    expect(half.dtype).toBe('float16');
    expectNear(half.dataSync(), [...ops.dotProductAttention(q, k, k).dataSync()], { relative: 3e-3, floor: 1e-3 });
  });

  test('errors', () => {
    const q = ops.zeros([1, 2, 3, 4]);
    expect(() => ops.dotProductAttention(q, ops.zeros([1, 2, 2, 4]), ops.zeros([1, 2, 2, 4]))).toThrow(
      /multiple of key heads/,
    );
    expect(() => ops.dotProductAttention(q, q, q, { bias: ops.zeros([3, 3]) })).toThrow(/dotProductAttention: bias/);
    expect(() => ops.dotProductAttention(q, q, q, { mask: ops.ones([2, 3, 2, 2]) })).toThrow(/mask \[2, 3, 2, 2\]/);
    expect(() => ops.dotProductAttention(q, q, q, { softCap: 0 })).toThrow(/softCap must be above 0/);
    expect(() => ops.dotProductAttention(q, q, q, { blockSize: 0 })).toThrow(/blockSize/);
  });
});
