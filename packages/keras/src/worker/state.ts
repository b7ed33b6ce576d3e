/**
 * The state of a model on its way between threads: weights, random generators, and what the optimizer keeps.
 */
import { ConfigError, tensor, type TypedArray, type Variable } from '@dl/tensor';
import type { AnyModel } from '../model.ts';

/** Values of Variables, by their place in {@link variablesOf}; null where they did not change. */
export type WireState = readonly (TypedArray | null)[];

/** All Variables of a model in an order that two copies of it share. */
export function variablesOf(model: AnyModel): readonly Variable[] {
  const optimizer = model.compiled && model.optimizer.built ? model.optimizer.variables : [];
  return [...model.variables, ...optimizer];
}

/** Builds the optimizer, so that its state has a place. */
export function buildOptimizer(model: AnyModel): void {
  if (model.compiled && !model.optimizer.built) model.optimizer.build(model.trainableWeights);
}

/** Versions of the Variables, to know later which changed. */
export const versionsOf = (model: AnyModel): readonly number[] => variablesOf(model).map(({ version }) => version);

/** Reads the values, or those that have another version than before. */
export function readState(model: AnyModel, before?: readonly number[]): Promise<WireState> {
  return Promise.all(
    variablesOf(model).map(async (variable, i) => {
      if (before !== undefined && variable.version === before[i]) return null;
      const value = variable.value;
      const data = await value.data();
      value.dispose();
      return data;
    }),
  );
}

/** Sets the values. @throws ConfigError when the state is that of another model. */
export function writeState(model: AnyModel, state: WireState): void {
  const variables = variablesOf(model);
  const fits =
    state.length === variables.length &&
    state.every((one, i) => one === null || one.length === variables[i]!.value.size);
  if (!fits) {
    throw new ConfigError(
      `${model.name}: the state of the worker has ${state.length} arrays, the model ${variables.length}; both sides need the same model`,
    );
  }
  variables.forEach((variable, i) => {
    const data = state[i];
    if (data === null || data === undefined) return;
    const value = tensor(data, variable.dtype, variable.shape);
    variable.assign(value);
    value.dispose();
  });
}
