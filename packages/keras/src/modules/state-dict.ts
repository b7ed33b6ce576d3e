/**
 * Setting weights by name, all or none.
 */
import type { Weight } from '@dl/layers';
import { ConfigError, ShapeError, tensor, type ArrayData, type TensorLike } from '@dl/tensor';
import { describe, formatShape, sameShape } from '@dl/tensor/interpreter';

/** Options of `loadStateDict`. */
export interface LoadStateOptions {
  /** Whether the names must be those of the model, no more and no less; true unless given. Shapes must fit in any case. */
  readonly strict?: boolean | undefined;
}

/** A value of a weight: a tensor, an array, or typed values with a shape, as files give them. */
export type StateValue = TensorLike | ArrayData;

/** Values by name. */
export type StateValues = Readonly<Record<string, StateValue>> | ReadonlyMap<string, StateValue>;

/** What `loadStateDict` found beside the weights that it set. */
export interface LoadedState {
  /** Weights of the model without a value. */
  readonly missingKeys: readonly string[];
  /** Values without a weight. */
  readonly unexpectedKeys: readonly string[];
}

const list = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

/** Throws for a model whose weights are not there yet. */
export function checkBuilt(model: { readonly built: boolean; readonly label: string }): void {
  if (!model.built) {
    throw new ConfigError(
      `${model.label}: the weights are not made yet; call the model on data, or give it an inputShape`,
    );
  }
}

/** Sets weights by name; see `loadStateDict`. */
export function loadState(
  label: string,
  named: readonly (readonly [string, Weight])[],
  values: StateValues,
  { strict = true }: LoadStateOptions,
): LoadedState {
  if (typeof values !== 'object' || values === null) {
    throw new ConfigError(`${label}: loadStateDict takes values by name, got ${describe(values)}`);
  }
  const given = new Map(values instanceof Map ? values : Object.entries(values)) as ReadonlyMap<string, StateValue>;
  const names = new Set(named.map(([name]) => name));
  const missingKeys = [...names].filter((name) => !given.has(name));
  const unexpectedKeys = [...given.keys()].filter((name) => !names.has(name));
  const found = named.flatMap(([name, weight]) => {
    const value = given.get(name);
    return value === undefined ? [] : [{ name, weight, value: tensor(value, weight.dtype) }];
  });
  const misfits = found
    .filter(({ weight, value }) => !sameShape(weight.shape, value.shape))
    .map(
      ({ name, weight, value }) => `'${name}' has shape ${formatShape(weight.shape)}, got ${formatShape(value.shape)}`,
    );
  const wrongNames = strict && missingKeys.length + unexpectedKeys.length > 0;
  if (wrongNames || misfits.length > 0) {
    const parts = [
      ...(strict && missingKeys.length > 0 ? [`missing: ${list(missingKeys)}`] : []),
      ...(strict && unexpectedKeys.length > 0 ? [`not known: ${list(unexpectedKeys)}`] : []),
      ...misfits,
    ];
    const hint = wrongNames ? '; names are those of stateDict(), or give strict: false' : '';
    const message = `${label}: loadStateDict: ${parts.join('; ')}${hint}`;
    throw wrongNames ? new ConfigError(message) : new ShapeError(message);
  }
  for (const { weight, value } of found) weight.assign(value);
  return { missingKeys, unexpectedKeys };
}
