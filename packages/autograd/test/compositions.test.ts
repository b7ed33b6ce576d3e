/**
 * Transformations with Variables, closures, loops, random numbers and scopes, in each other.
 */
import {
  checkpoint,
  customGradient,
  grad,
  hessian,
  hvp,
  jacobian,
  jacrev,
  jvp,
  variableGrads,
  vjp,
  vmap,
} from '@dl/autograd';
import { reference } from '@dl/tensor/backend';
import * as t from '@dl/tensor';
import { foriLoop, Generator, jit, memory, setBackend, stack, tensor, tidy, Variable, type Tensor } from '@dl/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectTensor } from './samples.ts';

setBackend(reference());

const f64 = (list: t.TensorLike): Tensor => tensor(list, 'float64');
const x = f64([[0.3, -1], [2, 0.5], [1, 1]]); // prettier-ignore
/** A function of each row. */
const rows = (f: (row: Tensor) => Tensor): Tensor => stack([0, 1, 2].map((i) => f(x.at(i))));

describe('Variables', () => {
  const w = new Variable(f64([1, 2]));
  const f = (row: Tensor): Tensor => t.sin(row.mul(w)).sum();
  const by = (loss: () => Tensor): Tensor => variableGrads(loss, [w]).grads[0]!;

  test('gradients for every example', () => {
    const each = (row: Tensor): Tensor => by(() => f(row));
    expectTensor(vmap(each)(x), rows(each), 1e-12, 'eager');
    expectTensor(jit(vmap(each))(x), rows(each), 1e-12, 'compiled');
  });

  test('gradients through vmap, checkpoint and jvp', () => {
    const wanted = by(() => f(x));
    expectTensor(by(() => vmap(f)(x).sum()), wanted, 1e-12, 'vmap'); // prettier-ignore
    expectTensor(by(() => vmap(checkpoint(f))(x).sum()), wanted, 1e-12, 'vmap of checkpoint'); // prettier-ignore
    const ahead = by(() => jvp(f, [x], [x]).tangent);
    expectTensor(ahead, by(() => grad(f)(x).mul(x).sum()), 1e-12, 'jvp'); // prettier-ignore
  });

  test('assignments of what differs are refused inside checkpoints too', () => {
    const v = new Variable(0);
    const assign = (row: Tensor): Tensor => (v.assign(row.sum().cast('float32')), row);
    for (const g of [assign, checkpoint(assign)]) expect(() => vmap(g)(x)).toThrow('differs from example to example');
    expect(v.value.itemSync()).toBe(0);
  });
});

describe('closures', () => {
  test('a custom gradient may close over an example', () => {
    const scaled = (row: Tensor) =>
      customGradient((y) => y.mul(row), ({ cotangent }) => [cotangent.mul(row).mul(2)]); // prettier-ignore
    expectTensor(vmap((row: Tensor) => grad((y: Tensor) => scaled(row)(y).sum())(row))(x), x.mul(2), 1e-12, 'gradient');
    expectTensor(vmap((row: Tensor) => scaled(row)(f64([1, 1])))(x), x, 1e-12, 'shared input');
  });

  test('a pull-back can be mapped', () => {
    const { pullback } = vjp((y: Tensor) => t.softmax(y), x);
    const unit = t.eye(6, 6, 0, 'float64').reshape([6, 3, 2]);
    const jacobianRows = vmap((u: Tensor) => pullback(u)[0])(unit).reshape([3, 2, 3, 2]);
    expectTensor(jacobianRows, jacobian((y: Tensor) => t.softmax(y), { mode: 'forward' })(x), 1e-12, 'rows');
  });
});

describe('loops', () => {
  /** The same loop, written out. */
  const written = <T>(n: number, body: (i: number, carry: T) => T, init: T): T =>
    Array.from({ length: n }, (_, i) => i).reduce((carry, i) => body(i, carry), init);
  type Loop = <T>(n: number, body: (i: Tensor | number, carry: T) => T, init: T) => T;
  const loop: Loop = (n, body, init) => foriLoop(0, n, body, init);

  const bodies: Readonly<Record<string, (run: Loop) => (y: Tensor) => Tensor>> = {
    'a gradient inside': (run) => (y) =>
      run(3, (i, z) => z.add(grad((q: Tensor) => t.sin(q.mul(z)).sum())(z).mul(0.1)).add(i), y),
    'vmap inside': (run) => (y) => run(2, (_, z) => vmap((row: Tensor) => t.softmax(row, -1).add(row))(z.reshape([-1, 2])).reshape(y.shape), y),
    'jvp inside': (run) => (y) => run(2, (_, z) => jvp((q: Tensor) => t.sin(q).mul(y), [z], [z]).tangent, y),
    'a loop inside': (run) => (y) => run(2, (_, z) => run(2, (j, q) => q.mul(y).add(z).add(j), z), y),
  }; // prettier-ignore

  test.each(Object.entries(bodies))('%s', (_, make) => {
    const [f, g] = [make(loop), make(written)];
    const once = (h: typeof f) => (y: Tensor) => jvp(h, [y], [x.at(0).add(y.mul(0))]).tangent;
    const ways: Readonly<Record<string, (h: typeof f) => Tensor>> = {
      itself: (h) => h(x),
      vmap: (h) => vmap(h)(x),
      compiled: (h) => jit(vmap(h))(x),
      jvp: (h) => once(h)(x),
      'vmap of jvp': (h) => vmap(once(h))(x),
      'jvp of vmap': (h) => once(vmap(h))(x),
      'jvp of jvp': (h) => once(once(h))(x),
      'grad of vmap': (h) => grad((y: Tensor) => vmap(h)(y).sum())(x),
    };
    for (const [name, way] of Object.entries(ways)) expectTensor(way(f), way(g), 1e-11, name);
  });
});

describe('random numbers', () => {
  test('a compiled function draws anew at each call', () => {
    const g = new Generator(3);
    const f = jit((y: Tensor) => vmap((row: Tensor) => t.dropout(row, 0.5, { generator: g }))(y));
    const [first, second] = [f(t.ones([4, 16])), f(t.ones([4, 16]))];
    expect([...first.dataSync()]).not.toEqual([...second.dataSync()]);
  });

  test('a checkpoint draws the same for every example when it is computed again', () => {
    const run = (wrap: (f: (row: Tensor) => Tensor) => typeof f): Tensor => {
      const g = new Generator(9);
      const f = wrap((row) => t.dropout(row.mul(row), 0.5, { generator: g }));
      return vmap(grad((row: Tensor) => f(row).sum()))(t.ones([4, 8]));
    };
    expectTensor(run((f) => checkpoint(f)), run((f) => f), 0, 'checkpoint'); // prettier-ignore
  });
});

describe('trees and sizes', () => {
  test('a Hessian of a network has a block for every pair of weights', () => {
    interface Weights {
      readonly w: Tensor;
      readonly b: Tensor;
    }
    const net = ({ w, b }: Weights, y: Tensor): Tensor => t.tanh(y.matmul(w).add(b)).sum();
    const weights = { w: f64([[1, 2, 3], [0.1, 0.2, 0.3]]), b: f64([0, 1, 2]) }; // prettier-ignore
    const blocks = hessian(net)(weights, x) as unknown as { w: Weights; b: Weights };
    expect([blocks.w.w.shape, blocks.w.b.shape, blocks.b.w.shape]).toEqual([[2, 3, 2, 3], [2, 3, 3], [3, 2, 3]]); // prettier-ignore
    const other = jacobian(grad(net) as (...args: [Weights, Tensor]) => unknown)(weights, x) as typeof blocks;
    expectTensor(blocks.w.b, other.w.b, 1e-12, 'reverse over reverse');
  });

  test('no examples, and nothing to differentiate', () => {
    expect(vmap(jacrev((y: Tensor) => y.square()))(t.ones([0, 3])).shape).toEqual([0, 3, 3]);
    expect(hessian((y: Tensor) => y.square().sum())(t.ones([0])).shape).toEqual([0, 0]);
    expect(vmap(grad((y: Tensor) => t.softmax(y).square().sum()))(t.ones([0, 3])).shape).toEqual([0, 3]);
  });
});

describe('scopes on backends whose memory is not collected', () => {
  beforeAll(() => {
    const base = reference();
    setBackend({ ...base, capabilities: { ...base.capabilities, collected: false } });
  });
  afterAll(() => setBackend(reference()));

  const f = (y: Tensor): Tensor => t.softmax(y.mul(y)).mul(t.sin(y)).sum().add(t.layerNorm(y).square().sum());
  const custom = customGradient((y) => t.sin(y), ({ inputs: [y], cotangent }) => [t.cos(y!).mul(cotangent)]); // prettier-ignore
  const inside = (y: Tensor): Tensor => tidy(() => f(tidy(() => y.mul(2))));
  const CASES: Readonly<Record<string, (y: Tensor) => unknown>> = {
    jvp: (y) => jvp(f, [y], [y]),
    'jvp with scopes inside': (y) => jvp(inside, [y], [y]),
    vmap: (y) => vmap(f)(y),
    'vmap with scopes inside': (y) => vmap(inside)(y),
    'vmap of grad': (y) => vmap(grad(f))(y),
    'grad of vmap': (y) => grad((z: Tensor) => vmap(f)(z).sum())(y),
    'custom gradients': (y) => [vmap(grad((z: Tensor) => custom(z).sum()))(y), grad((z: Tensor) => vmap(custom)(z).sum())(y)],
    'jvp of vmap': (y) => jvp((z: Tensor) => vmap(custom)(z).sum(), [y], [y]),
    hessian: (y) => hessian(f)(y),
    jacobian: (y) => jacobian((z: Tensor) => t.softmax(z))(y),
    hvp: (y) => hvp(f, [y], [y]),
    checkpoint: (y) => grad(checkpoint(f))(y),
    loop: (y) => jvp((z: Tensor) => foriLoop(0, 2, (_, q) => q.mul(z), z), [y], [y]),
  }; // prettier-ignore

  test.each(Object.entries(CASES))('%s leaves nothing behind', (_, run) => {
    const y = t.zeros([2, 3]).add(tensor([1, 2, 3]));
    const round = (): void => tidy(() => void run(y) as never);
    round();
    const before = memory().live;
    for (let i = 0; i < 3; i++) round();
    expect(memory().live).toBe(before);
  });

  test('results of both live on', () => {
    const y = t.zeros([2, 3]).add(tensor([1, 2, 3]));
    const { value, tangent } = tidy(() => jvp(inside, [y], [y]));
    expect(value.itemSync()).toBeCloseTo(f(y.mul(2)).itemSync(), 4);
    expect(Number.isFinite(tangent.itemSync())).toBe(true);
    expect(tidy(() => vmap(inside)(y)).dataSync()).toHaveLength(2);
  });
});
