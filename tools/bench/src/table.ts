/**
 * The table of rows for people, with each system's ratio to this framework.
 */
import { isOurs, isRate, OURS, referenceFor, sameCase, type Row } from './row.ts';

const HEAD = ['workload', 'case', 'system', 'how', 'median', 'best', 'unit', 'node', 'threads', `${OURS} is`];
const TEXT = new Set([0, 1, 2, 3, 6, 7]);

/** Three significant digits, without an exponent. */
export function formatFigure(value: number): string {
  const magnitude = Math.abs(value);
  const digits = magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : 3;
  return value.toFixed(digits);
}

/** How many times as fast, or as small, `ours` is as `theirs`. */
export function speedup(ours: Row, theirs: Row): number {
  return isRate(ours.unit) ? ours.median / theirs.median : theirs.median / ours.median;
}

/** Cases in the order they first appear, and in each the systems from best to worst. */
export function sortRows(rows: readonly Row[]): Row[] {
  const firsts = rows.filter((row, i) => rows.findIndex((other) => sameCase(other, row)) === i);
  return firsts.flatMap((first) =>
    rows
      .filter((row) => sameCase(row, first))
      .sort((a, b) => (isRate(a.unit) ? b.median - a.median : a.median - b.median)),
  );
}

/** An aligned table. The last column says how many times as fast this framework is as the row's system. */
export function formatTable(rows: readonly Row[]): string {
  const cells = sortRows(rows).map((row) => {
    const ours = isOurs(row) ? undefined : referenceFor(row, rows);
    const ratio = ours === undefined ? '' : `${formatFigure(speedup(ours, row))}x`;
    const how = [row.mode, row.arithmetic].filter((part) => part !== undefined).join(', ');
    const figures = [formatFigure(row.median), formatFigure(row.min)];
    return [row.workload, row.case, row.system, how, ...figures, row.unit, row.node, String(row.threads), ratio];
  });
  const widths = HEAD.map((name, i) => Math.max(name.length, ...cells.map((line) => line[i]!.length)));
  const format = (line: readonly string[]): string =>
    line
      .map((cell, i) => (TEXT.has(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [format(HEAD), widths.map((w) => '-'.repeat(w)).join('  '), ...cells.map(format)].join('\n');
}
