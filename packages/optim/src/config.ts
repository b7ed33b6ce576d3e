/**
 * Plain configurations of optimizers and schedules, in the form Keras writes to its files.
 */
import { unknownName } from '@dl/tensor';

/** A value of a configuration. */
export type ConfigValue =
  string | number | boolean | null | undefined | readonly ConfigValue[] | { readonly [key: string]: ConfigValue };

/** Constructor options as plain values under Keras's snake_case names. */
export interface Config {
  readonly [key: string]: ConfigValue;
}

/** The options of a constructor from a configuration: camelCase names, undefined values dropped. */
export function toOptions(config: Config): Record<string, ConfigValue> {
  const options: Record<string, ConfigValue> = {};
  for (const key of Object.keys(config)) {
    const camel = key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    if (key !== '__proto__' && config[key] !== undefined) options[camel] = config[key];
  }
  return options;
}

/** Throws for an option that is not among the known ones, with the nearest names. */
export function checkNames(where: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) if (!known.includes(key)) unknownName(where, 'option', key, known);
}

/** The class name of an object; survives minifiers for classes that declare a static `className`. */
export function classNameOf(object: object): string {
  const { constructor } = object as { constructor: { readonly name: string; readonly className?: string } };
  return Object.hasOwn(constructor, 'className') ? constructor.className! : constructor.name;
}
