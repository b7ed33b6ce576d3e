/**
 * One thing, a list of them, or a record of them by name: what models take and give.
 */
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';

/** One `T`, several in a list, or several by name. */
export type Several<T> = T | readonly T[] | Readonly<Record<string, T>>;

/** The leaves of a structure with their keys: '' for one alone, then '0', '1' … in lists and the names in records. */
export function entriesOf<T>(value: Several<T>, isOne: (value: unknown) => boolean): readonly (readonly [string, T])[] {
  if (isOne(value)) return [['', value as T]];
  return Object.entries(value as Readonly<Record<string, T>>);
}

/** The leaves of a structure. */
export function listOf<T>(value: Several<T>, isOne: (value: unknown) => boolean): readonly T[] {
  return entriesOf(value, isOne).map(([, leaf]) => leaf);
}

/** A structure with its leaves replaced. */
export function mapSeveral<T, R>(
  value: Several<T>,
  isOne: (value: unknown) => boolean,
  f: (leaf: T, key: string) => R,
): Several<R> {
  if (isOne(value)) return f(value as T, '');
  if (Array.isArray(value)) return (value as readonly T[]).map((leaf, i) => f(leaf, String(i)));
  return Object.fromEntries(entriesOf(value, isOne).map(([key, leaf]) => [key, f(leaf, key)]));
}

/** The form of a structure and the names of its leaves. */
export interface Form {
  readonly kind: 'one' | 'list' | 'record';
  readonly names: readonly string[];
}

/**
 * Brings a structure into a form: leaves of a list are taken in order, those of a record by name.
 *
 * @throws ConfigError when leaves are missing or too many.
 */
export function arrange<T>(
  value: Several<T>,
  isOne: (value: unknown) => boolean,
  { kind, names }: Form,
  where: string,
): Several<T> {
  const leaves = leavesFor(value, isOne, names, where);
  if (kind === 'one') return leaves[0]!;
  return kind === 'list' ? leaves : Object.fromEntries(names.map((name, i) => [name, leaves[i]!]));
}

function leavesFor<T>(
  value: Several<T>,
  isOne: (value: unknown) => boolean,
  names: readonly string[],
  where: string,
): readonly T[] {
  const wanted = names.length === 1 ? `one ('${names[0]}')` : `${names.length} (${names.join(', ')})`;
  if (isOne(value) || Array.isArray(value)) {
    const list = listOf(value, isOne);
    if (list.length !== names.length) throw new ConfigError(`${where}: expected ${wanted}, got ${list.length}`);
    return list;
  }
  if (typeof value !== 'object' || value === null) {
    throw new ConfigError(`${where}: expected ${wanted}, got ${describe(value)}`);
  }
  const record = value as Readonly<Record<string, T>>;
  const missing = names.filter((name) => !Object.hasOwn(record, name));
  if (missing.length > 0) {
    throw new ConfigError(
      `${where}: '${missing[0]}' is missing; expected ${wanted}, got ${Object.keys(record).join(', ') || 'none'}`,
    );
  }
  return names.map((name) => record[name]!);
}
