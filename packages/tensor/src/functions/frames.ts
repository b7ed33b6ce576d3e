/**
 * Overlapping pieces of an axis, and their sum: what short-time transforms and patches of images share.
 */
import { apply } from '../runtime/interpreter.ts';
import type { Tensor } from '../tensor.ts';
import { add, mul } from './elementwise.ts';
import { reshape, slice, swapAxes } from './movement.ts';
import { pad } from './pad.ts';
import { sum } from './reduce.ts';

/**
 * The pieces of `length` elements, `dilation` apart, that begin every `stride` elements of an axis; it is replaced by the two
 * axes [count, length].
 */
export function framesOf(x: Tensor, axis: number, length: number, stride: number, dilation = 1): Tensor {
  const count = Math.max(0, Math.floor((x.shape[axis]! - (length - 1) * dilation - 1) / stride) + 1);
  const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  if (count === 0) {
    const none = slice(
      x,
      x.shape.map(() => 0),
      [...before, 0, ...after],
    );
    return reshape(none, [...before, 0, length, ...after]);
  }
  const along = (place: 0 | 1): Tensor =>
    apply('iota', [], { shape: place === 0 ? [count, 1] : [1, length], axis: place, dtype: 'int32' });
  return apply('gather', [x, add(mul(along(0), stride), mul(along(1), dilation))], { axes: [axis] });
}

/**
 * Adds pieces [..., count, length] that begin every `stride` elements. In blocks of `stride`, block b of the sum is that of
 * block i of piece b − i over all i: columns of a table that is skewed by writing its rows one element shorter.
 */
export function overlapAdd(x: Tensor, stride: number): Tensor {
  const lead = x.shape.slice(0, -2);
  const [count, length] = x.shape.slice(-2) as [number, number];
  const blocks = Math.ceil(length / stride);
  const none = lead.map((): [number, number] => [0, 0]);
  const wide = pad(x, [...none, [0, blocks], [0, blocks * stride - length]]);
  const table = swapAxes(reshape(wide, [...lead, count + blocks, blocks, stride]), -2, -3);
  const flat = reshape(table, [...lead, blocks * (count + blocks), stride]);
  const columns = count + blocks - 1;
  const start = flat.shape.map(() => 0);
  const skewed = reshape(slice(flat, start, [...lead, blocks * columns, stride]), [...lead, blocks, columns, stride]);
  const total = reshape(sum(skewed, -3), [...lead, columns * stride]);
  return slice(
    total,
    total.shape.map(() => 0),
    [...lead, stride * (count - 1) + length],
  );
}
