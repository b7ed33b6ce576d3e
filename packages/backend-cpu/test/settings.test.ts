/**
 * Settings: what `deterministic` and `relaxedSimd` change, and what they do not.
 */
import { configure, cpu, features } from '@dl/backend-cpu';
import { load, stage, unary, type Kernel, type Operand, type Program } from '@dl/tensor/backend';
import { testRandom } from '@dl/tensor/testing';
import { beforeAll, expect, test } from 'vitest';
import { runProgram } from './run-program.ts';

const N = 37;
const operand = (buffer: number): Operand => ({ buffer, dtype: 'float32', offset: 0, strides: [N, 1] });
const random = testRandom(3);
const data = Float32Array.from({ length: N * N }, () => random.next() * 4 - 2);

/** The bits that a kernel makes of the data, under some settings. */
function bits(kernel: Kernel, relaxedSimd: boolean, deterministic: boolean): Uint32Array {
  configure({ relaxedSimd, deterministic });
  const size = data.length;
  const program: Program = {
    name: 'settings',
    buffers: (['input', 'output'] as const).map((role) => ({ role, dtype: 'float32', size })),
    args: [0, 1],
    params: [],
    kernels: [kernel],
  };
  return new Uint32Array(runProgram(cpu(), program, [data, data.slice()])[1]!.buffer);
}

const MATMUL: Kernel = {
  kind: 'matmul',
  batch: [],
  m: N,
  n: N,
  k: N,
  dtype: 'float32',
  a: operand(0),
  b: operand(0),
  operands: [],
  outputs: [{ operand: operand(1), expr: stage(0, 'float32') }],
};
const EXP: Kernel = {
  kind: 'map',
  shape: [N, N],
  operands: [operand(0)],
  outputs: [{ operand: operand(1), expr: unary('exp', load(0, 'float32')) }],
};

// The engine's flag must be set before the first program is compiled.
beforeAll(() => configure({ relaxedSimd: true }));

test.each([
  ['matrix products', MATMUL],
  ['functions', EXP],
])('%s: deterministic gives the bits of separate multiply and add', (_, kernel) => {
  const plain = bits(kernel, false, false);
  expect(bits(kernel, true, true)).toEqual(plain);
  expect(bits(kernel, false, true)).toEqual(plain);
  expect(bits(kernel, true, false)).not.toEqual(plain);
});

test('features follow the settings', () => {
  configure({ relaxedSimd: true, deterministic: false });
  expect(features()).toMatchObject({ simd: true, relaxedSimd: true, deterministic: false, tile: [6, 8] });
  configure({ deterministic: true });
  expect(features()).toMatchObject({ relaxedSimd: false, deterministic: true, tile: [5, 8] });
  configure({ deterministic: false, relaxedSimd: false });
  expect(features()).toMatchObject({ relaxedSimd: false, deterministic: false, tile: [5, 8] });
});
