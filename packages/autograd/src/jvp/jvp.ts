/**
 * jvp: forward differentiation.
 */
import { ConfigError, DTypeError, ShapeError, Tensor, zerosLike, type TensorLike } from '@dl/tensor';
import { asTensor, castTo, describe, formatShape, leavesOf, mapTree, sameShape } from '@dl/tensor/interpreter';
import { arrayToTensor, checkFunction, prepare, synchronous } from '../arguments.ts';
import { Jvp } from './interpreter.ts';

/** A tangent for arguments of type `A`: their structure, with null or undefined, for zero, anywhere in it. */
export type Tangent<A> = A extends TensorLike
  ? TensorLike | null | undefined
  : { readonly [K in keyof A]?: Tangent<A[K]> | null | undefined } | null | undefined;

/** Tangents of the leaves of a tree, in order. */
function tangentsOf(tree: unknown, tangent: unknown): (Tensor | null)[] {
  if (tree instanceof Tensor) return [tangentOf(tree, tangent)];
  const leaves = leavesOf(tree);
  if (leaves.length === 0 || tangent === null || tangent === undefined) return leaves.map(() => null);
  if (typeof tangent !== 'object' || tangent instanceof Tensor)
    throw new ConfigError(`jvp: expected a tangent with the structure of its argument, got ${describe(tangent)}`);
  return Object.entries(tree as object).flatMap(([key, part]) =>
    tangentsOf(part, (tangent as Readonly<Record<string, unknown>>)[key]),
  );
}

function tangentOf(primal: Tensor, given: unknown): Tensor | null {
  if (given === null || given === undefined) return null;
  const raw = asTensor(given as TensorLike, 'jvp', primal.dtype);
  const tangent = given instanceof Tensor ? raw : castTo(raw, primal.dtype);
  if (!sameShape(tangent.shape, primal.shape)) {
    throw new ShapeError(
      `jvp: a tangent must have the shape of its argument, ${formatShape(primal.shape)}, got ${formatShape(tangent.shape)}`,
    );
  }
  if (tangent.dtype !== primal.dtype) {
    throw new DTypeError(
      `jvp: a tangent must have the dtype of its argument, ${primal.dtype}, got ${tangent.dtype}; use cast()`,
    );
  }
  return tangent;
}

/**
 * The value of `f` at `primals` and its derivative in the direction `tangents`, both at once: forward differentiation. One
 * pass costs about as much as two or three of `f`, and keeps nothing, whatever the number of inputs; for the gradient of one
 * number by many, use `grad`. Arguments and results may be nested arrays and objects; a tangent that is null or missing is
 * zero, and results that do not change get zeros. Composes with `grad`, `vmap` and `jit`. Follows `jax.jvp`.
 *
 * @throws ShapeError or DTypeError for a tangent unlike its argument.
 * @example
 * jvp((x: Tensor, y: Tensor) => x.mul(y), [tensor(3), tensor(4)], [tensor(1), null]); // value 12, tangent 4
 */
export function jvp<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  primals: readonly [...A],
  tangents: { readonly [K in keyof A]?: Tangent<A[K]> },
): { value: R; tangent: R } {
  checkFunction(f, 'jvp');
  if (!Array.isArray(primals) || !Array.isArray(tangents) || tangents.length > primals.length) {
    throw new ConfigError(
      `jvp: expected a list of arguments and a list of tangents, one for each; got ${describe(primals)} and ${describe(tangents)}`,
    );
  }
  const given = tangents as readonly unknown[];
  const interpreter = new Jvp();
  const args = primals.map((primal, i) => {
    const moves = given[i] !== null && given[i] !== undefined;
    const whole = moves && (typeof primal === 'number' || arrayToTensor(primal, 'jvp') !== primal);
    const argument = whole ? prepare(primal, 'jvp') : primal;
    const changes = tangentsOf(argument, given[i]);
    let next = 0;
    return mapTree(argument, (leaf) => {
      const change = changes[next++]!;
      return interpreter.enter(change === null ? leaf : (prepare(leaf, 'jvp') as Tensor), change);
    });
  });
  const value = synchronous(
    interpreter.run(() => f(...(args as unknown as A))),
    'jvp',
  );
  const changes = interpreter.release(leavesOf(value).map((leaf) => interpreter.tangentOf(leaf) ?? zerosLike(leaf)));
  let next = 0;
  return { value, tangent: mapTree(value, () => changes[next++]!) };
}
