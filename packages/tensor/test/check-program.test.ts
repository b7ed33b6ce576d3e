/**
 * checkProgram: mistakes in programs made by hand are named.
 */
import { BackendError, load, type Kernel, type Program } from '@dl/tensor/backend';
import { checkProgram } from '@dl/tensor/testing';
import { expect, test } from 'vitest';

const operand = { buffer: 0, dtype: 'float32', offset: 0, strides: [1] } as const;
const copy = { kind: 'map', shape: [4], operands: [operand] } as const;
const expr = load(0, 'float32');

/** A program of one kernel that copies buffer 0 to buffer 1. */
function program(kernel: Partial<Kernel>, changes: Partial<Program> = {}): Program {
  const whole = { ...copy, outputs: [{ operand: { ...operand, buffer: 1 }, expr }], ...kernel } as Kernel;
  return {
    name: 'p',
    buffers: [
      { role: 'input', dtype: 'float32', size: 4 },
      { role: 'output', dtype: 'float32', size: 4 },
    ],
    args: [0, 1],
    params: [],
    kernels: [whole],
    ...changes,
  };
}

test('a program without a mistake passes', () => {
  expect(() => checkProgram(program({}))).not.toThrow();
});

const MISTAKES: readonly (readonly [what: string, program: Program, message: string])[] = [
  ['an argument that does not exist', program({}, { args: [0, 1, 2] }), 'argument 2 is buffer 2, which does not exist'],
  ['a buffer that nobody binds', program({}, { args: [0] }), 'output buffer 1 is not an argument'],
  ['a broken size', program({ shape: [1.5] } as Partial<Kernel>), 'kernel 0 (map): a size is 1.5, expected an integer'],
  [
    'a parameter that is none',
    program({ shape: [{ param: 3 }] } as Partial<Kernel>),
    'a size is parameter 3, which is no int32',
  ],
  [
    'an operand without a buffer',
    program({ operands: [{ ...operand, buffer: 7 }] } as Partial<Kernel>),
    'operand 0 is buffer 7, which does not exist',
  ],
  [
    'another dtype',
    program({ operands: [{ ...operand, dtype: 'int32' }] } as Partial<Kernel>),
    'operand 0 is int32, but its buffer holds float32',
  ],
  [
    'strides of another rank',
    program({ operands: [{ ...operand, strides: [1, 1] }] } as Partial<Kernel>),
    'operand 0 has 2 strides, expected 1',
  ],
  ['an operand that is not there', program({ operands: [] } as Partial<Kernel>), 'an expression loads operand 0 of 0'],
  [
    'an index of no axis',
    program({
      outputs: [{ operand: { ...operand, buffer: 1 }, expr: { kind: 'index', dtype: 'int32', axis: 2 } }],
    } as Partial<Kernel>),
    'reads the index of axis 2 of 1',
  ],
  [
    'a stage that is not known yet',
    program({
      outputs: [{ operand: { ...operand, buffer: 1 }, expr: { kind: 'stage', dtype: 'float32', index: 0 } }],
    } as Partial<Kernel>),
    'reads stage 0 before it is known',
  ],
  [
    'an iteration without a loop',
    program({ operands: [{ ...operand, iterationStride: 4 }] } as Partial<Kernel>),
    'moves with the iteration, but there is no loop',
  ],
];

test.each(MISTAKES)('%s is named', (_, wrong, message) => {
  expect(() => checkProgram(wrong)).toThrow(BackendError);
  expect(() => checkProgram(wrong)).toThrow(message);
});
