/**
 * whileLoop: a loop that runs as long as its condition holds.
 */
import { ConfigError, DTypeError, ShapeError } from '../errors.ts';
import { MOST_ITERATIONS } from '../ops/attrs.ts';
import { describe, formatShape } from '../shape.ts';
import { Tensor } from '../tensor.ts';
import { fillTree, leavesOf } from '../tree.ts';
import { resultOf, runLoop } from './run-loop.ts';

/** Options of {@link whileLoop}. */
export interface WhileOptions {
  /** Most iterations; by default there is no bound. Gradients need one, and so do backends that see no values, as WebGPU. */
  readonly maximumIterations?: number;
}

/**
 * Runs `body` on `loopVars` as long as `cond` of them holds, and returns the last ones. `loopVars` is a tensor, or tensors in
 * arrays and objects, which keep their shapes and dtypes; `cond` returns a bool scalar. Both are traced once. Follows
 * `keras.ops.while_loop`, but both functions get the variables as one argument.
 *
 * @throws ShapeError and DTypeError for a condition that is no bool scalar, or a body whose result is not like `loopVars`;
 * ConfigError for gradients of a loop without a bound.
 * @example
 * whileLoop((x) => x.less(100), (x) => x.mul(2), tensor(1)); // 128
 */
export function whileLoop<T>(
  cond: (loopVars: T) => Tensor,
  body: (loopVars: T) => T,
  loopVars: T,
  { maximumIterations = MOST_ITERATIONS }: WhileOptions = {},
): T {
  if (!Number.isInteger(maximumIterations) || maximumIterations < 0) {
    throw new ConfigError(
      `whileLoop: maximumIterations must be a whole number from 0, got ${describe(maximumIterations)}`,
    );
  }
  const first = leavesOf(loopVars);
  if (first.length === 0) {
    throw new ConfigError(`whileLoop: loopVars must be a tensor, or hold some, got ${describe(loopVars)}`);
  }
  const holds = (values: T): Tensor => checkCondition('whileLoop', cond(values));
  const { carries } = runLoop(
    { name: 'whileLoop', trip: maximumIterations, conditional: true },
    { carries: [...first, holds(loopVars)], stacked: [] },
    (values) => {
      const next = body(fillTree(loopVars, values.carries));
      const leaves = resultOf('whileLoop', next);
      return { carries: leaves.length === first.length ? [...leaves, holds(next)] : leaves, stacked: [] };
    },
  );
  return fillTree(loopVars, carries);
}

/** A bool scalar. */
export function checkCondition(name: string, value: unknown): Tensor {
  if (!(value instanceof Tensor)) {
    throw new ConfigError(`${name}: the condition must be a bool scalar, got ${describe(value)}`);
  }
  if (value.rank !== 0)
    throw new ShapeError(`${name}: the condition must be a scalar, got shape ${formatShape(value.shape)}`);
  if (value.dtype !== 'bool')
    throw new DTypeError(`${name}: the condition must be bool, got ${value.dtype}; compare it with something`);
  return value;
}
