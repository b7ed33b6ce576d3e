/**
 * `quantizers` of `@dl/keras`: numbers in fewer bits, as in `keras.quantizers`.
 */
export {
  absMaxQuantize,
  AbsMaxQuantizer,
  packInt4,
  unpackInt4,
  type AbsMaxOptions,
  type AbsMaxQuantizerOptions,
  type PackedInt4,
  type QuantizedDType,
} from '@dl/layers/quantizers';
export type { QuantizeOptions } from './quantizers/quantize-model.ts';
