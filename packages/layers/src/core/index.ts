/**
 * Layers of weights: dense, embedding, inputs.
 */
export { Input, InputLayer, type InputLayerOptions } from './input-layer.ts';
export { Dense, type DenseOptions } from './dense.ts';
export { Embedding, type EmbeddingOptions } from './embedding.ts';
export { Wrapper } from './wrapper.ts';
