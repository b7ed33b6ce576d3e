/**
 * Vectors of float64 on the host.
 */

/** Values of all variables, one after the other. */
export type Vector = Float64Array<ArrayBuffer>;

/** Σ aᵢ·bᵢ. */
export function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** a + factor·b. */
export function addScaled(a: Vector, b: Vector, factor: number): Vector {
  const result = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) result[i] = a[i]! + factor * b[i]!;
  return result;
}

/** The largest absolute value. */
export function largest(a: Vector): number {
  let most = 0;
  for (const value of a) most = Math.max(most, Math.abs(value));
  return most;
}
