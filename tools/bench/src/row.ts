/**
 * Rows: what one benchmark case gave, as every system reports it.
 */

/** Units of rows. Rates are better the higher they are, times and sizes the lower. A MB is 10⁶ bytes. */
export type Unit = 'us/step' | 'ms' | 'GFLOP/s' | 'MB';

/** How products are added up: apart, or by the relaxed fused instruction. */
export type Arithmetic = 'mul+add' | 'relaxed madd';

/** One measured case of one system. */
export interface Row {
  readonly workload: string;
  readonly case: string;
  readonly system: string;
  /** Which of several ways the system did it in: `eager`, `compiled`, `frozen` … */
  readonly mode?: string;
  /** Only this framework's rows say it. */
  readonly arithmetic?: Arithmetic;
  /** Median of the repeats, in `unit`. */
  readonly median: number;
  /** The best repeat, in `unit`: the lowest time or size, or the highest rate. */
  readonly min: number;
  readonly unit: Unit;
  /** Version of Node or Python that ran it. */
  readonly node: string;
  readonly threads: number;
  /** Version of the system, of peers. */
  readonly version?: string;
  /** Some of the numbers that were computed; all systems must agree on them. */
  readonly check?: readonly number[];
}

/** Name of this framework in rows. */
export const OURS = 'dl';
/** Its name where it runs with relaxed multiply-add. */
export const OURS_RELAXED = 'dl+madd';

/** Whether a row is this framework's. */
export function isOurs(row: Row): boolean {
  return row.system === OURS || row.system === OURS_RELAXED;
}

/** Whether a higher figure is better. */
export function isRate(unit: Unit): boolean {
  return unit === 'GFLOP/s';
}

/** Whether two rows measure the same thing, whatever the system and its mode. */
export function sameCase(a: Row, b: Row): boolean {
  return a.workload === b.workload && a.case === b.case;
}

/**
 * The row of this framework that another is compared with: the same case with as many threads, compiled if there is such a
 * row, and without relaxed multiply-add if there is such a row.
 */
export function referenceFor(row: Row, rows: readonly Row[]): Row | undefined {
  const modes: readonly (string | undefined)[] = ['compiled', undefined, 'eager'];
  const place = (mode: string | undefined): number => (modes.includes(mode) ? modes.indexOf(mode) : modes.length);
  const rank = (other: Row): number => 2 * place(other.mode) + (other.system === OURS ? 0 : 1);
  return rows
    .filter((other) => isOurs(other) && sameCase(other, row) && other.threads === row.threads)
    .sort((a, b) => rank(a) - rank(b))[0];
}

/** Reads one line of a system's output; null when it is no row. */
export function parseRow(line: string): Row | null {
  if (!line.startsWith('{')) return null;
  try {
    const row = JSON.parse(line) as Partial<Row>;
    return typeof row.median === 'number' && typeof row.case === 'string' ? (row as Row) : null;
  } catch {
    return null;
  }
}

/** Whether numbers that two systems computed agree to 1 % of the largest. */
export function agree(a: readonly number[], b: readonly number[]): boolean {
  const largest = Math.max(...a.map(Math.abs), ...b.map(Math.abs));
  return a.length === b.length && a.every((value, i) => Math.abs(value - b[i]!) <= 0.01 * largest);
}
