/**
 * Connectionist temporal classification: losses and gradients of PyTorch, decoding against all paths.
 */
import { grad, gradcheck } from '@dl/autograd';
import { jit, setBackend, tensor, type Tensor } from '@dl/tensor';
import * as ops from '@dl/tensor/ops';
import { beforeAll, describe, expect, test } from 'vitest';
import { BACKENDS } from '../cases/support.ts';
import { needsValues, runGolden, type Golden } from './golden.ts';
import golden from './golden/ctc.json' with { type: 'json' };

const int = (list: number[] | number[][]): Tensor => tensor(list, 'int32');
const functions = {
  ...ops,
  /** The loss with its gradient. */
  ctcLoss: (target: Tensor, output: Tensor, few: Tensor, long: Tensor, options?: ops.CtcOptions) => ({
    loss: ops.ctcLoss(target, output, few, long, options),
    grad: grad((x: Tensor) => ops.ctcLoss(target, x, few, long, options).sum())(output) as Tensor,
  }),
};

describe.each(BACKENDS)('%s', { timeout: 120_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()));

  test.each((golden as unknown as readonly Golden[]).map((entry, i) => [`${entry[0]} ${i}`, entry] as const))(
    '%s',
    (_name, entry) => {
      const beam = entry[0] === 'ctcDecode' && JSON.stringify(entry[1]).includes('beam_search');
      expect(runGolden(functions, entry, 1e-4)).toBe(!beam);
    },
  );

  test('gradient in float64, and a second one', () => {
    const logits = ops.random.normal([2, 4, 3], 0, 1, { seed: 3, dtype: 'float64' });
    const f = (x: Tensor) =>
      ops.ctcLoss(
        int([
          [1, 2],
          [1, 1],
        ]),
        x,
        int([2, 2]),
        int([4, 3]),
      );
    gradcheck(f, [logits]);
    gradcheck(f, [ops.slice(logits, 0, [2, 3, 3])], { order: 2 });
  });

  test('labels that do not fit cost infinitely much and teach nothing', () => {
    const loss = (x: Tensor): Tensor =>
      ops.ctcLoss(
        int([
          [1, 1],
          [1, 2],
        ]),
        x,
        int([2, 2]),
        int([2, 2]),
      );
    const logits = ops.zeros([2, 2, 3]);
    const [first, second] = loss(logits).dataSync();
    expect(first).toBe(Infinity);
    expect(second).toBeCloseTo(2 * Math.log(3), 5);
    const slope = grad((x: Tensor) => ops.where(loss(x).less(Infinity), loss(x), 0).sum())(logits) as Tensor;
    expect([...slope.dataSync()].slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...slope.dataSync()].slice(6).every((v) => Number.isFinite(v) && v !== 0)).toBe(true);
  });

  test('no labels, no times, no batch', () => {
    const logits = ops.zeros([1, 3, 2]);
    expect(ops.ctcLoss(ops.zeros([1, 0], 'int32'), logits, int([0]), int([3])).itemSync()).toBeCloseTo(
      3 * Math.log(2),
      5,
    );
    expect(ops.ctcLoss(int([[1]]), ops.zeros([1, 0, 2]), int([1]), int([0])).arraySync()).toEqual([Infinity]);
    expect(ops.ctcLoss(ops.zeros([0, 1], 'int32'), ops.zeros([0, 3, 2]), int([]), int([])).shape).toEqual([0]);
  });

  test('errors', () => {
    const logits = ops.zeros([1, 3, 2]);
    expect(() => ops.ctcLoss(int([[1]]), ops.zeros([3, 2]), int([1]), int([3]))).toThrow(/ctcLoss: expected labels/);
    expect(() => ops.ctcLoss(int([[1]]), logits, int([1]), int([3]), { maskIndex: 2 })).toThrow(/a class of 2, got 2/);
    expect(() => ops.ctcDecode(logits, int([3, 3]))).toThrow(/ctcDecode: expected outputs/);
    expect(() => ops.ctcDecode(logits, int([3]), { strategy: 'best' as never })).toThrow(/'beam_search', got 'best'/);
    expect(() => ops.ctcDecode(logits, int([3]), { strategy: 'beam_search', beamWidth: 1, topPaths: 2 })).toThrow(
      /beam of 1/,
    );
    let thrown: unknown = null;
    try {
      jit((x: Tensor) => ops.ctcDecode(x, int([3]), { strategy: 'beam_search' }))(logits);
    } catch (error) {
      thrown = error;
    }
    expect(needsValues(thrown)).toBe(true);
  });
});
