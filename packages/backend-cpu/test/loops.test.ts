/**
 * Where loops leave their carries.
 */
import { cpu, setThreads } from '@dl/backend-cpu';
import { binary, constant, load, reference, type Kernel, type Operand, type Program } from '@dl/tensor/backend';
import { testRandom } from '@dl/tensor/testing';
import { expect, test } from 'vitest';
import { exactChain } from './random-chains.ts';
import { runProgram } from './run-program.ts';

const SIZE = 40;
const line = (buffer: number): Operand => ({ buffer, dtype: 'float32', offset: 0, strides: [1] });
const x = load(0, 'float32');

function map(to: number, from: readonly number[], expr: ReturnType<typeof load>): Kernel {
  return { kind: 'map', shape: [SIZE], operands: from.map(line), outputs: [{ operand: line(to), expr }] };
}

test.each([0, 1, 2, 3])('nothing is put where a carry lies after %i iterations', (trip) => {
  const [input, output, current, next, later] = [0, 1, 2, 3, 4] as const;
  const roles = ['input', 'output', 'temp', 'temp', 'temp'] as const;
  const program: Program = {
    name: 'carry',
    buffers: roles.map((role) => ({ role, dtype: 'float32', size: SIZE })),
    args: [input, output],
    params: [],
    kernels: [
      map(current, [input], x),
      {
        kind: 'loop',
        trip,
        reverse: false,
        carries: [{ current, next }],
        body: [map(next, [current], binary('add', x, constant(1)))],
      },
      map(later, [input], constant(100)),
      map(output, [current, later], binary('add', x, load(1, 'float32'))),
    ],
  };
  const args = [Float32Array.from({ length: SIZE }, (_, i) => i), new Float32Array(SIZE)];
  expect([...runProgram(cpu(), program, args)[1]!]).toEqual([...args[0]!].map((value) => value + trip + 100));
});

test('random programs with loops give what the reference gives', () => {
  setThreads(1);
  for (let seed = 0; seed < 60; seed++) {
    const { program, args } = exactChain(testRandom(seed));
    const [ours, theirs] = [runProgram(cpu(), program, args), runProgram(reference(), program, args)];
    ours.forEach((array, i) => expect([...array]).toEqual([...theirs[i]!]));
  }
});
