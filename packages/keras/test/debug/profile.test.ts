import { expect, test } from 'vitest';
import { cpu } from '@dl/backend-cpu';
import { jit, layers, ones, Sequential, setBackend, softmax, type Tensor } from '@dl/keras';
import { kernelTimes, profile } from '@dl/keras/debug';
import { profiler } from '@dl/tensor/interpreter';
import { reference } from '@dl/tensor/backend';

setBackend(cpu());

test('ops that run at once are counted, with their layers', async () => {
  const model = new Sequential([new layers.Dense(4, { inputShape: [3], name: 'd' })]);
  const x = ones([2, 3]);
  model.apply(x);
  const report = await profile(() => {
    for (let i = 0; i < 5; i++) model.apply(x);
    return x.exp().sum();
  });
  expect(report.result.shape).toEqual([]);
  const product = report.kernels.find(({ kind }) => kind === 'matmul')!;
  expect(product).toMatchObject({ layer: 'd (Dense)', runs: 5 });
  expect(product.detail).toContain('[2, 3] × [3, 4]');
  expect(report.kernels.find(({ program }) => program === 'exp')).toMatchObject({ layer: null, runs: 1, kind: 'map' });
  expect(report.run).toBeLessThanOrEqual(report.total);
  expect(report.kernels.every(({ ms }) => ms >= 0)).toBe(true);
  expect(String(report)).toMatch(/^[\d.]+ ms in all: kernels [\d.]+, compiling [\d.]+, the rest in JS\n +ms +share/);
  expect(profiler.active).toBe(false);
});

test('a compiled program is divided among its kernels', async () => {
  const step = jit((x: Tensor) => softmax(x.matmul(x)).max(), { name: 'step' });
  const x = ones([32, 32]).add(1);
  const { kernels } = step.lower(x).program;
  const report = await profile(() => [step(x), step(x)], { budget: 1, longest: 1 });
  const own = report.kernels.filter(({ program }) => program === 'step');
  expect(own).toHaveLength(kernels.length);
  expect(own.every(({ runs, ms }) => runs === 2 && ms > 0)).toBe(true);
  expect(String(report)).toContain(`${report.kernels.length - 1} more`);
  expect(kernelTimes(step.lower(x).program, 1).map(({ kind }) => kind)).toEqual(kernels.map(({ kind }) => kind));
});

test('errors pass, and leave no listener; other backends are refused', async () => {
  await expect(profile(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
  expect(profiler.active).toBe(false);
  await expect(profile(3 as never)).rejects.toThrow('profile: expected a function, got 3');
  setBackend(reference());
  await expect(profile(() => 1)).rejects.toThrow('this is reference; use setBackend(cpu())');
  setBackend(cpu());
});
