/**
 * Shapes with time as their second axis.
 */
import { Tensor } from '@dl/tensor';
import type { LayerShape } from '../base/input-spec.ts';

/** The shape of one step of a sequence. */
export function stepOf([batch, , ...features]: LayerShape): LayerShape {
  return [batch!, ...features];
}

/** A shape with the batch size that the layer was told, where it has none. */
export function withKnownBatch(shape: LayerShape, told: LayerShape | null): LayerShape {
  return shape[0] === null && told !== null ? [told[0]!, ...shape.slice(1)] : shape;
}

/** Builds a layer whose states have the batch size of the first call, unless it was told one. */
export function buildForBatch(
  layer: { readonly batchInputShape: LayerShape | null; ensureBuilt(shape: LayerShape): void },
  inputs: unknown,
): void {
  if (layer.batchInputShape === null && inputs instanceof Tensor) layer.ensureBuilt(inputs.shape);
}
