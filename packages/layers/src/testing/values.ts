/**
 * Values that are not special: no zeros, no repeats, no order.
 */

/** n values about −1 to 1; another shift gives others. */
export function wave(n: number, shift: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => Math.sin(1.7 * i + shift) + 0.1 * Math.cos(5.1 * i));
}
