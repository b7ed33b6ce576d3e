/**
 * Plain configurations of layers, initializers, losses and so on, in the form Keras writes to its files.
 */
import { ConfigError, unknownName } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { registeredNameOf } from './registered-names.ts';

/** A value of a configuration. */
export type ConfigValue =
  string | number | boolean | null | undefined | readonly ConfigValue[] | { readonly [key: string]: ConfigValue };

/** Constructor options as plain values under Keras's snake_case names. */
export interface Config {
  readonly [key: string]: ConfigValue;
}

/** An object in the form Keras stores it. */
export type Serialized = {
  readonly module: string | null;
  readonly class_name: string;
  readonly config: Config;
  readonly registered_name: string | null;
};

/** Anything that can describe itself. */
export interface Configurable {
  getConfig(): Config;
}

/** A class whose objects can be made again from what `getConfig()` gave. */
export interface ConfigurableClass<T> {
  readonly className?: string;
  readonly name: string;
  fromConfig(config: Config): T;
}

/**
 * The class name of an object: its own `className`, or that of its class, which survives minifiers, or the class's name.
 */
export function classNameOf(object: object): string {
  const { className } = object as { readonly className?: string };
  if (typeof className === 'string' && className !== '') return className;
  const { constructor } = object as { constructor: { readonly name: string; readonly className?: string } };
  return Object.hasOwn(constructor, 'className') ? constructor.className! : constructor.name;
}

type SharedRecord = Serialized & { shared_object_id?: number };

/** Records made while ids of shared objects are wanted, by object. */
let records: Map<object, SharedRecord[]> | null = null;

/** Runs `write`; objects that it stores more than once get the same `shared_object_id` in all places, as in Keras. */
export function sharingIds<T>(write: () => T): T {
  const outer = records;
  const made = (records = new Map<object, SharedRecord[]>());
  try {
    return write();
  } finally {
    records = outer;
    let id = 0;
    for (const places of made.values()) {
      if (places.length > 1) id++;
      if (places.length > 1) for (const place of places) place.shared_object_id = id;
    }
  }
}

/**
 * Writes an object as Keras does. `module` is where Keras keeps such classes, unless the object says otherwise; it is null
 * for classes that Keras does not have.
 */
export function serializeObject(object: Configurable, module: string): Serialized {
  const name = classNameOf(object);
  const own = registeredNameOf(object.constructor);
  const { kerasModule = module } = object as { readonly kerasModule?: string };
  const known = own === undefined && (kerasModule !== module || Object.hasOwn(object.constructor, 'className'));
  // Classes that Keras does not export are registered by their plain name.
  const registered = kerasModule.startsWith('keras.src') ? name : null;
  const record: SharedRecord = {
    module: known ? kerasModule : null,
    class_name: name,
    config: object.getConfig(),
    registered_name: known ? registered : (own ?? `Custom>${name}`),
  };
  const places = records?.get(object) ?? [];
  records?.set(object, [...places, record]);
  return record;
}

/** The functions of records that have not been to a file, so that layers can be cloned. */
const functions = /* @__PURE__ */ new WeakMap<object, object>();

/** Writes a function of a user, which is stored by its name. */
export function serializeFunction(fn: object & { readonly name: string }): ConfigValue {
  const name = registeredNameOf(fn) ?? fn.name;
  const record = { module: 'builtins', class_name: 'function', config: name, registered_name: name };
  functions.set(record, fn);
  return record;
}

/** The function that a record was made of in this process; undefined for records that were read. */
export const functionOf = (record: object): object | undefined => functions.get(record);

/** Whether a value has the form of {@link Serialized}. */
export function isSerialized(value: unknown): value is { readonly class_name: string; readonly config: Config } {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<Serialized>).class_name === 'string' &&
    'config' in value
  );
}

/** `glorot_uniform`, `glorotUniform` and `GlorotUniform` are one name. */
export const normalizeName = (name: string): string => name.replaceAll('_', '').toLowerCase();

/** Finds an entry by any spelling of its name. */
export function lookUp<T>(table: Readonly<Record<string, T>>, name: string, where: string, kind: string): T {
  const wanted = normalizeName(name);
  for (const key of Object.keys(table)) if (normalizeName(key) === wanted) return table[key]!;
  return unknownName(where, kind, name, Object.keys(table));
}

/**
 * Resolves what options accept: an object as it is, a name, a stored configuration, or null.
 *
 * @throws ConfigError with the nearest names for one that is unknown.
 */
export function resolveObject<T extends object>(
  identifier: unknown,
  base: abstract new (...args: never[]) => T,
  table: Readonly<Record<string, ConfigurableClass<T>>>,
  where: string,
  kind: string,
): T | null {
  if (identifier === null || identifier === undefined) return null;
  if (identifier instanceof base) return identifier;
  if (typeof identifier === 'string') return lookUp(table, identifier, where, kind).fromConfig({});
  if (isSerialized(identifier)) {
    return lookUp(table, identifier.class_name, where, kind).fromConfig(identifier.config);
  }
  throw new ConfigError(`${where}: expected a name or an object of class ${base.name}, got ${describe(identifier)}`);
}

const camel = (key: string): string =>
  key === 'keepdims' ? 'keepDims' : key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The options of a constructor from a configuration: camelCase names, undefined values dropped. */
export function toOptions(config: Config): Record<string, ConfigValue> {
  const options: Record<string, ConfigValue> = {};
  for (const key of Object.keys(config)) {
    if (key !== '__proto__' && config[key] !== undefined) options[camel(key)] = config[key];
  }
  return options;
}

/** Throws for an option that is not among the known ones, with the nearest names. */
export function checkOptions(where: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) if (!known.includes(key)) unknownName(where, 'option', key, known);
}
