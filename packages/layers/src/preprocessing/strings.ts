/**
 * How layers take strings: JavaScript strings, on the host, before anything is traced.
 */
import { ConfigError, ShapeError, Tensor, Variable } from '@dl/tensor';
import {
  apply,
  currentInterpreter,
  describe,
  formatShape,
  SymbolicTensor,
  withInterpreter,
} from '@dl/tensor/interpreter';

/** A string, or nested arrays of strings whose lengths agree. */
export type StringsLike = string | readonly StringsLike[];

/** Strings in row-major order. */
export interface Strings {
  readonly values: readonly string[];
  readonly shape: readonly number[];
}

/** Whether the first leaf is a string, or there is none. */
export function holdsStrings(value: unknown): value is StringsLike {
  if (typeof value === 'string') return true;
  return Array.isArray(value) && (value.length === 0 || holdsStrings(value[0]));
}

/** Whether what is computed now is written into a compiled function instead of being run. */
function isTraced(): boolean {
  // Usually nothing but the eager interpreter is there; otherwise any op tells whether a trace is below.
  if (currentInterpreter() === withInterpreter(null, currentInterpreter)) return false;
  return apply('iota', [], { shape: [1], axis: 0, dtype: 'int32' }).value !== null;
}

/**
 * Throws where a layer that works on the host meets a compiled function or a functional model.
 *
 * @throws ConfigError that says what to do instead.
 */
export function checkOnHost(where: string, inputs: unknown): void {
  const inside = inputs instanceof SymbolicTensor || (inputs instanceof Tensor && inputs.value !== null) || isTraced();
  if (!inside) return;
  throw new ConfigError(
    `${where}: works on the host and cannot be part of a model or a compiled function; ` +
      `apply it to the data first, as in dataset.map((x) => layer.apply(x))`,
  );
}

/**
 * Strings with their shape.
 *
 * @throws ConfigError for something that is no string, ShapeError for rows of different lengths.
 */
export function stringsOf(inputs: unknown, where: string): Strings {
  const shape: number[] = [];
  for (let at = inputs; Array.isArray(at); at = (at as unknown[])[0]) shape.push(at.length);
  const values: string[] = [];
  const walk = (at: unknown, depth: number): void => {
    if (depth === shape.length) {
      if (typeof at !== 'string') throw new ConfigError(`${where}: expected strings, got ${describe(at)}`);
      values.push(at);
      return;
    }
    if (!Array.isArray(at) || at.length !== shape[depth]) {
      throw new ShapeError(`${where}: expected strings of shape ${formatShape(shape)}, but rows differ in length`);
    }
    for (const item of at as unknown[]) walk(item, depth + 1);
  };
  if (inputs instanceof Tensor || inputs instanceof Variable || ArrayBuffer.isView(inputs)) {
    throw new ConfigError(`${where}: expected strings, got numbers`);
  }
  walk(inputs, 0);
  return { values, shape };
}

/** Values in row-major order as nested arrays. */
export function nest<T>(values: readonly T[], shape: readonly number[]): T | readonly unknown[] {
  if (shape.length === 0) return values[0]!;
  const inner = values.length / Math.max(shape[0]!, 1);
  return Array.from({ length: shape[0]! }, (_, i) => nest(values.slice(i * inner, (i + 1) * inner), shape.slice(1)));
}
