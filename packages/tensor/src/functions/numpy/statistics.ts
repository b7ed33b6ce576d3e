/**
 * Statistics: averages, ranges, differences, integrals, correlations and histograms.
 */
import { asTensor, castTo, type TensorLike } from '../../create.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { apply } from '../../runtime/interpreter.ts';
import { formatShape, normalizeAxis, sameShape } from '../../shape.ts';
import { Tensor } from '../../tensor.ts';
import { filled, integers, oneOf, positions, real, realPair, shapeNumber, wholeNumber } from '../arguments.ts';
import { matmul } from '../contract.ts';
import { add, div, equal, less, mul, notEqual, sqrt, sub, where } from '../elementwise.ts';
import { concat, expandDims, flip, reshape, slice, transpose } from '../movement.ts';
import { op } from '../op.ts';
import { max, mean, min, sum } from '../reduce.ts';
import { searchSorted } from './search.ts';

type Axes = number | readonly number[] | null;
type Reduction = (x: TensorLike, axes?: Axes, keepDims?: boolean) => Tensor;

/** Options of {@link average}. */
export interface AverageOptions {
  /** Of the shape of `x`, or one weight per place of the axis. */
  readonly weights?: TensorLike | null;
}

/**
 * Σ w·x / Σ w over an axis, or over all elements; without weights the mean.
 *
 * @throws ShapeError for weights of another shape.
 * @example average([1, 2, 3], 0, { weights: [1, 0, 1] }); // 2
 */
export const average: (x: TensorLike, axis?: number | null, options?: AverageOptions) => Tensor = /* @__PURE__ */ op(
  'average',
  (x: TensorLike, axis: number | null = null, { weights = null }: AverageOptions = {}) => {
    const t = real(x, 'average');
    if (weights === null) return mean(t, axis);
    const [, w] = realPair(t, weights, 'average');
    if (sameShape(w.shape, t.shape)) return div(sum(mul(t, w), axis), sum(w, axis));
    const place = axis === null ? -1 : normalizeAxis(axis, t.rank, 'average');
    if (w.rank !== 1 || place < 0 || w.size !== t.shape[place]) {
      throw new ShapeError(
        `average: weights ${formatShape(w.shape)} must have the shape ${formatShape(t.shape)} of the values, or one ` +
          'number per place of the axis that is named',
      );
    }
    const along = reshape(
      w,
      t.shape.map((n, d) => (d === place ? n : 1)),
    );
    return div(sum(mul(t, along), place), sum(w));
  },
);

/** Largest minus smallest element. */
export const ptp: Reduction = /* @__PURE__ */ op('ptp', (x: TensorLike, axes?: Axes, keepDims = false) => {
  const t = asTensor(x, 'ptp');
  return sub(max(t, axes, keepDims), min(t, axes, keepDims));
});

/** The elements from `start` on an axis, `count` of them. */
function part(t: Tensor, axis: number, start: number, count: number): Tensor {
  return slice(
    t,
    t.shape.map((_, d) => (d === axis ? start : 0)),
    t.shape.map((n, d) => (d === axis ? count : n)),
  );
}

/** Differences of neighbours along an axis, taken `n` times; of booleans, whether they differ. */
export const diff: (x: TensorLike, n?: number, axis?: number) => Tensor = /* @__PURE__ */ op(
  'diff',
  (x: TensorLike, n = 1, axis = -1) => {
    let t = asTensor(x, 'diff');
    const place = normalizeAxis(axis, t.rank, 'diff');
    for (let round = wholeNumber(n, 0, 'diff: n'); round > 0; round--) {
      const count = Math.max(t.shape[place]! - 1, 0);
      const [later, earlier] = [part(t, place, Math.min(1, t.shape[place]!), count), part(t, place, 0, count)];
      t = t.dtype === 'bool' ? notEqual(later, earlier) : sub(later, earlier);
    }
    return t;
  },
);

/** Options of {@link trapezoid}. */
export interface TrapezoidOptions {
  /** Sample places: one per sample, or of the shape of `y`. */
  readonly x?: TensorLike | null;
  /** Distance of samples where `x` is absent. Default 1. */
  readonly dx?: number;
  readonly axis?: number;
}

/** Integral of samples along an axis (default the last) by the trapezoidal rule. */
export const trapezoid: (y: TensorLike, options?: TrapezoidOptions) => Tensor = /* @__PURE__ */ op(
  'trapezoid',
  (y: TensorLike, { x = null, dx = 1, axis = -1 }: TrapezoidOptions = {}) => {
    const t = real(y, 'trapezoid');
    const place = normalizeAxis(axis, t.rank, 'trapezoid');
    const count = Math.max(t.shape[place]! - 1, 0);
    const middle = mul(add(part(t, place, Math.min(1, t.shape[place]!), count), part(t, place, 0, count)), 0.5);
    if (x === null) return mul(sum(middle, place), dx);
    const places = real(x, 'trapezoid');
    const widths = diff(places, 1, places.rank === 1 ? 0 : place);
    const along = middle.shape.map((n, d) => (d === place ? n : 1));
    return sum(mul(middle, places.rank === 1 ? reshape(widths, along) : widths), place);
  },
);

/**
 * Correlation coefficients of the rows of a matrix, [rows, rows]; of one row, the scalar 1.
 */
export const corrcoef: (x: TensorLike) => Tensor = /* @__PURE__ */ op('corrcoef', (x: TensorLike) => {
  const t = real(x, 'corrcoef');
  if (t.rank > 2) throw new ShapeError(`corrcoef: expected a vector or matrix, got shape ${formatShape(t.shape)}`);
  const rows = t.rank === 2 ? t : reshape(t, [1, -1]);
  const centred = sub(rows, mean(rows, 1, true));
  const products = matmul(centred, transpose(centred));
  const deviation = sqrt(sum(mul(centred, centred), 1));
  const result = div(div(products, expandDims(deviation, 1)), expandDims(deviation, 0));
  const bounded = where(less(result, -1), -1, where(result.greater(1), 1, result));
  return t.rank === 2 ? bounded : reshape(bounded, []);
});

/**
 * Sums of products of two vectors at every shift of the second. 'valid' takes shifts of full overlap, 'same' as many as
 * the longer vector has elements, 'full' all.
 */
export const correlate: (a: TensorLike, b: TensorLike, mode?: 'valid' | 'same' | 'full') => Tensor = /* @__PURE__ */ op(
  'correlate',
  (a: TensorLike, b: TensorLike, mode: 'valid' | 'same' | 'full' = 'valid') => {
    oneOf(mode, ['valid', 'same', 'full'], 'correlate: mode');
    const [x, y] = realPair(a, b, 'correlate');
    if (x.rank !== 1 || y.rank !== 1 || x.size === 0 || y.size === 0) {
      throw new ShapeError(
        `correlate: expected two vectors that are not empty, got ${formatShape(x.shape)} and ${formatShape(y.shape)}`,
      );
    }
    // With the longer vector second, the result comes out reversed.
    const turned = y.size > x.size;
    const [long, short] = turned ? [y, x] : [x, y];
    const m = short.size;
    const low = mode === 'valid' ? 0 : mode === 'full' ? m - 1 : turned ? Math.ceil((m - 1) / 2) : Math.floor(m / 2);
    const high = mode === 'valid' ? 0 : mode === 'full' ? m - 1 : m - 1 - low;
    const sums = apply('conv', [reshape(long, [1, -1, 1]), reshape(short, [m, 1, 1])], {
      strides: [1],
      padding: [[low, high]],
      lhsDilation: [1],
      rhsDilation: [1],
      featureGroups: 1,
      batchGroups: 1,
    });
    const flat = reshape(sums, [-1]);
    return turned ? flip(flat) : flat;
  },
);

/** Options of {@link bincount}. */
export interface BincountOptions {
  /** What each element counts, of the shape of `x`; default 1. */
  readonly weights?: TensorLike | null;
  /** Least number of bins. */
  readonly minLength?: number;
  /** Exact number of bins, needed inside jit; numbers beyond it are not counted. */
  readonly length?: number | null;
}

/**
 * How often each number 0, 1, … occurs along the last axis: int32 counts, or sums of weights. There are as many bins as
 * the largest number asks for, and at least `minLength`.
 *
 * @throws ConfigError for negative numbers, and inside jit without `length`.
 * @example bincount([1, 1, 3]); // [0, 2, 0, 1]
 */
export const bincount: (x: TensorLike, options?: BincountOptions) => Tensor = /* @__PURE__ */ op(
  'bincount',
  (x: TensorLike, { weights = null, minLength = 0, length = null }: BincountOptions = {}) => {
    const t = integers(x, 'bincount');
    if (t.rank === 0) throw new ShapeError('bincount: expected at least one axis, got a scalar');
    const n = t.shape.at(-1)!;
    const least = wholeNumber(minLength, 0, 'bincount: minLength');
    const bins = length ?? Math.max(least, t.size === 0 ? 0 : shapeNumber(max(t), 'bincount', 'the option length') + 1);
    if (length === null && t.size > 0 && min(t).itemSync() < 0) {
      throw new ConfigError('bincount: expected numbers from 0 on, got a negative one');
    }
    wholeNumber(bins, 0, 'bincount: length');
    const rows = t.size / Math.max(n, 1);
    const updates = weights === null ? filled(t.shape, 1, 'int32') : asTensor(weights, 'bincount');
    if (!sameShape(updates.shape, t.shape)) {
      throw new ShapeError(
        `bincount: weights ${formatShape(updates.shape)} must have the shape ${formatShape(t.shape)} of the numbers`,
      );
    }
    // Bins before and after take what is outside, since negative positions would count from the end.
    const inside = where(less(t, 0), bins, where(less(t, bins), t, bins));
    const counts = apply(
      'scatter',
      [
        filled([rows, bins + 1], 0, updates.dtype),
        positions(rows, 0, 2),
        reshape(inside, [rows, n]),
        reshape(updates, [rows, n]),
      ],
      { axes: [0, 1], op: 'add' },
    );
    return reshape(slice(counts, [0, 0], [rows, bins]), [...t.shape.slice(0, -1), bins]);
  },
);

/** Options of {@link histogram}. */
export interface HistogramOptions {
  /** Number of bins of one width. Default 10. */
  readonly bins?: number;
  /** Ends of the first and last bin; default the smallest and largest element. */
  readonly range?: readonly [low: number, high: number] | null;
}

/**
 * Counts (int32) of the elements in bins of one width, and the edges of the bins. The last bin contains its upper edge;
 * what is outside of the range is not counted.
 */
export const histogram: (x: TensorLike, options?: HistogramOptions) => { counts: Tensor; edges: Tensor } =
  /* @__PURE__ */ op('histogram', (x: TensorLike, { bins = 10, range = null }: HistogramOptions = {}) => {
    wholeNumber(bins, 1, 'histogram: bins');
    const t = reshape(real(x, 'histogram'), [-1]);
    if (range !== null && !(range[0] <= range[1])) {
      throw new ConfigError(`histogram: the range must rise, got [${range.join(', ')}]`);
    }
    const scalarOf = (value: number): Tensor => Tensor.scalar(value, t.dtype);
    const [from, to] =
      range !== null
        ? [scalarOf(range[0]), scalarOf(range[1])]
        : t.size === 0
          ? [scalarOf(0), scalarOf(1)]
          : [min(t), max(t)];
    const flat = equal(from, to);
    const [low, high] = [where(flat, sub(from, 0.5), from), where(flat, add(to, 0.5), to)];
    const steps = div(castTo(positions(bins), t.dtype), bins);
    const edges = concat([add(low, mul(steps, sub(high, low))), reshape(high, [1])]);
    const bin = sub(searchSorted(edges, t, 'right'), castTo(equal(t, high), 'int32'));
    const all = bincount(bin, { length: bins + 1 });
    return { counts: slice(all, 1), edges };
  });

/** The bin that each element is in, by rising edges: i where bins[i − 1] ≤ x < bins[i], int32. */
export const digitize: (x: TensorLike, bins: TensorLike) => Tensor = /* @__PURE__ */ op(
  'digitize',
  (x: TensorLike, bins: TensorLike) => searchSorted(bins, x, 'right'),
);
