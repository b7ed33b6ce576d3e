/**
 * Square matrix products, outputs given back.
 */
import { tensor } from '@dl/keras';
import { measure } from '../stats.ts';
import { randomFloats, type Report } from './report.ts';
import { SIZES } from './sizes.ts';

/** Runs the workload. */
export async function run(report: Report): Promise<void> {
  for (const [n, inner] of SIZES) {
    const a = tensor(randomFloats(n * n, 1), 'float32', [n, n]);
    const b = tensor(randomFloats(n * n, 2), 'float32', [n, n]);
    const sample = await measure(() => a.matmul(b).dispose(), { warmup: n < 512 ? 100 : 5, repeats: 9, inner });
    const rate = (ms: number): number => (2 * n ** 3) / (ms * 1e6);
    report({ case: `${n}`, median: rate(sample.median), min: rate(sample.min), unit: 'GFLOP/s' });
    a.dispose();
    b.dispose();
  }
}
