/**
 * Kernels of many stages over rows, as losses have them: short rows side by side, and values that several passes need.
 */
import { cpu } from '@dl/backend-cpu';
import {
  binary,
  cast,
  compare,
  constant,
  load,
  reference,
  select,
  stage,
  unary,
  type Backend,
  type BufferRole,
  type DType,
  type Operand,
  type Program,
  type ReduceKernel,
  type TypedArray,
} from '@dl/tensor/backend';
import { testRandom } from '@dl/tensor/testing';
import { describe, expect, test } from 'vitest';
import { keepValues } from '../src/kernels/keep.ts';
import { suitsShort } from '../src/kernels/reduce-short.ts';
import { runProgram } from './run-program.ts';

const SEED = Number(process.env['DL_TEST_SEED'] ?? 1);
const f = 'float32';
const [labels, logits] = [load(0, f), load(1, f)];
const maximum = select(compare('lt', unary('abs', stage(1, f)), constant(Infinity)), stage(1, f), constant(0));
const logSum = binary('add', unary('log', stage(2, f)), maximum);
const line = (buffer: number, ...strides: number[]): Operand => ({ buffer, dtype: f, offset: 0, strides });

/** The loss of each row, whether its largest logit is that of the label, and the gradient. */
function crossEntropy(rows: number, length: number): ReduceKernel {
  const share = unary('exp', binary('sub', logits, logSum));
  return {
    kind: 'reduce',
    shape: [rows],
    reduced: [length],
    operands: [line(0, length, 1), line(1, length, 1)],
    stages: [
      { op: 'sum', dtype: f, expr: labels },
      { op: 'max', dtype: f, expr: logits },
      { op: 'sum', dtype: f, expr: unary('exp', binary('sub', logits, maximum)) },
      { op: 'sum', dtype: f, expr: binary('mul', labels, logits) },
      { op: 'argMax', dtype: f, expr: labels },
      { op: 'argMin', dtype: f, expr: unary('neg', logits) },
    ],
    outputs: [
      { operand: line(2, 1), expr: binary('sub', binary('mul', stage(0, f), logSum), stage(3, f)) },
      { operand: line(3, 1), expr: cast(compare('eq', stage(4, 'int32'), stage(5, 'int32')), f) },
    ],
    writes: [{ operand: line(4, length, 1), expr: binary('sub', binary('mul', share, stage(0, f)), labels) }],
  };
}

function run(
  backend: Backend,
  kernel: ReduceKernel,
  args: readonly (readonly [role: BufferRole, dtype: DType, data: TypedArray])[],
): TypedArray[] {
  const program: Program = {
    name: 'rows',
    buffers: args.map(([role, dtype, { length }]) => ({ role, dtype, size: length })),
    args: args.map((_, i) => i),
    params: [],
    kernels: [kernel],
  };
  return runProgram(
    backend,
    program,
    args.map(([, , data]) => data.slice()),
  );
}

function expectClose(got: readonly TypedArray[], wanted: readonly TypedArray[], what: string): void {
  wanted.forEach((array, at) =>
    array.forEach((exact: number, i: number) => {
      const value = got[at]![i]!;
      const same = Object.is(value, exact) || Math.abs(value - exact) <= 4e-6 * Math.max(1, Math.abs(exact));
      if (!same) expect.fail(`${what}: argument ${at} [${i}] is ${value}, expected ${exact} (DL_TEST_SEED=${SEED})`);
    }),
  );
}

const noise = (length: number, seed: number): Float32Array => {
  const random = testRandom(SEED * 100 + seed);
  return Float32Array.from({ length }, () => 8 * random.next() - 4);
};

describe('cross entropy', () => {
  test.each([1, 2, 3, 5, 8, 10, 15, 16, 17, 40])('of %i classes', (length) => {
    for (const rows of [1, 7, 8, 9, 14, 32]) {
      const x = noise(rows * length, length);
      const y = noise(rows * length, rows).map((v) => Math.abs(v) / length);
      // A row of NaN, one of an infinity, one of equal values.
      if (rows > 6) {
        x[2 * length] = NaN;
        x[3 * length] = -Infinity;
        x.fill(0.5, 4 * length, 5 * length);
      }
      const args = [
        ['input', f, y],
        ['input', f, x],
        ['output', f, new Float32Array(rows)],
        ['output', f, new Float32Array(rows)],
        ['output', f, new Float32Array(rows * length)],
      ] as const;
      const kernel = crossEntropy(rows, length);
      expectClose(run(cpu(), kernel, args), run(reference(), kernel, args), `${rows} × ${length}`);
    }
  });

  test('takes rows side by side where they are short and many', () => {
    expect(suitsShort(crossEntropy(32, 10), 0)).toBe(true);
    expect(suitsShort(crossEntropy(4, 10), 0)).toBe(false);
    expect(suitsShort(crossEntropy(32, 40), 0)).toBe(false);
    const sums = { ...crossEntropy(32, 16), stages: [{ op: 'sum', dtype: f, expr: labels } as const], writes: [] };
    expect(suitsShort(sums, 0)).toBe(false);
  });
});

/** Softmax, and besides it its square. */
function softmax(
  rows: number,
  length: number,
  outputs: readonly (readonly [buffer: number, dtype: DType])[],
): ReduceKernel {
  const e = unary('exp', binary('sub', load(0, f), stage(0, f)));
  const share = binary('div', e, stage(1, f));
  return {
    kind: 'reduce',
    shape: [rows],
    reduced: [length],
    operands: [line(0, length, 1)],
    stages: [
      { op: 'max', dtype: f, expr: load(0, f) },
      { op: 'sum', dtype: f, expr: e },
      { op: 'sum', dtype: f, expr: binary('mul', e, e) },
    ],
    outputs: [],
    writes: outputs.map(([buffer, dtype], i) => ({
      operand: { ...line(buffer, length, 1), dtype },
      expr: i === 0 ? share : binary('mul', share, binary('div', e, stage(2, f))),
    })),
  };
}

/** More sums of one expensive value than a pass has: those of the second pass read what the first has left. */
function manySums(rows: number, length: number): ReduceKernel {
  const e = unary('exp', binary('mul', load(0, f), binary('mul', stage(0, f), constant(0.01))));
  const factors = [1, 2, 3, 4, 5, 6].map((k) => binary('mul', e, binary('add', load(0, f), constant(k))));
  const total = factors.map((_, k) => stage(k + 1, f)).reduce((a, b) => binary('add', a, b));
  return {
    kind: 'reduce',
    shape: [rows],
    reduced: [length],
    operands: [line(0, length, 1)],
    stages: [
      { op: 'sum', dtype: f, expr: load(0, f) },
      ...factors.map((expr) => ({ op: 'sum', dtype: f, expr }) as const),
    ],
    outputs: [{ operand: line(1, 1), expr: total }],
    writes: [{ operand: line(2, length, 1), expr: binary('div', e, total) }],
  };
}

describe('values that several passes need', () => {
  test.each([33, 100])('are there before a stage that needs nothing else, in rows of %i', (length) => {
    const kernel = manySums(3, length);
    expect(keepValues(kernel, 1).left.map((left) => left.length)).toEqual([0, 1, 0]);
    const args = [
      ['input', f, noise(3 * length, length)],
      ['output', f, new Float32Array(3)],
      ['output', f, new Float32Array(3 * length)],
    ] as const;
    expectClose(run(cpu(), kernel, args), run(reference(), kernel, args), `many sums of ${length}`);
  });

  test('are left in an output that nothing else reads', () => {
    const counts = (outputs: readonly (readonly [number, DType])[]): number[] =>
      keepValues(softmax(3, 100, outputs), 1).left.map((left) => left.length);
    expect(counts([[1, f]])).toEqual([0, 1]);
    expect(counts([[0, f]])).toEqual([0, 0]);
    expect(counts([[1, 'float16']])).toEqual([0, 0]);
    expect(
      counts([
        [1, 'float16'],
        [2, f],
      ]),
    ).toEqual([0, 1]);
    expect(
      counts([
        [1, f],
        [1, f],
      ]),
    ).toEqual([0, 0]);
    const { kernel } = keepValues(softmax(3, 100, [[1, f]]), 1);
    expect(kernel.operands).toHaveLength(2);
  });

  test.each([33, 64, 255, 257, 1030])('give the same results in rows of %i', (length) => {
    const rows = 5;
    const size = rows * length;
    const data = noise(size, length);
    const cases: readonly (readonly [ReduceKernel, readonly (readonly [BufferRole, DType, TypedArray])[]])[] = [
      [
        softmax(rows, length, [
          [1, f],
          [2, f],
        ]),
        [
          ['input', f, data],
          ['output', f, new Float32Array(size)],
          ['output', f, new Float32Array(size)],
        ],
      ],
      [softmax(rows, length, [[0, f]]), [['state', f, data]]],
      [
        softmax(rows, length, [
          [1, 'float16'],
          [2, f],
        ]),
        [
          ['input', f, data],
          ['output', 'float16', new Uint16Array(size)],
          ['output', f, new Float32Array(size)],
        ],
      ],
    ];
    for (const [kernel, args] of cases) {
      const [got, wanted] = [run(cpu(), kernel, args), run(reference(), kernel, args)];
      const floats = (list: TypedArray[]): TypedArray[] => list.filter((array) => array instanceof Float32Array);
      expectClose(floats(got), floats(wanted), `rows of ${length}`);
    }
  });

  test('rows that end within a vector leave their neighbours alone', () => {
    const [rows, length, stride] = [4, 41, 50];
    const kernel = softmax(rows, length, [[1, f]]);
    const apart = { ...kernel, writes: kernel.writes.map((w) => ({ ...w, operand: line(1, stride, 1) })) };
    const before = new Float32Array(rows * stride).fill(7);
    const [, got] = run(cpu(), apart, [
      ['input', f, noise(rows * length, 3)],
      ['state', f, before],
    ]);
    for (let row = 0; row < rows; row++)
      expect([...got!.subarray(row * stride + length, (row + 1) * stride)]).toEqual(Array(stride - length).fill(7));
  });
});
