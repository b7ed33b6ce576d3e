/**
 * Stopping at the first NaN or infinity.
 */
import { Layer } from '@dl/layers';
import { ConfigError, DlError } from '@dl/tensor';
import { describe, leavesOf } from '@dl/tensor/interpreter';
import { Model, type AnyModel } from '../model.ts';
import { checkFinite, checkingNumerics, watchNumerics } from '../training/check-numerics.ts';

/** What takes something away that was added. */
export interface Handle {
  remove(): void;
}

/**
 * Looks at the result of every op, and throws where NaN or infinity first comes up, naming the op, its layer, and where its
 * inputs come from. Slow, for finding faults.
 *
 * Given a model, all its steps are checked until the handle is removed: `fit` tells the epoch and the batch, `evaluate` and
 * `predict` the batch. `fit({ checkNumerics: true })` does the same for one call. Given a function, a checked one comes back;
 * its arguments must be finite as well.
 *
 * @throws ConfigError on backends that cannot be read at once.
 * @example
 * const handle = checkNumerics(model);
 * await model.fit(x, y);
 * handle.remove();
 * @example
 * const safe = checkNumerics((x: Tensor) => x.log().sum());
 */
export function checkNumerics(model: AnyModel): Handle;
export function checkNumerics<A extends readonly unknown[], R>(fn: (...args: A) => R): (...args: A) => R;
export function checkNumerics<A extends readonly unknown[], R>(
  target: AnyModel | ((...args: A) => R),
): Handle | ((...args: A) => R) {
  if (target instanceof Model) {
    watchNumerics(target, true);
    return { remove: () => watchNumerics(target, false) };
  }
  if (typeof target !== 'function') {
    const hint = (target as unknown) instanceof Layer ? '; for a layer give (x) => layer.apply(x)' : '';
    throw new ConfigError(`checkNumerics: expected a model or a function, got ${describe(target)}${hint}`);
  }
  const name = target.name || 'the function';
  return (...args) =>
    checkingNumerics(() => {
      args.forEach(
        (argument, i) =>
          leavesOf(argument).length > 0 && checkFinite(argument, `checkNumerics: argument ${i} of ${name}`),
      );
      const result = target(...args);
      if (result instanceof Promise) {
        throw new DlError(`checkNumerics: ${name} returned a promise; only synchronous functions can be checked`);
      }
      return result;
    });
}
