/**
 * Normalization.
 */
export { BatchNormalization, type BatchNormalizationOptions } from './batch-normalization.ts';
export {
  GroupNormalization,
  LayerNormalization,
  type GroupNormalizationOptions,
  type LayerNormalizationOptions,
} from './layer-normalization.ts';
export { LayerScale, type LayerScaleOptions } from './layer-scale.ts';
