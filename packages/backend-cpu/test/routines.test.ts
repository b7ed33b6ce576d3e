/**
 * Scatters, running reductions and sorts of the sizes of real work; and that every kind of kernel is compiled.
 */
import { cpu } from '@dl/backend-cpu';
import { index, load, type Kernel, type Operand, type Program, type TypedArray } from '@dl/tensor/backend';
import { testRandom } from '@dl/tensor/testing';
import { describe, expect, test } from 'vitest';
import { GeneratedExecutable } from '../src/program/executable.ts';
import { KERNELS } from './random-kernels.ts';
import { runProgram } from './run-program.ts';

const random = testRandom(Number(process.env['DL_TEST_SEED'] ?? 1));

test.each(Object.keys(KERNELS))('%s kernels are compiled', (kind) => {
  const { program } = KERNELS[kind]!(random);
  expect(program.kernels.some((kernel) => kernel.kind === kind)).toBe(true);
  expect(cpu().compile(program)).toBeInstanceOf(GeneratedExecutable);
});

test('a routine is refused by name', () => {
  const kernel: Kernel = { kind: 'routine', name: 'fft', attrs: {}, shapes: [], inputs: [], outputs: [] };
  const program: Program = { name: 'p', buffers: [], args: [], params: [], kernels: [kernel] };
  expect(() => cpu().compile(program)).toThrow("routine 'fft' is not one of this backend's");
});

const operand = (buffer: number, dtype: Operand['dtype'], ...strides: number[]): Operand => ({
  buffer,
  dtype,
  offset: 0,
  strides,
});

/** Runs one kernel over arguments with their dtypes and roles. */
function run(
  kernel: Kernel,
  args: readonly (readonly [role: 'input' | 'output' | 'state', data: TypedArray])[],
): TypedArray[] {
  const dtypeOf = (data: TypedArray): Operand['dtype'] =>
    data instanceof Float32Array ? 'float32' : data instanceof Float64Array ? 'float64' : 'int32';
  const buffers = args.map(([role, data]) => ({ role, dtype: dtypeOf(data), size: data.length }));
  const program: Program = { name: 'p', buffers, args: args.map((_, i) => i), params: [], kernels: [kernel] };
  return runProgram(
    cpu(),
    program,
    args.map(([, data]) => data),
  );
}

describe('sort', () => {
  const count = 100_003;
  const data = Float32Array.from({ length: count }, (_, i) => (i % 1000 === 7 ? NaN : random.below(5000) - 2500));

  test.each([false, true])('a long line, descending %s: ordered, stable, NaN last', (descending) => {
    const kernel: Kernel = {
      kind: 'sort',
      shape: [],
      length: count,
      descending,
      input: operand(0, 'float32', 1),
      values: operand(1, 'float32', 1),
      indices: operand(2, 'int32', 1),
    };
    const [, values, indices] = run(kernel, [
      ['input', data],
      ['output', new Float32Array(count)],
      ['output', new Int32Array(count)],
    ]) as [TypedArray, Float32Array, Int32Array];
    const numbers = count - data.filter(Number.isNaN).length;
    for (let i = 0; i < count; i++) {
      if (!Object.is(values[i], data[indices[i]!])) expect.fail(`place ${i} has a value that was not at its index`);
      if (Number.isNaN(values[i]) !== i >= numbers) expect.fail(`place ${i} holds ${values[i]}`);
      if (i === 0 || i >= numbers + 1) continue;
      const [before, now] = [values[i - 1]!, values[i]!];
      if (descending ? before < now : before > now) expect.fail(`${before} comes before ${now} at ${i}`);
      if (before === now && indices[i - 1]! > indices[i]!) expect.fail(`equals change places at ${i}`);
    }
    expect(new Set(indices).size).toBe(count);
  });

  test('in place', () => {
    const kernel: Kernel = {
      kind: 'sort',
      shape: [],
      length: count,
      descending: false,
      input: operand(0, 'float32', 1),
      values: operand(0, 'float32', 1),
      indices: null,
    };
    const [values] = run(kernel, [['state', data]]);
    expect(values).toEqual(data.slice().sort());
  });

  test('a line too long for its offsets is refused', () => {
    const length = 2 ** 25 + 1;
    const kernel: Kernel = {
      kind: 'sort',
      shape: [],
      length,
      descending: false,
      input: operand(0, 'float32', 0),
      values: null,
      indices: operand(1, 'int32', 0),
    };
    const arrays = [
      ['input', new Float32Array(1)],
      ['output', new Int32Array(1)],
    ] as const;
    expect(() => run(kernel, arrays)).toThrow(`cpu: sort: a line has ${length} elements`);
  });
});

describe('running sums', () => {
  const length = 2 ** 20;
  const data = Float32Array.from({ length: 3 * length }, () => random.next());
  const cumulative = (row: number, step: number, buffer: number): Kernel => ({
    kind: 'cumulative',
    op: 'sum',
    shape: [3],
    length,
    reverse: false,
    exclusive: false,
    input: operand(0, 'float32', row, step),
    output: operand(buffer, 'float32', row, step),
  });

  test.each([
    ['rows', length, 1],
    ['columns', 1, 3],
  ])('%s are rounded once', (_, row, step) => {
    const [, got] = run(cumulative(row, step, 1), [
      ['input', data],
      ['output', new Float32Array(data.length)],
    ]) as [TypedArray, Float32Array];
    for (let line = 0; line < 3; line++) {
      let exact = 0;
      for (let i = 0; i < length; i++) {
        const at = line * row + i * step;
        exact += data[at]!;
        if (got[at] !== Math.fround(exact)) expect.fail(`sum ${i} is ${got[at]}, expected ${Math.fround(exact)}`);
      }
    }
  });

  test.each([3, 5])('in place, %i lines side by side', (lines) => {
    const small = Float32Array.from({ length: lines * 4 }, (_, i) => i);
    const kernel: Kernel = { ...cumulative(1, lines, 0), shape: [lines], length: 4 } as Kernel;
    const [got] = run(kernel, [['state', small]]);
    const wanted = small.map((_, at) => {
      let sum = 0;
      for (let i = at % lines; i <= at; i += lines) sum += small[i]!;
      return sum;
    });
    expect(got).toEqual(wanted);
  });
});

test('the gradient of an embedding: rows that meet add up, ids out of range are dropped', () => {
  const [words, width, count] = [50, 19, 400];
  const ids = Int32Array.from({ length: count }, () => random.below(words + 2) - 1);
  const grads = Float32Array.from({ length: count * width }, () => random.below(17) / 4 - 2);
  const kernel: Kernel = {
    kind: 'scatter',
    op: 'add',
    shape: [count, width],
    operands: [operand(0, 'int32', 1, 0), operand(1, 'float32', width, 1)],
    target: operand(2, 'float32', width, 1),
    dims: [words, width],
    coords: [load(0, 'int32'), index(1)],
    value: load(1, 'float32'),
  };
  const table = new Float32Array(words * width).fill(1);
  const [, , got] = run(kernel, [
    ['input', ids],
    ['input', grads],
    ['state', table],
  ]);
  ids.forEach((id, i) => {
    if (id < 0 || id >= words) return;
    for (let j = 0; j < width; j++) table[id * width + j]! += grads[i * width + j]!;
  });
  expect(got).toEqual(table);
});
