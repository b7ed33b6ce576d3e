import { expect, test } from 'vitest';
import { Add, Dense, Input, Layer } from '@dl/layers';
import { jit, ones, setBackend, tensor, Variable, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';

setBackend(reference());

const dense = (): Dense => new Dense(2, { kernelInitializer: 'ones', name: 'd' });
const numbers = (x: Tensor): number[] => Array.from(x.dataSync());

test('hooks see inputs and outputs, in order, until they are removed', () => {
  const layer = dense();
  const seen: string[] = [];
  const first = layer.registerForwardHook(({ label }, inputs, output) => {
    seen.push(`${label}: ${String(numbers(inputs))} → ${String(numbers(output))}`);
  });
  const doubled = layer.registerForwardHook((_, __, output) => output.mul(2));
  const last = layer.registerForwardHook((_, __, output) => void seen.push(String(numbers(output))));
  expect(numbers(layer.apply([[1, 2]]))).toEqual([6, 6]);
  expect(seen).toEqual(['d (Dense): 1,2 → 3,3', '6,6']);
  expect(layer.forwardHooks).toHaveLength(3);
  for (const handle of [first, doubled, doubled]) handle.remove();
  expect(numbers(layer.apply([[1, 2]]))).toEqual([3, 3]);
  last.remove();
  expect(layer.forwardHooks).toHaveLength(0);
});

test('one function may be there twice, and goes once for each handle', () => {
  const layer = dense();
  const double = (_: unknown, __: unknown, y: Tensor): Tensor => y.mul(2);
  const handle = layer.registerForwardHook(double);
  layer.registerForwardHook(double);
  expect(numbers(layer.apply([[1, 0]]))).toEqual([4, 4]);
  handle.remove();
  expect(numbers(layer.apply([[1, 0]]))).toEqual([2, 2]);
});

test('lists of inputs come as lists; layers inside others have hooks as well', () => {
  class Twice extends Layer {
    readonly inner = dense();
    override call(x: Tensor): Tensor {
      return this.inner.apply(x).add(x);
    }
  }
  const add = new Add();
  let count = 0;
  add.registerForwardHook((_, inputs) => void (count = inputs.length));
  add.apply([ones([1]), ones([1]), ones([1])]);
  expect(count).toBe(3);
  const twice = new Twice();
  twice.inner.registerForwardHook(() => ones([1, 2]));
  expect(numbers(twice.apply([[5, 7]]))).toEqual([6, 8]);
});

test('under jit a hook is traced: it runs once, and what it computes and assigns is part of the program', () => {
  const layer = dense();
  const largest = new Variable(tensor(0), { kind: 'state' });
  let runs = 0;
  layer.registerForwardHook((_, __, output) => {
    runs++;
    largest.assign(output.max());
    return output.add(1);
  });
  layer.ensureBuilt([null, 2]);
  const fn = jit((x: Tensor) => layer.apply(x));
  expect([1, 2, 3].map((n) => numbers(fn(tensor([[n, n]])))[0])).toEqual([3, 5, 7]);
  expect(runs).toBe(1);
  expect(numbers(largest.value)).toEqual([6]);
});

test('symbolic calls trace hooks; bad hooks are errors of the layer', () => {
  const layer = dense();
  const seen: (number | null)[] = [];
  const handle = layer.registerForwardHook((_, __, output) => void seen.push(output.shape[1]!));
  expect(layer.apply(Input({ shape: [2] })).shape).toEqual([null, 2]);
  expect(new Set(seen)).toEqual(new Set([2]));
  handle.remove();
  layer.registerForwardHook(() => 3 as never);
  expect(() => layer.apply([[1, 2]])).toThrow(
    'd (Dense): a forward hook must give a tensor, a list or a record of tensors, got 3',
  );
  expect(() => layer.registerForwardHook('x' as never)).toThrow(
    "d (Dense): registerForwardHook takes a function, got 'x'",
  );
});
