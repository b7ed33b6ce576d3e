/**
 * Normalizations and encodings with Keras's arguments.
 */
import { castTo, type TensorLike } from '../../create.ts';
import type { DType } from '../../dtype.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { formatShape, normalizeAxes, normalizeAxis } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { positions, real } from '../arguments.ts';
import { abs, add, cos, div, greater, maximum, mul, pow, rsqrt, sin, square, sub, where } from '../elementwise.ts';
import { oneHot, sort } from '../indexing.ts';
import { moveAxis, reshape } from '../movement.ts';
import { op } from '../op.ts';
import { cumsum, max, sum } from '../reduce.ts';
import { batchNorm, layerNorm, rmsNorm } from './normalization.ts';

/** A learnt vector or block over some axes, in a shape that broadcasts. */
function over(value: TensorLike | null, x: Tensor, axes: readonly number[], where_: string): Tensor | null {
  if (value === null) return null;
  const t = real(value, where_);
  const wanted = axes.map((d) => x.shape[d]!);
  if (t.size !== wanted.reduce((a, b) => a * b, 1)) {
    throw new ShapeError(`${where_}: expected a shape of ${formatShape(wanted)}, got ${formatShape(t.shape)}`);
  }
  return reshape(
    t,
    x.shape.map((n, d) => (axes.includes(d) ? n : 1)),
  );
}

/** Options of {@link batchNormalization}. */
export interface BatchNormalizationOptions {
  readonly offset?: TensorLike | null;
  readonly scale?: TensorLike | null;
  /** Default 1e-3. */
  readonly epsilon?: number;
}

/** (x − mean)/√(variance + ε)·scale + offset, with given statistics, one per place of an axis. */
export const batchNormalization: (
  x: TensorLike,
  mean: TensorLike,
  variance: TensorLike,
  axis: number,
  options?: BatchNormalizationOptions,
) => Tensor = /* @__PURE__ */ op(
  'batchNormalization',
  (
    x: TensorLike,
    mean: TensorLike,
    variance: TensorLike,
    axis: number,
    { offset = null, scale = null, epsilon = 1e-3 }: BatchNormalizationOptions = {},
  ) => {
    const t = real(x, 'batchNormalization');
    const axes = [normalizeAxis(axis, t.rank, 'batchNormalization')];
    const at = (value: TensorLike | null, what: string): Tensor | null =>
      over(value, t, axes, `batchNormalization: ${what}`);
    return batchNorm(t, at(mean, 'mean')!, at(variance, 'variance')!, {
      scale: at(scale, 'scale'),
      offset: at(offset, 'offset'),
      epsilon,
    });
  },
);

/** Options of {@link layerNormalization}. */
export interface LayerNormalizationOptions {
  /** Scale, of the shape of the axes. */
  readonly gamma?: TensorLike | null;
  /** Offset, of the shape of the axes. */
  readonly beta?: TensorLike | null;
  readonly axis?: number | readonly number[];
  /** Default 1e-7. */
  readonly epsilon?: number;
}

/** (x − mean)/√(variance + ε)·γ + β with the statistics of an axis, or of several (default the last). */
export const layerNormalization: (x: TensorLike, options?: LayerNormalizationOptions) => Tensor = /* @__PURE__ */ op(
  'layerNormalization',
  (x: TensorLike, { gamma = null, beta = null, axis = -1, epsilon = 1e-7 }: LayerNormalizationOptions = {}) => {
    const t = real(x, 'layerNormalization');
    const axes = normalizeAxes(axis, t.rank, 'layerNormalization');
    return layerNorm(t, axes, {
      scale: over(gamma, t, axes, 'layerNormalization: gamma'),
      offset: over(beta, t, axes, 'layerNormalization: beta'),
      epsilon,
    });
  },
);

/** Options of {@link rmsNormalization}. */
export interface RmsNormalizationOptions {
  readonly scale?: TensorLike | null;
  readonly axis?: number | readonly number[];
  /** Default 1e-7. */
  readonly epsilon?: number;
}

/** x/√(mean x² + ε)·scale over an axis, or several (default the last). */
export const rmsNormalization: (x: TensorLike, options?: RmsNormalizationOptions) => Tensor = /* @__PURE__ */ op(
  'rmsNormalization',
  (x: TensorLike, { scale = null, axis = -1, epsilon = 1e-7 }: RmsNormalizationOptions = {}) => {
    const t = real(x, 'rmsNormalization');
    const axes = normalizeAxes(axis, t.rank, 'rmsNormalization');
    return rmsNorm(t, axes, { scale: over(scale, t, axes, 'rmsNormalization: scale'), epsilon });
  },
);

/**
 * x divided by its norm along an axis (default the last), which is at least ε: Σ|x|^order to the power 1/order, or the
 * largest |x| for an infinite order.
 */
export const normalize: (x: TensorLike, axis?: number, order?: number, epsilon?: number) => Tensor = /* @__PURE__ */ op(
  'normalize',
  (x: TensorLike, axis = -1, order = 2, epsilon = 1e-7) => {
    if (!(order > 0)) throw new ConfigError(`normalize: the order must be above 0, got ${order}`);
    const t = real(x, 'normalize');
    if (order === 2) return mul(t, rsqrt(maximum(sum(square(t), axis, true), epsilon * epsilon)));
    const size = abs(t);
    const norm = order === Infinity ? max(size, axis, true) : pow(sum(pow(size, order), axis, true), 1 / order);
    return div(t, maximum(norm, epsilon));
  },
);

/** The Euclidean projection onto the probability simplex along an axis (A. Martins, R. Astudillo, 2016). */
export const sparsemax: (x: TensorLike, axis?: number) => Tensor = /* @__PURE__ */ op(
  'sparsemax',
  (x: TensorLike, axis = -1) => {
    const t = real(x, 'sparsemax');
    if (t.rank === 0) throw new ShapeError('sparsemax: expected rank ≥ 1, got a scalar');
    const logits = moveAxis(t, axis, -1);
    const n = logits.shape.at(-1)!;
    const sorted = sort(logits, -1, { descending: true });
    const place = add(castTo(positions(n), t.dtype), 1);
    const support = greater(mul(sorted, place), sub(cumsum(sorted, -1), 1));
    const count = sum(castTo(support, t.dtype), -1, true);
    const limit = div(sub(sum(where(support, sorted, 0), -1, true), 1), count);
    return moveAxis(maximum(sub(logits, limit), 0), -1, axis);
  },
);

/** 1 at every class that is among the ids of a row, 0 elsewhere: [batch, ids] gives [batch, classes]. */
export const multiHot: (ids: TensorLike, classes: number, axis?: number, dtype?: DType) => Tensor = /* @__PURE__ */ op(
  'multiHot',
  (ids: TensorLike, classes: number, axis = -1, dtype: DType = 'float32') => {
    const hot = oneHot(ids, classes, axis, dtype);
    return max(hot, hot.rank > 2 ? 1 : 0, false, 0);
  },
);

/** Real and imaginary part of numbers given by magnitude and angle in radians. */
export const polar: (magnitude: TensorLike, angle: TensorLike) => [real: Tensor, imaginary: Tensor] =
  /* @__PURE__ */ op('polar', (magnitude: TensorLike, angle: TensorLike): [Tensor, Tensor] => {
    const turn = real(angle, 'polar');
    return [mul(magnitude, cos(turn)), mul(magnitude, sin(turn))];
  });
