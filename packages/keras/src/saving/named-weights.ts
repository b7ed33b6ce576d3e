/**
 * Weights that stand in a file by name: safetensors, npz, and what TensorFlow.js writes.
 */
import type { NamedArray } from '@dl/formats';
import type { AnyModel } from '../model.ts';
import { namesOf } from '../modules/weight-names.ts';
import type { MatchOptions, Rename, StoredWeights } from './model-file.ts';
import { planTorch } from './torch.ts';
import { emptyPlan, planOne, type StoredArray, type WeightPlan } from './weight-plan.ts';

/** An array in memory as an array of a plan. */
export const inMemory = (name: string, array: NamedArray): StoredArray => ({
  name,
  shape: array.shape,
  dtype: array.dtype,
  read: () => array,
});

/** Turns the path of a weight into its name in the file. */
export function renamer(rename: Rename | undefined): (path: string) => string {
  if (rename === undefined) return (path) => path;
  if (typeof rename === 'function') return rename;
  return (path) => rename.reduce((name, [pattern, by]) => name.replaceAll(globally(pattern), by), path);
}

const globally = (pattern: RegExp | string): RegExp | string =>
  typeof pattern === 'string' || pattern.global ? pattern : new RegExp(pattern.source, `${pattern.flags}g`);

/** The weights of a file by name. */
export function namedWeights(arrays: ReadonlyMap<string, NamedArray>): StoredWeights {
  const stored = new Map([...arrays].map(([name, array]) => [name, inMemory(name, array)]));
  return {
    list: () => [...stored.values()],
    plan: (model, _optimizer, options) =>
      options.from === 'torch' ? planTorch(stored, model, options.rename) : planByName(stored, model, options),
  };
}

function planByName(stored: ReadonlyMap<string, StoredArray>, model: AnyModel, { rename }: MatchOptions): WeightPlan {
  const plan = emptyPlan();
  const { weights } = model;
  const names = namesOf(weights);
  const toName = renamer(rename);
  const numbered = stored.size === weights.length && weights.every((_, i) => stored.has(`arr_${i}`));
  const used = new Set<string>();
  const some = [...stored.keys()].slice(0, 5).join(', ');
  weights.forEach((weight, i) => {
    const name = numbered ? `arr_${i}` : toName(names[i]!);
    const array = stored.get(name);
    if (array === undefined) {
      const reason = `the file has no weight '${name}'; it has ${stored.size}: ${some}${stored.size > 5 ? ' …' : ''}`;
      plan.problems.push({ kind: 'missing', what: names[i]!, reason });
      return;
    }
    used.add(name);
    planOne(plan, weight, array);
  });
  plan.unused.push(...[...stored.keys()].filter((name) => !used.has(name)));
  return plan;
}
