/**
 * Dtypes in the files of Keras that have no counterpart here.
 */
import type { Config } from '../../base/config.ts';

/** Layers of categories store the dtype of indices or strings; indices are int32 here, whatever it was. */
export function storedDType(config: Config): Config {
  const stored = config['dtype'] as string | { readonly config?: { readonly name?: string } } | null | undefined;
  const name = typeof stored === 'object' && stored !== null ? stored.config?.name : stored;
  const known = name === 'float16' || name === 'float32' || name === 'float64';
  return known ? config : Object.fromEntries(Object.entries(config).filter(([key]) => key !== 'dtype'));
}
