/**
 * randomSearch: models with settings drawn at random, and which of them did best.
 */
import type { Tensors } from '@dl/layers';
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { DataTree } from '../data/host-array.ts';
import { seededRandom } from '../data/permutation.ts';
import type { Model } from '../model.ts';
import type { FitOptions } from '../training/options.ts';
import { setRandomSeed } from '../utils/random-seed.ts';
import type { Params, Space } from './space.ts';

/** One model that was tried. */
export interface Trial<P> {
  readonly trial: number;
  readonly params: P;
  /** The best value of the objective over the epochs; null where it never was a number. */
  readonly value: number | null;
  /** The epoch that had it, from 0; null without a value. */
  readonly epoch: number | null;
}

/** What a search found so far: plain data, for `JSON.stringify`. */
export interface SearchResults<P> {
  readonly seed: number;
  readonly objective: string;
  readonly direction: 'min' | 'max';
  /** All trials, in order. */
  readonly trials: readonly Trial<P>[];
  /** The best of them; null while none has a value. */
  readonly best: Trial<P> | null;
}

/** Options of {@link randomSearch}. */
export interface RandomSearchOptions<P> {
  /** Inputs, or a dataset of batches. */
  readonly x: DataTree | AsyncIterable<unknown>;
  /** Targets; none with a dataset. */
  readonly y?: DataTree | undefined;
  /** Options of `fit`, with data for validation; verbose is 0 unless given. */
  readonly fit: FitOptions;
  /** Number of models to try; 10 unless given. Those in `results` count. */
  readonly trials?: number | undefined;
  /** The log to compare by; 'val_loss' unless given. */
  readonly objective?: string | undefined;
  /** Whether less or more is better; less for losses, and what the metric says for others, unless given. */
  readonly direction?: 'min' | 'max' | undefined;
  /** Of settings, weights and shuffles; 0 unless given. */
  readonly seed?: number | undefined;
  /** What an earlier search gave, to go on from. */
  readonly results?: SearchResults<P> | undefined;
  /** Called after each trial with all results, to store them for instance. */
  readonly onTrial?: ((results: SearchResults<P>) => void | Promise<void>) | undefined;
}

/** Settings of a trial: they depend on the seed and the trial's number only. */
function drawParams<S extends Space>(space: S, seed: number, trial: number): Params<S> {
  const random = seededRandom((seed ^ Math.imul(trial + 1, 0x9e3779b1)) >>> 0);
  return Object.fromEntries(
    Object.entries(space).map(([name, sampler]) => [name, sampler.sample(random())]),
  ) as Params<S>;
}

function bestOf(values: readonly number[], direction: 'min' | 'max'): { value: number | null; epoch: number | null } {
  let [value, epoch]: [number | null, number | null] = [null, null];
  values.forEach((one, i) => {
    const better = value === null || (direction === 'min' ? one < value : one > value);
    if (Number.isFinite(one) && better) [value, epoch] = [one, i];
  });
  return { value, epoch };
}

function directionOf(model: Model<never, never>, objective: string): 'min' | 'max' {
  const name = objective.replace(/^val_/, '');
  if (name === 'loss' || name.endsWith('_loss')) return 'min';
  const known = model.directionOf(name);
  if (known !== null) return known === 'down' ? 'min' : 'max';
  throw new ConfigError(`randomSearch: whether less or more ${objective} is better is not known; give direction`);
}

/** The results with another trial. */
function withTrial<P>(results: SearchResults<P>, trial: Trial<P>): SearchResults<P> {
  const { best, direction } = results;
  const better =
    trial.value !== null &&
    (best === null ||
      best.value === null ||
      (direction === 'min' ? trial.value < best.value : trial.value > best.value));
  return { ...results, trials: [...results.trials, trial], best: better ? trial : best };
}

/** Throws unless results belong to this search. */
function checkResults<P>(results: SearchResults<P>, space: Space, seed: number, objective: string): void {
  // The same settings come out of the same seed and space.
  const same = results.seed === seed && results.objective === objective && Array.isArray(results.trials);
  const drawn = (i: number): string => JSON.stringify(drawParams(space, seed, i));
  if (same && results.trials.every(({ params }, i) => JSON.stringify(params) === drawn(i))) return;
  throw new ConfigError(
    `randomSearch: the results are of another search (seed ${describe(results.seed)}, objective ${describe(results.objective)}); give the same seed, objective and space`,
  );
}

/**
 * Tries models with settings drawn from a space, and says which did best. The same seed gives the same trials; a search that
 * goes on from `results` gives what it would have given without the break.
 *
 * Every trial begins with `setRandomSeed`. Models are disposed; train one more with the best settings.
 *
 * @param makeModel Makes a new compiled model for settings.
 * @throws ConfigError when there is no such log, or results are of another search.
 * @example
 * const space = { rate: logUniform(1e-4, 1e-1), units: int(8, 64) };
 * const { best } = await randomSearch(makeModel, space, { x: inputs, y: targets, fit: { validationSplit: 0.2 } });
 * console.log(best?.params, best?.value);
 */
export async function randomSearch<S extends Space, I extends Tensors, O extends Tensors>(
  makeModel: (params: Params<S>, trial: number) => Model<I, O> | Promise<Model<I, O>>,
  space: S,
  options: RandomSearchOptions<Params<S>>,
): Promise<SearchResults<Params<S>>> {
  const { x, y, fit, trials = 10, objective = 'val_loss', seed = 0, onTrial } = options;
  if (!Number.isInteger(trials) || trials < 1) {
    throw new ConfigError(`randomSearch: trials must be a whole number ≥ 1, got ${describe(trials)}`);
  }
  if (!Number.isSafeInteger(seed))
    throw new ConfigError(`randomSearch: seed must be an integer, got ${describe(seed)}`);
  let results: SearchResults<Params<S>> | null = options.results ?? null;
  if (results !== null) checkResults(results, space, seed, objective);
  for (let trial = results?.trials.length ?? 0; trial < trials; trial++) {
    const params = drawParams(space, seed, trial);
    setRandomSeed(seed + trial);
    const model = await makeModel(params, trial);
    try {
      const given = { verbose: 0, ...fit } as const;
      const { history } = await (y === undefined
        ? model.fit(x as AsyncIterable<unknown>, given)
        : model.fit(x as DataTree, y, given));
      const values = history[objective];
      if (values === undefined) {
        throw new ConfigError(
          `randomSearch: there is no log '${objective}'; there are ${Object.keys(history).join(', ')}. For val_ logs give fit validation data`,
        );
      }
      const direction = options.direction ?? results?.direction ?? directionOf(model as never, objective);
      results ??= { seed, objective, direction, trials: [], best: null };
      results = withTrial(results, { trial, params, ...bestOf(values, direction) });
    } finally {
      model.dispose();
    }
    await onTrial?.(results);
  }
  return results!;
}
