/**
 * The team: when it starts, what it costs to have none, what happens when a thread fails, and how it ends.
 */
import { configure, cpu, features, setThreads } from '@dl/backend-cpu';
import { ConfigError } from '@dl/tensor';
import {
  BackendError,
  binary,
  load,
  param,
  unary,
  type Kernel,
  type Operand,
  type Program,
  type ScalarExpr,
} from '@dl/tensor/backend';
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { matmulWorkspace } from '../src/kernels/matmul.ts';
import { runtime } from '../src/runtime.ts';
import { runProgram } from './run-program.ts';
import { checked, gathered, jobs, whenWorth } from './together.ts';

const { team, heap } = runtime();
const backend = cpu();
const SIZE = 1000;
const line = (buffer: number, stride = 1): Operand => ({ buffer, dtype: 'float32', offset: 0, strides: [stride] });

function mapProgram(expr: ScalarExpr, output: Operand = line(1), size = SIZE): Program {
  const kernel: Kernel = { kind: 'map', shape: [size], operands: [line(0)], outputs: [{ operand: output, expr }] };
  const buffers = (['input', 'output'] as const).map((role) => ({ role, dtype: 'float32' as const, size }));
  return { name: 'map', buffers, args: [0, 1], params: [], kernels: [kernel] };
}

const x = load(0, 'float32');
const DOUBLED = mapProgram(binary('add', x, x));
const input = Float32Array.from({ length: SIZE }, (_, i) => i);
const run = (program: Program): Float32Array =>
  runProgram(backend, program, [input.slice(), new Float32Array(SIZE)])[1] as Float32Array;

afterEach(() => setThreads(1));

test('the default is what the machine offers, at most four', () => {
  const script = `const { features } = await import('@dl/backend-cpu'); console.log(features().threads);`;
  expect(spawned(script).stdout.trim()).toBe(String(Math.min(4, availableParallelism())));
});

test('settings', () => {
  configure({ threads: 3 });
  expect(features().threads).toBe(3);
  setThreads(2);
  expect(features().threads).toBe(2);
  for (const wrong of [0, 1.5, -1, NaN, 65, '2' as unknown as number])
    expect(() => setThreads(wrong)).toThrow(ConfigError);
  expect(features().threads).toBe(2);
});

test('small programs start no workers', () => {
  setThreads(4);
  expect(run(DOUBLED)[7]).toBe(14);
  expect(team.workers).toBe(0);
});

test('one thread starts no workers, whatever the size', () => {
  setThreads(1);
  expect(whenWorth(true, () => run(DOUBLED))[7]).toBe(14);
  expect(team.workers).toBe(0);
});

test('until workers are up the first thread runs alone; then all do', async () => {
  setThreads(3);
  expect(whenWorth(true, () => run(DOUBLED))).toEqual(input.map((value) => 2 * value));
  expect(team.workers).toBe(2);
  await gathered(3);
  const before = jobs();
  expect(whenWorth(true, () => run(DOUBLED))).toEqual(input.map((value) => 2 * value));
  expect(jobs()).toBe(before + 1);
});

test('workers start without the event loop', () => {
  setThreads(2);
  const end = performance.now() + 30_000;
  while (team.gather() === 1 && performance.now() < end);
  expect(team.gather()).toBe(2);
});

test('sizes of a run decide where they are parameters', async () => {
  await gathered(2);
  const size = { param: 0 };
  const fixed = mapProgram(unary('exp', x));
  const program: Program = {
    ...fixed,
    params: [{ dtype: 'int32' }],
    buffers: fixed.buffers.map((buffer) => ({ ...buffer, size })),
    kernels: [{ ...(fixed.kernels[0] as Extract<Kernel, { kind: 'map' }>), shape: [size] }],
  };
  const executable = backend.compile(program);
  const counts = [10, 3_000_000, 20].map((length) => {
    const buffers = [length, length].map((count) => backend.allocate(4 * count));
    backend.write(buffers[0]!, new Float32Array(length), 'float32');
    const before = jobs();
    executable.run(buffers, [length]);
    const results = new Float32Array(backend.readSync!(buffers[1]!, 'float32', 0, length));
    expect([results[0], results.at(-1)]).toEqual([1, 1]);
    return jobs() - before;
  });
  expect(counts[0]).toBe(0);
  expect(counts[1]).toBeGreaterThan(0);
  expect(counts[2]).toBe(0);
});

test('functions of the host compute alike in workers', async () => {
  await gathered(3);
  const double = (buffer: number): Operand => ({ ...line(buffer), dtype: 'float64' });
  const y = load(0, 'float64');
  const values = Float64Array.from({ length: SIZE }, (_, i) => (i - 500) / 37);
  values.set([NaN, Infinity, -Infinity, 1, -1], 600);
  const exprs = [
    ...(['exp', 'expm1', 'log', 'log1p', 'sin', 'cos', 'tanh', 'asin', 'acos', 'atan', 'erf'] as const).map((op) =>
      unary(op, y),
    ),
    ...(['pow', 'rem', 'atan2'] as const).map((op) => binary(op, y, param(0, 'float64'))),
  ];
  for (const expr of exprs) {
    const program: Program = {
      name: 'host',
      buffers: (['input', 'output'] as const).map((role) => ({ role, dtype: 'float64', size: SIZE })),
      args: [0, 1],
      params: [{ dtype: 'float64' }],
      kernels: [{ kind: 'map', shape: [SIZE], operands: [double(0)], outputs: [{ operand: double(1), expr }] }],
    };
    for (const other of [1.7, Infinity, NaN, -2])
      runProgram(checked(backend), program, [values, new Float64Array(SIZE)], [other]);
  }
});

test('settings of the first compilation count for the code of all threads', async () => {
  const n = 64;
  const square = (buffer: number): Operand => ({ buffer, dtype: 'float32', offset: 0, strides: [n, 1] });
  const data = Float32Array.from({ length: n * n }, (_, i) => Math.sin(i));
  const program: Program = {
    ...DOUBLED,
    buffers: DOUBLED.buffers.map((buffer) => ({ ...buffer, size: n * n })),
    kernels: [
      {
        kind: 'matmul',
        batch: [],
        m: n,
        n,
        k: n,
        dtype: 'float32',
        a: square(0),
        b: square(0),
        operands: [],
        outputs: [{ operand: square(1), expr: { kind: 'stage', index: 0, dtype: 'float32' } }],
      },
    ],
  };
  configure({ relaxedSimd: true });
  const wanted = runProgram(backend, program, [data, data.slice()])[1];
  const executable = whenWorth(true, () => backend.compile(program));
  configure({ relaxedSimd: false });
  await gathered(2);
  const buffers = [data, data].map((array) => {
    const buffer = backend.allocate(array.byteLength);
    backend.write(buffer, array, 'float32');
    return buffer;
  });
  const before = jobs();
  whenWorth(true, () => executable.run(buffers, []));
  expect(jobs()).toBe(before + 1);
  expect(new Float32Array(backend.readSync!(buffers[1]!, 'float32', 0, n * n))).toEqual(wanted);
});

/** A map whose second half is stored beyond the end of the heap. */
const BROKEN = mapProgram(binary('add', x, x), line(1, 4_000_000));

test('a trap in a worker is a BackendError, and the team goes on', async () => {
  await gathered(2);
  for (let round = 0; round < 3; round++) {
    expect(() => whenWorth(true, () => run(BROKEN))).toThrow(BackendError);
    expect(() => whenWorth(true, () => run(BROKEN))).toThrow(/program 'map' failed.*out of bounds/);
    expect(whenWorth(true, () => run(DOUBLED))[999]).toBe(1998);
  }
  expect(team.workers).toBe(1);
});

test('what a worker cannot load is a BackendError', async () => {
  await gathered(2);
  const broken = {
    run: () => {
      throw new Error('stopped');
    },
    bytes: new Uint8Array([1, 2, 3]),
    imports: [],
  };
  const table = heap.allocate(64);
  expect(() => team.run(broken, { name: 'broken', table, stride: 0 })).toThrow(BackendError);
  heap.release(table);
  expect(whenWorth(true, () => run(DOUBLED))[3]).toBe(6);
});

/** Lets a team of two gather, and returns its worker. */
async function gatheredWorkers(): Promise<readonly Worker[]> {
  const threads = process.getBuiltinModule('node:worker_threads');
  const started: Worker[] = [];
  const { Worker: Original } = threads;
  threads.Worker = class extends Original {
    constructor(...args: ConstructorParameters<typeof Original>) {
      super(...args);
      started.push(this);
    }
  };
  await gathered(2);
  threads.Worker = Original;
  return started;
}

test('a worker that is gone is a BackendError, and others take its place', async () => {
  const started = await gatheredWorkers();
  team.patience = 1;
  // Its end is told by the event loop, which gets no turn before the run.
  void started[0]!.terminate();
  expect(() => whenWorth(true, () => run(DOUBLED))).toThrow(/program 'map': a worker thread does not answer/);
  expect(team.workers).toBe(0);
  team.patience = 60;
  await gathered(2);
  expect(whenWorth(true, () => run(DOUBLED))[3]).toBe(6);
}, 60_000);

test('a worker whose end was told is replaced', async () => {
  const started = await gatheredWorkers();
  await started[0]!.terminate();
  expect(team.workers).toBe(0);
  await gathered(2);
  expect(whenWorth(true, () => run(DOUBLED))[3]).toBe(6);
});

test('four threads need little more workspace for a large product than one', () => {
  const n = 2048;
  const square = (buffer: number): Operand => ({ buffer, dtype: 'float32', offset: 0, strides: [n, 1] });
  const [a, b] = [square(0), square(1)];
  const kernel = {
    kind: 'matmul',
    batch: [],
    m: n,
    n,
    k: n,
    dtype: 'float32',
    a,
    b,
    operands: [],
    outputs: [],
  } as const;
  const bytes = (threads: number): number => matmulWorkspace(kernel, (value) => value as number, threads);
  expect(4 * bytes(4)).toBeLessThan(1.3 * bytes(1));
});

test('setThreads(1) ends the workers and gives back what they held', async () => {
  setThreads(1);
  run(DOUBLED);
  const { used } = heap;
  await gathered(3);
  whenWorth(true, () => run(DOUBLED));
  expect(heap.used).toBeGreaterThan(used);
  setThreads(1);
  expect(team.workers).toBe(0);
  for (let i = 0; i < 500 && heap.used > used + 64 * 1024; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(heap.used).toBe(used);
});

test('disposing of the backend ends the workers', async () => {
  await gathered(2);
  backend.dispose!();
  expect(team.workers).toBe(0);
  expect(run(DOUBLED)[3]).toBe(6);
});

function spawned(script: string): { status: number | null; stdout: string } {
  return spawnSync(
    process.execPath,
    ['--conditions=@dl/source', '--import', 'tsx', '--input-type=module', '--eval', script],
    { cwd: join(import.meta.dirname, '..'), encoding: 'utf8', timeout: 55_000 },
  );
}

test('a process whose threads have worked ends by itself', () => {
  const { status, stdout } = spawned(`
    const { cpu, setThreads } = await import('@dl/backend-cpu');
    const { ones, setBackend } = await import('@dl/tensor');
    const { runtime } = await import('./src/runtime.ts');
    setBackend(cpu({ threads: 3 }));
    const a = ones([256, 256]);
    const jobs = () => runtime().heap.i32[runtime().team.control >>> 2];
    do {
      await new Promise((resolve) => setTimeout(resolve, 5));
      a.matmul(a);
    } while (jobs() === 0);
    console.log(await a.matmul(a).sum().item());
  `);
  expect(stdout.trim()).toBe(String(256 ** 3));
  expect(status).toBe(0);
});
