/**
 * timeseriesDatasetFromArray: windows of a long array.
 */
import { fromArrays, type Dataset, type NDArray } from '@dl/data';
import { ConfigError, freshSeed, type TypedArray } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { gatherRows, hostArray, likeArray, rowSize, type HostArray } from '../data/host-array.ts';
import type { HostData } from './numerical.ts';

/** Options of {@link timeseriesDatasetFromArray}. */
export interface TimeseriesOptions {
  /** Steps of a window. */
  readonly sequenceLength: number;
  /** Steps from the start of one window to that of the next; 1 unless given. */
  readonly sequenceStride?: number | undefined;
  /** Steps from one to the next inside a window; 1 unless given. */
  readonly samplingRate?: number | undefined;
  /** Windows of a batch; 128 unless given, null for a dataset of single windows. */
  readonly batchSize?: number | null | undefined;
  /** Whether windows come in a new order each pass; false unless given. */
  readonly shuffle?: boolean | undefined;
  readonly seed?: number | null | undefined;
  /** First step that is used; 0 unless given. */
  readonly startIndex?: number | null | undefined;
  /** The step after the last that is used; the end unless given. */
  readonly endIndex?: number | null | undefined;
}

function whole(name: string, value: unknown, min: number): number {
  if (Number.isInteger(value) && (value as number) >= min) return value as number;
  throw new ConfigError(`timeseriesDatasetFromArray: ${name} must be a whole number ≥ ${min}, got ${describe(value)}`);
}

/** Rows of an array by their numbers. */
function take(array: HostArray, order: Int32Array, shape: readonly number[]): NDArray {
  const data = likeArray(array.data, order.length * rowSize(array));
  gatherRows(array, order, 0, order.length, data);
  return { data: data as TypedArray, shape: [...shape, ...array.shape.slice(1)] };
}

/**
 * Windows of consecutive steps, one batch [windows, sequenceLength, …] after the other; with targets, pairs of them and the
 * target of each window's first step. Windows are cut when they are asked for, so the array is in memory once. For targets
 * that lie after a window give `targets` that begin as many steps later. Follows
 * `keras.utils.timeseries_dataset_from_array`.
 *
 * @param targets As many as there are windows, or more; null for none.
 * @throws ConfigError for options that leave no window.
 * @example
 * const windows = timeseriesDatasetFromArray([0, 1, 2, 3, 4], [2, 3, 4], { sequenceLength: 2 });
 * for await (const [x, y] of windows) console.log(x.shape, y.data); // [3, 2] Float32Array [2, 3, 4]
 */
export function timeseriesDatasetFromArray(
  data: HostData,
  targets: HostData,
  options: TimeseriesOptions,
): Dataset<[NDArray, NDArray]>;
export function timeseriesDatasetFromArray(
  data: HostData,
  targets: null | undefined,
  options: TimeseriesOptions,
): Dataset<NDArray>;
export function timeseriesDatasetFromArray(
  data: HostData,
  targets: HostData | null | undefined,
  options: TimeseriesOptions,
): Dataset<[NDArray, NDArray]> | Dataset<NDArray> {
  const x = hostArray(data as HostArray, 'timeseriesDatasetFromArray: data');
  const y =
    targets === undefined || targets === null
      ? null
      : hostArray(targets as HostArray, 'timeseriesDatasetFromArray: targets');
  const rows = x.shape[0]!;
  const length = whole('sequenceLength', options.sequenceLength, 1);
  const stride = whole('sequenceStride', options.sequenceStride ?? 1, 1);
  const rate = whole('samplingRate', options.samplingRate ?? 1, 1);
  const batchSize = options.batchSize === null ? null : whole('batchSize', options.batchSize ?? 128, 1);
  const start = whole('startIndex', options.startIndex ?? 0, 0);
  const end = whole('endIndex', options.endIndex ?? rows, 1);
  if (start >= end || end > rows) {
    throw new ConfigError(
      `timeseriesDatasetFromArray: expected 0 ≤ startIndex < endIndex ≤ ${rows}, got ${start} and ${end}`,
    );
  }
  const fitting = end - start - (length - 1) * rate;
  const targetRows = y === null ? Infinity : Math.min(end, y.shape[0]!) - start;
  const count = Math.ceil(Math.min(fitting, targetRows) / stride);
  if (count < 1) {
    throw new ConfigError(
      `timeseriesDatasetFromArray: ${end - start} steps hold no window of ${length} steps at a sampling rate of ${rate}${y === null ? '' : ` with a target (there are ${y.shape[0]})`}`,
    );
  }
  const cut = (starts: Int32Array, single: boolean): NDArray | [NDArray, NDArray] => {
    const steps = Int32Array.from(
      { length: starts.length * length },
      (_, i) => starts[Math.floor(i / length)]! + (i % length) * rate,
    );
    const windows = take(x, steps, single ? [length] : [starts.length, length]);
    return y === null ? windows : [windows, take(y, starts, single ? [] : [starts.length])];
  };
  const starts = fromArrays(Int32Array.from({ length: count }, (_, i) => start + i * stride));
  const ordered = options.shuffle === true ? starts.shuffle(count, options.seed ?? freshSeed()) : starts;
  const made =
    batchSize === null
      ? ordered.map((one) => cut(Int32Array.of(one), true))
      : ordered.batch(batchSize).map((batch) => cut(batch.data as Int32Array, false));
  return made as Dataset<NDArray>;
}
