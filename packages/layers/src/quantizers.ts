/**
 * `@dl/layers/quantizers`: numbers in fewer bits, as in `keras.quantizers`.
 */
export {
  absMaxQuantize,
  AbsMaxQuantizer,
  type AbsMaxOptions,
  type AbsMaxQuantizerOptions,
  type QuantizedDType,
} from './quantizers/abs-max.ts';
export { packInt4, unpackInt4, type PackedInt4 } from './quantizers/int4.ts';
