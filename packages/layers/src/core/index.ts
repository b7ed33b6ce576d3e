/**
 * Layers of weights, inputs and layers around other layers.
 */
export { Input, InputLayer, type InputLayerOptions } from './input-layer.ts';
export { Dense, type DenseOptions } from './dense.ts';
export { EinsumDense, type EinsumDenseOptions } from './einsum-dense.ts';
export { Embedding, type EmbeddingOptions } from './embedding.ts';
export { Lambda, registerLambda, type LambdaFunction, type LambdaOptions } from './lambda.ts';
export type { LoraLayerOptions, LoraOptions } from './lora.ts';
export { Identity, Masking } from './masking.ts';
export {
  ReversibleEmbedding,
  type ReversibleEmbeddingCall,
  type ReversibleEmbeddingOptions,
} from './reversible-embedding.ts';
export { TernaryDense, type TernaryDenseOptions } from './ternary-dense.ts';
export { Wrapper } from './wrapper.ts';
export { PositionEmbedding, type PositionEmbeddingOptions } from './position-embedding.ts';
