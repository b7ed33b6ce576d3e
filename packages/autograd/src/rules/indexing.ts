/**
 * Derivatives of gather, scatter and sort.
 */
import { cast, div, equal, full, mul, where, zerosLike, type Tensor } from '@dl/tensor';
import { apply, applyAll, sizeOf } from '@dl/tensor/interpreter';
import type { VjpRule } from './rule.ts';
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
  () => apply('scatter', [zerosLike(x!), ...indices, dy], { axes, op: 'add' }),
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

const scatter: VjpRule<'scatter'> = (dy, { inputs, outputs: [y], attrs: { axes, op } }) => {
  const [x, updates] = [inputs[0]!, inputs.at(-1)!];
  const indices = inputs.slice(1, -1);
  const taken = (from: Tensor): Tensor => apply('gather', [from, ...indices], { axes });
  const none = indices.map(() => null);
  if (op === 'add') return [() => dy, ...none, () => taken(dy)];
  if (op === 'set') {
    return [
      () => apply('scatter', [dy, ...indices, zerosLike(updates)], { axes, op: 'set' }),
      ...none,
      () => where(winners(x, indices, updates, axes), taken(dy), 0),
    ];
  }
  if (op === 'mul') return product(dy, x, indices, updates, axes);
  // Everything equal to the extremum at a place shares its gradient.
  const own = (): Tensor => cast(equal(x, y!), dy.dtype);
  const theirs = (): Tensor => cast(equal(updates, taken(y!)), dy.dtype);
  const ties = (): Tensor => apply('scatter', [own(), ...indices, theirs()], { axes, op: 'add' });
  return [() => mul(own(), div(dy, ties())), ...none, () => mul(theirs(), taken(div(dy, ties())))];
};

/**
 * The product of what meets at a place without each one of them; no division by a factor that is 0. Derivatives of a second
 * order by two factors of which one is 0 come out as 0.
 */
function product(
  dy: Tensor,
  x: Tensor,
  indices: readonly Tensor[],
  updates: Tensor,
  axes: readonly number[],
): ReturnType<VjpRule<'scatter'>> {
  const combine = (target: Tensor, values: Tensor, op: 'add' | 'mul'): Tensor =>
    apply('scatter', [target, ...indices, values], { axes, op });
  const taken = (from: Tensor): Tensor => apply('gather', [from, ...indices], { axes });
  return [
    () => mul(dy, combine(full(x.shape, 1, x.dtype), updates, 'mul')),
    ...indices.map(() => null),
    () => {
      const zero = equal(updates, 0);
      const zeros = taken(combine(zerosLike(x), cast(zero, x.dtype), 'add'));
      const factors = where(zero, 1, updates);
      const others = div(taken(combine(x, factors, 'mul')), factors);
      return mul(taken(dy), where(equal(zeros, cast(zero, x.dtype)), others, 0));
    },
  ];
}

const sort: VjpRule<'sort'> = (dy, { outputs: [, positions], attrs: { axis } }) => [
  () => {
    const inverse = applyAll('sort', [positions!], { axis, descending: false })[1]!;
    return apply('gather', [dy, ...alongAxis(inverse, axis)], { axes: inverse.shape.map((_, d) => d) });
  },
];

/** Rules of indexing ops. */
export const INDEXING_RULES: Pick<VjpTable, 'gather' | 'scatter' | 'sort'> = { gather, scatter, sort };
