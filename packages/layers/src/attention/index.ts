/**
 * Attention.
 */
export type { AttentionCall, AttentionDropoutOptions, AttentionInputs } from './attention-layer.ts';
export {
  AdditiveAttention,
  Attention,
  type AdditiveAttentionOptions,
  type AttentionLayerOptions,
} from './attention.ts';
export { GroupQueryAttention, type GroupQueryAttentionOptions } from './group-query-attention.ts';
export { MultiHeadAttention, type MultiHeadAttentionOptions } from './multi-head-attention.ts';
export type { ProjectedAttentionCall, ProjectedAttentionOptions } from './projected-attention.ts';
