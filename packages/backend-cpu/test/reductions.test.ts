/**
 * Accuracy of long sums, and staged reductions of every awkward length, beside float64.
 */
import { cpu } from '@dl/backend-cpu';
import {
  binary,
  constant,
  load,
  reference,
  stage,
  unary,
  type Operand,
  type Program,
  type ReduceKernel,
  type ScalarExpr,
  type Stage,
} from '@dl/tensor/backend';
import { testRandom } from '@dl/tensor/testing';
import { describe, expect, test } from 'vitest';
import { runProgram } from './run-program.ts';

const SEED = Number(process.env['DL_TEST_SEED'] ?? 1);
const sum = (expr: ScalarExpr): Stage => ({ op: 'sum', dtype: 'float32', expr });

function reduceProgram(kernel: Omit<ReduceKernel, 'kind'>, sizes: readonly [input: number, output: number]): Program {
  return {
    name: 'reduction',
    buffers: [
      { role: 'input', dtype: 'float32', size: sizes[0] },
      { role: 'output', dtype: 'float32', size: sizes[1] },
    ],
    args: [0, 1],
    params: [],
    kernels: [{ kind: 'reduce', ...kernel }],
  };
}

const operand = (buffer: number, ...strides: number[]): Operand => ({ buffer, dtype: 'float32', offset: 0, strides });

describe('sums of a million numbers are right to a few units in the last place', () => {
  const LONG = 2 ** 20 + 3;
  const random = testRandom(SEED);
  const numbers = Float32Array.from({ length: 5 * LONG }, () => random.next());

  /** Largest relative error of the sums of `rows` lines, element (i, j) at `i × outer + j × inner`. */
  function worst(rows: number, kept: number, reduced: readonly number[], strides: readonly number[]): number {
    const shape = rows === 1 ? [] : [rows];
    const kernel = {
      shape,
      reduced,
      operands: [operand(0, ...(rows === 1 ? [] : [kept]), ...strides)],
      stages: [sum(load(0, 'float32'))],
      outputs: [{ operand: operand(1, ...shape.map(() => 1)), expr: stage(0, 'float32') }],
      writes: [],
    };
    const length = reduced.reduce((a, b) => a * b, 1);
    const data = numbers.subarray(0, rows * length);
    const program = reduceProgram(kernel, [rows * length, rows]);
    const got = runProgram(cpu(), program, [data, new Float32Array(rows)])[1]!;
    let most = 0;
    for (let row = 0; row < rows; row++) {
      let exact = 0;
      for (let i = 0; i < length; i++) exact += data[row * kept + (kept === 1 ? i * rows : i)]!;
      most = Math.max(most, Math.abs(got[row]! - exact) / exact);
    }
    return most;
  }

  test('all of a row', () => expect(worst(1, 0, [LONG], [1])).toBeLessThan(2 ** -23));
  test('rows', () => expect(worst(5, LONG, [LONG], [1])).toBeLessThan(2 ** -23));
  test('columns', () => expect(worst(5, 1, [LONG], [5])).toBeLessThan(2 ** -22));
  test('several axes', () => expect(worst(1, 0, [1025, 1021], [1021, 1])).toBeLessThan(2 ** -23));
  test('several axes, turned', () => expect(worst(1, 0, [1021, 1025], [1, 1021])).toBeLessThan(2 ** -22));
});

const LENGTHS = [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 63, 65, 255, 256, 257, 1023, 1024, 1025];
const x = load(0, 'float32');
const [first, second] = [stage(0, 'float32'), stage(1, 'float32')];
const c = (value: number): ScalarExpr => constant(value);

/** Stages and the value that is written for every element. */
const STAGED: { readonly [name: string]: (n: number) => { readonly stages: Stage[]; readonly value: ScalarExpr } } = {
  softmax: () => {
    const e = unary('exp', binary('sub', x, first));
    return { stages: [{ op: 'max', dtype: 'float32', expr: x }, sum(e)], value: binary('div', e, second) };
  },
  layerNorm: (n) => {
    const centred = binary('sub', x, binary('mul', first, c(1 / n)));
    const variance = binary('mul', second, c(1 / n));
    const value = binary('div', centred, unary('sqrt', binary('add', variance, c(1e-5))));
    return { stages: [sum(x), sum(binary('mul', centred, centred))], value };
  },
};

/** Rounding of the mean of numbers up to 3 in size weighs the more, the less a line varies. */
function allowed(name: string, exact: number, line: readonly number[]): number {
  if (name === 'softmax') return 4e-6 * Math.abs(exact);
  const mean = line.reduce((a, b) => a + b) / line.length;
  const variance = line.reduce((a, b) => a + (b - mean) ** 2, 0) / line.length;
  return 4e-6 * Math.max(1, Math.abs(exact)) + 2 ** -22 / Math.sqrt(variance + 1e-5);
}

describe.each(Object.keys(STAGED))('%s', (name) => {
  test.each(LENGTHS)('of %i elements, in rows and in columns', (length) => {
    const random = testRandom(SEED + length);
    for (const rows of [1, 3, 6, 13])
      for (const [outer, inner] of [
        [length, 1],
        [1, rows],
      ] as const) {
        const { stages, value } = STAGED[name]!(length);
        const kernel = {
          shape: [rows],
          reduced: [length],
          operands: [operand(0, outer, inner)],
          stages,
          outputs: [],
          writes: [{ operand: operand(1, outer, inner), expr: value }],
        };
        const data = Float32Array.from({ length: rows * length }, () => 6 * random.next() - 3);
        const run = (backend: ReturnType<typeof reference>) =>
          runProgram(backend, reduceProgram(kernel, [data.length, data.length]), [data, data.slice()])[1]!;
        const [got, wanted] = [run(cpu()), run(reference())];
        wanted.forEach((exact: number, i: number) => {
          const row = inner === 1 ? Math.floor(i / length) : i % rows;
          const line = Array.from({ length }, (_, j) => data[row * outer + j * inner]!);
          const off = Math.abs(got[i]! - exact);
          if (!(off <= allowed(name, exact, line)))
            expect.fail(`${rows} × ${length} [${i}] is ${got[i]}, expected ${exact} (DL_TEST_SEED=${SEED})`);
        });
      }
  });
});

test('a map without elements over a large buffer touches nothing', () => {
  const program: Program = {
    name: 'empty',
    buffers: [
      { role: 'input', dtype: 'float32', size: 600_000 },
      { role: 'output', dtype: 'float32', size: 0 },
    ],
    args: [0, 1],
    params: [{ dtype: 'int32' }],
    kernels: [
      {
        kind: 'map',
        shape: [300, 0, { param: 0 }],
        operands: [operand(0, 2000, 20, 1)],
        outputs: [{ operand: operand(1, 20, 20, 1), expr: load(0, 'float32') }],
      },
    ],
  };
  const [, out] = runProgram(cpu(), program, [new Float32Array(600_000), new Float32Array(0)], [20]);
  expect(out).toHaveLength(0);
});

test('rows of an output that lie between each other are not cut into pieces', () => {
  const [rows, columns, length] = [6, 40, 4000];
  const data = Float32Array.from({ length: rows * columns * length }, (_, i) => (i % 7) - 3);
  const kernel = {
    shape: [rows, columns],
    reduced: [length],
    operands: [operand(0, columns * length, length, 1)],
    stages: [sum(x)],
    outputs: [{ operand: operand(1, 1, rows), expr: first }],
    writes: [],
  };
  const got = runProgram(cpu(), reduceProgram(kernel, [data.length, rows * columns]), [
    data,
    new Float32Array(rows * columns),
  ]);
  const wanted = Float32Array.from({ length: rows * columns }, (_, at) => {
    const start = ((at % rows) * columns + Math.floor(at / rows)) * length;
    return data.subarray(start, start + length).reduce((a, b) => a + b, 0);
  });
  expect(got[1]).toEqual(wanted);
});
