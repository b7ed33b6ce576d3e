/**
 * cond and switch: one of several functions, chosen by a value that only a run knows.
 */
import { asTensor, type TensorLike } from '../create.ts';
import { isInteger } from '../dtype.ts';
import { ConfigError, DTypeError, ShapeError } from '../errors.ts';
import { describe, formatShape, sameShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { fillTree, leavesOf } from '../tree.ts';
import { castTo } from '../create.ts';
import { clip, where } from './elementwise.ts';
import { resultOf } from './run-loop.ts';
import { runSwitch } from './run-switch.ts';
import { checkCondition } from './while.ts';

/** {@link runSwitch} on functions of trees. */
function choose<A extends readonly unknown[], R>(
  name: string,
  index: Tensor,
  branches: readonly ((...operands: A) => R)[],
  operands: A,
): R {
  let first: { readonly result: R; readonly leaves: readonly Tensor[] } | undefined;
  const wrapped = branches.map((branch, i) => {
    if (typeof branch !== 'function') throw new ConfigError(`${name}: expected a function, got ${describe(branch)}`);
    return (values: readonly Tensor[]): readonly Tensor[] => {
      const result = branch(...fillTree(operands, values));
      const leaves = resultOf(name, result);
      first ??= { result, leaves };
      checkLike(name, leaves, first.leaves, i);
      return leaves;
    };
  });
  const values = runSwitch(index, wrapped, leavesOf(operands));
  return fillTree(first!.result, values);
}

function checkLike(name: string, got: readonly Tensor[], wanted: readonly Tensor[], branch: number): void {
  if (got.length !== wanted.length) {
    throw new ConfigError(
      `${name}: branch 0 returns ${wanted.length} tensors, but branch ${branch} returns ${got.length}`,
    );
  }
  got.forEach(({ shape, dtype }, i) => {
    const first = wanted[i]!;
    if (!sameShape(shape, first.shape)) {
      throw new ShapeError(
        `${name}: tensor ${i} has shape ${formatShape(first.shape)} in branch 0, but ${formatShape(shape)} in branch ${branch}`,
      );
    }
    if (dtype !== first.dtype) {
      throw new DTypeError(
        `${name}: tensor ${i} is ${first.dtype} in branch 0, but ${dtype} in branch ${branch}; use cast()`,
      );
    }
  });
}

/**
 * `trueFn()` where `pred`, a bool scalar, holds, else `falseFn()`. Both are traced and must return tensors of the same shapes
 * and dtypes, alone or in arrays and objects; only one of them runs, also backwards (backends without branches compute both
 * and take one). A `pred` that is a JavaScript boolean calls that function directly. Follows `keras.ops.cond`.
 *
 * @throws ShapeError and DTypeError for a `pred` that is no bool scalar, or functions whose results differ.
 * @example
 * const f = (x: Tensor) => cond(x.greater(0), () => x.sqrt(), () => x.mul(0));
 * f(tensor(4)); // 2
 */
export function cond<R>(pred: Tensor | boolean, trueFn: () => R, falseFn: () => R): R {
  if (typeof pred === 'boolean') return pred ? trueFn() : falseFn();
  const index = castTo(where(checkCondition('cond', pred), 1, 0), 'int32');
  return choose('cond', index, [falseFn, trueFn], []);
}

/**
 * `branches[index](...operands)`, with `index` held between 0 and the last branch. As {@link cond}, for several functions;
 * follows `keras.ops.switch`.
 *
 * @throws ConfigError without branches, ShapeError and DTypeError for an index that is no integer scalar or functions whose
 * results differ.
 * @example
 * switchCase(tensor(1, 'int32'), [(x: Tensor) => x.neg(), (x: Tensor) => x.mul(2)], tensor(3)); // 6
 */
export function switchCase<A extends readonly unknown[], R>(
  index: TensorLike,
  branches: readonly ((...operands: A) => R)[],
  ...operands: A
): R {
  if (!Array.isArray(branches) || branches.length === 0) {
    throw new ConfigError(`switch: expected an array of functions, got ${describe(branches)}`);
  }
  if (typeof index === 'number' && Number.isInteger(index)) {
    return (branches as (typeof branches)[number][])[Math.min(Math.max(index, 0), branches.length - 1)]!(...operands);
  }
  const chosen = asTensor(index, 'switch');
  if (chosen.rank !== 0)
    throw new ShapeError(`switch: the index must be a scalar, got shape ${formatShape(chosen.shape)}`);
  if (!isInteger(chosen.dtype)) throw new DTypeError(`switch: the index must be an integer, got ${chosen.dtype}`);
  return choose('switch', castTo(clip(chosen, 0, branches.length - 1), 'int32'), branches, operands);
}
