/**
 * jit: compiled functions are the functions they were made of, and change what those change.
 */
import { grad, valueAndGrad, variableGrads } from '@dl/autograd';
import { Adam, SGD } from '@dl/optim';
import * as t from '@dl/tensor';
import { JIT_PASSES } from '@dl/tensor/interpreter';
import { ConfigError, Generator, jit, memory, setBackend, ShapeError, tensor, Variable, type Tensor } from '@dl/tensor';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { ALL_BACKENDS, BACKENDS, expectTensor, numbers } from '../cases/support.ts';

describe.each(ALL_BACKENDS)('%s', { timeout: 120_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()), 60_000);

  test('results keep their structure, and what is no tensor', async () => {
    const f = jit((x: Tensor, { scale }: { scale: Tensor }) => ({ sum: x.sum(), list: [x.mul(scale), 'text', 3] }));
    const { sum, list } = f(tensor([1, 2]), { scale: tensor([10]) });
    expect(await sum.item()).toBe(3);
    expect(await numbers(list[0] as Tensor)).toEqual([10, 20]);
    expect(list.slice(1)).toEqual(['text', 3]);
    expect(f.traces).toBe(1);
  });

  test('numbers are values, not constants; they take the dtype of what they meet', async () => {
    const f = jit((x: Tensor, rate: number) => x.mul(rate).add(1));
    expect(await numbers(f(tensor([1, 2]), 3))).toEqual([4, 7]);
    expect(await numbers(f(tensor([1, 2]), -0.5))).toEqual([0.5, 0]);
    expect(f.traces).toBe(1);
    expect(f(tensor([1], 'float16'), 2).dtype).toBe('float16');
    expect(f(tensor([1], 'int32'), 2).dtype).toBe('float32');
  });

  test('typed arrays are values; views and slices are taken as they are', async () => {
    const f = jit((x: Tensor | Float32Array) => t.sum(x));
    expect(await f(new Float32Array([1, 2, 3])).item()).toBe(6);
    expect(await f(new Float32Array([1, 2, 4])).item()).toBe(7);
    const whole = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(await f(whole.at(1)).item()).toBe(15);
    const g = jit((x: Tensor) => x.mul(2));
    expect(await numbers(g(whole.transpose()))).toEqual([2, 8, 4, 10, 6, 12]);
  });

  test('Variables are read and assigned; their values from before stay', async () => {
    const v = new Variable([1, 2], { name: 'v' });
    const count = new Variable(tensor(0, 'int32'), { name: 'count' });
    const f = jit((x: Tensor) => {
      v.assign(v.value.add(x));
      count.assignAdd(1);
      return v.value.mul(2);
    });
    const before = v.value;
    expect(await numbers(f(tensor([10, 20])))).toEqual([22, 44]);
    expect(await numbers(f(tensor([1, 1])))).toEqual([24, 46]);
    expect(await numbers(v.value)).toEqual([12, 23]);
    expect(await count.value.item()).toBe(2);
    expect(await numbers(before)).toEqual([1, 2]);
    v.assign([0, 0]);
    expect(await numbers(f(tensor([1, 2])))).toEqual([2, 4]);
    expect(f.traces).toBe(1);
  });

  test('Variables may change places, take the same value, or be assigned without being read', async () => {
    const [a, b, c] = [new Variable([1, 2]), new Variable([3, 4]), new Variable([0, 0])];
    const swap = jit(() => {
      const old = a.value;
      a.assign(b.value);
      b.assign(old);
      c.assign(t.full([2], 7));
    });
    swap();
    expect([await numbers(a.value), await numbers(b.value)]).toEqual([
      [3, 4],
      [1, 2],
    ]);
    swap();
    expect([await numbers(a.value), await numbers(b.value), await numbers(c.value)]).toEqual([
      [1, 2],
      [3, 4],
      [7, 7],
    ]);
    const both = jit((x: Tensor) => {
      a.assign(x.mul(2));
      b.assign(x.mul(2));
      return x.mul(2);
    });
    expect(await numbers(both(tensor([5, 6])))).toEqual([10, 12]);
    expect([await numbers(a.value), await numbers(b.value)]).toEqual([
      [10, 12],
      [10, 12],
    ]);
  });

  test('an update that reads across its elements does not read what it has written', async () => {
    const v = new Variable([1, 2, 3, 4]);
    const f = jit(() => void v.assign(v.value.add(v.value.flip()).sub(v.value.sum())));
    f();
    expect(await numbers(v.value)).toEqual([-5, -5, -5, -5]);
    const w = new Variable([
      [1, 2],
      [3, 4],
    ]);
    const g = jit(() => void w.assign(w.value.matmul(w.value).add(w.value.transpose())));
    g();
    expect(await numbers(w.value)).toEqual([8, 13, 17, 26]);
  });

  test('tensors from outside are inputs by reference, and several outputs may be one', async () => {
    const outside = tensor([1, 2]);
    const f = jit((x: Tensor) => [x, outside, x.add(outside), outside.reshape([2, 1])]);
    const results = await Promise.all(f(tensor([5, 6])).map(numbers));
    expect(results).toEqual([
      [5, 6],
      [1, 2],
      [6, 8],
      [1, 2],
    ]);
  });

  test('gradients inside and outside, and functions in functions', async () => {
    const cube = jit((x: Tensor) => x.mul(x).mul(x).sum());
    expect(await numbers(jit(grad(cube))(tensor([1, 2])))).toEqual([3, 12]);
    expect(await numbers(grad(cube)(tensor([1, 2])))).toEqual([3, 12]);
    expect(await numbers(jit(grad((x: Tensor) => grad(cube)(x).sum()))(tensor([1, 2])))).toEqual([6, 12]);
    const outer = jit((x: Tensor) => valueAndGrad(cube)(x.add(1)));
    const { value, grads } = outer(tensor([0, 1]));
    expect([await value.item(), await numbers(grads)]).toEqual([9, [3, 12]]);
  });

  test('random numbers go on as they do without jit', async () => {
    const [one, two] = [new Generator(7), new Generator(7)];
    const f = jit(() => one.uniform([5]));
    for (let i = 0; i < 3; i++) await expectTensor(f(), await numbers(two.uniform([5])), { relative: 0 });
  });

  test('zero sizes and scalars', async () => {
    const f = jit((x: Tensor) => [x.mul(2), x.sum()]);
    const [empty, sum] = f(t.zeros([0, 3])) as [Tensor, Tensor];
    expect([empty.shape, await sum.item()]).toEqual([[0, 3], 0]);
    expect(await f(tensor(4))[0]!.item()).toBe(8);
  });

  test('a step with an optimizer agrees with the same step op by op', async () => {
    const run = async (compile: boolean): Promise<number[][]> => {
      const w = new Variable([[0.1], [-0.2]]);
      const optimizer = new Adam(0.1, { clipnorm: 1 });
      const step = (x: Tensor, y: Tensor): Tensor => {
        const { value, grads } = variableGrads(() => x.matmul(w).sub(y).square().mean(), [w]);
        optimizer.apply(grads, [w]);
        return value;
      };
      const f = compile ? jit(step) : step;
      const [x, y] = [tensor([[1, 2], [3, 4]]), tensor([[1], [2]])]; // prettier-ignore
      const losses: number[] = [];
      for (let i = 0; i < 5; i++) losses.push(await f(x, y).item());
      return [losses, await numbers(w.value)];
    };
    const [compiled, eager] = [await run(true), await run(false)];
    for (const k of [0, 1]) compiled[k]!.forEach((value, i) => expect(value).toBeCloseTo(eager[k]![i]!, 5));
  });

  test('what a function keeps from run to run outlives the scope of its first call', async () => {
    const w = new Variable(t.ones([4, 4]));
    const f = jit((x: Tensor) => x.matmul(w.value.exp()).add(tensor([1, 2, 3, 4])));
    const x = tensor([[1, 0, 0, 0]]);
    const wanted = [1, 2, 3, 4].map((n) => Math.E + n);
    await expectTensor(
      t.tidy(() => f(x)),
      wanted,
    );
    // Memory that had been freed would be given to these.
    const others = Array.from({ length: 8 }, (_, i) => [t.full([4, 4], i).add(1), t.full([4], i).add(1)]);
    for (let i = 0; i < 2; i++) await expectTensor(f(x), wanted);
    expect(others).toHaveLength(8);
  });

  test('what depends on fixed Variables alone follows them', async () => {
    const w = new Variable(t.ones([4, 4]));
    const f = jit((x: Tensor) => x.matmul(w.value.mul(2).transpose().exp()));
    const x = t.ones([1, 4]);
    await expectTensor(f(x), new Array<number>(4).fill(4 * Math.exp(2)));
    await expectTensor(f(x), new Array<number>(4).fill(4 * Math.exp(2)));
    w.assign(t.zeros([4, 4]));
    await expectTensor(f(x), [4, 4, 4, 4]);
  });
});

describe.each(BACKENDS)('%s', (_, make) => {
  beforeAll(async () => setBackend(await make()));

  test('strings and booleans are known while tracing; static numbers as well', () => {
    const seen: unknown[] = [];
    const f = jit(
      (x: Tensor, mode: string, flag: boolean, times: number) => {
        seen.push([mode, flag, times]);
        return flag ? x.mul(times) : x;
      },
      { static: [3] },
    );
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const x = tensor([1]);
    f(x, 'a', true, 2);
    f(x, 'a', true, 2);
    f(x, 'b', true, 2);
    expect(f(x, 'b', true, 3).itemSync()).toBe(3);
    warn.mockRestore();
    expect(seen).toEqual([
      ['a', true, 2],
      ['b', true, 2],
      ['b', true, 3],
    ]);
  });

  test('the third trace names the argument that changed, once', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const f = jit((a: Tensor, b: Tensor) => a.sum().add(b.sum()), { name: 'total' });
    for (const n of [1, 2, 3, 4]) f(t.ones([2]), t.ones([n]));
    const said = warn.mock.calls.map(([text]) => String(text));
    warn.mockRestore();
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(
      'total is traced again (trace 3), because argument 1 changed from float32[2] to float32[3]',
    );
  });

  test('with openBatch, other numbers of samples are no reason to warn', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const f = jit((x: Tensor) => x.sum(), { openBatch: true });
    for (const n of [1, 2, 3, 4, 5]) f(t.ones([n, 2]));
    expect(warn).not.toHaveBeenCalled();
    for (const n of [3, 4]) f(t.ones([1, n]));
    expect(warn.mock.calls.map(([text]) => String(text))).toEqual([
      expect.stringContaining('argument 0 changed from float32[1, 3] to float32[1, 4]'),
    ]);
    warn.mockRestore();
  });

  test('only so many programs are kept', () => {
    const f = jit((x: Tensor) => x.mul(2), { maxPrograms: 2 });
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    for (const n of [1, 2, 3]) f(t.ones([n]));
    f(t.ones([3]));
    expect(f.traces).toBe(3);
    f(t.ones([1]));
    vi.restoreAllMocks();
    expect(f.traces).toBe(4);
  });

  test('reading a value, promises and numbers made of tensors are errors; nothing is left behind', () => {
    const x = tensor([1]);
    expect(() => jit((a: Tensor) => a.mul(a.itemSync()))(x)).toThrow('cannot read a value inside jit()');
    expect(() => jit(async (a: Tensor) => a)(x)).toThrow(ConfigError);
    expect(() => jit((a: Tensor, n: number) => a.mul(n * 2))(x, 1)).toThrow('a tensor is not a number');
    expect(() => jit(3 as never)).toThrow('jit: expected a function, got 3');
    const v = new Variable([1]);
    const broken = jit(() => {
      v.assign([2]);
      throw new ConfigError('later');
    });
    expect(broken).toThrow('later');
    expect(v.value.itemSync()).toBe(1);
  });

  test('an index out of range is found before anything changes', () => {
    const [table, count] = [new Variable([[1, 2], [3, 4]]), new Variable([0])]; // prettier-ignore
    const f = jit((ids: Tensor) => {
      count.assignAdd(1);
      const { value, grads } = variableGrads(() => t.gather(table, ids).sum(), [table]);
      table.assign(table.value.sub(grads[0]!));
      return value;
    });
    expect(f(tensor([1, 0], 'int32')).itemSync()).toBe(10);
    expect(() => f(tensor([1, 2], 'int32'))).toThrow(ShapeError);
    expect(() => f(tensor([1, -3], 'int32'))).toThrow('gather: index -3 at position 1 is out of range [0, 2)');
    expect([...table.value.dataSync(), count.value.itemSync()]).toEqual([0, 1, 2, 3, 1]);
  });

  test('verify finds functions that depend on JS state', () => {
    let calls = 0;
    const f = jit((x: Tensor) => x.mul(++calls), { verify: 1, name: 'counting' });
    expect(() => f(tensor([1, 2]))).toThrow(
      /^counting: compiled and eager results differ: result 0, element 0: 1 compiled, 2 op by op/,
    );
    const v = new Variable([1, 2]);
    const fine = jit((x: Tensor) => (v.assignAdd(x), v.value.mul(x)), { verify: 2 });
    expect([fine(tensor([1, 1])), fine(tensor([1, 1]))].map((y) => [...y.dataSync()])).toEqual([[2, 3], [3, 4]]); // prettier-ignore
  });

  test('every pass can be switched off, for debugging', () => {
    const w = new Variable(t.ones([16, 16]));
    const weighted = (x: Tensor): Tensor[] => [x.matmul(w.value.add(1)).mul(w.value.sum(0))];
    const plain = (x: Tensor): Tensor[] => {
      t.sin(x);
      return [x.add(t.mul(2, 3)), x.cos().add(x.cos()).transpose().transpose()];
    };
    const x = t.ones([4, 16]);
    for (const off of JIT_PASSES) {
      const f = off === 'foldScales' || off === 'prelude' ? weighted : plain;
      const [all, without] = [jit(f), jit(f, { passes: { off: [off] } })];
      const values = (g: typeof all): number[][] => g(x).map((y) => [...y.dataSync()]);
      expect(values(without), off).toEqual(values(all));
      expect(without.lower(x).optimized.nodes.length, off).not.toBe(all.lower(x).optimized.nodes.length);
    }
    const twice = (x: Tensor): Tensor => x.matmul(w).exp().mul(x.matmul(w));
    const kernels = [jit(twice), jit(twice, { passes: { off: ['cse'] } })].map(
      (f) => f.lower(x).program.kernels.length,
    );
    expect(kernels).toEqual([1, 2]);
    expect(() => jit(plain, { passes: { off: ['fuse' as never] } })).toThrow(
      "jit: there is no pass 'fuse'; known: simplify, fold, cse, dce, foldScales, prelude",
    );
  });

  test('explain shows graph, kernels, buffers and bytes', () => {
    const w = new Variable(t.ones([2, 3]), { name: 'w' });
    const f = jit((x: Tensor) => t.relu(x.matmul(w)).sum(), { name: 'model' });
    const text = f.explain(t.ones([4, 2]));
    expect(text).toMatch(
      /^model on \w+: 3 ops, \d kernels; buffers: 1 input \(32 B\), 1 output \(4 B\), 1 state \(24 B\)/,
    );
    const scale = new Variable(t.ones([3, 3]));
    const fixed = jit((x: Tensor) => x.matmul(scale.value.exp()));
    expect(fixed.explain(t.ones([4, 3]))).toMatch(/prelude, when a Variable .* has changed\n +map \[9\]\nkernels\n/);
    for (const part of ['matmul', 'reads   Variable(w, float32[2, 3])', 'float32[6] 24 B'])
      expect(text).toContain(part);
  });

  test('a training step allocates nothing but its result', () => {
    const w = new Variable(t.ones([8, 8]));
    const optimizer = new SGD(0.01, { momentum: 0.9 });
    const step = jit((x: Tensor) => {
      const { grads } = variableGrads(() => x.matmul(w).square().mean(), [w]);
      optimizer.apply(grads, [w]);
    });
    const x = tensor(new Float32Array(32).fill(1), undefined, [4, 8]);
    for (let i = 0; i < 2; i++) step(x);
    const before = memory().allocations;
    for (let i = 0; i < 10; i++) step(x);
    // Where a kernel may not read and write one buffer, state moves to new memory: the weights, their momentum, the count.
    expect(memory().allocations - before).toBe(t.getBackend().capabilities.memory === 'range' ? 0 : 30);
  });
});
