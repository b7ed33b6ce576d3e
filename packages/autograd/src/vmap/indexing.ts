/**
 * Batching of gather and scatter. Where every example has indices of its own, its number is one index more.
 */
import { apply } from '@dl/tensor/interpreter';
import { transpose, type Tensor } from '@dl/tensor';
import { aligned, batchedInput, moved, rankOf, upTo, type BatchContext, type BatchRule } from './rule.ts';
import type { BatchTable } from './table.ts';

/** Index tensors `first` to before `end` as those of all examples, with their rank in each. */
function indicesOf(context: BatchContext<'gather' | 'scatter'>, first: number, end: number) {
  const places = upTo(end - first).map((k) => first + k);
  const rank = Math.max(...places.map((k) => rankOf(context, k)));
  return {
    rank,
    own: places.some((k) => context.batched[k]),
    indices: places.map((k) => aligned(context, k, rank)),
  };
}

/** The number of each example, to go with indices of a rank. */
function exampleNumbers(size: number, rank: number): Tensor {
  return apply('iota', [], { shape: [size, ...upTo(rank).map(() => 1)], axis: 0, dtype: 'int32' });
}

const up = (axes: readonly number[]): number[] => axes.map((axis) => axis + 1);

/**
 * The order of axes [example, kept before, indices, kept behind] in [example, indices, kept], as a permutation that makes
 * the first from the second.
 */
function keptOrder(start: number, rank: number, total: number): number[] {
  const axes = upTo(total).map((axis) => axis + 1);
  const [indices, kept] = [axes.slice(0, rank), axes.slice(rank)];
  return [0, ...kept.slice(0, start), ...indices, ...kept.slice(start)];
}

const gather: BatchRule<'gather'> = (context) => {
  const { inputs, batched, attrs, size } = context;
  const [x] = inputs as [Tensor];
  const { rank, own, indices } = indicesOf(context, 1, inputs.length);
  if (!own) return apply('gather', [x, ...indices], { axes: up(attrs.axes) });
  const start = Math.min(...attrs.axes);
  if (!batched[0]) return moved(apply('gather', [x, ...indices], attrs), start, 0);
  const y = apply('gather', [x, exampleNumbers(size, rank), ...indices], { axes: [0, ...up(attrs.axes)] });
  return transpose(y, keptOrder(start, rank, y.rank - 1));
};

const scatter: BatchRule<'scatter'> = (context) => {
  const { inputs, attrs, size } = context;
  const end = inputs.length - 1;
  const x = batchedInput(context, 0);
  const updates = batchedInput(context, end);
  const { rank, own, indices } = indicesOf(context, 1, end);
  if (!own) return apply('scatter', [x, ...indices, updates], { ...attrs, axes: up(attrs.axes) });
  const order = keptOrder(Math.min(...attrs.axes), rank, updates.rank - 1);
  const arranged = transpose(
    updates,
    order.map((_, axis) => order.indexOf(axis)),
  );
  const all = [x, exampleNumbers(size, rank), ...indices, arranged];
  return apply('scatter', all, { ...attrs, axes: [0, ...up(attrs.axes)] });
};

/** Rules of indexing ops. */
export const INDEXING_BATCHING: Pick<BatchTable, 'gather' | 'scatter'> = { gather, scatter };
