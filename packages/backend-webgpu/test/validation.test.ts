/**
 * Every shader and dispatch of the conformance suite under WebGPU's validation, on any machine: Dawn's null device needs
 * no driver. That the shaders compute the right numbers is shown by conformance.test.ts.
 */
import { ones, withBackend } from '@dl/tensor';
import { BackendError, binary, constant, load, type Operand, type Program } from '@dl/tensor/backend';
import { conformanceCases } from '@dl/tensor/testing';
import { describe, expect, test } from 'vitest';
import { validating } from './validating.ts';

const backend = await validating();

describe('webgpu validation', () => {
  const cases = conformanceCases().map(({ name, run }) => [name, run] as const);
  test.each(cases)('%s', { timeout: 60_000 }, async (_, run) => {
    await run(backend);
    await backend.fence();
  });
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
