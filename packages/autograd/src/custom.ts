/**
 * customGradient: a function with a derivative of one's own.
 */
import { apply, asTensor, type Callee } from '@dl/tensor/interpreter';
import type { Tensor, TensorLike } from '@dl/tensor';

/** What a custom derivative gets. */
export interface CustomGradientContext {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  /** The cotangent of the output. */
  readonly cotangent: Tensor;
}

/**
 * Gives `f` the derivative `gradient`, which returns one cotangent per input (null for none). Both are written in
 * ordinary ops and must depend on their arguments only. Higher derivatives go through `gradient`.
 *
 * @example
 * // Identity whose gradient is clipped.
 * const clipped = customGradient((x) => x.mul(1), ({ cotangent }) => [clip(cotangent, -1, 1)]);
 */
export function customGradient(
  f: (...inputs: Tensor[]) => Tensor,
  gradient: (context: CustomGradientContext) => readonly (Tensor | null)[],
): (...inputs: TensorLike[]) => Tensor {
  const callee: Callee = {
    name: f.name || 'customGradient',
    body: (inputs) => [f(...inputs)],
    vjp: (inputs, [output], [cotangent]) =>
      gradient({ inputs, output: output!, cotangent: cotangent! }).map((part) => part && (() => part)),
  };
  return (...inputs) =>
    apply(
      'call',
      inputs.map((x) => asTensor(x, callee.name)),
      { callee, attrs: {}, key: '' },
    );
}
