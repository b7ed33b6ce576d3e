/**
 * How workloads report what they measured.
 */
import type { Row } from '../row.ts';

/** Takes a row; what it leaves out is filled in. */
export type Report = (row: Pick<Row, 'case' | 'median' | 'min' | 'unit'> & Partial<Row>) => void;

/** Deterministic numbers in [-1, 1). */
export function randomFloats(count: number, seed = 1): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  let state = seed >>> 0;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    values[i] = state / 2_147_483_648 - 1;
  }
  return values;
}

/** Weights in ±√(6 / inputs); the last axis is that of the outputs. */
export function heUniform(shape: readonly number[], seed: number): Float32Array<ArrayBuffer> {
  const size = shape.reduce((a, b) => a * b, 1);
  const limit = Math.sqrt(6 / (size / shape.at(-1)!));
  const values = randomFloats(size, seed);
  for (let i = 0; i < size; i++) values[i]! *= limit;
  return values;
}

/** One-hot rows of deterministic classes. */
export function oneHotRows(rows: number, classes: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(rows * classes);
  for (let i = 0; i < rows; i++) values[i * classes + ((i * 7) % classes)] = 1;
  return values;
}
