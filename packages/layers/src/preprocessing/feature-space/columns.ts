/**
 * The columns of a table, from samples or batches.
 */
import { ConfigError, reshape, tensor, type Tensor, type TensorLike } from '@dl/tensor';
import { describe, isPlain } from '@dl/tensor/interpreter';
import { holdsStrings, nest, stringsOf, type StringsLike } from '../strings.ts';

/** A column: rows of strings, or a tensor. */
export type Column = StringsLike | Tensor;

/** A column with one axis more than samples, [batch, 1]; whether it was one sample. */
export function columnOf(value: unknown, where: string): { readonly column: Column; readonly single: boolean } {
  if (holdsStrings(value)) {
    const { values, shape } = stringsOf(value, where);
    const column = shape.length > 1 ? value : (nest(values, [values.length, 1]) as StringsLike);
    return { column, single: shape.length === 0 };
  }
  const t = tensor(value as TensorLike);
  return { column: t.rank > 1 ? t : reshape(t, [-1, 1]), single: t.rank === 0 };
}

/** A record of columns, or an error that says what came. */
export function recordOf(data: unknown, where: string): Readonly<Record<string, unknown>> {
  if (isPlain(data)) return data as Readonly<Record<string, unknown>>;
  throw new ConfigError(`${where}: expected a record of columns by feature name, got ${describe(data)}`);
}

/** The column of a feature. */
export function fieldOf(record: Readonly<Record<string, unknown>>, name: string, where: string): unknown {
  if (Object.hasOwn(record, name)) return record[name];
  throw new ConfigError(`${where}: feature '${name}' is missing; the data has ${Object.keys(record).join(', ')}`);
}

/** The records of what `adapt` was given: columns by themselves, or an iterable of samples or batches. */
export async function* recordsOf(data: unknown, where: string): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const stream = typeof data === 'object' && data !== null && (Symbol.iterator in data || Symbol.asyncIterator in data);
  if (!stream) {
    yield recordOf(data, where);
    return;
  }
  for await (const item of data as AsyncIterable<unknown>) {
    // Of [features, labels], the features count.
    yield recordOf(Array.isArray(item) ? (item as unknown[])[0] : item, where);
  }
}
