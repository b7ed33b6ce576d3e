/**
 * How targets, predictions and weights are brought to one rank, by Keras's rules. They never broadcast against each other.
 */
import { expandDims, ShapeError, squeeze, tensor, type Tensor, type TensorLike } from '@dl/tensor';
import { castTo, formatShape, isFloating, sameShape } from '@dl/tensor/interpreter';

/** Squeezes a trailing axis of size 1 of the one with the higher rank, or appends one to the other if that has rank 1. */
export function alignRanks(a: Tensor, b: Tensor): readonly [Tensor, Tensor] {
  if (a.rank === b.rank + 1 && a.shape.at(-1) === 1) {
    return b.rank === 1 ? [a, expandDims(b, -1)] : [squeeze(a, -1), b];
  }
  if (b.rank === a.rank + 1 && b.shape.at(-1) === 1) {
    return a.rank === 1 ? [expandDims(a, -1), b] : [a, squeeze(b, -1)];
  }
  return [a, b];
}

/** Predictions as floating tensors. */
export function predictions(yPred: TensorLike): Tensor {
  const p = tensor(yPred);
  return isFloating(p.dtype) ? p : p.cast('float32');
}

/**
 * Targets and predictions of one shape and the dtype of the predictions.
 *
 * @throws ShapeError naming both shapes when they differ by more than a trailing axis of size 1.
 */
export function alignTargets(where: string, yTrue: TensorLike, yPred: TensorLike): readonly [Tensor, Tensor] {
  const p = predictions(yPred);
  const [t, q] = alignRanks(castTo(tensor(yTrue), p.dtype), p);
  if (!sameShape(t.shape, q.shape)) {
    throw new ShapeError(
      `${where}: targets ${formatShape(tensor(yTrue).shape)} and predictions ${formatShape(p.shape)} must have one shape; ` +
        'check the units of the last layer against the targets',
    );
  }
  return [t, q];
}

/** Weights that multiply values: a trailing axis of 1 is squeezed, missing trailing axes are appended. */
export function alignWeights(where: string, weights: Tensor, values: Tensor): Tensor {
  let w = castTo(weights, values.dtype);
  if (w.rank === values.rank + 1 && w.shape.at(-1) === 1) w = squeeze(w, -1);
  while (w.rank < values.rank) w = expandDims(w, -1);
  const fits = w.rank === values.rank && w.shape.every((n, axis) => n === 1 || n === values.shape[axis]);
  if (!fits) {
    throw new ShapeError(
      `${where}: sample weights ${formatShape(weights.shape)} do not fit values of shape ${formatShape(values.shape)}; give one per sample, or one per value`,
    );
  }
  return w;
}
