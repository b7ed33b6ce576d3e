/**
 * Cross-entropies of probabilities or logits, with Keras's arguments.
 */
import { asTensor, castTo, type TensorLike } from '../../create.ts';
import { ShapeError } from '../../errors.ts';
import { formatShape, normalizeAxis, sameShape } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { integers, real, realPair } from '../arguments.ts';
import { checkIndices } from '../check-indices.ts';
import { add, clip, div, log, log10, mul, neg, square, sub } from '../elementwise.ts';
import { oneHot } from '../indexing.ts';
import { squeeze } from '../movement.ts';
import { op } from '../op.ts';
import { mean, sum } from '../reduce.ts';
import { sigmoidCrossEntropy, softmaxCrossEntropy, sparseSoftmaxCrossEntropy } from './losses.ts';

/** Options of cross-entropies. */
export interface CrossEntropyOptions {
  /** Whether the outputs are logits; otherwise they are probabilities. Default false. */
  readonly fromLogits?: boolean;
  /** The axis of the classes. Default the last. */
  readonly axis?: number;
}

/** Probabilities are kept this far from 0 and 1. */
const EPSILON = 1e-7;

function pair(target: TensorLike, output: TensorLike, where: string): [Tensor, Tensor] {
  const [t, y] = realPair(target, real(output, where), where);
  if (!sameShape(t.shape, y.shape)) {
    throw new ShapeError(
      `${where}: targets ${formatShape(t.shape)} and outputs ${formatShape(y.shape)} must have one shape`,
    );
  }
  return [t, y];
}

/** Probabilities that add up to 1 and are not 0. */
const proper = (p: Tensor, axis: number): Tensor => clip(div(p, sum(p, axis, true)), EPSILON, 1 - EPSILON);

/** −t·log p − (1 − t)·log(1 − p), elementwise. Probabilities are clipped to [1e−7, 1 − 1e−7]. */
export const binaryCrossentropy: (
  target: TensorLike,
  output: TensorLike,
  options?: Omit<CrossEntropyOptions, 'axis'>,
) => Tensor = /* @__PURE__ */ op(
  'binaryCrossentropy',
  (target: TensorLike, output: TensorLike, { fromLogits = false }: Omit<CrossEntropyOptions, 'axis'> = {}) => {
    const [t, y] = pair(target, output, 'binaryCrossentropy');
    if (fromLogits) return sigmoidCrossEntropy(t, y);
    const p = clip(y, EPSILON, 1 - EPSILON);
    return neg(add(mul(t, log(p)), mul(sub(1, t), log(sub(1, p)))));
  },
);

/**
 * −Σ t·log p over the classes, for targets that are probabilities. Outputs that are probabilities are divided by their sum
 * and clipped to [1e−7, 1 − 1e−7].
 */
export const categoricalCrossentropy: (
  target: TensorLike,
  output: TensorLike,
  options?: CrossEntropyOptions,
) => Tensor = /* @__PURE__ */ op(
  'categoricalCrossentropy',
  (target: TensorLike, output: TensorLike, { fromLogits = false, axis = -1 }: CrossEntropyOptions = {}) => {
    const [t, y] = pair(target, output, 'categoricalCrossentropy');
    if (fromLogits) return softmaxCrossEntropy(t, y, axis);
    return neg(sum(mul(t, log(proper(y, axis))), axis));
  },
);

/**
 * −log p of the class of each target, which is an integer. The targets have the shape of the outputs without the axis of
 * the classes, or with 1 there.
 *
 * @throws ShapeError for a class that does not exist.
 */
export const sparseCategoricalCrossentropy: (
  target: TensorLike,
  output: TensorLike,
  options?: CrossEntropyOptions,
) => Tensor = /* @__PURE__ */ op(
  'sparseCategoricalCrossentropy',
  (target: TensorLike, output: TensorLike, { fromLogits = false, axis = -1 }: CrossEntropyOptions = {}) => {
    const name = 'sparseCategoricalCrossentropy';
    const y = real(output, name);
    const place = normalizeAxis(axis, y.rank, name);
    const raw = integers(target, name);
    const ids = raw.rank === y.rank && raw.shape[place] === 1 ? squeeze(raw, place) : raw;
    if (fromLogits) return sparseSoftmaxCrossEntropy(ids, y, place);
    const wanted = y.shape.filter((_, d) => d !== place);
    if (!sameShape(wanted, ids.shape)) {
      throw new ShapeError(
        `${name}: targets must have shape ${formatShape(wanted)} for outputs ${formatShape(y.shape)}, got ${formatShape(raw.shape)}`,
      );
    }
    checkIndices(`${name} (class id)`, ids, y.shape[place]!);
    const hit = castTo(oneHot(ids, y.shape[place]!, place), y.dtype);
    return neg(sum(mul(hit, log(proper(y, place))), place));
  },
);

/** Peak signal-to-noise ratio in dB, 10·log₁₀(max²/mean (a − b)²), over all elements. */
export const psnr: (a: TensorLike, b: TensorLike, maxValue: number) => Tensor = /* @__PURE__ */ op(
  'psnr',
  (a: TensorLike, b: TensorLike, maxValue: number) => {
    const [x, y] = pair(a, asTensor(b, 'psnr'), 'psnr');
    return sub(20 * Math.log10(maxValue), mul(log10(mean(square(sub(x, y)))), 10));
  },
);
