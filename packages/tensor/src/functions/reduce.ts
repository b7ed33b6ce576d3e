/**
 * Reductions. `axes` may be a number, a list or absent (all axes); `keepDims` keeps them with size 1.
 */
import { asTensor, castTo, type TensorLike } from '../create.ts';
import { isFloating, toFloating, type DType } from '../dtype.ts';
import type { OpAttrs } from '../ops/attrs.ts';
import { apply } from '../runtime/interpreter.ts';
import { normalizeAxes, normalizeAxis, reducedShape, sizeOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import {
  add,
  div,
  exp,
  isFinite as finite,
  log,
  maximum,
  minimum,
  notEqual,
  sqrt,
  square,
  sub,
  where,
} from './elementwise.ts';
import { reshape } from './movement.ts';
import { op } from './op.ts';

type Axes = number | readonly number[] | null;
type Reduction = (x: TensorLike, axes?: Axes, keepDims?: boolean) => Tensor;

/** Narrow integers and booleans are summed in 32 bits. */
function wide(dtype: DType): DType {
  if (isFloating(dtype) || dtype === 'int32' || dtype === 'uint32') return dtype;
  return dtype.startsWith('uint') ? 'uint32' : 'int32';
}

const reduction = (name: 'sum' | 'prod'): Reduction =>
  /* @__PURE__ */ op(name, (x: TensorLike, axes?: Axes, keepDims = false) => {
    const raw = asTensor(x, name);
    const t = castTo(raw, wide(raw.dtype));
    return apply(name, [t], { axes: normalizeAxes(axes, t.rank, name), keepDims });
  });

/** Sum; float32 sums are blocked, so that long ones stay accurate. */
export const sum: Reduction = /* @__PURE__ */ reduction('sum');
export const prod: Reduction = /* @__PURE__ */ reduction('prod');

type Extremum = (x: TensorLike, axes?: Axes, keepDims?: boolean, initial?: number | null) => Tensor;
const extremum = (name: 'max' | 'min'): Extremum =>
  /* @__PURE__ */ op(name, (x: TensorLike, axes?: Axes, keepDims = false, initial: number | null = null) => {
    const t = asTensor(x, name);
    const list = normalizeAxes(axes, t.rank, name);
    if (initial === null) return apply(name, [t], { axes: list, keepDims });
    const start = asTensor(initial, name, t.dtype);
    if (list.some((axis) => t.shape[axis] === 0)) {
      return apply('broadcastTo', [start], { shape: reducedShape(t.shape, list, keepDims) });
    }
    const reduced = apply(name, [t], { axes: list, keepDims });
    return name === 'max' ? maximum(reduced, start) : minimum(reduced, start);
  });
/** Largest element; NaN if there is one. `initial` counts as one more element, so that there may be no others. */
export const max: Extremum = /* @__PURE__ */ extremum('max');
/** Smallest element; NaN if there is one. `initial` counts as one more element, so that there may be no others. */
export const min: Extremum = /* @__PURE__ */ extremum('min');

/** Arithmetic mean; integers give float32. The mean of no elements is NaN. */
export const mean: Reduction = /* @__PURE__ */ op('mean', (x: TensorLike, axes?: Axes, keepDims = false) => {
  const t = asTensor(x, 'mean');
  const real = castTo(t, toFloating(t.dtype));
  const list = normalizeAxes(axes, t.rank, 'mean');
  const count = sizeOf(list.map((axis) => t.shape[axis]!));
  return div(sum(real, list, keepDims), count);
});

/** Whether any element is not 0. */
export const any: Reduction = /* @__PURE__ */ op('any', (x: TensorLike, axes?: Axes, keepDims = false) =>
  greaterThanZero(sum(castTo(castTo(asTensor(x, 'any'), 'bool'), 'int32'), axes, keepDims)),
);
/** Whether all elements are not 0. */
export const all: Reduction = /* @__PURE__ */ op('all', (x: TensorLike, axes?: Axes, keepDims = false) => {
  const zero = apply('not', [castTo(asTensor(x, 'all'), 'bool')], {});
  return apply('not', [any(zero, axes, keepDims)], {});
});
const greaterThanZero = (x: Tensor): Tensor => notEqual(x, 0);

type ArgReduction = (x: TensorLike, axis?: number | null, keepDims?: boolean) => Tensor;
const argReduction = (name: 'argMax' | 'argMin'): ArgReduction =>
  /* @__PURE__ */ op(name, (x: TensorLike, axis?: number | null, keepDims = false) => {
    const t = asTensor(x, name);
    if (axis === undefined || axis === null) {
      const flat = apply(name, [reshape(t, [-1])], { axis: 0, keepDims: false });
      return keepDims
        ? reshape(
            flat,
            t.shape.map(() => 1),
          )
        : flat;
    }
    return apply(name, [t], { axis: normalizeAxis(axis, t.rank, name), keepDims });
  });
/** Position (int32) of the first largest element along an axis, or in the flattened tensor. */
export const argMax: ArgReduction = /* @__PURE__ */ argReduction('argMax');
/** Position (int32) of the first smallest element along an axis, or in the flattened tensor. */
export const argMin: ArgReduction = /* @__PURE__ */ argReduction('argMin');

/** Biased variance (divides by n), in two passes. */
export const variance: Reduction = /* @__PURE__ */ op('variance', (x: TensorLike, axes?: Axes, keepDims = false) => {
  const t = asTensor(x, 'variance');
  return mean(square(sub(t, mean(t, axes, true))), axes, keepDims);
});
/** Biased standard deviation. */
export const std: Reduction = /* @__PURE__ */ op('std', (x: TensorLike, axes?: Axes, keepDims = false) =>
  sqrt(variance(x, axes, keepDims)),
);
/** Mean and biased variance. */
export const moments: (x: TensorLike, axes?: Axes, keepDims?: boolean) => { mean: Tensor; variance: Tensor } =
  /* @__PURE__ */ op('moments', (x: TensorLike, axes?: Axes, keepDims = false) => ({
    mean: mean(x, axes, keepDims),
    variance: variance(x, axes, keepDims),
  }));

/** log Σ e^x without overflow; −∞ when all are −∞. */
export const logSumExp: Reduction = /* @__PURE__ */ op('logSumExp', (x: TensorLike, axes?: Axes, keepDims = false) => {
  const t = asTensor(x, 'logSumExp');
  const list = normalizeAxes(axes, t.rank, 'logSumExp');
  const top = apply('stopGradient', [max(t, list, true)], {});
  const shift = where(finite(top), top, 0);
  const total = add(log(sum(exp(sub(t, shift)), list, true)), shift);
  return keepDims
    ? total
    : reshape(
        total,
        t.shape.filter((_, axis) => !list.includes(axis)),
      );
});

/** Options of running reductions. */
export interface CumulativeOptions {
  /** From the end. */
  readonly reverse?: boolean;
  /** Of the elements before each one, so that the first result is neutral. */
  readonly exclusive?: boolean;
  /** What to compute in; default the dtype of the elements, at least 32 bits wide for sums and products. */
  readonly dtype?: DType;
}

type Cumulative = (x: TensorLike, axis?: number | null, options?: CumulativeOptions) => Tensor;
const cumulative = (name: string, kind: OpAttrs['cumulative']['op']): Cumulative =>
  /* @__PURE__ */ op(
    name,
    (x: TensorLike, axis: number | null = null, { reverse = false, exclusive = false, dtype } = {}) => {
      const raw = axis === null ? reshape(x, [-1]) : asTensor(x, name);
      const t = dtype === undefined ? raw : castTo(raw, dtype);
      const typed = kind === 'sum' || kind === 'prod' ? castTo(t, wide(t.dtype)) : t;
      return apply('cumulative', [typed], {
        op: kind,
        axis: normalizeAxis(axis ?? 0, t.rank, name),
        reverse,
        exclusive,
      });
    },
  );
/** Running sum along an axis, or of the flattened tensor. */
export const cumsum: Cumulative = /* @__PURE__ */ cumulative('cumsum', 'sum');
/** Running product along an axis, or of the flattened tensor. */
export const cumprod: Cumulative = /* @__PURE__ */ cumulative('cumprod', 'prod');
/** Running maximum along an axis, or of the flattened tensor. */
export const cummax: Cumulative = /* @__PURE__ */ cumulative('cummax', 'max');
/** Running minimum along an axis, or of the flattened tensor. */
export const cummin: Cumulative = /* @__PURE__ */ cumulative('cummin', 'min');

/** Number of elements that are not 0, as int32. */
export const countNonzero: Reduction = /* @__PURE__ */ op(
  'countNonzero',
  (x: TensorLike, axes?: Axes, keepDims = false) => sum(castTo(notEqual(x, 0), 'int32'), axes, keepDims),
);
