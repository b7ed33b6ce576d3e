/**
 * Callee: what the `call` op carries. Composites, routines, custom gradients and third-party ops are all calls.
 */
import type { Tensor } from '../tensor.ts';

export type CallAttrs = Readonly<Record<string, unknown>>;

/**
 * The derivative of a callee: from inputs, outputs and output cotangents to the cotangents of the inputs, as functions
 * that are called only for inputs whose gradient is wanted; null for inputs that have none.
 */
export type CalleeVjp = (
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  cotangents: readonly Tensor[],
  attrs: CallAttrs,
) => readonly ((() => Tensor) | null)[];

/**
 * The derivative of a callee forward: from inputs, outputs and the tangents of inputs to those of outputs; null for zero.
 */
export type CalleeJvp = (
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  tangents: readonly (Tensor | null)[],
  attrs: CallAttrs,
) => readonly (Tensor | null)[];

/**
 * A callee on many examples at once: inputs that are `batched` have an axis of `size` in front, and so must all outputs.
 */
export type CalleeVmap = (
  inputs: readonly Tensor[],
  batched: readonly boolean[],
  attrs: CallAttrs,
  size: number,
) => readonly Tensor[];

/**
 * A named function over tensors. `body` is written in ordinary ops and is the meaning of the call; a backend may claim
 * `name` and run its own kernel instead.
 */
export interface Callee {
  readonly name: string;
  readonly body: (inputs: readonly Tensor[], attrs: CallAttrs) => readonly Tensor[];
  /**
   * How gradients go through: a rule; `'recompute'`, the derivative of the body as one call of its own that runs the
   * body again (for cheap bodies); `'checkpoint'`, the same behind barriers, so that nothing but inputs is kept in between;
   * or absent, in which case the ops of the body are recorded one by one.
   */
  readonly vjp?: CalleeVjp | 'recompute' | 'checkpoint' | undefined;
  /** How tangents go through; absent: by the ops of the body. */
  readonly jvp?: CalleeJvp | undefined;
  /** How examples go through; absent: by the ops of the body. */
  readonly vmap?: CalleeVmap | undefined;
}

/**
 * Gradients of a function by the chosen inputs, from those of its outputs, as ops of the interpreter in force; null where
 * nothing reaches an input. Gradients of outputs that depend on none of the chosen inputs are not looked at.
 */
export type Differentiate = (
  fn: (inputs: readonly Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
  wanted: readonly boolean[],
  cotangents: readonly Tensor[],
) => readonly (Tensor | null)[];

/** A loop or switch that has run and can be gone back. */
export interface RecordedRegion {
  /** The outputs of the op, then what is kept for the way back. */
  readonly outputs: readonly Tensor[];
  /** How many of them are outputs of the op. */
  readonly count: number;
  /** Gradients of the inputs that are wanted, from those of the outputs; null for the others. */
  readonly pull: (cotangents: readonly (Tensor | undefined)[]) => readonly (Tensor | null)[];
}

/** Runs a loop or switch so that it can be gone back to the inputs whose gradients are wanted. */
export type RegionGradient<A> = (
  inputs: readonly Tensor[],
  attrs: A,
  wanted: readonly boolean[],
  differentiate: Differentiate,
) => RecordedRegion;
