/**
 * `quantizers` of `@dl/keras`: numbers in fewer bits, as in `keras.quantizers`.
 */
export * from '@dl/layers/quantizers';
export type { QuantizeOptions } from './quantizers/quantize-model.ts';
