/**
 * Dry runs: what shapes a function of tensors gives, without computing and without touching any Variable.
 */
import { zeros, type DType, type Shape, type Tensor, type Variable } from '@dl/tensor';
import { currentInterpreter, trace, withInterpreter, type Interpreter } from '@dl/tensor/interpreter';

/**
 * Shapes of the results of `fn` for inputs of these shapes. Weights stand in as zeros, so none is initialized; assignments
 * are seen by later reads of the run and forgotten after it.
 */
export function dryRun(
  fn: (inputs: readonly Tensor[]) => readonly Tensor[],
  shapes: readonly Shape[],
  dtype: DType,
): readonly Shape[] {
  let results: readonly Shape[] = [];
  trace(
    (inputs) => {
      const tracer = currentInterpreter();
      const values = new Map<Variable, Tensor>();
      const dry: Interpreter = {
        apply: (op, args, attrs) => tracer.apply(op, args, attrs),
        readVariable: (variable) => {
          const known = values.get(variable) ?? zeros(variable.shape, variable.dtype);
          values.set(variable, known);
          return known;
        },
        assignVariable: (variable, value) => void values.set(variable, value),
      };
      const outputs = withInterpreter(dry, () => fn(inputs));
      results = outputs.map(({ shape }) => shape);
      return outputs;
    },
    shapes.map((shape) => ({ shape, dtype })),
  );
  return results;
}
