/**
 * Quantiles, percentiles and medians, also of the elements that are not NaN.
 */
import { castTo, type TensorLike } from '../../create.ts';
import { ConfigError } from '../../errors.ts';
import { apply } from '../../runtime/interpreter.ts';
import { normalizeAxes, sizeOf } from '../../shape.ts';
import { Tensor } from '../../tensor.ts';
import { oneOf, pickAlongLast, real } from '../arguments.ts';
import { add, ceil, cast, equal, floor, isNan, maximum, minimum, mul, round, sub, where } from '../elementwise.ts';
import { reshape, slice, stack, transpose } from '../movement.ts';
import { op } from '../op.ts';

type Axes = number | readonly number[] | null;

/** What is taken where a quantile lies between two elements. */
export type QuantileMethod = 'linear' | 'lower' | 'higher' | 'midpoint' | 'nearest';
const METHODS: readonly QuantileMethod[] = ['linear', 'lower', 'higher', 'midpoint', 'nearest'];

/** Options of quantiles. */
export interface QuantileOptions {
  /** What is taken between two elements; 'nearest' takes the even place of two that are equally near. Default 'linear'. */
  readonly method?: QuantileMethod;
  readonly keepDims?: boolean;
}

type Quantile = (
  x: TensorLike,
  q: number | readonly number[] | Tensor,
  axes?: Axes,
  options?: QuantileOptions,
) => Tensor;

/** The wanted fractions as host numbers. */
function fractions(q: number | readonly number[] | Tensor, top: number, where_: string): readonly number[] {
  if (q instanceof Tensor && q.value !== null) {
    throw new ConfigError(`${where_}: q must be known while jit traces; give numbers`);
  }
  const list = q instanceof Tensor ? [...q.dataSync()] : typeof q === 'number' ? [q] : [...q];
  const wrong = list.find((value) => !(value >= 0 && value <= top));
  if (wrong !== undefined) throw new ConfigError(`${where_}: q must be in [0, ${top}], got ${wrong}`);
  return list.map((value) => value / top);
}

/** The axes to reduce last and as one, in rising order; NaN comes last. */
function sortedLast(t: Tensor, axes: readonly number[]): Tensor {
  const kept = t.shape.map((_, d) => d).filter((d) => !axes.includes(d));
  const moved = transpose(t, [...kept, ...axes]);
  const flat = reshape(moved, [...kept.map((d) => t.shape[d]!), sizeOf(axes.map((d) => t.shape[d]!))]);
  return apply('sort', [flat], { axis: kept.length, descending: false });
}

/** a + (b − a)·w; exact where both are equal, infinities included. */
const between = (a: Tensor, b: Tensor, w: Tensor | number): Tensor => where(equal(a, b), a, add(a, mul(sub(b, a), w)));

/** Halves are rounded to the even number. */
function roundEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  return rest === 0.5 ? low + (low % 2) : rest < 0.5 ? low : low + 1;
}

/** The quantile of sorted rows of a known length. */
function fixed(sorted: Tensor, q: number, method: QuantileMethod): Tensor {
  const axis = sorted.rank - 1;
  const n = sorted.shape[axis]!;
  const at = (place: number): Tensor => {
    const start = sorted.shape.map((_, d) => (d === axis ? place : 0));
    return reshape(slice(sorted, start, [...sorted.shape.slice(0, -1), 1]), sorted.shape.slice(0, -1));
  };
  const place = q * (n - 1);
  const [low, high] = [Math.floor(place), Math.ceil(place)];
  if (method === 'nearest') return at(roundEven(place));
  if (low === high || method === 'lower') return at(low);
  if (method === 'higher') return at(high);
  return between(at(low), at(high), method === 'midpoint' ? 0.5 : place - low);
}

/** The quantile of the first `count` elements of sorted rows. */
function counted(sorted: Tensor, count: Tensor, q: number, method: QuantileMethod): Tensor {
  const place = mul(maximum(sub(count, 1), 0), q);
  const at = (index: Tensor): Tensor => pickAlongLast(sorted, cast(index, 'int32'));
  const [low, high] = [floor(place), ceil(place)];
  const last = sorted.shape.at(-1)! - 1;
  const value =
    method === 'nearest'
      ? at(round(place))
      : method === 'lower'
        ? at(low)
        : method === 'higher'
          ? at(minimum(high, last))
          : between(at(low), at(minimum(high, last)), method === 'midpoint' ? halfWay(low, high) : sub(place, low));
  return reshape(value, sorted.shape.slice(0, -1));
}

/** Half way between two places, or nothing where they are one. */
const halfWay = (low: Tensor, high: Tensor): Tensor => mul(sub(high, low), 0.5);

const quantiles = (name: string, top: number, skipNan: boolean): Quantile =>
  /* @__PURE__ */ op(
    name,
    (
      x: TensorLike,
      q: number | readonly number[] | Tensor,
      axes?: Axes,
      { method = 'linear', keepDims = false }: QuantileOptions = {},
    ) => {
      oneOf(method, METHODS, `${name}: method`);
      const t = real(x, name);
      const list = normalizeAxes(axes, t.rank, name);
      const sorted = sortedLast(t, list);
      const n = sorted.shape.at(-1)!;
      const wanted = fractions(q, top, name);
      const shape = keepDims ? t.shape.map((m, d) => (list.includes(d) ? 1 : m)) : sorted.shape.slice(0, -1);
      const single = typeof q === 'number' || (q instanceof Tensor && q.rank === 0);
      if (n === 0) throw new ConfigError(`${name}: there are no elements along the axes [${list.join(', ')}]`);
      const bad = castTo(isNan(sorted), t.dtype);
      const count = sub(n, bad.sum(-1, true));
      const hasNan = isNan(
        slice(
          sorted,
          sorted.shape.map((m, d) => (d === sorted.rank - 1 ? m - 1 : 0)),
        ),
      );
      const results = wanted.map((fraction) => {
        const value = skipNan
          ? counted(sorted, count, fraction, method)
          : where(reshape(hasNan, sorted.shape.slice(0, -1)), NaN, fixed(sorted, fraction, method));
        return reshape(value, shape);
      });
      return single ? results[0]! : stack(results);
    },
  );

/**
 * The values below which fractions `q` (numbers in [0, 1]) of the elements lie, over axes (default all). A list of
 * fractions becomes the first axis of the result. NaN where there is one among the elements.
 *
 * @example quantile([0, 1, 2, 3], 0.5); // 1.5
 */
export const quantile: Quantile = /* @__PURE__ */ quantiles('quantile', 1, false);
/** As {@link quantile}, with `q` in percent. */
export const percentile: Quantile = /* @__PURE__ */ quantiles('percentile', 100, false);
/** As {@link quantile}, of the elements that are not NaN; NaN where there are none. */
export const nanQuantile: Quantile = /* @__PURE__ */ quantiles('nanQuantile', 1, true);
/** As {@link percentile}, of the elements that are not NaN; NaN where there are none. */
export const nanPercentile: Quantile = /* @__PURE__ */ quantiles('nanPercentile', 100, true);

type Reduction = (x: TensorLike, axes?: Axes, keepDims?: boolean) => Tensor;
/** The middle element, or the mean of the two in the middle; NaN where there is one. */
export const median: Reduction = /* @__PURE__ */ op('median', (x: TensorLike, axes?: Axes, keepDims = false) =>
  quantile(x, 0.5, axes, { keepDims }),
);
/** As {@link median}, of the elements that are not NaN; NaN where there are none. */
export const nanMedian: Reduction = /* @__PURE__ */ op('nanMedian', (x: TensorLike, axes?: Axes, keepDims = false) =>
  nanQuantile(x, 0.5, axes, { keepDims }),
);
