/**
 * What the tables of the main README are made of: the rows of a line, figures, and Markdown.
 */
import { PEERS } from './plan.ts';
import { OURS, OURS_RELAXED, referenceFor, type Row, type Unit } from './row.ts';
import { formatFigure, speedup } from './table.ts';

/** A line of the table: a case, and the mode of this framework where it has several worth showing. */
export interface Line {
  readonly title: string;
  readonly workload: string;
  readonly case: string;
  readonly mode?: string;
}

/** What columns are called. */
export const LABELS: Record<string, string> = {
  [OURS]: 'dl',
  [OURS_RELAXED]: 'dl, relaxed madd',
  tfjs: 'TensorFlow.js (wasm)',
  jax: 'jax-js (wasm, jitted)',
  torch: 'PyTorch',
  onnxruntime: 'ONNX Runtime (native)',
};

const UNITS: Record<Unit, string> = { 'us/step': 'µs', ms: 'ms', 'GFLOP/s': 'GFLOP/s', MB: 'MB' };

/** A row's median with its unit. */
export function figure({ median, unit }: Row): string {
  const value = median >= 1000 ? Math.round(median).toLocaleString('en-US') : formatFigure(median);
  return `${value} ${UNITS[unit]}`;
}

/** The rows of a line, by system: of this framework in the line's mode, of peers the best mode. */
export function rowsOf(rows: readonly Row[], { workload, case: name, mode }: Line, threads: number): Map<string, Row> {
  const found = new Map<string, Row>();
  const matching = rows.filter((row) => row.workload === workload && row.case === name && row.threads === threads);
  for (const system of [OURS, OURS_RELAXED]) {
    const own = matching.filter((row) => row.system === system && (mode === undefined || row.mode === mode));
    const row = own[0] && referenceFor(own[0], own);
    if (row) found.set(system, row);
  }
  for (const peer of PEERS) {
    const best = matching
      .filter((row) => row.system === peer)
      .reduce<Row | undefined>((a, b) => (a && speedup(a, b) > 1 ? a : b), undefined);
    if (best) found.set(peer, best);
  }
  return found;
}

/** Lines of Markdown, padded as prettier does. */
export function markdownTable(cells: readonly (readonly string[])[]): string {
  const widths = cells[0]!.map((_, i) => Math.max(3, ...cells.map((row) => row[i]!.length)));
  const format = (row: readonly string[]): string => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const rule = format(widths.map((width) => '-'.repeat(width)));
  return [format(cells[0]!), rule, ...cells.slice(1).map(format)].join('\n');
}
