// The table that goes into the main README, and the networks that all systems share.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { units } from '../src/networks/mobilenet-units.ts';
import { WORKLOADS } from '../src/plan.ts';
import { LINES, replaceBlock, summaryOf, type Line } from '../src/readme.ts';
import type { Row } from '../src/row.ts';

const row = (system: string, value: number, rest: Partial<Row> = {}): Row => ({
  workload: 'matmul',
  case: '512',
  system,
  median: value,
  min: value,
  unit: 'ms',
  node: '20.1.0',
  threads: 1,
  ...rest,
});
const lines: readonly Line[] = [
  { title: 'product', workload: 'matmul', case: '512' },
  { title: 'step', workload: 'seed-mlp', case: 'hand-written loop', mode: 'compiled' },
];
const step = { workload: 'seed-mlp', case: 'hand-written loop', unit: 'us/step' } as const;
const rows = [
  row('dl', 10, { arithmetic: 'mul+add' }),
  row('tfjs', 25, { version: '4.0.0' }),
  row('torch', 5, { mode: 'frozen', version: '1.13.0' }),
  row('torch', 7, { mode: 'eager', version: '1.13.0' }),
  row('dl', 6, { threads: 2 }),
  row('torch', 9, { threads: 2 }),
  row('dl', 100, { ...step, mode: 'compiled' }),
  row('dl', 300, { ...step, mode: 'eager' }),
  row('tfjs', 1234, step),
];

test('figures of one run stand beside the peers, cases where a peer is ahead too', () => {
  expect(summaryOf({ date: '2026-01-02', machine: 'A Processor, 2 hardware threads', rows }, lines)).toBe(
    [
      'A Processor, 2 hardware threads; Node 20.1.0; 2026-01-02. Medians of one run, peers in the same run, one thread unless said, dl without fused multiply-add.',
      'In brackets: how many times as fast, or as small, dl is; below 1 the peer is ahead.',
      '',
      '| work               | dl      | TensorFlow.js 4.0.0 (wasm) | PyTorch 1.13.0           |',
      '| ------------------ | ------- | -------------------------- | ------------------------ |',
      '| product            | 10.0 ms | 25.0 ms (2.50×)            | 5.00 ms, frozen (0.500×) |',
      '| product, 2 threads | 6.00 ms | –                          | 9.00 ms (1.50×)          |',
      '| step               | 100 µs  | 1,234 µs (12.3×)           | –                        |',
      '',
      'A peer is ahead in: product (PyTorch).',
    ].join('\n'),
  );
});

test('a run that lacks a line is refused, with its name', () => {
  const partial = rows.filter(({ mode }) => mode !== 'compiled');
  expect(() => summaryOf({ date: '', machine: '', rows: partial }, lines)).toThrow(
    /no figures for seed-mlp\/hand-written loop\/compiled;/,
  );
});

test('only what stands between the markers changes, and the main README has them', async () => {
  const text = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
  const changed = replaceBlock(text, 'new');
  expect(changed).toContain('--readme` -->\n\nnew\n\n<!-- /benchmarks -->');
  expect(replaceBlock(changed, 'new')).toBe(changed);
  const outside = (s: string): string => s.slice(0, s.indexOf('<!--')) + s.slice(s.lastIndexOf('-->'));
  expect(outside(changed)).toBe(outside(text));
  expect(() => replaceBlock('no markers', 'new')).toThrow(RangeError);
});

test('lines of the table name workloads that exist', () => {
  for (const { workload } of LINES) expect(WORKLOADS).toContain(workload);
});

test('MobileNetV2 has 52 convolutions, 10 shortcuts and as many parameters as the paper', () => {
  const all = units();
  expect([all.length, all.filter(({ residual }) => residual).length]).toEqual([52, 10]);
  // Kernels and two vectors each; and the dense layer with its bias.
  const count = all.reduce((total, { shape }) => total + shape.reduce((a, b) => a * b, 1) + 2 * shape[3], 1281 * 1000);
  expect(count).toBe(3_504_872);
});
