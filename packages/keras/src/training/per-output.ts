/**
 * What is given once for all outputs, or for each by place or name.
 */
import { asList, type Tensors } from '@dl/layers';
import { ConfigError, Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { isTensor } from '../functional/forms.ts';
import { arrange, type Form, type Several } from '../functional/structure.ts';

/** One value per output, from one for all, a list, or a record that may leave names out. */
export function perOutput<T>(
  value: Several<T>,
  isOne: (value: unknown) => boolean,
  { names }: Form,
  where: string,
  missing: T,
): readonly T[] {
  if (isOne(value)) return names.map(() => value as T);
  if (Array.isArray(value)) {
    if (value.length === names.length) return value as readonly T[];
    throw new ConfigError(
      `compile: ${where} has ${value.length} entries, the model has ${names.length} outputs (${names.join(', ')})`,
    );
  }
  if (typeof value !== 'object' || value === null) throw new ConfigError(`compile: ${where} got ${describe(value)}`);
  const record = value as Readonly<Record<string, T>>;
  for (const name of Object.keys(record)) {
    if (!names.includes(name)) {
      throw new ConfigError(`compile: ${where} names '${name}', the model's outputs are ${names.join(', ')}`);
    }
  }
  return names.map((name) => (Object.hasOwn(record, name) ? record[name]! : missing));
}

/** Weights of samples for each output: the same for all, or one per output. */
export function weightsPerOutput(sampleWeight: Tensors | null, form: Form): readonly (Tensor | null)[] {
  if (sampleWeight === null || sampleWeight instanceof Tensor) return form.names.map(() => sampleWeight);
  return asList(
    arrange<Tensor>(sampleWeight, isTensor, { ...form, kind: 'list' }, 'sampleWeight') as readonly Tensor[],
  );
}
