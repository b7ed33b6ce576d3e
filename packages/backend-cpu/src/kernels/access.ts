/**
 * When two operands walk alike.
 */
import type { Int, Operand } from '@dl/tensor/backend';

/** Whether two integers are the same in every run; a missing stride is 0. */
export function sameInt(a: Int | undefined, b: Int | undefined): boolean {
  if (typeof a === 'object' && typeof b === 'object') return a.param === b.param;
  return (a ?? 0) === (b ?? 0);
}

/** Whether two operands reach the same elements from the same indices. */
export function sameAccess(a: Operand, b: Operand): boolean {
  const rank = Math.max(a.strides.length, b.strides.length);
  return (
    a.buffer === b.buffer &&
    a.dtype === b.dtype &&
    sameInt(a.offset, b.offset) &&
    sameInt(a.iterationStride, b.iterationStride) &&
    Array.from({ length: rank }, (_, axis) => sameInt(a.strides[axis], b.strides[axis])).every(Boolean)
  );
}
