// Statistics, the table and the command line of the benchmarks.
import { expect, test } from 'vitest';
import { parseArguments } from '../src/options.ts';
import { parseRow, type Row } from '../src/row.ts';
import { measure, median, summarize } from '../src/stats.ts';
import { formatFigure, formatTable, sortRows, speedup } from '../src/table.ts';

const row = (system: string, value: number, unit: Row['unit'] = 'ms', name = 'a'): Row => ({
  workload: 'w',
  case: name,
  system,
  median: value,
  min: value,
  unit,
  node: '20.0.0',
  threads: 1,
});

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
  expect(speedup(row('dl', 30, 'GFLOP/s'), row('tfjs', 10, 'GFLOP/s'))).toBe(3);
});

test('rows are sorted by case, then from best to worst', () => {
  const rows = [row('x', 3), row('y', 1, 'GFLOP/s', 'b'), row('dl', 2), row('z', 9, 'GFLOP/s', 'b')];
  expect(sortRows(rows).map((r) => r.system)).toEqual(['dl', 'x', 'z', 'y']);
});

test('the table is aligned', () => {
  const lines = formatTable([row('dl', 2), row('tfjs', 123.4)]).split('\n');
  expect(lines[2]).toBe('w         a     dl        2.00     2.00  ms    20.0.0        1');
  expect(lines[3]).toBe('w         a     tfjs       123      123  ms    20.0.0        1  61.7x');
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

test('arguments', () => {
  expect(parseArguments(['matmul', '--peers', 'tfjs,jax', '--json'])).toEqual({
    workloads: ['matmul'],
    peers: ['tfjs', 'jax'],
    json: true,
    threads: 1,
  });
  expect(parseArguments(['matmul', '--threads', '2']).threads).toBe(2);
  expect(() => parseArguments(['matmul', '--threads', 'all'])).toThrow(/expected a number of threads/);
  expect(() => parseArguments(['matmul', '--threads'])).toThrow(/expected a number of threads/);
  expect(parseArguments(['--', 'all', '--peers=torch']).workloads).toHaveLength(4);
  expect(() => parseArguments(['matmul', '--peers', 'mxnet'])).toThrow(/unknown peer 'mxnet'/);
  expect(() => parseArguments([])).toThrow(/expected a workload/);
});
