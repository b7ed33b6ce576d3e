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
  const [, mode, source] = /^(int8)_from_(.+)$/.exec(dtype) ?? [];
  if (mode !== undefined) {
    const config = { mode, source_name: source };
    return { module: 'keras', class_name: 'QuantizedDTypePolicy', config, registered_name: null };
  }
  return { module: 'keras', class_name: 'DTypePolicy', config: { name: dtype }, registered_name: null };
}

/** The name of a stored policy, which layers take as their dtype. */
function policyName(stored: ConfigValue): ConfigValue {
  if (typeof stored !== 'object' || stored === null) return stored;
  const { config = {} } = stored as { readonly config?: Config };
  const { name, mode, source_name: source } = config;
  return typeof mode === 'string' ? `${mode}_from_${source as string}` : (name ?? 'float32');
}

/** Positional arguments and options; keys that the class does not know are left out. */
export function constructorArguments(
  config: Config,
  positional: readonly string[],
  known: readonly string[] | null,
): { readonly args: readonly ConfigValue[]; readonly options: Config } {
  const given = toOptions(config);
  given['dtype'] = policyName(given['dtype']);
  const wanted = (key: string): boolean =>
    !positional.includes(key) && (known === null || known.includes(key) || BASE_OPTIONS.includes(key));
  return {
    args: positional.map((key) => given[key]),
    options: Object.fromEntries(Object.entries(given).filter(([key]) => wanted(key))),
  };
}
