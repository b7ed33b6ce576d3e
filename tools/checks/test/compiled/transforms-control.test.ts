/**
 * Loops and branches under jvp, vmap and gradients, in each other and compiled.
 */
import { grad, jvp, vjp, vmap } from '@dl/autograd';
import { cpu } from '@dl/backend-cpu';
import * as t from '@dl/tensor';
import {
  cond,
  foriLoop,
  jit,
  map,
  scan,
  setBackend,
  stack,
  switchCase,
  tensor,
  whileLoop,
  type Tensor,
} from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectTensor, numbers } from '../cases/support.ts';
import { values } from './training.ts';

type F = (x: Tensor) => Tensor;

/** Functions of a vector of 3, smooth at the values that are used. */
const FUNCTIONS: Readonly<Record<string, F>> = {
  scan: (x) => {
    const [last, ys] = scan(
      (c: Tensor, e: Tensor) => [t.tanh(c.mul(e).add(x)), c.sum().mul(e)] as const,
      x.mul(0.5),
      t.concat([x, x.square()], 0),
    );
    return t.concat([last, ys], 0);
  },
  'scan backwards': (x) =>
    scan((c: Tensor, e: Tensor) => [c.add(e.sin()), c.mul(x)] as const, tensor(0.5, x.dtype), x, {
      reverse: true,
    })[1].sum(0),
  'scan of what does not change': (x) =>
    scan(
      (c: Tensor, e: Tensor) => [c.add(1), e.mul(c).mul(x)] as const,
      tensor(1, x.dtype),
      t.arange(4, undefined, 1, x.dtype),
    )[1].sum(0),
  foriLoop: (x) => foriLoop(0, 4, (i, y) => y.mul(x).add(i.add(1).cast(x.dtype)).sin(), x),
  map: (x) => map((e: Tensor) => e.mul(x).sum().exp(), x.mul(0.3)),
  cond: (x) =>
    cond(
      x.sum().greater(0.4),
      () => x.sin(),
      () => x.square().add(x.mean()),
    ),
  switch: (x) => {
    const place = x.sum().mul(3).floor().cast('int32');
    return switchCase(
      place,
      [(y: Tensor) => y.exp(), (y: Tensor) => y.mul(y), (y: Tensor) => t.cumsum(y, 0).mul(x)],
      x,
    );
  },
  'cond in scan': (x) =>
    scan(
      (c: Tensor, e: Tensor) => {
        const next = cond(
          e.greater(0.2),
          () => c.mul(e).add(x),
          () => c.sub(e.square()),
        );
        return [next, next.sum()] as const;
      },
      x,
      x,
    )[1],
  whileLoop: (x) =>
    whileLoop(
      (y) => y.square().sum().less(30),
      (y) => y.mul(1.5).add(x.square()),
      x,
      { maximumIterations: 12 },
    ),
};

const rows = (dtype: t.DType = 'float32'): Tensor => values(11, [4, 3]).cast(dtype);

describe.each([
  ['reference', reference],
  ['cpu', cpu],
] as const)('%s', (_, make) => {
  beforeAll(() => setBackend(make()));

  describe.each(Object.entries(FUNCTIONS))('%s', (__, f) => {
    test('tangents are those of differences, and agree with gradients', async () => {
      const [x, v] = [rows('float64').at(0), rows('float64').at(1)];
      const { value, tangent } = jvp(f, [x], [v]);
      await expectTensor(value, await numbers(f(x)));
      const step = 1e-6;
      const difference = f(x.add(v.mul(step)))
        .sub(f(x.sub(v.mul(step))))
        .div(2 * step);
      await expectTensor(tangent!, await numbers(difference), { relative: 1e-5, floor: 1e-7 });
      const u = values(5, value.shape).cast('float64');
      const [pulled] = vjp(f, x).pullback(u);
      expect(await tangent!.mul(u).sum().item()).toBeCloseTo(await pulled.mul(v).sum().item(), 9);
    });

    test('vmap is a stack of results, also compiled', async () => {
      const x = rows();
      const wanted = await numbers(stack([0, 1, 2, 3].map((i) => f(x.at(i)))));
      await expectTensor(vmap(f)(x), wanted, { relative: 1e-5, floor: 1e-6 });
      await expectTensor(jit(vmap(f))(x), wanted, { relative: 1e-5, floor: 1e-6 });
      await expectTensor(vmap(f, { inAxes: 1 })(x.transpose()), wanted, { relative: 1e-5, floor: 1e-6 });
    });

    test('gradients of each example, tangents of gradients, gradients of tangents', async () => {
      const x = rows('float64');
      const loss = (y: Tensor): Tensor => f(y).square().sum();
      const each = [0, 1, 2, 3].map((i) => grad(loss)(x.at(i)));
      const tolerance = { relative: 1e-9, floor: 1e-9 };
      await expectTensor(jit(vmap(grad(loss)))(x), await numbers(stack(each)), tolerance);
      await expectTensor(grad((y: Tensor) => vmap(loss)(y).sum())(x), await numbers(stack(each)), tolerance);
      const [at, v] = [x.at(2), x.at(0)];
      const product = jvp(grad(loss), [at], [v]).tangent!;
      const other = grad((y: Tensor) => jvp(loss, [y], [v]).tangent!)(at);
      await expectTensor(product, await numbers(other), { relative: 1e-7, floor: 1e-8 });
      const compiled = jit((y: Tensor) => jvp(grad(loss), [y], [v]).tangent!)(at);
      await expectTensor(compiled, await numbers(product), { relative: 1e-7, floor: 1e-8 });
    });
  });

  test('examples of a whileLoop end on their own', async () => {
    const steps = (x: Tensor): readonly [Tensor, Tensor] =>
      whileLoop(
        ([y]) => y.less(100),
        ([y, n]) => [y.mul(2), n.add(1)],
        [x, tensor(0, 'int32')] as readonly [Tensor, Tensor],
        { maximumIterations: 30 },
      );
    for (const run of [vmap(steps), jit(vmap(steps))]) {
      const [y, n] = run(tensor([1, 200, 3, 99]));
      expect([await numbers(y), await numbers(n)]).toEqual([
        [128, 200, 192, 198],
        [7, 0, 6, 1],
      ]);
    }
  });

  test('vmap over what only some parts of a loop see', async () => {
    const f = (x: Tensor, w: Tensor): Tensor =>
      scan((c: Tensor, e: Tensor) => [c.add(e.mul(w)), c] as const, tensor(0), x)[1];
    const [x, w] = [tensor([1, 2, 3]), tensor([10, 20])];
    expect(await numbers(vmap(f, { inAxes: [null, 0] })(x, w))).toEqual([0, 10, 30, 0, 20, 60]);
    const many = tensor([[1, 2, 3], [4, 5, 6]]); // prettier-ignore
    expect(await numbers(vmap(f, { inAxes: [0, null] })(many, tensor(1)))).toEqual([0, 1, 3, 0, 4, 9]);
  });
});
