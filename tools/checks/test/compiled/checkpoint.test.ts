/**
 * checkpoint: the same values and gradients, in less memory; eagerly, compiled, and within other transformations.
 */
import { checkpoint, grad, hessian, jvp, variableGrads, vmap } from '@dl/autograd';
import { cpu } from '@dl/backend-cpu';
import * as t from '@dl/tensor';
import { Generator, jit, setBackend, tensor, Variable, type Tensor } from '@dl/tensor';
import type { Program } from '@dl/tensor/backend';
import { apply } from '@dl/tensor/interpreter';
import { beforeAll, describe, expect, test } from 'vitest';
import { turnsOf } from '../../../../packages/backend-cpu/src/program/layout.ts';
import { expectTensor } from '../../../../packages/autograd/test/samples.ts';
import { ALL_BACKENDS } from '../cases/support.ts';

/** Bytes of temporaries of float32 when those whose lives do not overlap share a place. */
function plannedBytes(program: Program): number {
  const size = (i: number): number => 4 * Number(program.buffers[i]!.size);
  return turnsOf(program).reduce((sum, members) => sum + Math.max(...members.map(size)), 0);
}

const LAYERS = 16;

interface Weights {
  readonly w: Tensor;
  readonly b: Tensor;
}

const weights = (width: number): Weights[] =>
  Array.from({ length: LAYERS }, (_, i) => {
    const g = new Generator(i);
    return { w: g.normal([width, width], 0, 1 / Math.sqrt(width)), b: g.normal([width]) };
  });

const layer = (x: Tensor, { w, b }: Weights): Tensor => t.layerNorm(t.tanh(x.matmul(w).add(b))).add(x);

/** A loss through all layers, in parts of which each is wrapped. */
function chain(part: number, wrap: (f: (x: Tensor, own: Weights[]) => Tensor) => typeof f) {
  const run = wrap((x: Tensor, own: Weights[]) => own.reduce(layer, x));
  return (all: Weights[], x: Tensor): Tensor => {
    let y = x;
    for (let i = 0; i < LAYERS; i += part) y = run(y, all.slice(i, i + part));
    return y.square().mean();
  };
}

const plain = chain(4, (f) => f);
const parts = chain(4, (f) => checkpoint(f));

describe.each(ALL_BACKENDS)('%s', { timeout: 120_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()), 60_000);

  test('values and gradients are those without, eagerly and compiled', async () => {
    const [all, x] = [weights(6), new Generator(99).normal([3, 6])];
    const wanted = grad(plain)(all, x);
    for (const f of [grad(parts), jit(grad(parts)), grad(jit(parts))]) {
      const actual = f(all, x);
      for (let i = 0; i < LAYERS; i++) {
        const [a, e] = await Promise.all([actual[i]!.w.data(), wanted[i]!.w.data()]);
        e.forEach((value, k) => expect(Math.abs(a[k]! - value)).toBeLessThan(1e-4 * Math.max(1, Math.abs(value))));
      }
    }
  });
});

describe('checkpoint', { timeout: 120_000 }, () => {
  beforeAll(() => setBackend(cpu({ threads: 1 })));

  test('compiled, it saves most of the memory, and computes each part once more', () => {
    const [all, x] = [weights(64), t.normal([512, 64])];
    const programs = [plain, parts].map((f) => jit(grad(f)).lower(all, x).program);
    const [without, with_] = programs.map(plannedBytes) as [number, number];
    expect(with_).toBeLessThan(0.55 * without);
    const products = programs.map(({ kernels }) => kernels.filter(({ kind }) => kind === 'matmul').length);
    // Forward, by the input and by the weights; the input of the first layer needs no gradient.
    expect(products).toEqual([3 * LAYERS - 1, 4 * LAYERS - 1]);
  });

  test('elementwise parts are computed again too, whatever the passes do', () => {
    const block = (y: Tensor): Tensor => [1, 2, 3, 4].reduce((z, k) => t.sin(z.mul(k)), y);
    const run = (wrap: (f: (y: Tensor) => Tensor) => typeof block) => (y: Tensor) =>
      Array.from({ length: 8 }, () => wrap(block)).reduce((z, f) => f(z).sub(f(z).mean()), y).square().sum(); // prettier-ignore
    const x = t.normal([4096]);
    const [without, with_] = [run((f) => f), run((f) => checkpoint(f))].map((f) =>
      plannedBytes(jit(grad(f)).lower(x).program),
    );
    expect(with_!).toBeLessThan(0.6 * without!);
  });

  test('within other transformations', () => {
    const f = (x: Tensor): Tensor => t.tanh(x.mul(x)).mul(t.sin(x)).sum();
    const g = checkpoint(f);
    const x = tensor([[0.3, -1, 2], [1, 0.5, -0.2]], 'float64'); // prettier-ignore
    expectTensor(hessian(g)(x), hessian(f)(x), 1e-12, 'hessian');
    expectTensor(grad((y: Tensor) => grad(g)(y).square().sum())(x), grad((y: Tensor) => grad(f)(y).square().sum())(x), 1e-12, 'twice'); // prettier-ignore
    expectTensor(vmap(grad(g))(x), vmap(grad(f))(x), 1e-12, 'vmap of grad');
    expectTensor(grad((y: Tensor) => vmap(g)(y).sum())(x), grad(f)(x), 1e-12, 'grad of vmap');
    expectTensor(jvp(g, [x], [x]).tangent, jvp(f, [x], [x]).tangent, 1e-12, 'jvp');
    const inside = checkpoint((y: Tensor) => checkpoint(f)(y).mul(checkpoint(f)(y.mul(2))));
    const flat = (y: Tensor): Tensor => f(y).mul(f(y.mul(2)));
    for (const wrap of [(h: typeof f) => h, (h: typeof f) => jit(h)]) {
      expectTensor(wrap(grad(inside))(x), grad(flat)(x), 1e-12, 'nested');
    }
    const looped = (h: typeof f) => (y: Tensor) => t.foriLoop(0, 3, (i, z) => z.add(h(z)).add(i), y).sum();
    expectTensor(grad(looped(g))(x), grad(looped(f))(x), 1e-9, 'in a loop');
  });

  test('Variables are read and assigned, and random numbers are the same again', () => {
    const [v, count] = [new Variable([1, 2]), new Variable(0)];
    const body = (g: Generator) => (x: Tensor) => {
      count.assign(count.value.add(1));
      return t.dropout(x.mul(v).mul(x), 0.5, { generator: g });
    };
    const x = t.arange(1, 9).reshape([4, 2]).cast('float32');
    const run = (wrap: (f: ReturnType<typeof body>) => typeof f, seed: number) => {
      const g = new Generator(seed);
      const f = wrap(body(g));
      const step = (): (Tensor | null)[] => [0, 1].flatMap(() => variableGrads(() => f(x).sum(), [v]).grads);
      return { step, g };
    };
    for (const compile of [false, true]) {
      const [a, b] = [run((f) => f, 7), run((f) => checkpoint(f), 7)];
      count.assign(0);
      const [wanted, actual] = [a, b].map(({ step }) => (compile ? jit(step) : step)());
      wanted!.forEach((dv, i) => expectTensor(actual![i]!, dv!, 1e-6, `gradient ${i}`));
      expect(count.value.itemSync()).toBe(4);
      expect(b.g.state.value.arraySync()).toEqual(a.g.state.value.arraySync());
    }
  });

  test('what the function closes over gets its gradient; numbers of compiled functions stay weak', () => {
    const x = tensor([1, 2, 3]);
    const f = (w: Tensor): Tensor => checkpoint((y: Tensor) => t.sin(y.mul(w)).mul(w))(x).sum();
    const g = (w: Tensor): Tensor => t.sin(x.mul(w)).mul(w).sum();
    for (const way of [grad(f), jit(grad(f))]) expectTensor(way(x.mul(0.5)), grad(g)(x.mul(0.5)), 1e-6, 'closure');
    const half = jit((y: Tensor, k: number) => checkpoint((z: Tensor, n: number) => z.mul(n))(y, k));
    expect(half(x.cast('float16'), 0.5).dtype).toBe('float16');
  });

  test('trees, results that are arguments, and checks of indices', () => {
    const f = checkpoint(({ a, n }: { a: Tensor; n: number }, b: Tensor) => ({
      sum: a.add(b).mul(n),
      a,
      text: 'kept',
    }));
    const { sum, a, text } = f({ a: tensor([1, 2]), n: 3 }, tensor([1, 1]));
    expect([sum.arraySync(), a.arraySync(), text]).toEqual([[6, 9], [1, 2], 'kept']); // prettier-ignore
    const look = checkpoint((i: Tensor) => t.gather(tensor([1, 2]), i));
    expect(look(tensor([1, 0], 'int32')).arraySync()).toEqual([2, 1]);
    for (const g of [look, jit(look)]) expect(() => g(tensor([1, 5], 'int32'))).toThrow('index 5 at position 1');
    expect(() => checkpoint(async (x: Tensor) => x)(tensor([1]))).toThrow('promise');
    expect(() => checkpoint(3 as never)).toThrow('expected a function');
  });

  test('a barrier keeps what stands behind it from merging with what stands before', () => {
    const f = (again: (x: Tensor, y: Tensor) => Tensor) => (x: Tensor, w: Tensor) => {
      const y = t.tanh(x).matmul(w);
      return [y, t.tanh(again(x, y))];
    };
    const x = t.ones([8, 8]);
    const lowered = [f((y) => y), f((y, after) => apply('barrier', [y, after], {}))].map((g) => jit(g).lower(x, x));
    const count = lowered.map(({ optimized }) => optimized.nodes.filter(({ op }) => op === 'tanh').length);
    expect(count).toEqual([1, 2]);
    const kinds = lowered.map(({ program }) => program.kernels.map(({ kind }) => kind).join(' '));
    expect(kinds).toEqual(['map matmul', 'map matmul map']);
    expectTensor(apply('barrier', [x.transpose(), x], {}), x, 0, 'eagerly a view');
  });
});
