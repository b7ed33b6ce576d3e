/**
 * packXYSampleWeight and unpackXYSampleWeight: the parts of what a dataset gives.
 */
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';

/** Inputs alone, with targets, or with targets and sample weights. */
export type SampleTuple<X, Y, W> = X | readonly [X] | readonly [X, Y] | readonly [X, Y, W];

/**
 * Puts inputs, targets and sample weights together as datasets give them. Inputs alone stay as they are, but for a list,
 * which becomes [x], since a list would be taken for the parts themselves. Follows `keras.utils.pack_x_y_sample_weight`.
 *
 * @example packXYSampleWeight([[1]], [[0]]); // [[[1]], [[0]]]
 */
export function packXYSampleWeight<X, Y = null, W = null>(
  x: X,
  y: Y | null = null,
  sampleWeight: W | null = null,
): SampleTuple<X, Y | null, W> {
  if (sampleWeight !== null) return [x, y, sampleWeight];
  if (y !== null) return [x, y];
  return Array.isArray(x) ? [x] : x;
}

/**
 * Takes apart what {@link packXYSampleWeight} or a dataset gives; parts that are missing are null.
 *
 * @throws ConfigError for a list of more than three parts, or of none.
 * @example const [x, y, sampleWeight] = unpackXYSampleWeight([[1], [0]]);
 */
export function unpackXYSampleWeight<X, Y, W>(data: SampleTuple<X, Y, W>): [x: X, y: Y | null, sampleWeight: W | null] {
  if (!Array.isArray(data)) return [data as X, null, null];
  const parts = data as readonly unknown[];
  if (parts.length < 1 || parts.length > 3) {
    throw new ConfigError(
      `unpackXYSampleWeight: expected [x], [x, y] or [x, y, sampleWeight], got ${describe(data)} with ${parts.length} parts`,
    );
  }
  const [x, y = null, sampleWeight = null] = parts;
  return [x as X, y as Y | null, sampleWeight as W | null];
}
