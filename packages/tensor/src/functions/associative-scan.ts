/**
 * associativeScan: all prefixes at once.
 */
import type { Tensor } from '../tensor.ts';
import { fillTree, leavesOf } from '../tree.ts';
import { at, range } from './at.ts';
import { concat, flip, moveAxis, reshape, stack } from './movement.ts';
import { resultOf } from './run-loop.ts';
import { lengthOf } from './scan.ts';

/** Options of {@link associativeScan}. */
export interface AssociativeScanOptions {
  /** Whether to combine from the end. Default false. */
  readonly reverse?: boolean;
  /** The axis to go along, counted from the end if negative. Default 0. */
  readonly axis?: number;
}

/**
 * All prefixes of `f`-combinations along an axis: element i of the result is `f(… f(f(e0, e1), e2) …, ei)`, computed in
 * about log2(n) rounds of `f` on whole tensors, which must be associative. `elems` may be a tree of tensors, combined
 * together. Follows `keras.ops.associative_scan`; the scheme is that of Blelloch, "Prefix sums and their applications" (1990).
 *
 * @throws ShapeError where sizes of the axis differ.
 * @example
 * associativeScan((a: Tensor, b: Tensor) => a.mul(b), tensor([1, 2, 3, 4])); // [1, 2, 6, 24]
 */
export function associativeScan<T>(
  f: (a: T, b: T) => T,
  elems: T,
  { reverse = false, axis = 0 }: AssociativeScanOptions = {},
): T {
  const leaves = leavesOf(elems);
  const moved = leaves.map((x) => {
    const front = axis === 0 ? x : moveAxis(x, axis, 0);
    return reverse ? flip(front, 0) : front;
  });
  lengthOf('associativeScan', moved, undefined);
  const combine = (a: readonly Tensor[], b: readonly Tensor[]): readonly Tensor[] =>
    resultOf('associativeScan', f(back(a), back(b))).map(front);
  // `f` sees the elements with their axis where it was.
  const back = (list: readonly Tensor[]): T =>
    fillTree(
      elems,
      list.map((x) => (axis === 0 ? x : moveAxis(x, 0, axis))),
    );
  const front = (x: Tensor): Tensor => (axis === 0 ? x : moveAxis(x, axis, 0));
  const results = prefixes(moved, combine);
  return fillTree(
    elems,
    results.map((x) => {
      const ordered = reverse ? flip(x, 0) : x;
      return axis === 0 ? ordered : moveAxis(ordered, 0, axis);
    }),
  );
}

type Combine = (a: readonly Tensor[], b: readonly Tensor[]) => readonly Tensor[];

/** Combines neighbours, scans the pairs, and puts what lies between them in their gaps. */
function prefixes(elems: readonly Tensor[], combine: Combine): readonly Tensor[] {
  const n = elems[0]!.shape[0]!;
  if (n < 2) return elems;
  const every2 = (from: number, to: number): Tensor[] => elems.map((x) => at(x, range(from, to, 2)));
  const odd = prefixes(combine(every2(0, n - 1), every2(1, n)), combine);
  const half = odd[0]!.shape[0]!;
  const before = n % 2 === 0 ? odd.map((x) => at(x, range(0, half - 1))) : odd;
  const even = n > 2 ? combine(before, every2(2, n)) : [];
  return elems.map((x, i) => {
    const first = at(x, range(0, 1));
    const evens = n > 2 ? concat([first, even[i]!], 0) : first;
    return interleave(evens, odd[i]!);
  });
}

/** a0, b0, a1, b1 …; `a` may have one element more. */
function interleave(a: Tensor, b: Tensor): Tensor {
  const half = b.shape[0]!;
  const pairs = stack([at(a, range(0, half)), b], 1);
  const flat = reshape(pairs, [2 * half, ...b.shape.slice(1)]);
  return a.shape[0]! > half ? concat([flat, at(a, range(half, half + 1))], 0) : flat;
}
