/**
 * Batching of matrix products and convolutions: examples become rows, a batch, features or groups of one larger product.
 */
import { matmul, reshape, swapAxes, type Tensor } from '@dl/tensor';
import { apply, sizeOf } from '@dl/tensor/interpreter';
import { aligned, moved, rankOf, type BatchContext, type BatchRule } from './rule.ts';
import type { BatchTable } from './table.ts';

/** Many matrices times one: the rows of all examples are the rows of one product. */
function rows(a: Tensor, b: Tensor): Tensor {
  const flat = reshape(a, [sizeOf(a.shape.slice(0, -1)), a.shape.at(-1)!]);
  return reshape(matmul(flat, b), [...a.shape.slice(0, -1), b.shape.at(-1)!]);
}

const product: BatchRule<'matmul'> = (context) => {
  const { inputs, batched } = context;
  const [a, b] = inputs as [Tensor, Tensor];
  const [ra, rb] = [rankOf(context, 0), rankOf(context, 1)];
  if (!batched[1] && rb === 2) return rows(a, b);
  // One matrix times a vector per example: its transpose comes last.
  if (!batched[0] && ra === 2 && b.shape.at(-1) === 1)
    return swapAxes(rows(swapAxes(b, -1, -2), swapAxes(a, 0, 1)), -1, -2);
  const rank = Math.max(ra, rb);
  return matmul(aligned(context, 0, rank), aligned(context, 1, rank));
};

/** Brings the axis of examples from in front into an axis, at a place among the parts that it is split into. */
function fold(x: Tensor, axis: number, parts: readonly number[], place: number): Tensor {
  const at = axis + 1;
  const split = reshape(x, [...x.shape.slice(0, at), ...parts, ...x.shape.slice(at + 1)]);
  const inside = moved(split, 0, axis + place);
  return reshape(inside, [...x.shape.slice(1, at), x.shape[0]! * x.shape[at]!, ...x.shape.slice(at + 1)]);
}

/** The way back: `parts` of the axis, with that of examples at a place among them, which comes in front. */
function unfold(x: Tensor, axis: number, size: number, parts: readonly number[], place: number): Tensor {
  const all = [...parts.slice(0, place), size, ...parts.slice(place)];
  const split = reshape(x, [...x.shape.slice(0, axis), ...all, ...x.shape.slice(axis + 1)]);
  const front = moved(split, axis + place, 0);
  return reshape(front, [size, ...x.shape.slice(0, axis), sizeOf(parts), ...x.shape.slice(axis + 1)]);
}

const convolution: BatchRule<'conv'> = ({ inputs: [x, kernel], batched, attrs, size }: BatchContext<'conv'>) => {
  const { featureGroups, batchGroups } = attrs;
  const last = attrs.strides.length + 1;
  if (!batched[1]) {
    const inner = x!.shape[1]! / batchGroups;
    const y = apply('conv', [fold(x!, 0, [batchGroups, inner], 1), kernel!], attrs);
    return unfold(y, 0, size, [inner], 0);
  }
  const features = kernel!.shape.at(-1)!;
  if (!batched[0]) {
    const groups = featureGroups * batchGroups;
    const parts = [groups, features / groups];
    const y = apply('conv', [x!, fold(kernel!, last, parts, 1)], attrs);
    return unfold(y, last, size, parts, 1);
  }
  const wide = fold(kernel!, last, [features], 0);
  const y =
    batchGroups > 1
      ? apply('conv', [fold(x!, 0, [x!.shape[1]!], 0), wide], { ...attrs, batchGroups: size * batchGroups })
      : apply('conv', [fold(x!, last, [x!.shape.at(-1)!], 0), wide], { ...attrs, featureGroups: size * featureGroups });
  return unfold(y, last, size, [features], 0);
};

/** Rules of contractions. */
export const CONTRACTION_BATCHING: Pick<BatchTable, 'matmul' | 'conv'> = { matmul: product, conv: convolution };
