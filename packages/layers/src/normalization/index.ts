/**
 * Normalization.
 */
export { BatchNormalization, type BatchNormalizationOptions } from './batch-normalization.ts';
export type { RenormClipping } from './batch-renormalization.ts';
export {
  GroupNormalization,
  LayerNormalization,
  type GroupNormalizationOptions,
  type LayerNormalizationOptions,
} from './layer-normalization.ts';
export { LayerScale, type LayerScaleOptions } from './layer-scale.ts';
export {
  RMSNormalization,
  UnitNormalization,
  type RMSNormalizationOptions,
  type UnitNormalizationOptions,
} from './rms-normalization.ts';
export { SpectralNormalization, type SpectralNormalizationOptions } from './spectral-normalization.ts';
