/**
 * What a batching rule is, and helpers that rules share. Examples lie along axis 0, before the axes that an op knows.
 */
import { broadcastTo, reshape, transpose, type Tensor } from '@dl/tensor';
import type { OpAttrs, OpName } from '@dl/tensor/interpreter';

/** An op that is applied to many examples at once. */
export interface BatchContext<K extends OpName> {
  /** Batched inputs have an axis of `size` in front; at least one is batched, and `size` is not 0. */
  readonly inputs: readonly Tensor[];
  readonly batched: readonly boolean[];
  readonly attrs: OpAttrs[K];
  /** The number of examples. */
  readonly size: number;
}

/** The results for all examples, with an axis of `size` in front. */
export type BatchRule<K extends OpName> = (context: BatchContext<K>) => Tensor | readonly Tensor[];

/** Numbers from 0 to before `n`. */
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** An input of which every example has its own, repeated where all have the same. */
export function batchedInput({ inputs, batched, size }: BatchContext<OpName>, k: number): Tensor {
  return batched[k]! ? inputs[k]! : broadcastTo(inputs[k]!, [size, ...inputs[k]!.shape]);
}

/** The rank that an input has in each example. */
export function rankOf({ inputs, batched }: BatchContext<OpName>, k: number): number {
  return inputs[k]!.rank - Number(batched[k]!);
}

/** An input with axes of 1 put in where an example lacks them, so that it broadcasts against others of `rank`. */
export function aligned(context: BatchContext<OpName>, k: number, rank: number): Tensor {
  const x = context.inputs[k]!;
  const missing = rank - rankOf(context, k);
  if (!context.batched[k]! || missing <= 0) return x;
  return reshape(x, [x.shape[0]!, ...upTo(missing).map(() => 1), ...x.shape.slice(1)]);
}

/** Moves one axis. */
export function moved(x: Tensor, from: number, to: number): Tensor {
  if (from === to) return x;
  const order = upTo(x.rank).filter((axis) => axis !== from);
  order.splice(to, 0, from);
  return transpose(x, order);
}
