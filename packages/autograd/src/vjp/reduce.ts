/**
 * Derivatives of reductions and running reductions. Equal maxima share the gradient; products are exact at zeros.
 */
import {
  broadcastTo,
  cast,
  div,
  equal,
  expandDims,
  flip,
  mul,
  reshape,
  sum,
  transpose,
  where,
  zeros,
  type Tensor,
} from '@dl/tensor';
import { apply, asTensor, sizeOf, type OpAttrs } from '@dl/tensor/interpreter';
import { alongAxis } from './indexing.ts';
import type { RuleContext, VjpRule } from './rule.ts';
import type { VjpTable } from './table.ts';

/** A running reduction along an axis. */
const along = (x: Tensor, op: OpAttrs['cumulative']['op'], axis: number, exclusive = false, reverse = false): Tensor =>
  apply('cumulative', [x], { op, axis, reverse, exclusive });

/** A reduced tensor with its reduced axes back as size 1. */
export function restore(y: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  return reshape(
    y,
    x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n)),
  );
}

const extremum = (
  dy: Tensor,
  { inputs: [x], outputs: [y], attrs: { axes } }: RuleContext<'max' | 'min'>,
): (() => Tensor)[] => [
  () => {
    const hit = cast(equal(x!, restore(y!, x!, axes)), dy.dtype);
    return mul(hit, div(restore(dy, x!, axes), sum(hit, axes, true)));
  },
];

/** For each element the product of all others that are reduced with it, from both sides: zeros are no special case. */
export function othersProduct(x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const order = [...kept, ...axes];
  const arranged = transpose(x, order);
  const line = sizeOf(axes.map((axis) => x.shape[axis]!));
  const flat = reshape(arranged, [...kept.map((axis) => x.shape[axis]!), line]);
  const last = flat.rank - 1;
  const others = mul(along(flat, 'prod', last, true), along(flat, 'prod', last, true, true));
  return transpose(
    reshape(others, arranged.shape),
    order.map((_, axis) => order.indexOf(axis)),
  );
}

const product: VjpRule<'prod'> = (dy, { inputs: [x], attrs: { axes } }) => [
  () => mul(othersProduct(x!, axes), restore(dy, x!, axes)),
];

/**
 * d y_j / d x_i = Π_{k ≤ j, k ≠ i} x_k for i ≤ j: one running product per left-out element. `combine` gets these as
 * […, i, j] with the axis last, and what arranges a tensor like `x` so, with an axis of 1 at −2 or −1.
 */
export function runningParts(
  x: Tensor,
  axis: number,
  combine: (parts: Tensor, line: (t: Tensor, at: number) => Tensor) => Tensor,
): Tensor {
  const n = x.shape[axis]!;
  const order = [...x.shape.map((_, d) => d).filter((d) => d !== axis), axis];
  const line = (t: Tensor, at: number): Tensor => expandDims(transpose(t, order), at);
  const square = [...order.slice(0, -1).map((d) => x.shape[d]!), n, n];
  const out = apply('iota', [], { shape: [n, n], axis: 0, dtype: 'int32' });
  const position = apply('iota', [], { shape: [n, n], axis: 1, dtype: 'int32' });
  const without = where(equal(out, position), 1, broadcastTo(line(x, -2), square));
  const parts = where(position.greaterEqual(out), along(without, 'prod', without.rank - 1), 0);
  return transpose(
    combine(parts, line),
    order.map((_, d) => order.indexOf(d)),
  );
}

/** For each place, the position (along the axis) of the element that the running maximum or minimum comes from. */
export function sourceOf(x: Tensor, op: 'max' | 'min', axis: number): Tensor {
  const before = apply('cumulative', [x], { op, axis, reverse: false, exclusive: true });
  const better = apply(op === 'max' ? 'greater' : 'less', [x, before], {});
  const position = apply('iota', [], { shape: x.shape, axis, dtype: 'int32' });
  return along(where(better, position, 0), 'max', axis);
}

/** Moves elements along an axis; 0 comes in at the other end. */
export function shifted(x: Tensor, axis: number, by: number): Tensor {
  const along = (n: number): number[] => x.shape.map((_, d) => (d === axis ? n : 0));
  return apply('pad', [x, asTensor(0, 'vjp', x.dtype)], { low: along(by), high: along(-by), interior: along(0) });
}

const cumulative: VjpRule<'cumulative'> = (dy, { inputs: [x], attrs }) => [() => running(dy, x!, attrs)];

function running(dy: Tensor, x: Tensor, attrs: OpAttrs['cumulative']): Tensor {
  const { op, axis, reverse, exclusive } = attrs;
  if (op === 'sum') return along(dy, 'sum', axis, exclusive, !reverse);
  if (x.size === 0) return dy;
  if (reverse) return flip(running(flip(dy, axis), flip(x, axis), { ...attrs, reverse: false }), axis);
  // Exclusive results look one place back; the first looks at nothing.
  if (exclusive) return running(shifted(dy, axis, -1), x, { ...attrs, exclusive: false });
  if (op === 'prod') return runningParts(x, axis, (parts, line) => sum(mul(parts, line(dy, -2)), -1));
  return apply('scatter', [zeros(x.shape, x.dtype), ...alongAxis(sourceOf(x, op, axis), axis), dy], {
    axes: x.shape.map((_, d) => d),
    op: 'add',
  });
}

/** Rules of reductions. */
export const REDUCTION_RULES: Pick<VjpTable, 'sum' | 'prod' | 'max' | 'min' | 'argMax' | 'argMin' | 'cumulative'> = {
  sum: (dy, { inputs: [x], attrs: { axes } }) => [() => broadcastTo(restore(dy, x!, axes), x!.shape)],
  prod: product,
  max: extremum,
  min: extremum,
  argMax: null,
  argMin: null,
  cumulative,
};
