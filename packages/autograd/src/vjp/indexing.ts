/**
 * Derivatives of gather, scatter and sort.
 */
import {
  cast,
  div,
  equal,
  full,
  greaterEqual,
  less,
  logicalAnd,
  mul,
  reshape,
  where,
  zeros,
  type Tensor,
} from '@dl/tensor';
import { apply, applyAll, sizeOf } from '@dl/tensor/interpreter';
import type { RuleContext, VjpRule } from './rule.ts';
import type { VjpTable } from './table.ts';

/** Index tensors for all axes of which only one is looked up. */
export function alongAxis(indices: Tensor, axis: number): Tensor[] {
  return indices.shape.map((n, d) => {
    if (d === axis) return indices;
    const shape = indices.shape.map((_, e) => (e === d ? n : 1));
    return apply('iota', [], { shape, axis: d, dtype: 'int32' });
  });
}

const gather: VjpRule<'gather'> = (dy, { inputs: [x, ...indices], attrs: { axes } }) => [
  () => apply('scatter', [zeros(x!.shape, x!.dtype), ...indices, dy], { axes, op: 'add' }),
  ...indices.map(() => null),
];

/** True where an update is the last one at its place, which is the one that `set` keeps. */
function winners(target: Tensor, indices: readonly Tensor[], updates: Tensor, axes: readonly number[]): Tensor {
  const order = apply('reshape', [apply('iota', [], { shape: [sizeOf(updates.shape)], axis: 0, dtype: 'int32' })], {
    shape: updates.shape,
  });
  const last = apply('scatter', [full(target.shape, -1, 'int32'), ...indices, order], { axes, op: 'set' });
  return equal(apply('gather', [last, ...indices], { axes }), order);
}

/** What a scatter puts at indices, read back; 0 for updates that it drops because their index lies outside. */
function taken(from: Tensor, indices: readonly Tensor[], axes: readonly number[]): Tensor {
  const tests = indices.flatMap((index, k) => {
    const n = from.shape[axes[k]!]!;
    return [greaterEqual(index, -n), less(index, n)];
  });
  const inside = tests.reduce((a, b) => logicalAnd(a, b));
  const behind = from.rank - axes.length - Math.min(...axes);
  const mask = reshape(inside, [...inside.shape, ...Array.from({ length: behind }, () => 1)]);
  return where(mask, apply('gather', [from, ...indices], { axes }), 0);
}

/** For a scatter of extrema: 1 where the operand, or an update, is the result at its place, and how many are there. */
export function tiesOf({
  inputs,
  outputs: [y],
  attrs: { axes },
}: RuleContext<'scatter'>): readonly [own: Tensor, theirs: Tensor, ties: Tensor] {
  const [x, updates] = [inputs[0]!, inputs.at(-1)!];
  const indices = inputs.slice(1, -1);
  const own = cast(equal(x, y!), x.dtype);
  const theirs = cast(equal(updates, taken(y!, indices, axes)), x.dtype);
  return [own, theirs, apply('scatter', [own, ...indices, theirs], { axes, op: 'add' })];
}

const scatter: VjpRule<'scatter'> = (dy, context) => {
  const {
    inputs,
    attrs: { axes, op },
  } = context;
  const [x, updates] = [inputs[0]!, inputs.at(-1)!];
  const indices = inputs.slice(1, -1);
  const none = indices.map(() => null);
  if (op === 'add') return [() => dy, ...none, () => taken(dy, indices, axes)];
  if (op === 'set') {
    return [
      () => apply('scatter', [dy, ...indices, zeros(updates.shape, updates.dtype)], { axes, op: 'set' }),
      ...none,
      () => where(winners(x, indices, updates, axes), taken(dy, indices, axes), 0),
    ];
  }
  if (op === 'mul') {
    const { ofTarget, ofUpdates } = factorsOf(context);
    return [() => mul(dy, ofTarget()), ...none, () => mul(taken(dy, indices, axes), ofUpdates())];
  }
  // Everything equal to the extremum at a place shares its gradient.
  const [own, theirs, ties] = tiesOf(context);
  return [() => mul(own, div(dy, ties)), ...none, () => mul(theirs, taken(div(dy, ties), indices, axes))];
};

/** By what a product at a place changes with its target, and with each update. */
export interface Factors {
  readonly ofTarget: () => Tensor;
  readonly ofUpdates: () => Tensor;
}

/**
 * The products of what meets at a place without each one of them; no division by a factor that is 0. Derivatives of a second
 * order by two factors of which one is 0 come out as 0.
 */
export function factorsOf({ inputs, attrs: { axes } }: RuleContext<'scatter'>): Factors {
  const [x, updates] = [inputs[0]!, inputs.at(-1)!];
  const indices = inputs.slice(1, -1);
  const combine = (target: Tensor, values: Tensor, op: 'add' | 'mul'): Tensor =>
    apply('scatter', [target, ...indices, values], { axes, op });
  const taken = (from: Tensor): Tensor => apply('gather', [from, ...indices], { axes });
  return {
    ofTarget: () => combine(full(x.shape, 1, x.dtype), updates, 'mul'),
    ofUpdates: () => {
      const zero = equal(updates, 0);
      const vanishing = taken(combine(zeros(x.shape, x.dtype), cast(zero, x.dtype), 'add'));
      const factors = where(zero, 1, updates);
      const others = div(taken(combine(x, factors, 'mul')), factors);
      return where(equal(vanishing, cast(zero, x.dtype)), others, 0);
    },
  };
}

const sort: VjpRule<'sort'> = (dy, { inputs: [x], outputs: [, positions], attrs: { axis, limit } }) => [
  () => {
    const axes = dy.shape.map((_, d) => d);
    if (limit !== undefined) {
      return apply('scatter', [zeros(x!.shape, x!.dtype), ...alongAxis(positions!, axis), dy], { axes, op: 'set' });
    }
    const inverse = applyAll('sort', [positions!], { axis, descending: false })[1]!;
    return apply('gather', [dy, ...alongAxis(inverse, axis)], { axes });
  },
];

/** Rules of indexing ops. */
export const INDEXING_RULES: Pick<VjpTable, 'gather' | 'scatter' | 'sort'> = { gather, scatter, sort };
