/**
 * The callbacks of a run: the user's, then the history and the progress line.
 */
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { CallbackList } from '../callbacks/callback-list.ts';
import { Callback } from '../callbacks/callback.ts';
import type { History } from '../callbacks/history.ts';
import type { AnyModel } from '../model.ts';
import type { Verbosity } from './options.ts';

/** Facts about the run. */
export interface RunFacts {
  readonly epochs: number;
  readonly steps: number | undefined;
  readonly verbose: Verbosity | undefined;
}

/** 0, 1 or 2. */
function checkVerbose(where: string, verbose: Verbosity | boolean | undefined): 0 | 1 | 2 {
  if (verbose === undefined || verbose === 'auto' || verbose === true) return 1;
  if (verbose === false) return 0;
  if (verbose === 0 || verbose === 1 || verbose === 2) return verbose;
  throw new ConfigError(`${where}: verbose must be 'auto', 0, 1 or 2, got ${describe(verbose)}`);
}

/** Makes the list; `history` joins it if given. */
export function setUpCallbacks(
  where: string,
  model: AnyModel,
  given: readonly Callback[],
  facts: RunFacts,
  history: History | null,
): CallbackList {
  if (!Array.isArray(given)) throw new ConfigError(`${where}: callbacks must be an array, got ${describe(given)}`);
  for (const callback of given) {
    if (!(callback instanceof Callback)) {
      throw new ConfigError(`${where}: expected callbacks, got ${describe(callback)} among them; extend Callback`);
    }
  }
  const verbose = checkVerbose(where, facts.verbose);
  const draws = verbose > 0;
  const steps = facts.steps === undefined || facts.steps === Infinity ? null : facts.steps;
  const all = [...given, ...(history === null ? [] : [history])];
  return new CallbackList(all, { model, addProgbar: draws, epochs: facts.epochs, steps, verbose });
}
