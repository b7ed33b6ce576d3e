/**
 * vmap: for every primitive and in every mixture, the stack of the results for single examples; and its interface.
 */
import { BATCHING, grad, vectorizedMap, vmap } from '@dl/autograd';
import { reference } from '@dl/tensor/backend';
import * as t from '@dl/tensor';
import { ConfigError, Generator, jit, setBackend, ShapeError, stack, tensor, Variable, type Tensor } from '@dl/tensor';
import { apply, compiledPrograms, composite, compositeAll } from '@dl/tensor/interpreter';
import { describe, expect, test } from 'vitest';
import { checkBatching, expectTensor, pointsOf, PRIMITIVES } from './samples.ts';

setBackend(reference());

describe('every primitive, every axis, batched and shared inputs', () => {
  test.each(PRIMITIVES.filter((op) => BATCHING[op] !== null))('%s', checkBatching);
});

describe('vmap', () => {
  test('no examples give no results, of the right shape', () => {
    for (const op of PRIMITIVES.filter((name) => BATCHING[name] !== null)) {
      for (const { text, run, shapes, draw } of pointsOf(op, op === 'bitcast' ? 'int32' : 'float64')) {
        const single = run(...draw(1));
        const none = draw(1).map((x) => t.zeros([0, ...x.shape], x.dtype));
        vmap(run)(...none).forEach((y, i) =>
          expect([0, ...single[i]!.shape], `${text} ${shapes.length}`).toEqual(y.shape),
        );
      }
    }
  });

  test('nests, with every order of axes', () => {
    const table = tensor(
      Float64Array.from({ length: 24 }, (__, i) => Math.sin(i)),
      'float64',
      [2, 3, 4],
    );
    const f = (x: Tensor, w: Tensor): Tensor => t.softmax(x.mul(w)).sum();
    const w = tensor([1, 2, 3, 4], 'float64');
    const both = vmap(vmap(f, { inAxes: [0, null] }), { inAxes: [0, null] })(table, w);
    const turned = vmap(vmap(f, { inAxes: [0, null] }), { inAxes: [2, null] })(
      table.transpose([2, 0, 1]).transpose([1, 0, 2]),
      w,
    );
    expect(both.shape).toEqual([2, 3]);
    expect(turned.shape).toEqual([3, 2]);
    const expected = stack([0, 1].map((i) => stack([0, 1, 2].map((j) => f(table.at(i, j), w)))));
    expectTensor(both, expected, 1e-12, 'nested');
    expectTensor(turned, expected.transpose(), 1e-12, 'turned');
    // The inner function maps over a value of the outer one.
    const outer = vmap((x: Tensor) => vmap((y: Tensor) => y.mul(x).sum())(table.at(0)))(t.ones([5, 4], 'float64'));
    expect(outer.shape).toEqual([5, 3]);
  });

  test('trees, output axes, and shared results', () => {
    const f = vmap(
      ({ a, rest: [b] }: { a: Tensor; rest: [Tensor]; name: string }, n: number) => ({
        sum: a.add(b).mul(n),
        shared: b.mul(2),
        count: 3,
      }),
      { inAxes: [{ a: 1, rest: null }, null], outAxes: { sum: 1, shared: null } },
    );
    const result = f({ a: tensor([[1, 2, 3], [4, 5, 6]]), rest: [tensor([10, 20])], name: 'x' }, 2); // prettier-ignore
    expect(result.count).toBe(3);
    expect(result.sum.arraySync()).toEqual([[22, 24, 26], [48, 50, 52]]); // prettier-ignore
    expect(result.shared.arraySync()).toEqual([20, 40]);
    const repeated = vmap((x: Tensor) => [x, tensor([1])] as const)(tensor([1, 2]));
    expect(repeated[1].arraySync()).toEqual([[1], [1]]);
    expect(vmap((x: Tensor) => x.mul(2))([1, 2] as never).arraySync()).toEqual([2, 4]);
    const shaped = vmap((x: Tensor, shape: number[]) => x.reshape(shape), { inAxes: [0, null] });
    expect(shaped(t.ones([3, 4]), [2, 2]).shape).toEqual([3, 2, 2]);
    const pairs = vectorizedMap(([x, y]: [Tensor, Tensor]) => x.sum().mul(y), [tensor([[1, 2], [3, 4]]), tensor([1, 10])]); // prettier-ignore
    expect(pairs.arraySync()).toEqual([3, 70]);
  });

  test('what does not fit is said', () => {
    const x = t.ones([2, 3]);
    const add = vmap(t.add);
    expect(() => add(x, t.ones([4, 3]))).toThrow(ShapeError);
    expect(() => add(x, t.ones([4, 3]))).toThrow('different numbers of examples, 2 and 4');
    expect(() => vmap((y: Tensor) => y, { inAxes: null })(x)).toThrow('no argument has an axis of examples');
    expect(() => vmap((y: Tensor) => y, { inAxes: 2 })(x)).toThrow(ShapeError);
    expect(() => vmap((y: Tensor) => y, { inAxes: [0, 0] })(x)).toThrow('inAxes has 2 entries');
    expect(() => vmap((y: Tensor) => y, { outAxes: null })(x)).toThrow('needs an axis in outAxes');
    expect(() => vmap((y: { a: Tensor }) => y.a, { inAxes: [{}] as never })({ a: x })).toThrow('no entry for "a"');
    expect(() => vmap((y: Tensor) => y.dataSync() as never)(x)).toThrow('cannot read a value');
    expect(() => vmap(3 as never)).toThrow(ConfigError);
    expect(() => vmap(async (y: Tensor) => y)(x)).toThrow('promise');
    // Errors speak of one example.
    expect(() => vmap((y: Tensor) => y.reshape([4]))(x)).toThrow('cannot reshape [3] (3');
  });

  test('Variables are shared; what differs between examples cannot be assigned', () => {
    const v = new Variable([1, 2], { name: 'total' });
    const y = vmap((x: Tensor) => {
      v.assign(v.value.add(1));
      return v.value.mul(x);
    })(tensor([[1, 1], [10, 10]])); // prettier-ignore
    expect(y.arraySync()).toEqual([[2, 3], [20, 30]]); // prettier-ignore
    expect(v.value.arraySync()).toEqual([2, 3]);
    expect(() => vmap((x: Tensor) => void v.assign(x) as never)(t.ones([3, 2]))).toThrow(
      "Variable 'total' is assigned a value that differs",
    );
  });

  test('indices of all examples are checked, at once and in compiled functions', () => {
    const table = tensor([10, 20, 30]);
    const look = vmap((i: Tensor) => t.gather(table, i).sum());
    const good = tensor([[0, 1], [2, 2]], 'int32'); // prettier-ignore
    const bad = tensor([[0, 1], [2, 7]], 'int32'); // prettier-ignore
    for (const f of [look, jit(look), vmap(jit((i: Tensor) => t.gather(table, i).sum()))]) {
      expect(f(good).arraySync()).toEqual([30, 60]);
      expect(() => f(bad)).toThrow('index 7 at position 1 is out of range');
    }
    const nested = vmap(look);
    expect(() => nested(stack([good, bad]))).toThrow('index 7 at position 1');
  });

  test('each example draws numbers of its own, and the state moves on once', () => {
    const draw = (seed: number, n: number): Tensor => {
      const g = new Generator(seed);
      const first = vmap((x: Tensor) => x.mul(0).add(g.normal([5])))(t.zeros([n]));
      return stack([first, vmap((x: Tensor) => x.mul(0).add(g.normal([5])))(t.zeros([n]))]);
    };
    const all = draw(3, 4).dataSync();
    expect(new Set(all).size).toBe(40);
    expect([...draw(3, 4).dataSync()]).toEqual([...all]);
    const g = new Generator(5);
    vmap((x: Tensor) => x.add(g.uniform([4])))(t.zeros([3, 4]));
    const plain = new Generator(5);
    plain.uniform([4]);
    expect(g.state.value.arraySync()).toEqual(plain.state.value.arraySync());
    const dropped = vmap((x: Tensor) => t.dropout(x, 0.5, { generator: g }))(t.ones([8, 64]));
    const rows = new Set((dropped.arraySync() as number[][]).map((row) => row.join()));
    expect(rows.size).toBe(8);
    // Nested, too, every example is different; compiled, the numbers are the same.
    const wide = (seed: number) => {
      const own = new Generator(seed);
      return vmap(vmap((x: Tensor) => x.add(own.uniform([2]))));
    };
    const inside = wide(9)(t.zeros([3, 4, 2]));
    expect(new Set(inside.dataSync()).size).toBe(24);
    expectTensor(jit(wide(9))(t.zeros([3, 4, 2])), inside, 0, 'compiled');
    const state = tensor([1, 2, 3, 4], 'uint32');
    const inLoop = vmap((x: Tensor) =>
      t.foriLoop(0, 2, (__, y) => y.add(t.cast(apply('randomBits', [state], { count: 4 }), 'float32').div(2 ** 32)), x),
    );
    expect(new Set(inLoop(t.zeros([6, 4])).dataSync()).size).toBe(24);
  });

  test('a composite is one program for all examples', () => {
    const smooth = composite<object>('smooth', ([x]) => t.tanh(x!.mul(2)).add(x!.sum()).div(3), { vjp: 'recompute' });
    const x = t.normal([6, 5]);
    const f = vmap((y: Tensor) => smooth([y], {}));
    const before = compiledPrograms();
    const y = f(x);
    expect(compiledPrograms()).toBe(before + 1);
    f(x);
    expect(compiledPrograms()).toBe(before + 1);
    expectTensor(y, stack([0, 1, 2, 3, 4, 5].map((i) => smooth([x.at(i)], {}))), 1e-6, 'smooth');
  });

  test('a composite that shares a result keeps it shared; one with a rule is asked', () => {
    const two = compositeAll<object>('two', ([x, y]) => [x!.add(y!), y!.mul(2)]);
    const [sum, shared] = vmap((x: Tensor) => two([x, tensor([1, 2])], {}), { outAxes: [0, null] })(t.ones([3, 2]));
    expect([sum!.shape, shared!.arraySync()]).toEqual([[3, 2], [2, 4]]); // prettier-ignore
    const seen: unknown[] = [];
    const asked = composite<object>('asked', ([x]) => x!.mul(2), {
      vmap: ([x], batched, __, size) => {
        seen.push(batched, size);
        return [x!.mul(2)];
      },
    });
    expect(vmap((x: Tensor) => asked([x], {}))(tensor([1, 2])).arraySync()).toEqual([2, 4]);
    expect(seen).toEqual([[true], 2]);
  });

  test('loops stay loops, with batched and shared carries', () => {
    const f = (x: Tensor, w: Tensor): Tensor =>
      t.foriLoop(0, 3, (i, { y, n }) => ({ y: y.mul(w).add(n).add(i), n: n.add(1) }), { y: x, n: tensor(0) }).y;
    const [x, w] = [t.normal([4, 2]), t.normal([2])];
    const expected = stack([0, 1, 2, 3].map((i) => f(x.at(i), w)));
    const many = vmap(f, { inAxes: [0, null] });
    expectTensor(many(x, w), expected, 1e-6, 'loop');
    expectTensor(vmap((v: Tensor) => f(w, v))(x), stack([0, 1, 2, 3].map((i) => f(w, x.at(i)))), 1e-6, 'loop, shared');
    const compiled = jit(many);
    expectTensor(compiled(x, w), expected, 1e-6, 'compiled loop');
    expect(compiled.lower(x, w).graph.nodes.filter(({ op }) => op === 'loop')).toHaveLength(1);
    expectTensor(
      vmap(grad((v: Tensor) => f(v, w).sum()))(x),
      stack([0, 1, 2, 3].map((i) => grad((v: Tensor) => f(v, w).sum())(x.at(i)))),
      1e-5,
      'gradients of a loop',
    );
  });

  test('results outlive scopes inside the function', () => {
    const f = vmap((x: Tensor) => t.tidy(() => x.mul(2).add(1)).mul(3));
    expect(f(tensor([1, 2])).arraySync()).toEqual([9, 15]);
    expect(vmap((x: Tensor) => t.tidy(() => x.mul(2)))(tensor([1, 2])).arraySync()).toEqual([2, 4]);
  });
});
