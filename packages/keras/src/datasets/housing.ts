/**
 * bostonHousing and californiaHousing: prices of houses by their surroundings.
 */
import type { ByteSource } from '@dl/formats';
import { ConfigError, type TypedArray } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { sliceRows, type HostArray } from '../data/host-array.ts';
import { checkRows, checkShare, divide, readArrays, rowsIn, type RegressionData } from './arrays.ts';

/** Options of `bostonHousing.loadData`. */
export interface HousingOptions {
  /** Share of the rows for testing; 0.2 unless given. */
  readonly testSplit?: number | undefined;
  /** Of the mixing; 113 unless given. */
  readonly seed?: number | undefined;
}

/** Options of `californiaHousing.loadData`. */
export interface CaliforniaOptions extends HousingOptions {
  /** 'large' for all 20,640 districts (the default), 'small' for the first 600. */
  readonly version?: 'large' | 'small' | undefined;
}

const toFloats = ({ data, shape }: HostArray): { data: Float32Array; shape: readonly number[] } => ({
  data: data instanceof Float32Array ? data : Float32Array.from(data),
  shape,
});

async function load(
  source: ByteSource,
  { testSplit = 0.2, seed = 113 }: HousingOptions,
  rows: number,
  where: string,
): Promise<RegressionData> {
  const share = checkShare(testSplit, where);
  const arrays = await readArrays(source, ['x', 'y'], where);
  const [x, y] = arrays.map(({ data, shape }): HostArray => ({ data: data as TypedArray, shape }));
  checkRows(x!, y!, 2, where);
  const count = Math.min(rows, x!.shape[0]!);
  const [features, targets] = [sliceRows(x!, 0, count), sliceRows(y!, 0, count)];
  const [train, test] = divide(count, share, seed);
  const part = (order: Int32Array): RegressionData[0] => [
    toFloats(rowsIn(features, order)),
    toFloats(rowsIn(targets, order)),
  ];
  return [part(train), part(test)];
}

/**
 * 506 districts of Boston, 13 numbers each, and the median price in 1000 $, as `keras.datasets.boston_housing`. One of its
 * columns is about the race of inhabitants; prefer {@link californiaHousing}.
 *
 * @example const [[xTrain, yTrain]] = await bostonHousing.loadData('boston_housing.npz');
 */
export const bostonHousing: {
  /**
   * Features [count, 13] and targets [count] in float32, divided as Keras does for the same seed.
   *
   * @throws ConfigError without a source, FormatError for another file.
   */
  loadData(source: ByteSource, options?: HousingOptions): Promise<RegressionData>;
} = { loadData: async (source, options = {}) => load(source, options, Infinity, 'bostonHousing.loadData') };

/**
 * 20,640 districts of California, 8 numbers each, and the median price in $, as `keras.datasets.california_housing`.
 *
 * @example const [[xTrain, yTrain]] = await californiaHousing.loadData('california_housing.npz', { version: 'small' });
 */
export const californiaHousing: {
  /**
   * Features [count, 8] and targets [count] in float32, divided as Keras does for the same seed.
   *
   * @throws ConfigError without a source, FormatError for another file.
   */
  loadData(source: ByteSource, options?: CaliforniaOptions): Promise<RegressionData>;
} = {
  loadData: async (source, { version = 'large', ...options } = {}) => {
    if (version !== 'large' && version !== 'small') {
      throw new ConfigError(`californiaHousing.loadData: version must be 'large' or 'small', got ${describe(version)}`);
    }
    return load(source, options, version === 'small' ? 600 : Infinity, 'californiaHousing.loadData');
  },
};
