/**
 * What functions that judge predictions are given: class numbers, scores, and weights, read to the host.
 */
import { ConfigError, DTypeError, ShapeError } from '@dl/tensor';
import { formatShape, sizeOf } from '@dl/tensor/interpreter';
import { toHost, type Data } from '../data/host-array.ts';

/** Class numbers: given as such, or as rows of scores (also one-hot rows) whose highest counts. */
export interface Classes {
  readonly ids: Int32Array;
  /** Length of a row of scores; 0 where class numbers were given. */
  readonly width: number;
}

/** Reads class numbers. */
export async function readClasses(value: Data, where: string): Promise<Classes> {
  const { data, shape } = await toHost(value, where);
  const width = shape.length === 2 && shape[1]! > 1 ? shape[1]! : 0;
  const rows = shape[0] ?? 0;
  if (width === 0 && sizeOf(shape) !== rows) {
    throw new ShapeError(
      `${where}: expected class numbers [n] or scores [n, classes], got shape ${formatShape(shape)}`,
    );
  }
  const ids = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    if (width === 0) {
      const id = data[i]!;
      if (!Number.isInteger(id) || id < 0) {
        throw new DTypeError(
          `${where}: ${id} at [${i}] is no class number; give class numbers, or scores of shape [n, classes]; ` +
            `for probabilities of a yes-or-no model give yPred.greater(0.5)`,
        );
      }
      ids[i] = id;
      continue;
    }
    let best = 0;
    for (let c = 0; c < width; c++) {
      if (Number.isNaN(data[i * width + c])) throw new DTypeError(`${where}: NaN at [${i}, ${c}]`);
      if (data[i * width + c]! > data[i * width + best]!) best = c;
    }
    ids[i] = best;
  }
  return { ids, width };
}

/** Reads one number for each sample. */
export async function readColumn(value: Data, where: string, count?: number): Promise<ArrayLike<number>> {
  const { data, shape } = await toHost(value, where);
  if (sizeOf(shape) !== (shape[0] ?? 1)) {
    throw new ShapeError(`${where}: expected one number for each sample, got shape ${formatShape(shape)}`);
  }
  if (count !== undefined && data.length !== count) {
    throw new ShapeError(`${where}: expected ${count} numbers, one for each sample, got ${data.length}`);
  }
  const bad = data.findIndex((one: number) => !Number.isFinite(one));
  if (bad >= 0) throw new DTypeError(`${where}: expected finite numbers, got ${data[bad]} at [${bad}]`);
  return data;
}

/** Weights of samples; 1 for each without. */
export async function readWeights(value: Data | undefined, where: string, count: number): Promise<ArrayLike<number>> {
  if (value === undefined) return new Float64Array(count).fill(1);
  const weights = await readColumn(value, where, count);
  for (let i = 0; i < count; i++) {
    if (weights[i]! < 0) throw new ConfigError(`${where}: weights must not be negative, got ${weights[i]} at [${i}]`);
  }
  return weights;
}
