/**
 * Searching and sets: searchSorted, isIn, nonzero, unique, argpartition.
 */
import { asTensor, castTo, promotePair, type TensorLike } from '../../create.ts';
import { isFloating } from '../../dtype.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { apply, applyAll } from '../../runtime/interpreter.ts';
import { formatShape, normalizeAxis, sizeOf, type Shape } from '../../shape.ts';
import { Tensor } from '../../tensor.ts';
import { filled, integers, oneOf, pick, positions, shapeNumber, wholeNumber } from '../arguments.ts';
import { composite } from '../composite.ts';
import {
  add,
  cast,
  equal,
  isNan,
  less,
  logicalAnd,
  logicalNot,
  logicalOr,
  notEqual,
  sub,
  where,
} from '../elementwise.ts';
import { moveAxis, reshape, slice } from '../movement.ts';
import { op } from '../op.ts';
import { countNonzero, cumsum, max } from '../reduce.ts';

/** The order of sort: NaN after everything. */
const before = (a: Tensor, b: Tensor): Tensor =>
  isFloating(a.dtype) ? logicalOr(less(a, b), logicalAnd(isNan(b), logicalNot(isNan(a)))) : less(a, b);

/** Halves the span in which the place lies until it is one position. */
const searchOf = /* @__PURE__ */ composite<{ readonly right: boolean }>(
  'searchSorted',
  ([sorted, values], { right }) => {
    const n = sorted!.size;
    let low = filled(values!.shape, 0, 'int32');
    let high = filled(values!.shape, n, 'int32');
    for (let span = n; span > 0; span = Math.floor(span / 2)) {
      const middle = apply('shiftRight', [add(low, high), Tensor.scalar(1, 'int32')], {});
      const at = pick(sorted!, middle);
      const beyond = right ? logicalNot(before(values!, at)) : before(at, values!);
      const open = less(low, high);
      const up = logicalAnd(open, beyond);
      high = where(logicalAnd(open, logicalNot(beyond)), middle, high);
      low = where(up, add(middle, 1), low);
    }
    return low;
  },
);

/**
 * Where values would be inserted into a sorted vector to keep it sorted, int32: before equal elements ('left'), or after
 * them ('right').
 *
 * @example searchSorted([1, 3, 5], [3, 4]); // [1, 2]
 */
export const searchSorted: (sorted: TensorLike, values: TensorLike, side?: 'left' | 'right') => Tensor =
  /* @__PURE__ */ op('searchSorted', (sorted: TensorLike, values: TensorLike, side: 'left' | 'right' = 'left') => {
    oneOf(side, ['left', 'right'], 'searchSorted: side');
    const [s, v] = promotePair(sorted, values, 'searchSorted');
    if (s.rank !== 1) throw new ShapeError(`searchSorted: expected a sorted vector, got shape ${formatShape(s.shape)}`);
    return searchOf([s, v], { right: side === 'right' });
  });

/** Whether each element of `x` is among the elements of `y`; with `invert`, whether it is not. */
export const isIn: (
  x: TensorLike,
  y: TensorLike,
  options?: { readonly assumeUnique?: boolean; readonly invert?: boolean },
) => Tensor = /* @__PURE__ */ op(
  'isIn',
  (
    x: TensorLike,
    y: TensorLike,
    { invert = false }: { readonly assumeUnique?: boolean; readonly invert?: boolean } = {},
  ) => {
    const [a, b] = promotePair(x, y, 'isIn');
    const sorted = apply('sort', [reshape(b, [-1])], { axis: 0, descending: false });
    const n = sorted.size;
    if (n === 0) return filled(a.shape, Number(invert), 'bool');
    const place = searchOf([sorted, a], { right: false });
    const found = equal(pick(sorted, where(less(place, n), place, n - 1)), a);
    return invert ? logicalNot(found) : found;
  },
);

/** Coordinates of positions in a row-major tensor of this shape. */
function coordinates(flat: Tensor, shape: Shape): Tensor[] {
  const int = (value: number): Tensor => Tensor.scalar(value, 'int32');
  let rest = flat;
  return shape.reduceRight<Tensor[]>((list, n, axis) => {
    if (axis === 0) return [rest, ...list];
    const own = apply('rem', [rest, int(Math.max(n, 1))], {});
    rest = apply('div', [rest, int(Math.max(n, 1))], {});
    return [own, ...list];
  }, []);
}

/**
 * Coordinates (int32, one tensor per axis) of positions in a row-major tensor of this shape; negative positions count
 * from the end.
 *
 * @example unravelIndex([5], [2, 3]); // [[1], [2]]
 */
export const unravelIndex: (indices: TensorLike, shape: Shape) => Tensor[] = /* @__PURE__ */ op(
  'unravelIndex',
  (indices: TensorLike, shape: Shape) => {
    const flat = integers(indices, 'unravelIndex');
    return coordinates(where(less(flat, 0), add(flat, sizeOf(shape)), flat), shape);
  },
);

/** Options of ops whose number of results depends on the values. */
export interface SizeOptions {
  /** The number of results, which inside jit must be given: what is beyond is dropped, what is missing is filled. */
  readonly size?: number | null;
  /** What fills missing results. */
  readonly fillValue?: number | null;
}

/**
 * The coordinates of the elements that are not 0, in row-major order: one int32 vector per axis.
 *
 * @throws ConfigError inside jit without `size`.
 * @example nonzero([[0, 1], [2, 0]]); // [[0, 1], [1, 0]]
 */
export const nonzero: (x: TensorLike, options?: SizeOptions) => Tensor[] = /* @__PURE__ */ op(
  'nonzero',
  (x: TensorLike, { size = null, fillValue = null }: SizeOptions = {}) => {
    const t = asTensor(x, 'nonzero');
    if (t.rank === 0) throw new ShapeError('nonzero: expected at least one axis, got a scalar; use reshape(x, [1])');
    const zero = equal(reshape(t, [-1]), 0);
    const count = size ?? shapeNumber(countNonzero(t), 'nonzero', 'the option size');
    wholeNumber(count, 0, 'nonzero: size');
    // A stable sort puts the places of what is not 0 first, in their order.
    const order = applyAll('sort', [cast(zero, 'int32')], { axis: 0, descending: false })[1]!;
    const places = sized(order, count, 0);
    const missing = logicalNot(less(positions(count), countNonzero(t)));
    return coordinates(places, t.shape).map((c) =>
      where(missing, castTo(asTensor(fillValue ?? 0, 'nonzero'), 'int32'), c),
    );
  },
);

/** The first `count` elements of a vector, filled up where there are fewer. */
function sized(x: Tensor, count: number, fill: number): Tensor {
  const n = x.size;
  if (count <= n) return slice(x, 0, count);
  return apply('pad', [x, Tensor.scalar(fill, x.dtype)], { low: [0], high: [count - n], interior: [0] });
}

/** Options of {@link unique}. */
export interface UniqueOptions extends SizeOptions {
  /** Compares slices along this axis; default all elements. */
  readonly axis?: number | null;
}

/** What {@link unique} finds. */
export interface UniqueResult {
  /** The different elements, or slices, in rising order. */
  readonly values: Tensor;
  /** Where each of them is first, int32. */
  readonly index: Tensor;
  /** For each element which of the values it is, int32; of the shape of `x`, or of one axis. */
  readonly inverse: Tensor;
  /** How often each of them occurs, int32. */
  readonly counts: Tensor;
}

/**
 * The different elements of a tensor in rising order, where they are first, which one each element is, and how often they
 * occur. NaN counts as equal to NaN. Missing results (see `size`) repeat the first value unless `fillValue` is given, with
 * a count of 0.
 *
 * @throws ConfigError inside jit without `size`.
 * @example unique([3, 1, 3]).values; // [1, 3]
 */
export const unique: (x: TensorLike, options?: UniqueOptions) => UniqueResult = /* @__PURE__ */ op(
  'unique',
  (x: TensorLike, { axis = null, size = null, fillValue = null }: UniqueOptions = {}) => {
    const t = asTensor(x, 'unique');
    const place = axis === null ? 0 : normalizeAxis(axis, t.rank, 'unique');
    const slices = axis === null ? reshape(t, [-1]) : moveAxis(t, place, 0);
    const n = slices.shape[0]!;
    const columns = reshape(slices, [n, axis === null ? 1 : slices.size / Math.max(n, 1)]);
    const order = lexicographic(columns);
    const sorted = pick(columns, order);
    const fresh = startsGroup(sorted);
    const group = sub(cumsum(cast(fresh, 'int32'), 0), 1);
    const found = n === 0 ? filled([], 0, 'int32') : add(max(group), 1);
    const count = wholeNumber(size ?? shapeNumber(found, 'unique', 'the option size'), 0, 'unique: size');
    const scatter = (target: Tensor, at: Tensor, updates: Tensor, kind: 'set' | 'add' | 'min'): Tensor =>
      apply('scatter', [target, at, updates], { axes: [0], op: kind });
    const first = scatter(filled([count], Math.max(n - 1, 0), 'int32'), group, positions(n), 'min');
    const counts = scatter(filled([count], 0, 'int32'), group, filled([n], 1, 'int32'), 'add');
    const present = less(positions(count), found);
    const index = count === 0 || n === 0 ? filled([count], 0, 'int32') : pick(order, where(present, first, 0));
    const raw = n === 0 ? filled([count, ...slices.shape.slice(1)], 0, t.dtype) : pick(slices, index);
    const missing = reshape(logicalNot(present), [count, ...slices.shape.slice(1).map(() => 1)]);
    const values =
      fillValue === null || size === null ? raw : where(missing, castTo(asTensor(fillValue, 'unique'), t.dtype), raw);
    const inverse = scatter(filled([n], 0, 'int32'), order, group, 'set');
    return {
      values: axis === null ? values : moveAxis(values, 0, place),
      index,
      inverse: axis === null ? reshape(inverse, t.shape) : inverse,
      counts,
    };
  },
);

/** The stable order of rows that compares first columns first. */
function lexicographic(columns: Tensor): Tensor {
  const [n, width] = columns.shape as [number, number];
  const column = (c: number): Tensor => reshape(slice(columns, [0, c], [n, 1]), [n]);
  let order = positions(n);
  for (let c = width - 1; c >= 0; c--) {
    const keys = pick(column(c), order);
    order = pick(order, applyAll('sort', [keys], { axis: 0, descending: false })[1]!);
  }
  return order;
}

/** True at rows that differ from the one before. */
function startsGroup(sorted: Tensor): Tensor {
  const [n, width] = sorted.shape as [number, number];
  if (n === 0) return filled([0], 0, 'bool');
  const [earlier, later] = [slice(sorted, [0, 0], [n - 1, width]), slice(sorted, [1, 0], [n - 1, width])];
  const both = isFloating(sorted.dtype) ? logicalAnd(isNan(earlier), isNan(later)) : filled(later.shape, 0, 'bool');
  const differ = logicalAnd(notEqual(earlier, later), logicalNot(both));
  const any = notEqual(cast(differ, 'int32').sum(1), 0);
  return apply('concat', [filled([1], 1, 'bool'), any], { axis: 0 });
}

/**
 * Positions (int32) that put along an axis the element that sorting puts at `kth` there, smaller ones before and larger
 * ones after it. All are in fact sorted.
 */
export const argpartition: (x: TensorLike, kth: number, axis?: number) => Tensor = /* @__PURE__ */ op(
  'argpartition',
  (x: TensorLike, kth: number, axis = -1) => {
    const t = asTensor(x, 'argpartition');
    const place = normalizeAxis(axis, t.rank, 'argpartition');
    const n = t.shape[place]!;
    if (!Number.isInteger(kth) || kth < -n || kth >= n) {
      throw new ConfigError(`argpartition: kth must be a whole number in [${-n}, ${n}), got ${kth}`);
    }
    return applyAll('sort', [t], { axis: place, descending: false })[1]!;
  },
);
