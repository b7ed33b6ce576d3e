/**
 * Dry runs: what shapes a function of tensors gives, without computing and without touching any Variable.
 */
import type { DType, Shape, Tensor } from '@dl/tensor';
import { trace } from '@dl/tensor/interpreter';

/** Shapes of the results of `fn` for inputs of these shapes. No weight is initialized, and assignments are forgotten. */
export function dryRun(
  fn: (inputs: readonly Tensor[]) => readonly Tensor[],
  shapes: readonly Shape[],
  dtype: DType,
): readonly Shape[] {
  let results: readonly Shape[] = [];
  trace(
    (inputs) => {
      const outputs = fn(inputs);
      results = outputs.map(({ shape }) => shape);
      return outputs;
    },
    shapes.map((shape) => ({ shape, dtype })),
  );
  return results;
}
