// Statistics, rows, the table and the command line of the benchmarks.
import { expect, test } from 'vitest';
import { parseArguments } from '../src/options.ts';
import { combine, jobsOf, WORKLOADS } from '../src/plan.ts';
import { agree, parseRow, referenceFor, type Row } from '../src/row.ts';
import { measure, median, summarize } from '../src/stats.ts';
import { formatFigure, formatTable, sortRows, speedup } from '../src/table.ts';

const row = (system: string, value: number, rest: Partial<Row> = {}): Row => ({
  workload: 'w',
  case: 'a',
  system,
  median: value,
  min: value,
  unit: 'ms',
  node: '20.0.0',
  threads: 1,
  ...rest,
});
const rate = { unit: 'GFLOP/s' } as const;

test('median takes the middle, or the mean of the middle two, and leaves the list alone', () => {
  const values = [5, 1, 3];
  expect(median(values)).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(values).toEqual([5, 1, 3]);
  expect(() => median([])).toThrow(RangeError);
  expect(summarize([3, 2, 10])).toEqual({ median: 3, min: 2 });
});

test('measure warms up, repeats and finishes as often as asked', async () => {
  let calls = 0;
  let finished = 0;
  const sample = await measure(() => calls++, { warmup: 2, repeats: 3, inner: 4, finish: () => finished++ });
  expect([calls, finished]).toEqual([2 + 3 * 4, 4]);
  expect(sample.min).toBeLessThanOrEqual(sample.median);
});

test('ratios say how many times as fast we are, for times and rates', () => {
  expect(speedup(row('dl', 2), row('tfjs', 6))).toBe(3);
  expect(speedup(row('dl', 30, rate), row('tfjs', 10, rate))).toBe(3);
});

test('peers are compared with the compiled row of as many threads, mul+add before relaxed madd', () => {
  const rows = [
    row('dl', 1, { mode: 'eager' }),
    row('dl+madd', 2, { mode: 'compiled' }),
    row('dl', 3, { mode: 'compiled' }),
    row('dl', 4, { mode: 'eager, no tidy' }),
    row('dl', 5, { mode: 'eager', threads: 2 }),
    row('dl', 6, { case: 'b' }),
  ];
  expect(referenceFor(row('torch', 9), rows)?.median).toBe(3);
  expect(referenceFor(row('torch', 9), rows.slice(0, 2))?.median).toBe(2);
  expect(referenceFor(row('torch', 9, { threads: 2 }), rows)?.median).toBe(5);
  expect(referenceFor(row('torch', 9, { threads: 4 }), rows)).toBeUndefined();
});

test('rows are sorted by case, then from best to worst', () => {
  const rows = [row('x', 3), row('y', 1, { case: 'b', ...rate }), row('dl', 2), row('z', 9, { case: 'b', ...rate })];
  expect(sortRows(rows).map((r) => r.system)).toEqual(['dl', 'x', 'z', 'y']);
});

test('the table is aligned', () => {
  const ours = row('dl', 2, { mode: 'eager', arithmetic: 'mul+add' });
  const lines = formatTable([ours, row('tfjs', 123.4)]).split('\n');
  expect(lines[2]).toBe('w         a     dl      eager, mul+add    2.00  2.00  ms    20.0.0        1');
  expect(lines[3]).toBe('w         a     tfjs                       123   123  ms    20.0.0        1  61.7x');
  expect(['0.0123', '1.234', '12.34', '1234'].map((v) => formatFigure(Number(v)))).toEqual([
    '0.012',
    '1.23',
    '12.3',
    '1234',
  ]);
});

test('rows are told from other output', () => {
  expect(parseRow(JSON.stringify(row('x', 1)))).toEqual(row('x', 1));
  expect(parseRow('{broken')).toBeNull();
  expect(parseRow('hello')).toBeNull();
});

test('numbers agree within a hundredth of the largest', () => {
  expect(agree([100, 1], [100.9, 0.1])).toBe(true);
  expect(agree([100, 1], [102, 1])).toBe(false);
  expect(agree([100, 1], [100])).toBe(false);
});

test('rows of several processes become one', () => {
  const runs = [5, 1, 3].map((value) => [row('dl', value, { mode: 'eager' }), row('dl', 10 * value, { case: 'b' })]);
  expect(combine(runs)).toEqual([
    { ...row('dl', 3, { mode: 'eager' }), min: 1 },
    { ...row('dl', 30, { case: 'b' }), min: 10 },
  ]);
});

test('jobs: peers where they can, threads where there are any, and both ways of multiplying and adding', () => {
  const names = (workload: 'matmul' | 'memory', threads: readonly number[], relaxed: boolean): string[] =>
    jobsOf(workload, { peers: ['tfjs', 'torch'], threads, relaxed }).map((job) =>
      [job.system, job.case, job.threads, job.relaxed].join(' '),
    );
  expect(names('matmul', [1, 2], false)).toEqual([
    'dl all 1 default',
    'tfjs all 1 default',
    'torch all 1 default',
    'dl all 2 default',
    'torch all 2 default',
  ]);
  expect(names('memory', [1], true)).toEqual([
    'dl seed net 1 no',
    'dl seed net 1 yes',
    'torch seed net 1 default',
    'dl cnn step 1 no',
    'dl cnn step 1 yes',
    'torch cnn step 1 default',
  ]);
});

test('arguments', () => {
  expect(parseArguments(['matmul', '--peers', 'tfjs,jax', '--json', '--threads=1,2,2', '--relaxed'])).toEqual({
    workloads: ['matmul'],
    peers: ['tfjs', 'jax'],
    threads: [1, 2],
    relaxed: true,
    json: true,
    readme: false,
  });
  expect(parseArguments(['--', 'all', '--peers=torch']).workloads).toEqual(WORKLOADS);
  expect(parseArguments(['--readme'])).toMatchObject({ workloads: [], threads: [1], readme: true });
  expect(() => parseArguments(['matmul', '--peers', 'mxnet'])).toThrow(/unknown peer 'mxnet'/);
  expect(() => parseArguments(['matmul', '--threads', '0'])).toThrow(/positive integers, got '0'/);
  expect(() => parseArguments([])).toThrow(/expected a workload/);
});
