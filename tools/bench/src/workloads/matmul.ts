/**
 * Matrix products, outputs given back: square ones, all forms of transposed operands, and many small ones.
 */
import { tensor, transpose, type Tensor } from '@dl/keras';
import { measure } from '../stats.ts';
import { randomFloats, type Report } from './report.ts';
import { BATCHED, FORM_INNER, FORM_SIZE, FORMS, SIZES } from './sizes.ts';

/** Runs the workload. */
export async function run(report: Report): Promise<void> {
  const time = async (name: string, flops: number, inner: number, product: () => Tensor): Promise<void> => {
    const timing = { warmup: flops < 2e8 ? 100 : 5, repeats: 9, inner };
    const sample = await measure(() => product().dispose(), timing);
    const rate = (ms: number): number => flops / (ms * 1e6);
    report({ case: name, median: rate(sample.median), min: rate(sample.min), unit: 'GFLOP/s' });
  };
  const random = (shape: readonly number[], seed: number): Tensor =>
    tensor(
      randomFloats(
        shape.reduce((a, b) => a * b, 1),
        seed,
      ),
      'float32',
      shape,
    );
  for (const [n, inner] of SIZES) {
    const [a, b] = [random([n, n], 1), random([n, n], 2)];
    await time(`${n}`, 2 * n ** 3, inner, () => a.matmul(b));
    a.dispose();
    b.dispose();
  }
  const [a, b] = [random([FORM_SIZE, FORM_SIZE], 1), random([FORM_SIZE, FORM_SIZE], 2)];
  for (const [name, left, right] of FORMS) {
    await time(`${FORM_SIZE} ${name}`, 2 * FORM_SIZE ** 3, FORM_INNER, () =>
      (left ? transpose(a) : a).matmul(right ? transpose(b) : b),
    );
  }
  const { count, size, inner } = BATCHED;
  const [many, others] = [random([count, size, size], 1), random([count, size, size], 2)];
  await time(`${count} of ${size}`, 2 * count * size ** 3, inner, () => many.matmul(others));
}
