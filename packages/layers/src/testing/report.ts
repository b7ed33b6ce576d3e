/**
 * Comparisons that say which layer failed which check.
 */
import type { Tensor } from '@dl/tensor';

/** Fails a check of a layer. */
export type Report = (check: string, message: string) => never;

/** Failures of one layer: an Error that begins with its label and the check. */
export function reportFor(label: string): Report {
  return (check, message) => {
    throw new Error(`checkLayer: ${label} failed '${check}': ${message}`);
  };
}

const text = (value: unknown): string => JSON.stringify(value) ?? String(value);

/** Fails unless both are the same as JSON. */
export function expectSame(report: Report, check: string, got: unknown, wanted: unknown): void {
  if (text(got) !== text(wanted)) report(check, `expected ${text(wanted)}, got ${text(got)}`);
}

/** Fails unless shapes agree and |a − b| ≤ tolerance·max(1, |b|) everywhere; NaN equals NaN. */
export function expectNear(
  report: Report,
  check: string,
  got: readonly Tensor[],
  wanted: readonly Tensor[],
  tolerance: number,
): void {
  const shapes = (list: readonly Tensor[]): unknown => list.map(({ shape }) => shape);
  expectSame(report, check, shapes(got), shapes(wanted));
  got.forEach((tensor, k) => {
    const [a, b] = [tensor.dataSync(), wanted[k]!.dataSync()];
    for (let i = 0; i < a.length; i++) {
      const [x, y] = [Number(a[i]), Number(b[i])];
      if (Object.is(x, y) || Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(y))) continue;
      report(check, `element ${i} of output ${k}: expected ${y}, got ${x}`);
    }
  });
}
