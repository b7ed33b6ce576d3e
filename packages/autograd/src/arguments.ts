/**
 * Arguments of transformed functions.
 */
import { ConfigError, DTypeError, type TensorLike } from '@dl/tensor';
import { apply, asTensor, describe, isFloating, mapTree } from '@dl/tensor/interpreter';

/** Turns numbers and arrays into tensors, so that they can be differentiated by. */
/** Turns numbers and arrays into tensors, so that they can be differentiated by. */
export function prepare(argument: unknown, where: string): unknown {
  const tree = typeof argument === 'number' ? asTensor(argument, where) : arrayToTensor(argument, where);
  return mapTree(tree, (leaf) => {
    if (!isFloating(leaf.dtype)) {
      throw new DTypeError(
        `${where}: cannot differentiate by a ${leaf.dtype} tensor; cast it to a floating dtype, or choose other argnums`,
      );
    }
    // A fresh handle: uses of the same tensor from outside the function do not count.
    return apply('reshape', [leaf], { shape: leaf.shape });
  });
}

/** An array of numbers as a tensor; anything else as it is. */
export function arrayToTensor(argument: unknown, where: string): unknown {
  return ArrayBuffer.isView(argument) || isNumberArray(argument) ? asTensor(argument as TensorLike, where) : argument;
}

function isNumberArray(value: unknown): boolean {
  let first = value;
  while (Array.isArray(first)) first = (first as unknown[])[0];
  return Array.isArray(value) && typeof first === 'number';
}

/** Throws for what is no function. */
export function checkFunction(f: unknown, where: string): void {
  if (typeof f !== 'function') throw new ConfigError(`${where}: expected a function, got ${describe(f)}`);
}

/** The result of a function, which must not be a promise. */
export function synchronous<T>(result: T, where: string): T {
  if (result instanceof Promise)
    throw new ConfigError(`${where}: the function returned a promise; it must be synchronous`);
  return result;
}
