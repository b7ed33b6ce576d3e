/**
 * Comparing results bit by bit, as far as numbers differ.
 */
import { fromFloat16Bits, type DType, type TypedArray } from '@dl/tensor/backend';

/** What differs first, in words; null where numbers are equal or both NaN. Zeros of either sign are equal. */
export function firstDifference(got: TypedArray, wanted: TypedArray, dtype: DType): string | null {
  if (got.length !== wanted.length) return `${got.length} elements, expected ${wanted.length}`;
  const number = (x: number): number => (dtype === 'float16' ? fromFloat16Bits(x) : x);
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [number(got[i]!), number(wanted[i]!)];
    if (!(a === b || (Number.isNaN(a) && Number.isNaN(b)))) return `[${i}] is ${a}, expected ${b}`;
  }
  return null;
}
