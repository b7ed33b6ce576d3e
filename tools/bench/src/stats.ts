/**
 * Timing and its statistics.
 */

/** How a case is timed. */
export interface Timing {
  /** Calls before timing starts. */
  readonly warmup: number;
  /** Timed repeats; figures come from their times. */
  readonly repeats: number;
  /** Calls in each repeat, timed together. Default 1. */
  readonly inner?: number;
  /** Runs at the end of each repeat, inside its time: waits until all work is done. */
  readonly finish?: () => unknown;
}

/** Milliseconds per call. */
export interface Sample {
  readonly median: number;
  readonly min: number;
}

/** The median of numbers; the mean of the middle two when their count is even. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('median: expected at least one value');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Median and minimum of times. */
export function summarize(times: readonly number[]): Sample {
  return { median: median(times), min: Math.min(...times) };
}

/**
 * Times a function; promises it returns are awaited.
 *
 * @example const { median } = await measure(() => a.matmul(b).dispose(), { warmup: 3, repeats: 7, inner: 10 });
 */
export async function measure(fn: () => unknown, timing: Timing): Promise<Sample> {
  const { warmup, repeats, inner = 1, finish } = timing;
  for (let i = 0; i < warmup; i++) await wait(fn());
  if (finish) await finish();
  const times: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const start = performance.now();
    for (let i = 0; i < inner; i++) {
      const result = fn();
      if (result instanceof Promise) await result;
    }
    if (finish) await finish();
    times.push((performance.now() - start) / inner);
  }
  return summarize(times);
}

async function wait(result: unknown): Promise<void> {
  if (result instanceof Promise) await result;
}
