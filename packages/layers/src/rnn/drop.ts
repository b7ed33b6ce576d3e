/**
 * Dropout masks of recurrent cells.
 */
import { dropout, ones, type DType, type Generator, type Shape, type Tensor } from '@dl/tensor';

/** Factors that drop elements with probability `rate`: 0 or 1 / (1 − rate). Null where nothing is dropped. */
export function dropFactors(
  shape: Shape,
  rate: number,
  training: boolean,
  generator: Generator,
  dtype: DType,
): Tensor | null {
  return training && rate > 0 ? dropout(ones(shape, dtype), rate, { generator }) : null;
}
