/**
 * Rows: what one benchmark case gave, as every system reports it.
 */

/** Units of rows. Rates are better the higher they are, times the lower. */
export type Unit = 'us/step' | 'ms' | 'GFLOP/s';

/** One measured case of one system. */
export interface Row {
  readonly workload: string;
  readonly case: string;
  readonly system: string;
  /** Median of the repeats, in `unit`. */
  readonly median: number;
  /** The fastest repeat, in `unit`: the lowest time, or the highest rate. */
  readonly min: number;
  readonly unit: Unit;
  /** Version of Node or Python that ran it. */
  readonly node: string;
  readonly threads: number;
}

/** Name of this framework in rows. */
export const OURS = 'dl';

/** Whether a higher figure is better. */
export function isRate(unit: Unit): boolean {
  return unit === 'GFLOP/s';
}

/** Reads one line of a peer's output; null when it is no row. */
export function parseRow(line: string): Row | null {
  if (!line.startsWith('{')) return null;
  try {
    const row = JSON.parse(line) as Partial<Row>;
    return typeof row.median === 'number' && typeof row.case === 'string' ? (row as Row) : null;
  } catch {
    return null;
  }
}
