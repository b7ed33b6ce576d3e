/**
 * foriLoop: a loop that is traced once, however often it runs.
 */
import { ConfigError } from '../errors.ts';
import { MOST_ITERATIONS } from '../ops/attrs.ts';
import { apply } from '../runtime/interpreter.ts';
import { describe } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { fillTree, leavesOf } from '../tree.ts';
import { add } from './elementwise.ts';
import { resultOf, runLoop } from './run-loop.ts';

/**
 * `carry = body(i, carry)` for i from `lower` to before `upper`, starting with `init`; returns the last carry, or `init`
 * when there is nothing to run.
 *
 * `body` is traced once and runs as one program, with `i` as an int32 scalar. A carry is a tensor, or tensors in arrays
 * and objects, and keeps shapes and dtypes. Variables that the body reads have the values from before the loop, or what it
 * assigned in the iteration before. Gradients take memory for what they need of every iteration. Checks of values, as
 * gather makes of its indices, are not made inside. Follows `jax.lax.fori_loop`.
 *
 * @throws ConfigError for bounds that are no int32 numbers, ShapeError and DTypeError for a body whose result is not like
 * the carry.
 * @example
 * // 2 to the power of 10
 * foriLoop(0, 10, (_, x) => x.mul(2), tensor(1));
 */
export function foriLoop<T>(lower: number, upper: number, body: (i: Tensor, carry: T) => T, init: T): T {
  for (const [name, bound] of Object.entries({ lower, upper })) {
    if (Number.isInteger(bound) && Math.abs(bound) <= MOST_ITERATIONS) continue;
    throw new ConfigError(`foriLoop: ${name} must be a whole number of 32 bits, got ${describe(bound)}`);
  }
  const first = leavesOf(init);
  if (first.length === 0) {
    throw new ConfigError(`foriLoop: the carry must be a tensor, or hold some, got ${describe(init)}`);
  }
  const { carries } = runLoop(
    { name: 'foriLoop', trip: Math.max(upper - lower, 0) },
    { carries: first, stacked: [] },
    (values) => {
      const i = apply('iteration', [], {});
      return {
        carries: resultOf('foriLoop', body(lower === 0 ? i : add(i, lower), fillTree(init, values.carries))),
        stacked: [],
      };
    },
  );
  return fillTree(init, carries);
}
