/**
 * The same values laid out differently in memory.
 */
import type { DType } from '../dtype.ts';
import { apply } from '../runtime/interpreter.ts';
import type { Backend } from '../backend/backend.ts';
import { contiguousStrides, sizeOf, type Shape } from '../shape.ts';
import { Tensor } from '../tensor.ts';

/** How the elements of a test tensor lie in its storage. */
export type LayoutName = 'contiguous' | 'transposed' | 'strided' | 'flipped';

export const LAYOUTS: readonly LayoutName[] = ['contiguous', 'transposed', 'strided', 'flipped'];

/** Values at permuted or scattered positions of a larger array. */
function place(
  values: ArrayLike<number>,
  shape: Shape,
  total: number,
  strides: readonly number[],
  start: number,
): Float64Array {
  const out = new Float64Array(total).fill(1);
  const natural = contiguousStrides(shape);
  for (let i = 0; i < sizeOf(shape); i++) {
    let at = start;
    shape.forEach((n, axis) => (at += (Math.floor(i / natural[axis]!) % n) * strides[axis]!));
    out[at] = values[i]!;
  }
  return out;
}

/** A tensor with these row-major values, in the given layout, on the given backend. */
export function laidOut(
  values: ArrayLike<number>,
  shape: Shape,
  dtype: DType,
  layout: LayoutName,
  backend: Backend,
): Tensor {
  const size = sizeOf(shape);
  if (layout === 'contiguous' || shape.length === 0 || size === 0)
    return Tensor.fromValues(values, shape, dtype, backend);
  if (layout === 'transposed') {
    const reversed = [...shape].reverse();
    const strides = contiguousStrides(reversed).reverse();
    const t = Tensor.fromValues(place(values, shape, size, strides, 0), reversed, dtype, backend);
    return apply('transpose', [t], { permutation: shape.map((_, i) => shape.length - 1 - i) });
  }
  if (layout === 'flipped') {
    const strides = contiguousStrides(shape).map((s) => -s);
    const t = Tensor.fromValues(place(values, shape, size, strides, size - 1), shape, dtype, backend);
    return apply('flip', [t], { axes: shape.map((_, i) => i) });
  }
  const wide = shape.map((n) => 2 * n + 1);
  const strides = contiguousStrides(wide);
  const start = strides.reduce((a, b) => a + b, 0);
  const t = Tensor.fromValues(
    place(
      values,
      shape,
      sizeOf(wide),
      strides.map((s) => 2 * s),
      start,
    ),
    wide,
    dtype,
    backend,
  );
  return apply('slice', [t], { start: shape.map(() => 1), size: shape, step: shape.map(() => 2) });
}
