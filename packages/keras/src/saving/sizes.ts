/**
 * How large a model may be that a file asks for.
 */
import { DEFAULT_LIMITS, type Limits } from '@dl/formats';
import { ConfigError } from '@dl/tensor';
import { isPlain } from '@dl/tensor/interpreter';
import type { AnyModel } from '../model.ts';

/** What is read at most, and how large a model may be that a file asks for. */
export interface ModelLimits extends Limits {
  /** Largest size that the configuration of a layer may ask for (units, rows, axes): 16,777,216 unless given. */
  readonly maxSize?: number | undefined;
  /** Largest number of repetitions that it may ask for (ops of an augmentation, tiles, adaptive windows): 256 unless given. */
  readonly maxRepeats?: number | undefined;
}

const MAX_SIZE = 2 ** 24;
const MAX_REPEATS = 256;

/** Options that say how often a layer writes the same ops one after the other. */
const REPEATS = /^(num_ops|num_chains|chain_depth|tile_grid_size|output_size)$/;

/** Options that are values of data or of random numbers, not sizes. */
const VALUES =
  /(^|_)(seed|salt|values?|min|max|minval|maxval|mean|variance|stddev|scale|offset|vocabulary|boundaries|weights|epsilon|rate|factor|range|theta)$|^(max|min)_(value|wavelength|norm)$/;

/**
 * Looks at the numbers in the configuration of a layer; those of layers inside come with their own.
 *
 * @throws ConfigError for one that no layer of such a size should have.
 */
export function checkSizes(what: string, config: Readonly<Record<string, unknown>>, limits: ModelLimits): void {
  const { maxSize = MAX_SIZE, maxRepeats = MAX_REPEATS } = limits;
  const visit = (value: unknown, path: string): void => {
    const [name, most] = REPEATS.test(path) ? ['maxRepeats', maxRepeats] : ['maxSize', maxSize];
    if (typeof value === 'number' && Math.abs(value) > most) {
      throw new ConfigError(
        `${what}: ${path} is ${value}, more than limits.${name} = ${most}; raise it if the file is trusted`,
      );
    }
    if (Array.isArray(value)) for (const item of value) visit(item, path);
    else if (isPlain(value) && !('class_name' in value)) entries(value, path);
  };
  const entries = (record: Readonly<Record<string, unknown>>, path: string): void => {
    for (const [key, item] of Object.entries(record)) {
      if (!VALUES.test(key)) visit(item, path === '' ? key : `${path}.${key}`);
    }
  };
  entries(config, '');
}

/**
 * Looks at the weights of a model, which take no memory yet.
 *
 * @throws ConfigError when they would take more than `limits.maxBytes`.
 */
export function checkWeights(where: string, model: AnyModel, { maxBytes = DEFAULT_LIMITS.maxBytes }: Limits): void {
  let bytes = 0;
  for (const { path, shape } of model.weights) {
    bytes += 4 * shape.reduce((product, size) => product * size, 1);
    if (bytes <= maxBytes) continue;
    throw new ConfigError(
      `${where}: with ${path} [${shape.join(', ')}] the weights take ${bytes} bytes, more than limits.maxBytes = ${maxBytes}; raise it if the file is trusted`,
    );
  }
}
