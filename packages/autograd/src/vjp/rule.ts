/**
 * What a derivative rule is, and helpers that rules share.
 */
import { sum, reshape, type Tensor } from '@dl/tensor';
import { sameShape, type OpAttrs, type OpName } from '@dl/tensor/interpreter';

/** Everything a rule may use. */
export interface RuleContext<K extends OpName> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attrs: OpAttrs[K];
}

/**
 * From the cotangent of the first output to the cotangents of the inputs, as functions that are called only for inputs
 * whose gradient is wanted; null for inputs that have none.
 */
export type VjpRule<K extends OpName> = (dy: Tensor, context: RuleContext<K>) => readonly ((() => Tensor) | null)[];

/** Sums a cotangent over the axes along which its input was broadcast. */
export function unbroadcast(dy: Tensor, like: Tensor): Tensor {
  if (sameShape(dy.shape, like.shape)) return dy;
  const lead = dy.rank - like.rank;
  const axes = dy.shape.flatMap((n, axis) => (axis < lead || (like.shape[axis - lead] === 1 && n !== 1) ? [axis] : []));
  return reshape(sum(dy, axes), like.shape);
}
