/**
 * Where the time of a program goes, by kind of kernel.
 */
import type { KernelTime } from '@dl/keras/debug';
import { formatFigure } from './table.ts';

/** Shares by kind of kernel, then the kernels that take longest. */
export function formatProfile(timed: readonly KernelTime[], longest: number): string {
  const sum = (list: readonly KernelTime[]): number => list.reduce((total, { ms }) => total + ms, 0);
  const total = sum(timed);
  const kinds = [...new Set(timed.map(({ kind }) => kind))].map((kind) => {
    const list = timed.filter((one) => one.kind === kind);
    const share = `${((100 * sum(list)) / total).toFixed(0)} %`;
    return `${kind.padEnd(16)} ${String(list.length).padStart(4)} ${formatFigure(sum(list)).padStart(8)} ms ${share.padStart(5)}`;
  });
  const lines = timed
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, longest)
    .map(({ kind, label, ms }) => `${formatFigure(ms).padStart(8)} ms  ${kind.padEnd(16)} ${label}`);
  return [`${timed.length} kernels, ${formatFigure(total)} ms`, ...kinds, ...lines].join('\n');
}
