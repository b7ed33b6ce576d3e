/**
 * Runs golden cases: an op of `@dl/tensor/ops` by name, its arguments, and what another library gave.
 */
import { jit, tensor, Tensor, type DType, type Nested } from '@dl/tensor';
import { expect } from 'vitest';

interface ArrayJson {
  readonly t: unknown;
  readonly d: DType;
  readonly s: readonly number[];
}
type Json = ArrayJson | readonly Json[] | { readonly [key: string]: Json } | number | string | boolean | null;

/** A case of a golden file: op, arguments (options last), result. */
export type Golden = readonly [op: string, args: readonly Json[], result: Json];

type Value = Tensor | number | string | boolean | null | readonly Value[] | { readonly [key: string]: Value };

const isArray = (json: unknown): json is ArrayJson =>
  typeof json === 'object' && json !== null && 't' in json && 'd' in json;
const number = (value: unknown): number =>
  value === 'nan' ? NaN : value === 'inf' ? Infinity : value === '-inf' ? -Infinity : Number(value);
const numbersOf = (json: ArrayJson): number[] =>
  (Array.isArray(json.t) ? (json.t as unknown[]).flat(Infinity as 1) : [json.t]).map(number);

function decode(json: Json): Value {
  if (isArray(json)) return tensor(Float64Array.from(numbersOf(json)), json.d, json.s);
  if (Array.isArray(json)) return (json as readonly Json[]).map(decode);
  if (typeof json === 'object' && json !== null) {
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, decode(value)]));
  }
  return json as number | string | boolean | null;
}

/** The tensors in arguments, replaced by those that `next` gives. */
function replace(value: Value, next: (t: Tensor) => Tensor): Value {
  if (value instanceof Tensor) return next(value);
  if (Array.isArray(value)) return (value as readonly Value[]).map((item) => replace(item, next));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replace(item as Value, next)]));
  }
  return value;
}

function compare(actual: unknown, wanted: Json, what: string, tolerance: number): void {
  if (isArray(wanted)) {
    if (!(actual instanceof Tensor)) throw new TypeError(`${what}: expected a tensor`);
    expect([actual.shape, actual.dtype], what).toEqual([wanted.s, wanted.d]);
    const [got, numbers] = [[...actual.dataSync()], numbersOf(wanted)];
    const scale = numbers.reduce((m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m), 0);
    const far = numbers.findIndex((x, i) => {
      const y = got[i]!;
      if (Object.is(x, y) || x === y) return false;
      return !(Math.abs(x - y) <= tolerance * (Math.abs(x) + 0.05 * Math.min(scale, 1)));
    });
    if (far >= 0) expect(got, `${what}, element ${far}`).toEqual(numbers);
    return;
  }
  if (Array.isArray(wanted)) {
    const list = actual as readonly unknown[];
    expect(list.length, what).toBe(wanted.length);
    wanted.forEach((item, i) => compare(list[i], item as Json, `${what} [${i}]`, tolerance));
    return;
  }
  for (const [key, item] of Object.entries(wanted as { readonly [key: string]: Json })) {
    compare((actual as { readonly [key: string]: unknown })[key], item, `${what}.${key}`, tolerance);
  }
}

type Functions = Readonly<Record<string, unknown>>;

/** Whether jit refuses an op because the shape of its result depends on values. */
export const needsValues = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ConfigError' && /jit/.test(error.message);

/** Runs a case eagerly and as a compiled function. Returns whether it could be compiled. */
export function runGolden(functions: Functions, [name, args, wanted]: Golden, tolerance = 1e-5): boolean {
  const run = functions[name] as (...list: Value[]) => Nested;
  if (typeof run !== 'function') throw new TypeError(`there is no op ${name}`);
  const values = args.map(decode);
  compare(run(...values), wanted, `${name}`, tolerance);
  const inputs: Tensor[] = [];
  values.forEach((value) => replace(value, (t) => (inputs.push(t), t)));
  if (inputs.length === 0) return true;
  const compiled = jit((list: readonly Tensor[]) => {
    let i = 0;
    return run(...values.map((value) => replace(value, () => list[i++]!))) as never;
  });
  try {
    compare(compiled(inputs), wanted, `jit(${name})`, tolerance);
  } catch (error) {
    if (needsValues(error)) return false;
    throw error;
  }
  return true;
}

/** The cases of golden files by op. */
export function byOp(files: readonly unknown[]): [name: string, cases: readonly Golden[]][] {
  const lists = new Map<string, Golden[]>();
  for (const entry of files.flat() as unknown as readonly Golden[]) {
    lists.set(entry[0], [...(lists.get(entry[0]) ?? []), entry]);
  }
  return [...lists];
}
