/**
 * Every shader and dispatch of the conformance suite under WebGPU's validation, on any machine: Dawn's null device needs
 * no driver. That the shaders compute the right numbers is shown by conformance.test.ts.
 */
import { ones, scan, whileLoop, withBackend, zeros, type Tensor } from '@dl/tensor';
import { BackendError, binary, constant, load, type Operand, type Program } from '@dl/tensor/backend';
import { conformanceCases } from '@dl/tensor/testing';
import { describe, expect, test, vi } from 'vitest';
import { validating } from './validating.ts';

const backend = await validating();

describe('webgpu validation', () => {
  const cases = conformanceCases().map(({ name, run }) => [name, run] as const);
  test.each(cases)('%s', { timeout: 60_000 }, async (_, run) => {
    await run(backend);
    await backend.fence();
  });
});

test('a loop of many iterations compiles its kernels once', async () => {
  const compiled = vi.spyOn(backend.device.device, 'createComputePipeline');
  const count = 300;
  const before = backend.device.stats().dispatches;
  const sums = withBackend(backend, () =>
    scan(
      (sum: Tensor, x: Tensor) => {
        const next = sum.add(x).add(1);
        return [next, next.mul(2)] as const;
      },
      zeros([2]),
      ones([count, 2]),
    ),
  );
  await backend.fence();
  expect([...(await sums[0].data())]).toEqual([600, 600]);
  expect((await sums[1].data()).slice(-3)).toEqual(Float32Array.of(1196, 1200, 1200));
  expect(backend.device.stats().dispatches - before).toBeGreaterThanOrEqual(count);
  expect(compiled.mock.calls.length).toBeLessThan(8);
  compiled.mockRestore();
});

test('a loop whose end the host does not see needs a small bound', () => {
  const run = (maximumIterations: number): unknown =>
    withBackend(backend, () =>
      whileLoop(
        (x: Tensor) => x.less(10),
        (x) => x.add(1),
        zeros([]),
        { maximumIterations },
      ),
    );
  expect(() => run(1_000_000)).toThrow(/runs all iterations of such a loop, and 1000000 are too many/);
  expect(() => run(20)).not.toThrow();
});

describe('validation notices', () => {
  const operand: Operand = { buffer: 0, dtype: 'float32', offset: 0, strides: [1] };
  const broken: Program = {
    name: 'broken',
    buffers: [
      { role: 'input', dtype: 'float32', size: 4 },
      { role: 'output', dtype: 'float32', size: 4 },
    ],
    args: [0, 1],
    params: [],
    kernels: [
      {
        kind: 'map',
        shape: [4],
        operands: [operand],
        outputs: [
          { operand: { ...operand, buffer: 1 }, expr: binary('add', load(0, 'float32'), constant(1, 'int32')) },
        ],
      },
    ],
  };
  const sound: Program = {
    ...broken,
    name: 'sound',
    kernels: [
      {
        kind: 'map',
        shape: [4],
        operands: [operand],
        outputs: [{ operand: { ...operand, buffer: 1 }, expr: load(0, 'float32') }],
      },
    ],
  };

  test('a broken shader, by its message, and works on afterwards', async () => {
    const buffers = [backend.allocate(16), backend.allocate(16)];
    backend.compile(broken).run(buffers, []);
    await expect(backend.fence()).rejects.toThrow(BackendError);
    backend.compile(broken).run(buffers, []);
    await expect(backend.fence()).rejects.toThrow(/no matching overload for 'operator \+ \(f32, i32\)'/);
    backend.compile(broken).run(buffers, []);
    await expect(backend.read(buffers[1]!, 'float32', 0, 4)).rejects.toThrow(BackendError);
    backend.compile(sound).run(buffers, []);
    await expect(backend.fence()).resolves.toBeUndefined();
  });

  test('a buffer that one dispatch reads and writes', async () => {
    const buffer = backend.allocate(16);
    backend.compile(sound).run([buffer, buffer], []);
    await expect(backend.fence()).rejects.toThrow(/usage/);
  });

  test('nothing in sound work', async () => {
    expect([...(await withBackend(backend, () => ones([3]).add(1)).data())]).toEqual([2, 2, 2]);
    await expect(backend.fence()).resolves.toBeUndefined();
  });
});
