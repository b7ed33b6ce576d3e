/**
 * The interpreter stack: every op call goes through `apply` to the interpreter that is current.
 */
import type { OpAttrs, OpName } from '../ops/attrs.ts';
import type { Tensor } from '../tensor.ts';
import type { Variable } from '../variable.ts';
import { EAGER } from './eager.ts';

/** Gives op calls a meaning: run them, record them for gradients, or write them into a graph. */
export interface Interpreter {
  apply<K extends OpName>(op: K, inputs: readonly Tensor[], attrs: OpAttrs[K]): Tensor[];
  /** What reading a Variable gives, which must outlive its next assignment with `keep`; absent: its present value. */
  readVariable?(variable: Variable, keep: boolean): Tensor;
  /** What assigning to a Variable does; absent: it changes at once. */
  assignVariable?(variable: Variable, value: Tensor): void;
  /**
   * Remembers a check that is made before every run: unless `position` (an int32 scalar, as `value`) is −1, what `error`
   * makes of both is thrown.
   */
  guard?(position: Tensor, value: Tensor, error: GuardError): void;
}

/** Makes the error of a check from the position of what does not fit, and its value. */
export type GuardError = (position: number, value: number) => Error;

let current: Interpreter | null = null;

/** The interpreter in force. */
export function currentInterpreter(): Interpreter {
  return current ?? EAGER;
}

/** Runs `fn` under another interpreter; synchronous, and restored even when `fn` throws. */
export function withInterpreter<T>(interpreter: Interpreter | null, fn: () => T): T {
  const outer = current;
  current = interpreter;
  try {
    return fn();
  } finally {
    current = outer;
  }
}

/** Applies a primitive op and returns all its results. */
export function applyAll<K extends OpName>(op: K, inputs: readonly Tensor[], attrs: OpAttrs[K]): Tensor[] {
  return current === null ? EAGER.apply(op, inputs, attrs) : current.apply(op, inputs, attrs);
}

/** Applies a primitive op with one result. */
export function apply<K extends OpName>(op: K, inputs: readonly Tensor[], attrs: OpAttrs[K]): Tensor {
  return applyAll(op, inputs, attrs)[0]!;
}
