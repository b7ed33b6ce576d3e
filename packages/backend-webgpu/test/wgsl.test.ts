/**
 * Printed shaders as text: they parse, bind what they say, and stay within the device's limits.
 */
import { add, layerNorm, matmul, mul, ones, softmax, sort, sub, tanh, tensor, where, withBackend } from '@dl/tensor';
import {
  at,
  BackendError,
  binary,
  compare,
  constant,
  index,
  int,
  load,
  legalize,
  param,
  reference,
  unary,
  type Backend,
  type Kernel,
  type Operand,
  type Program,
  type ScalarExpr,
} from '@dl/tensor/backend';
import { composite } from '@dl/tensor/interpreter';
import { WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';
import { describe, expect, test } from 'vitest';
import { gridOf } from '../src/commands.ts';
import { printKernel, WORKGROUP } from '../src/wgsl/kernel.ts';
import { validating } from './validating.ts';

const { capabilities } = await validating();

/** The programs that a function compiles on a WebGPU device. */
function programsOf(f: () => unknown): readonly Program[] {
  const programs: Program[] = [];
  const host = reference();
  const backend: Backend = {
    ...host,
    capabilities: {
      ...host.capabilities,
      kernels: capabilities.kernels,
      legalize,
      maxOperands: capabilities.maxOperands,
    },
    compile: (program) => {
      programs.push(program);
      return host.compile(program);
    },
  };
  withBackend(backend, f);
  return programs;
}

const dense: Operand = { buffer: 0, dtype: 'float32', offset: 0, strides: [1] };

/** A map over 10 elements from buffer 0 to the last of `buffers` buffers. */
function mapProgram(expr: ScalarExpr, kernel: Partial<Kernel & { kind: 'map' }> = {}, buffers = 2): Program {
  return {
    name: 'made',
    buffers: Array.from({ length: buffers }, (_, i) => ({
      role: i === buffers - 1 ? 'output' : 'input',
      dtype: 'float32',
      size: 10,
    })),
    args: Array.from({ length: buffers }, (_, i) => i),
    params: [],
    kernels: [
      {
        kind: 'map',
        shape: [10],
        operands: [dense],
        outputs: [{ operand: { ...dense, buffer: buffers - 1 }, expr }],
        ...kernel,
      },
    ],
  };
}

const codeOf = (program: Program): string => printKernel(program, program.kernels[0]!).code;

const PROGRAMS: Readonly<Record<string, () => unknown>> = {
  map: () => add(mul(ones([3, 4]), 2), tensor([1, 2, 3, 4])),
  'map with a condition': () => where(ones([5]).greater(0), ones([5]), tanh(ones([5]))),
  'map of integers': () => tensor([1, 2], 'int32').mul(tensor([3, 4], 'int32')),
  'map of narrow types': () => ones([4], 'float16').add(ones([4], 'float16')),
  reduce: () => ones([3, 4]).sum(1),
  'reduce to bool': () => ones([3, 4]).greater(0).max(0),
  'reduce to positions': () => ones([3, 4]).argMax(1),
  'staged reduce with writes': () => softmax(ones([3, 4])),
  'staged reduce with two moments': () => layerNorm(ones([3, 4])),
  'matrix product': () => matmul(ones([3, 4]), ones([4, 5])),
  sort: () => sort(ones([7])),
};

describe('printed shaders', () => {
  test.each(Object.keys(PROGRAMS))('%s: parses, and binds parameters and its buffers in order', (name) => {
    const programs = programsOf(PROGRAMS[name]!);
    expect(programs.length).toBeGreaterThan(0);
    for (const program of programs) {
      for (const kernel of program.kernels) {
        const shader = printKernel(program, kernel);
        const { entry, storage, uniforms } = new WgslReflect(shader.code);
        expect(entry.compute.map(({ name: fn, workgroupSize }) => [fn, workgroupSize])).toEqual([
          ['main', [WORKGROUP, 1, 1]],
        ]);
        expect(uniforms.map(({ group, binding, size }) => [group, binding, size])).toEqual([
          [0, 0, 16 * (Math.floor((program.params.length + 1) / 4) + 1)],
        ]);
        expect(storage.map(({ group, binding, access }) => [group, binding, access])).toEqual(
          shader.buffers.map(({ write }, i) => [0, i + 1, write ? 'read_write' : 'read']),
        );
        expect(storage.length).toBeLessThanOrEqual(capabilities.maxOperands);
      }
    }
  });

  test('a kernel reads what it does not write as read-only, and names each buffer once', () => {
    const x = load(0, 'float32');
    const shader = printKernel(mapProgram(binary('add', x, x)), mapProgram(binary('add', x, x)).kernels[0]!);
    expect(shader.buffers).toEqual([
      { buffer: 0, write: false },
      { buffer: 1, write: true },
    ]);
  });

  test('expressions of one text are computed once', () => {
    const twice = binary('add', unary('exp', load(0, 'float32')), unary('exp', load(0, 'float32')));
    expect(codeOf(mapProgram(twice)).match(/= dl_exp\(/g)).toHaveLength(1);
  });

  test('only the helpers that are called are printed', () => {
    const code = codeOf(mapProgram(unary('sqrt', load(0, 'float32'))));
    expect(code).toContain('fn dl_sqrt');
    expect(code).not.toContain('fn dl_exp');
  });

  test('floats are compared by their bits, integers as they are', () => {
    const floats = compare('ne', load(0, 'float32'), constant(1));
    const integers = compare('ne', index(0), int(3));
    const pick = (cond: ScalarExpr): string =>
      codeOf(mapProgram({ kind: 'select', dtype: 'float32', cond, a: load(0, 'float32'), b: constant(0) }));
    expect(pick(floats)).toContain('!dl_eq(');
    expect(pick(integers)).toMatch(/\(v\d+ != v\d+\)/);
  });

  test.each([
    [NaN, 'dl_nan()'],
    [Infinity, 'dl_inf()'],
    [-Infinity, '(-dl_inf())'],
    [-0, '(-0.0f)'],
    [-2.5, '(-2.5f)'],
    [2 ** 24 + 1, '16777216f'],
    [1e-50, '0f'],
  ])('the constant %s is printed as %s', (value, text) => {
    expect(codeOf(mapProgram(constant(value)))).toContain(`= ${text};`);
  });

  test('sizes, strides and offsets come from the parameters when they are run-time integers', () => {
    const operand: Operand = { ...dense, offset: { param: 4 }, strides: [{ param: 5 }] };
    const program: Program = {
      ...mapProgram(at(0, 'float32', [index(0)]), { shape: [{ param: 1 }], operands: [operand] }),
      params: Array.from({ length: 6 }, () => ({ dtype: 'int32' })),
    };
    const code = codeOf(program);
    expect(code).toContain('if (linear >= params[0].y)');
    expect(code).toMatch(/b0\[params\[1\]\.x \+ v\d+ \* params\[1\]\.y\]/);
    expect(code).toContain('let zero = params[1].z;');
    expect(new WgslReflect(code).uniforms[0]!.size).toBe(32);
  });

  test('scalar parameters are reinterpreted to their type', () => {
    const program: Program = { ...mapProgram(param(0, 'float32')), params: [{ dtype: 'float32' }] };
    expect(codeOf(program)).toContain('bitcast<f32>(params[0].x)');
  });

  test('a kind that must be lowered first is refused', () => {
    const loop: Kernel = { kind: 'loop', trip: 1, reverse: false, carries: [], body: [] };
    expect(() => printKernel(mapProgram(constant(0)), loop)).toThrow("'loop' kernels must be lowered");
  });
});

describe('limits of a device', () => {
  test('workgroups beyond one dimension go to a second', () => {
    expect(gridOf(1, 65_535)).toEqual([1, 1]);
    expect(gridOf(65_535, 65_535)).toEqual([65_535, 1]);
    expect(gridOf(65_536, 65_535)).toEqual([65_535, 2]);
    expect(gridOf(16, 4)).toEqual([4, 4]);
    expect(() => gridOf(17, 4)).toThrow(new BackendError('webgpu: a kernel needs 17 workgroups, the device runs 4²'));
  });

  test('a device accepts split dispatches, and more than it can run is a typed error', async () => {
    const backend = await validating({ maxComputeWorkgroupsPerDimension: 4 });
    const double = (n: number): Promise<unknown> => withBackend(backend, () => ones([n]).mul(2)).data();
    expect(await double(16 * WORKGROUP)).toHaveLength(1024);
    await expect(async () => double(16 * WORKGROUP + 1)).rejects.toThrow(BackendError);
  });

  test('programs keep to a small number of buffers', async () => {
    const backend = await validating({ maxStorageBuffersPerShaderStage: 4 });
    const total = composite<object>('total', (inputs) => inputs.reduce((a, b) => sub(add(a, b), mul(a, b))));
    const inputs = withBackend(backend, () => Array.from({ length: 12 }, (_, i) => ones([6]).mul(i)));
    const values = await withBackend(backend, () => total(inputs, {})).data();
    await backend.fence();
    expect([...values]).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('a kernel with too many buffers is an error that says how many', async () => {
    const backend = await validating({ maxStorageBuffersPerShaderStage: 4 });
    const sum = Array.from({ length: 4 }, (_, i) => load(i, 'float32')).reduce((a, b) => binary('add', a, b));
    const operands = Array.from({ length: 4 }, (_, i) => ({ ...dense, buffer: i }));
    const program = mapProgram(sum, { operands }, 5);
    expect(() => backend.compile(program)).toThrow(
      new BackendError('webgpu: a kernel of made uses 5 buffers, the device allows 4; split the operation'),
    );
  });
});
