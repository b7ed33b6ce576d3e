// The networks made of layers, the rows of their workload, and the profiler.
import { kernelTimes } from '@dl/keras/debug';
import { expect, test } from 'vitest';
import { MODELS, programOf } from '../src/networks/models.ts';
import { jobsOf } from '../src/plan.ts';
import { formatProfile } from '../src/profile.ts';
import { run } from '../src/workloads/networks.ts';

test.each([
  ['ResNet18', 11_191_242],
  ['MobileNetV2', 2_270_794],
  ['LSTM', 100_106],
  ['GRU', 75_786],
  ['encoder', 793_088],
])('%s has %d weights, gives what its targets are like, and has a case of its own', (name, count) => {
  const { model, x, y } = MODELS[name]!();
  expect(model.apply(x.at(0).expandDims(0)).shape.slice(1)).toEqual(y.shape.slice(1));
  expect(x.shape[0]).toBe(y.shape[0]);
  expect(model.countParams()).toBe(count);
  const jobs = jobsOf('networks', { peers: [], threads: [1], relaxed: false });
  expect(jobs.map((job) => job.case)).toContain(name);
});

test('the workload reports the first step, later steps and inference', async () => {
  const rows: Parameters<Parameters<typeof run>[0]>[0][] = [];
  await run((row) => rows.push(row), 'GRU');
  expect(rows.map((row) => row.case)).toEqual(['GRU, first step', 'GRU, training step', 'GRU, inference']);
  for (const row of rows) expect(row.min).toBeGreaterThan(0);
});

test('the profiler times every kernel, those in loops too', async () => {
  const program = await programOf('GRU', false);
  const timed = kernelTimes(program, 1);
  expect(timed.length).toBeGreaterThan(program.kernels.length);
  expect(timed.map(({ kind }) => kind)).toContain('loop of matmul');
  expect(timed.every(({ ms }) => ms >= 0 && ms < 1000)).toBe(true);
  const lines = formatProfile(
    [
      { kind: 'map', label: '[2]', ms: 1 },
      { kind: 'conv', label: 'batch 1', ms: 3 },
    ],
    1,
  ).split('\n');
  expect(lines).toEqual([
    '2 kernels, 4.00 ms',
    'map                 1     1.00 ms  25 %',
    'conv                1     3.00 ms  75 %',
    '    3.00 ms  conv             batch 1',
  ]);
  await expect(programOf('LeNet', true)).rejects.toThrow(/unknown network 'LeNet'; known: ResNet18/);
});
