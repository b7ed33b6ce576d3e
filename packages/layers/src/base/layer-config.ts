/**
 * From a layer's stored configuration back to the arguments of its constructor.
 */
import { toOptions, type Config, type ConfigValue } from './config.ts';
import { BASE_OPTIONS } from './layer-options.ts';

/** A layer class as `Layer.fromConfig` needs it. */
export interface LayerClass<T> {
  new (...args: never[]): T;
  readonly positional: readonly string[];
  readonly options: readonly string[] | null;
}

/** The dtype as Keras stores it. */
export function dtypeConfig(dtype: string): ConfigValue {
  return { module: 'keras', class_name: 'DTypePolicy', config: { name: dtype }, registered_name: null };
}

/** Positional arguments and options; keys that the class does not know are left out. */
export function constructorArguments(
  config: Config,
  positional: readonly string[],
  known: readonly string[] | null,
): { readonly args: readonly ConfigValue[]; readonly options: Config } {
  const given = toOptions(config);
  const policy = given['dtype'] as string | { readonly config?: { readonly name?: string } } | null | undefined;
  if (typeof policy === 'object' && policy !== null) given['dtype'] = policy.config?.name ?? 'float32';
  const wanted = (key: string): boolean =>
    !positional.includes(key) && (known === null || known.includes(key) || BASE_OPTIONS.includes(key));
  return {
    args: positional.map((key) => given[key]),
    options: Object.fromEntries(Object.entries(given).filter(([key]) => wanted(key))),
  };
}
