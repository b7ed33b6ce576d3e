/**
 * Sorting, the 100 largest, running sums and a gather of 1e6 floats; each result is waited for.
 */
import { cumsum, gather, sort, tensor, topK, type Tensor } from '@dl/keras';
import { measure } from '../stats.ts';
import { randomFloats, type Report } from './report.ts';

const SIZE = 1e6;
const TIMING = { warmup: 2, repeats: 7 };

/** Deterministic positions in an array of `count`. */
export function randomPlaces(count: number): Int32Array<ArrayBuffer> {
  return Int32Array.from(randomFloats(count, 3), (x) => Math.floor(((x + 1) / 2) * count));
}

/** Runs the workload. */
export async function run(report: Report): Promise<void> {
  const x = tensor(randomFloats(SIZE), 'float32', [SIZE]);
  const rows = tensor(randomFloats(SIZE), 'float32', [1000, 1000]);
  const places = tensor(randomPlaces(SIZE), 'int32', [SIZE]);
  const cases: readonly (readonly [name: string, fn: () => Tensor])[] = [
    ['sort', () => sort(x)],
    ['sort of 1000 rows', () => sort(rows)],
    ['100 largest', () => topK(x, 100).values],
    ['running sum', () => cumsum(x, 0)],
    ['running sum of 1000 rows', () => cumsum(rows, 1)],
    ['gather', () => gather(x, places)],
  ];
  for (const [name, fn] of cases) {
    const once = (): void => fn().dispose();
    report({ case: name, ...(await measure(once, TIMING)), unit: 'ms' });
  }
}
