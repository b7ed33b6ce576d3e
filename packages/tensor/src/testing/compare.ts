/**
 * Comparing arrays with a tolerance, and saying where they differ.
 */
import { DlError } from '../errors.ts';

/**
 * Throws unless |actual − expected| ≤ tolerance·max(1, |expected|) everywhere; NaN equals NaN, infinities are exact.
 */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  where: string,
): void {
  if (actual.length !== expected.length)
    throw new DlError(`${where}: got ${actual.length} elements, expected ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (Object.is(a, e) || a === e) continue;
    if (Number.isNaN(a) && Number.isNaN(e)) continue;
    if (Math.abs(a - e) <= tolerance * Math.max(1, Math.abs(e))) continue;
    throw new DlError(`${where}: element ${i} is ${a}, expected ${e} (tolerance ${tolerance})`);
  }
}
