/**
 * Cases of gradients: ties, branches not taken, powers at zero, products with zeros.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VJP } from '@dl/autograd';
import { grad, setBackend, tensor, type Tensor } from '@dl/keras';
import * as t from '@dl/keras';
import { layers } from '@dl/keras';
import { beforeAll, describe, expect, test } from 'vitest';
import { ALL_BACKENDS, expectTensor, numbers } from './support.ts';

describe.each(ALL_BACKENDS)('%s', { timeout: 180_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()), 60_000);

  test('C12 ties: a window gives the gradient to its first maximum, a reduction shares it', async () => {
    const x = tensor([
      [1, 2],
      [2, 2],
    ]);
    const image = x.reshape([1, 2, 2, 1]);
    expect(await numbers(grad((v: Tensor) => t.maxPool(v, 2).sum())(image))).toEqual([0, 1, 0, 0]);
    expect(await numbers(grad((v: Tensor) => new layers.MaxPooling2D(2).apply(v).sum())(image))).toEqual([0, 1, 0, 0]);
    const shared = grad((v: Tensor) => v.max())(x);
    await expectTensor(shared, [0, 1 / 3, 1 / 3, 1 / 3]);
    expect((await numbers(shared)).reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    expect(await numbers(grad((v: Tensor) => v.neg().min())(x))).toEqual((await numbers(shared)).map((v) => -v));
  });

  test('C14 the branch of where() that is not taken: the guard works, without it the gradient is NaN', async () => {
    const x = tensor([-1, -4]);
    const guarded = (v: Tensor): Tensor => t.where(v.greater(0), t.sqrt(t.where(v.greater(0), v, 1)), v).sum();
    await expectTensor(grad(guarded)(x), [1, 1]);
    const guardedLog = (v: Tensor): Tensor => t.where(v.greater(1), t.log(t.where(v.greater(1), v, 1)), v.mul(2)).sum();
    await expectTensor(grad(guardedLog)(tensor([0, 2])), [2, 0.5]);
    // As the documentation of where() says.
    await expectTensor(grad((v: Tensor) => t.where(v.greater(0), t.sqrt(v), v).sum())(x), [NaN, NaN]);
    const unguardedLog = (v: Tensor): Tensor => t.where(v.greater(1), t.log(v), v.mul(2)).sum();
    await expectTensor(grad(unguardedLog)(tensor([0, 2])), [NaN, 0.5]);
  });

  test('C16 slopes of powers at zero and of negative bases', async () => {
    const slope = (base: number, exponent: t.TensorLike): Promise<number[]> =>
      numbers(grad((x: Tensor) => t.pow(x, exponent).sum())(tensor([base])));
    const wanted = [
      [0, 2, 0],
      [0, 1, 1],
      [0, 0, 0],
      [-2, 3, 12],
      [0, 0.4, Infinity],
    ] as const;
    for (const [base, exponent, value] of wanted) {
      // A number and a tensor take different ways.
      for (const form of [exponent, tensor([exponent])]) {
        expect((await slope(base, form))[0], `x^${exponent} at ${base}`).toBeCloseTo(value, 4);
      }
    }
    const both = grad((x: Tensor, b: Tensor) => t.pow(x, b).sum(), { argnums: [0, 1] }) as unknown as (
      x: Tensor,
      b: Tensor,
    ) => Tensor[];
    const [base, exponent] = both(tensor([0, -2]), tensor([2, 2])) as [Tensor, Tensor];
    await expectTensor(base, [0, -4]);
    // By the exponent: 0 for a base of 0, no real number for a negative one.
    await expectTensor(exponent, [0, NaN]);
  });

  test('C18 products with zeros', async () => {
    const slope = grad((x: Tensor) => x.prod());
    await expectTensor(slope(tensor([1, 2, 3])), [6, 3, 2]);
    await expectTensor(slope(tensor([0, 2, 3])), [6, 0, 0]);
    await expectTensor(slope(tensor([0, 0, 3])), [0, 0, 0]);
  });
});

test('C18 the documentation lists the ops without a gradient', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../../../packages/autograd/README.md'), 'utf8');
  const rows = readme
    .split('## Ops without a gradient')[1]!
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const listed = rows.flatMap((line) => [...line.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
  const bare = Object.entries(VJP).flatMap(([name, rule]) => (rule === null ? [name] : []));
  expect(listed.sort()).toEqual(bare.sort());
  const w = new t.Variable([1.5]);
  expect(t.variableGrads(() => t.floor(w).sum(), [w]).grads).toEqual([null]);
  expect(() => grad((x: Tensor) => x.sum())(tensor([1], 'int32'))).toThrow('cannot differentiate by a int32 tensor');
});
