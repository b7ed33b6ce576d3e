/**
 * Reductions of the elements that are not NaN. Integers have no NaN, so that they are reduced as always.
 */
import { asTensor, castTo, type TensorLike } from '../../create.ts';
import { isFloating, toFloating } from '../../dtype.ts';
import type { Tensor } from '../../tensor.ts';
import { cast, div, equal, isNan, logicalNot, sqrt, square, sub, where } from '../elementwise.ts';
import { op } from '../op.ts';
import { all, argMax, argMin, cumprod, cumsum, max, min, prod, sum, type CumulativeOptions } from '../reduce.ts';

type Axes = number | readonly number[] | null;
type Reduction = (x: TensorLike, axes?: Axes, keepDims?: boolean) => Tensor;
type ArgReduction = (x: TensorLike, axis?: number | null, keepDims?: boolean) => Tensor;
type Running = (x: TensorLike, axis?: number | null, options?: CumulativeOptions) => Tensor;

/** The tensor with another value in the place of NaN. */
const without = (t: Tensor, value: number): Tensor => (isFloating(t.dtype) ? where(isNan(t), value, t) : t);
const absent = (t: Tensor): Tensor => isNan(castTo(t, toFloating(t.dtype)));

/** Sum of the elements that are not NaN. */
export const nanSum: Reduction = /* @__PURE__ */ op('nanSum', (x: TensorLike, axes?: Axes, keepDims = false) =>
  sum(without(asTensor(x, 'nanSum'), 0), axes, keepDims),
);
/** Product of the elements that are not NaN. */
export const nanProd: Reduction = /* @__PURE__ */ op('nanProd', (x: TensorLike, axes?: Axes, keepDims = false) =>
  prod(without(asTensor(x, 'nanProd'), 1), axes, keepDims),
);

const extremum = (name: string, reduce: Reduction, worst: number): Reduction =>
  /* @__PURE__ */ op(name, (x: TensorLike, axes?: Axes, keepDims = false) => {
    const t = asTensor(x, name);
    if (!isFloating(t.dtype)) return reduce(t, axes, keepDims);
    const result = reduce(without(t, worst), axes, keepDims);
    return where(all(isNan(t), axes, keepDims), NaN, result);
  });
/** Largest element that is not NaN; NaN where there is none. */
export const nanMax: Reduction = /* @__PURE__ */ extremum('nanMax', max, -Infinity);
/** Smallest element that is not NaN; NaN where there is none. */
export const nanMin: Reduction = /* @__PURE__ */ extremum('nanMin', min, Infinity);

const argExtremum = (name: string, find: ArgReduction, best: Reduction): ArgReduction =>
  /* @__PURE__ */ op(name, (x: TensorLike, axis: number | null = null, keepDims = false) => {
    const t = asTensor(x, name);
    if (!isFloating(t.dtype)) return find(t, axis, keepDims);
    // The first place that equals the extremum: an infinity that stands for NaN must not come before a real one.
    const hit = equal(t, best(t, axis, true));
    const none = logicalNot(cast(cast(hit, 'int32').sum(axis, keepDims), 'bool'));
    return where(none, -1, argMax(cast(hit, 'int32'), axis, keepDims));
  });
/** Position (int32) of the first largest element that is not NaN; −1 where there is none. */
export const nanArgMax: ArgReduction = /* @__PURE__ */ argExtremum('nanArgMax', argMax, nanMax);
/** Position (int32) of the first smallest element that is not NaN; −1 where there is none. */
export const nanArgMin: ArgReduction = /* @__PURE__ */ argExtremum('nanArgMin', argMin, nanMin);

const running = (name: string, run: Running, neutral: number): Running =>
  /* @__PURE__ */ op(name, (x: TensorLike, axis: number | null = null, options: CumulativeOptions = {}) =>
    run(without(asTensor(x, name), neutral), axis, options),
  );
/** Running sum along an axis, or of the flattened tensor, in which NaN counts as 0. */
export const nanCumsum: Running = /* @__PURE__ */ running('nanCumsum', cumsum, 0);
/** Running product along an axis, or of the flattened tensor, in which NaN counts as 1. */
export const nanCumprod: Running = /* @__PURE__ */ running('nanCumprod', cumprod, 1);

/** How many elements are not NaN, in the dtype of the result. */
const present = (t: Tensor, axes: Axes | undefined, keepDims: boolean): Tensor =>
  sum(cast(logicalNot(absent(t)), toFloating(t.dtype)), axes, keepDims);

/** Mean of the elements that are not NaN; NaN where there are none. */
export const nanMean: Reduction = /* @__PURE__ */ op('nanMean', (x: TensorLike, axes?: Axes, keepDims = false) => {
  const t = asTensor(x, 'nanMean');
  return div(sum(castTo(without(t, 0), toFloating(t.dtype)), axes, keepDims), present(t, axes, keepDims));
});
/** Biased variance of the elements that are not NaN, in two passes; NaN where there are none. */
export const nanVar: Reduction = /* @__PURE__ */ op('nanVar', (x: TensorLike, axes?: Axes, keepDims = false) => {
  const t = asTensor(x, 'nanVar');
  const gap = where(absent(t), 0, sub(castTo(t, toFloating(t.dtype)), nanMean(t, axes, true)));
  return div(sum(square(gap), axes, keepDims), present(t, axes, keepDims));
});
/** Biased standard deviation of the elements that are not NaN; NaN where there are none. */
export const nanStd: Reduction = /* @__PURE__ */ op('nanStd', (x: TensorLike, axes?: Axes, keepDims = false) =>
  sqrt(nanVar(x, axes, keepDims)),
);
