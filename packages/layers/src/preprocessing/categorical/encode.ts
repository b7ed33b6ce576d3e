/**
 * How categories leave a layer: as indices, or as vectors with a place for each category.
 */
import { cast, max, mul, oneHot, reshape, ShapeError, squeeze, type DType, type Tensor } from '@dl/tensor';
import { bincount } from '@dl/tensor/ops';
import { castTo, formatShape } from '@dl/tensor/interpreter';
import type { LayerShape } from '../../base/input-spec.ts';

/**
 * 'int': the indices themselves. 'one_hot': a vector for each, in place of a last axis of size 1. The others give one vector
 * for each row along the last axis: 'multi_hot' 1 where a category occurs, 'count' how often, 'tf_idf' how often times a
 * weight of the category.
 */
export type OutputMode = 'int' | 'one_hot' | 'multi_hot' | 'count' | 'tf_idf';

/** Names from earlier versions that Keras still takes. */
export function outputModeOf(mode: string): OutputMode {
  return (mode === 'binary' ? 'multi_hot' : mode === 'tf-idf' ? 'tf_idf' : mode) as OutputMode;
}

/** What {@link encode} needs to know. */
export interface Encoding {
  readonly mode: OutputMode;
  /** Number of categories. */
  readonly depth: number;
  /** Dtype of vectors; indices are int32. */
  readonly dtype: DType;
  /** Names the layer in errors. */
  readonly where: string;
}

/** Encodes indices; those outside of 0 … depth − 1 leave zeros. `weights` says what each index counts. */
export function encode(indices: Tensor, { mode, depth, dtype, where }: Encoding, weights?: Tensor): Tensor {
  if (mode === 'int') return castTo(indices, 'int32');
  const { shape, rank } = indices;
  if (mode === 'one_hot') {
    return oneHot(rank > 1 && shape.at(-1) === 1 ? squeeze(indices, -1) : indices, depth, -1, dtype);
  }
  const rows = rank === 0 ? reshape(indices, [1]) : indices;
  if (mode === 'multi_hot') return max(oneHot(rows, depth, -1, dtype), -2, false, 0);
  if (rank > 2) {
    throw new ShapeError(
      `${where}: outputMode '${mode}' takes inputs of rank 2 at most, got shape ${formatShape(shape)}`,
    );
  }
  return cast(bincount(rows, weights === undefined ? { length: depth } : { length: depth, weights }), dtype);
}

/** The shape that {@link encode} gives. */
export function encodedShape(shape: LayerShape, mode: OutputMode, depth: number | null): LayerShape {
  if (mode === 'int') return shape;
  if (mode === 'one_hot') return [...(shape.length > 1 && shape.at(-1) === 1 ? shape.slice(0, -1) : shape), depth];
  return [...shape.slice(0, -1), depth];
}

/** Counts times the weight of each category. */
export function weighted(counts: Tensor, weights: Tensor): Tensor {
  return mul(counts, castTo(weights, counts.dtype));
}
