/**
 * Joining and splitting as NumPy names it: append, stacks of rows and columns, and sections at given places.
 */
import { asTensor, type TensorLike } from '../../create.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { formatShape, normalizeAxis } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { concat, reshape, split, transpose } from '../movement.ts';
import { op } from '../op.ts';

type Sections = number | readonly number[];
type Split = (x: TensorLike, sections: Sections, axis?: number) => Tensor[];
type Along = (x: TensorLike, sections: Sections) => Tensor[];
type Join = (xs: readonly TensorLike[]) => Tensor;

/** Joins two tensors along an axis; without one, both flattened. */
export const append: (a: TensorLike, b: TensorLike, axis?: number | null) => Tensor = /* @__PURE__ */ op(
  'append',
  (a: TensorLike, b: TensorLike, axis: number | null = null) =>
    axis === null ? concat([reshape(a, [-1]), reshape(b, [-1])]) : concat([a, b], axis),
);

/** Sizes of the parts between the places where an axis of n is cut; places below 0 count from the end. */
function sizesBetween(places: readonly number[], n: number): number[] {
  const cuts = places.map((place) => Math.min(Math.max(place < 0 ? place + n : place, 0), n));
  return [...cuts, n].map((cut, i) => Math.max(cut - (i === 0 ? 0 : cuts[i - 1]!), 0));
}

/** Splits at places, which may lie in any order; each part begins where its place says. */
function cut(t: Tensor, places: readonly number[], axis: number, where: string): Tensor[] {
  if (places.some((place) => !Number.isInteger(place))) {
    throw new ConfigError(`${where}: places to split at must be whole numbers, got [${places.join(', ')}]`);
  }
  const n = t.shape[axis]!;
  const sizes = sizesBetween(places, n);
  if (sizes.reduce((a, b) => a + b, 0) !== n) {
    throw new ConfigError(`${where}: places to split at must rise, got [${places.join(', ')}]`);
  }
  return split(t, sizes, axis);
}

/**
 * Splits along an axis into a number of equal parts, or at places: [2, 3] gives what is before 2, the slice 2, and the
 * rest. (The function `split` of `@dl/tensor` takes sizes instead.)
 *
 * @throws ShapeError when equal parts are not possible; `arraySplit` allows that.
 */
export const splitAt: Split = /* @__PURE__ */ op('split', (x: TensorLike, sections: Sections, axis = 0) => {
  const t = asTensor(x, 'split');
  const place = normalizeAxis(axis, t.rank, 'split');
  return typeof sections === 'number' ? split(t, sections, place) : cut(t, sections, place, 'split');
});

/** As {@link splitAt}, where the first parts may be longer by one. */
export const arraySplit: Split = /* @__PURE__ */ op('arraySplit', (x: TensorLike, sections: Sections, axis = 0) => {
  const t = asTensor(x, 'arraySplit');
  const place = normalizeAxis(axis, t.rank, 'arraySplit');
  if (typeof sections !== 'number') return cut(t, sections, place, 'arraySplit');
  if (!Number.isInteger(sections) || sections < 1) {
    throw new ConfigError(`arraySplit: expected at least one part, got ${sections}`);
  }
  const n = t.shape[place]!;
  const sizes = Array.from({ length: sections }, (_, i) => Math.floor(n / sections) + (i < n % sections ? 1 : 0));
  return split(t, sizes, place);
});

const splitOn = (name: string, axisOf: (rank: number) => number, least: number): Along =>
  /* @__PURE__ */ op(name, (x: TensorLike, sections: Sections) => {
    const t = asTensor(x, name);
    if (t.rank < least) throw new ShapeError(`${name}: expected rank ≥ ${least}, got shape ${formatShape(t.shape)}`);
    return splitAt(t, sections, axisOf(t.rank));
  });
/** Splits along the first axis. */
export const vsplit: Along = /* @__PURE__ */ splitOn('vsplit', () => 0, 2);
/** Splits along the second axis, of vectors along the first. */
export const hsplit: Along = /* @__PURE__ */ splitOn('hsplit', (rank) => Math.min(rank - 1, 1), 1);
/** Splits along the third axis. */
export const dsplit: Along = /* @__PURE__ */ splitOn('dsplit', () => 2, 3);

/** At least `rank` axes, those missing placed by a rule. */
const joined = (name: string, axis: (rank: number) => number, shaped: (t: Tensor) => Tensor): Join =>
  /* @__PURE__ */ op(name, (xs: readonly TensorLike[]) => {
    const tensors = xs.map((x) => shaped(asTensor(x, name)));
    return concat(tensors, axis(tensors[0]?.rank ?? 1));
  });
/** Joins along the first axis; vectors are rows. */
export const vstack: Join = /* @__PURE__ */ joined(
  'vstack',
  () => 0,
  (t) => (t.rank < 2 ? reshape(t, [1, -1]) : t),
);
/** Joins along the second axis, vectors along the first. */
export const hstack: Join = /* @__PURE__ */ joined(
  'hstack',
  (rank) => Math.min(rank - 1, 1),
  (t) => (t.rank === 0 ? reshape(t, [1]) : t),
);
/** Joins along the third axis; vectors [n] are [1, n, 1] and matrices [m, n, 1]. */
export const dstack: Join = /* @__PURE__ */ joined(
  'dstack',
  () => 2,
  (t) => (t.rank < 2 ? reshape(t, [1, -1, 1]) : t.rank === 2 ? reshape(t, [...t.shape, 1]) : t),
);
/** Joins vectors as the columns of a matrix, and matrices side by side. */
export const columnStack: Join = /* @__PURE__ */ joined(
  'columnStack',
  () => 1,
  (t) => (t.rank < 2 ? transpose(reshape(t, [1, -1])) : t),
);
