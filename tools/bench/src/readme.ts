/**
 * The table in the main README: the last run's figures beside the peers', between two markers.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from './last-run.ts';
import { NETWORKS, networksTable, type NetworkLine } from './readme-networks.ts';
import { figure, LABELS, markdownTable, rowsOf, type Line } from './readme-parts.ts';
import { OURS, OURS_RELAXED, type Row } from './row.ts';
import { formatFigure, speedup } from './table.ts';

const START = '<!-- benchmarks: written by `npm run bench -- --readme` -->';
const END = '<!-- /benchmarks -->';
const file = join(import.meta.dirname, '../../../README.md');

const line = (title: string, workload: string, name: string, mode?: string): Line => ({
  title,
  workload,
  case: name,
  ...(mode !== undefined && { mode }),
});

/** What the table shows, in order. A case where a peer is faster stays. */
export const LINES: readonly Line[] = [
  line('training step 32→64→64→10, batch 32, Adam, by hand', 'seed-mlp', 'hand-written loop', 'compiled'),
  line('the same, eager', 'seed-mlp', 'hand-written loop', 'eager'),
  line('the same through `fit` (later fits)', 'seed-mlp', 'later fits'),
  line('training step of a CNN, 64 images of 28×28, Adam', 'cnn-step', 'training step', 'compiled'),
  line('the same, eager', 'cnn-step', 'training step', 'eager'),
  line(
    'training step of a transformer block, 8 × 64 places of 128, Adam',
    'transformer-block',
    'training step',
    'compiled',
  ),
  line('training step of an LSTM of 128, 32 × 50 steps of 64, Adam', 'lstm', 'training step', 'compiled'),
  line('MobileNetV2, one image of 224×224', 'mobilenet', 'one image', 'compiled'),
  line('the same, eager', 'mobilenet', 'one image', 'eager'),
  line('matrix product 128', 'matmul', '128'),
  line('matrix product 512', 'matmul', '512'),
  line('matrix product 512, first operand transposed', 'matmul', '512 TN'),
  line('matrix product 512, second operand transposed', 'matmul', '512 NT'),
  line('matrix product 1024', 'matmul', '1024'),
  line('32 matrix products of 64', 'matmul', '32 of 64'),
  line('exp of 10⁷ floats, memory used again', 'elementwise', 'exp, recycled'),
  line('tanh of 10⁷ floats, memory used again', 'elementwise', 'tanh, recycled'),
  line('gelu of 10⁷ floats, fresh memory', 'elementwise', 'gelu, first touch'),
  line('sum of 10⁷ floats', 'elementwise', 'sum'),
  line('softmax of [4096, 1024], memory used again', 'elementwise', 'softmax, recycled'),
  line('layer normalization of [4096, 1024], fresh memory', 'elementwise', 'layerNorm, first touch'),
  line('sort of 10⁶ floats', 'indexing', 'sort'),
  line('100 largest of 10⁶ floats', 'indexing', '100 largest'),
  line('running sum of 10⁶ floats', 'indexing', 'running sum'),
  line('gather of 10⁶ floats', 'indexing', 'gather'),
  line('Adam on 10⁷ parameters', 'elementwise', 'adam'),
  line('resident memory after 100,000 small steps', 'memory', 'seed net, after 100,000 steps'),
  line('peak memory of the CNN training steps', 'memory', 'cnn step, peak of 20 steps'),
];

/**
 * The text between the markers.
 *
 * @throws RangeError naming the lines that the run has no figure of this framework for.
 */
export function summaryOf(
  { date, machine, rows }: Run,
  lines: readonly Line[] = LINES,
  networks: readonly NetworkLine[] = NETWORKS,
): string {
  const ours = (found: Map<string, Row>): Row | undefined => found.get(OURS) ?? found.get(OURS_RELAXED);
  const wanted = [...lines, ...networks.flatMap(({ lines: parts }) => parts)];
  const missing = wanted.filter((entry) => ours(rowsOf(rows, entry, 1)) === undefined);
  if (missing.length > 0) {
    const names = missing.map(({ workload, case: name, mode }) => [workload, name, mode].filter(Boolean).join('/'));
    throw new RangeError(`the last run has no figures for ${names.join('; ')}; run all workloads with all peers`);
  }
  const counts = [...new Set(rows.map((row) => row.threads))].sort((a, b) => a - b);
  const shown = lines.flatMap((entry) =>
    counts
      .map((threads) => ({
        title: threads === 1 ? entry.title : `${entry.title}, ${threads} threads`,
        found: rowsOf(rows, entry, threads),
      }))
      .filter(({ found }) => ours(found) !== undefined),
  );
  const systems = Object.keys(LABELS).filter((system) => shown.some(({ found }) => found.has(system)));
  const behind: string[] = [];
  const cells = shown.map(({ title, found }) => [
    title,
    ...systems.map((system) => {
      const row = found.get(system);
      const reference = ours(found)!;
      if (row === undefined) return '–';
      if (system === OURS || system === OURS_RELAXED) return figure(row);
      const ratio = speedup(reference, row);
      if (ratio < 1) behind.push(`${title} (${LABELS[system]!.replace(/ \(.*/, '')})`);
      const mode = row.mode === undefined || row.mode === 'eager' ? '' : `, ${row.mode}`;
      return `${figure(row)}${mode} (${formatFigure(ratio)}×)`;
    }),
  ]);
  const heads = systems.map((system) => {
    const version = rows.find((row) => row.system === system)?.version;
    return version === undefined
      ? LABELS[system]!
      : LABELS[system]!.replace(/^[^(]*[^ (]/, (name) => `${name} ${version}`);
  });
  const reference = ours(shown[0]!.found)!;
  const arithmetic =
    reference.arithmetic === 'relaxed madd' ? 'with relaxed multiply-add' : 'without fused multiply-add';
  return [
    `${machine}; Node ${reference.node}; ${date}. Medians of one run, peers in the same run, one thread unless said, dl ${arithmetic}.\nIn brackets: how many times as fast, or as small, dl is; below 1 the peer is ahead.`,
    markdownTable([['work', ...heads], ...cells]),
    ...networksTable(rows, networks),
    behind.length === 0 ? 'No peer is ahead in these.' : `A peer is ahead in: ${behind.join('; ')}.`,
  ].join('\n\n');
}

/**
 * A text with what stands between the markers replaced.
 *
 * @throws RangeError when the markers are not there.
 */
export function replaceBlock(text: string, block: string): string {
  const [from, to] = [text.indexOf(START), text.indexOf(END)];
  if (from < 0 || to < from) throw new RangeError(`README.md has no lines ${START} and ${END}`);
  return `${text.slice(0, from + START.length)}\n\n${block}\n\n${text.slice(to)}`;
}

/** Writes the figures of a run into the main README. */
export async function rewriteReadme(run: Run): Promise<void> {
  await writeFile(file, replaceBlock(await readFile(file, 'utf8'), summaryOf(run)));
}
