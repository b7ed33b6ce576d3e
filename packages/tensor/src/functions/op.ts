/**
 * op: how public ops are made, so that the symbolic tensors of functional models go through them by name.
 */

import { Tensor } from '../tensor.ts';
import { Variable } from '../variable.ts';
import type { SymbolicTensor } from '../symbolic-tensor.ts';

const isSymbolic = (value: unknown): value is SymbolicTensor => value instanceof Tensor && 'record' in value;

function findSymbolic(args: readonly unknown[]): SymbolicTensor | null {
  for (const arg of args) {
    if (isSymbolic(arg)) return arg;
    if (Array.isArray(arg)) {
      for (const item of arg as unknown[]) if (isSymbolic(item)) return item;
    }
  }
  return null;
}

/** A result as the caller may keep it: what an op passes on unchanged may be a Variable's own tensor. */
function kept<R>(result: R, args: readonly unknown[]): R {
  for (const arg of args) {
    if (arg instanceof Variable && arg.owns(result)) return arg.value as R;
    if (Array.isArray(arg)) {
      for (const item of arg as unknown[]) if (item instanceof Variable && item.owns(result)) return item.value as R;
    }
  }
  return result;
}

/**
 * Makes a public op. Called with tensors it runs `fn`; called with a symbolic tensor it records a node named `name`.
 *
 * @example export const square = op('square', (x: TensorLike) => mul(x, x));
 */
export function op<A extends readonly unknown[], R>(name: string, fn: (...args: A) => R): (...args: A) => R {
  const call = (...args: A): R => {
    const symbolic = findSymbolic(args);
    return symbolic === null
      ? kept(fn(...args), args)
      : (symbolic.record(name, fn as (...args: never[]) => unknown, args) as R);
  };
  Object.defineProperty(call, 'name', { value: name });
  return call;
}
