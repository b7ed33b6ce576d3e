/**
 * guard: makes a check that another interpreter has written down.
 */
import type { Tensor } from '@dl/tensor';
import { canSee, currentInterpreter, type GuardError } from '@dl/tensor/interpreter';

/**
 * Throws what `error` makes of a position and a value (int32 scalars) unless the position is −1: at once where both can be
 * read, otherwise when the interpreter in force says.
 */
export function guard(position: Tensor, value: Tensor, error: GuardError): void {
  if (canSee(position)) {
    if (position.itemSync() >= 0) throw error(position.itemSync(), value.itemSync());
  } else currentInterpreter().guard?.(position, value, error);
}
