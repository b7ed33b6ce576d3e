// The table that goes into the main README, and the networks that all systems share.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { units } from '../src/networks/mobilenet-units.ts';
import { jobsOf, WORKLOADS } from '../src/plan.ts';
import { LINES, replaceBlock, summaryOf } from '../src/readme.ts';
import { NETWORKS, networksTable } from '../src/readme-networks.ts';
import type { Line } from '../src/readme-parts.ts';
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
  expect(summaryOf({ date: '2026-01-02', machine: 'A Processor, 2 hardware threads', rows }, lines, [])).toBe(
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
  expect(() => summaryOf({ date: '', machine: '', rows: partial }, lines, [])).toThrow(
    /no figures for seed-mlp\/hand-written loop\/compiled;/,
  );
});

test('networks have a line each, with all their figures in one cell', () => {
  const part = (name: string, system: string, value: number, rest: Partial<Row> = {}): Row =>
    row(system, value, { workload: 'networks', case: `LSTM, ${name}`, ...rest });
  const figures = [
    part('training step', 'dl', 20, { mode: 'compiled' }),
    part('inference', 'dl', 8, { mode: 'compiled' }),
    part('first step', 'dl', 300, { mode: 'compiled' }),
    part('training step', 'torch', 30),
    part('inference', 'torch', 4),
    part('inference', 'torch', 2, { mode: 'frozen' }),
    part('inference', 'tfjs', 80),
    part('inference', 'dl', 5, { threads: 2 }),
  ];
  const shown = NETWORKS.filter(({ title }) => title.startsWith('LSTM'));
  expect(networksTable(figures, shown)[1]).toBe(
    [
      '| network                                     | dl                | TensorFlow.js (wasm)         | PyTorch                              |',
      '| ------------------------------------------- | ----------------- | ---------------------------- | ------------------------------------ |',
      '| LSTM of 128, 32 × 50 steps of 64            | 20.0 / 8.00 / 300 | – / 80.0 / – (– / 10.0× / –) | 30.0 / 2.00 / – (1.50× / 0.250× / –) |',
      '| LSTM of 128, 32 × 50 steps of 64, 2 threads | – / 5.00 / –      | –                            | –                                    |',
    ].join('\n'),
  );
  expect(networksTable(rows, NETWORKS)).toEqual([]);
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
  const names = jobsOf('networks', { peers: [], threads: [1], relaxed: false }).map((job) => job.case);
  const cases = NETWORKS.flatMap(({ lines: parts }) => parts).map((part) => part.case.split(',')[0]);
  expect([...new Set(cases)]).toEqual(names);
});

test('MobileNetV2 has 52 convolutions, 10 shortcuts and as many parameters as the paper', () => {
  const all = units();
  expect([all.length, all.filter(({ residual }) => residual).length]).toEqual([52, 10]);
  // Kernels and two vectors each; and the dense layer with its bias.
  const count = all.reduce((total, { shape }) => total + shape.reduce((a, b) => a * b, 1) + 2 * shape[3], 1281 * 1000);
  expect(count).toBe(3_504_872);
});
