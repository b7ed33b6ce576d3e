/**
 * foriLoop: a loop that is traced once, however often it runs.
 */
import { ConfigError, DTypeError, ShapeError } from '../errors.ts';
import { graphKey } from '../graph/key.ts';
import { trace } from '../graph/trace.ts';
import { apply, applyAll } from '../runtime/interpreter.ts';
import { describe, formatShape, sameShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { leavesOf, mapTree } from '../tree.ts';
import { add } from './elementwise.ts';

/** Most iterations, as the number of one is an int32. */
const MOST = 2 ** 31 - 1;

/**
 * `carry = body(i, carry)` for i from `lower` to before `upper`, starting with `init`; returns the last carry, or `init`
 * when there is nothing to run.
 *
 * `body` is traced once and runs as one program, with `i` as an int32 scalar. A carry is a tensor, or tensors in arrays
 * and objects, and keeps shapes and dtypes. Variables that the body reads have the values from before the loop; it cannot
 * assign any. For gradients the loop is unrolled, so they take memory for every iteration. Checks of values, as gather
 * makes of its indices, are not made inside. Follows `jax.lax.fori_loop`.
 *
 * @throws ConfigError for bounds that are no int32 numbers or a body that assigns a Variable, ShapeError and DTypeError for
 * a body whose result is not like the carry.
 * @example
 * // 2 to the power of 10
 * foriLoop(0, 10, (_, x) => x.mul(2), tensor(1));
 */
export function foriLoop<T>(lower: number, upper: number, body: (i: Tensor, carry: T) => T, init: T): T {
  for (const [name, bound] of Object.entries({ lower, upper })) {
    if (Number.isInteger(bound) && Math.abs(bound) <= MOST) continue;
    throw new ConfigError(`foriLoop: ${name} must be a whole number of 32 bits, got ${describe(bound)}`);
  }
  const first = leavesOf(init);
  if (first.length === 0) {
    throw new ConfigError(`foriLoop: the carry must be a tensor, or hold some, got ${describe(init)}`);
  }
  const traced = trace((carries) => {
    let next = 0;
    const carry = mapTree(init, () => carries[next++]!);
    const i = apply('iteration', [], {});
    const result = body(lower === 0 ? i : add(i, lower), carry);
    return result instanceof Promise ? (result as never) : checkCarry(leavesOf(result), first);
  }, first);
  const assigned = traced.variables.find((use) => use.assigned !== null);
  if (assigned !== undefined) {
    throw new ConfigError(
      `foriLoop: the body assigns Variable '${assigned.variable.name}'; carry its value through the loop, and assign it afterwards`,
    );
  }
  const { inputs, nodes, outputs } = traced;
  const graph = { inputs, nodes, outputs };
  const read = traced.variables.map(({ variable }) => variable.read());
  const trip = Math.max(upper - lower, 0);
  if (trip > MOST) throw new ConfigError(`foriLoop: ${trip} iterations are more than ${MOST}`);
  const results = applyAll('loop', [...first, ...read, ...traced.captures], {
    trip,
    body: graph,
    key: graphKey(graph),
  });
  let next = 0;
  return mapTree(init, () => results[next++]!);
}

function checkCarry(results: readonly Tensor[], first: readonly Tensor[]): readonly Tensor[] {
  if (results.length !== first.length) {
    throw new ConfigError(`foriLoop: the carry holds ${first.length} tensors, but the body returns ${results.length}`);
  }
  results.forEach(({ shape, dtype }, i) => {
    const wanted = first[i]!;
    if (!sameShape(shape, wanted.shape)) {
      throw new ShapeError(
        `foriLoop: tensor ${i} of the carry has shape ${formatShape(wanted.shape)}, but the body returns ${formatShape(shape)}`,
      );
    }
    if (dtype !== wanted.dtype) {
      throw new DTypeError(
        `foriLoop: tensor ${i} of the carry is ${wanted.dtype}, but the body returns ${dtype}; use cast()`,
      );
    }
  });
  return results;
}
