/**
 * kFold: rows divided into parts, each of which is for testing once.
 */
import { ConfigError, freshSeed } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { permutation } from '../data/permutation.ts';

/** Options of {@link kFold}. */
export interface KFoldOptions {
  /** Number of parts; 5 unless given. */
  readonly folds?: number | undefined;
  /** Whether rows are mixed first; true unless given. */
  readonly shuffle?: boolean | undefined;
  /** Of the mixing; drawn unless given. */
  readonly seed?: number | undefined;
  /** The class of each row: every part then has its share of each class. */
  readonly stratify?: ArrayLike<number | string> | undefined;
}

/** Row numbers for training and for testing, in ascending order. */
export interface Fold {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/** Rows of one class after the other, those of a class in the given order. */
function byClass(order: Int32Array, labels: ArrayLike<number | string>, folds: number): number[] {
  const groups = new Map<number | string, number[]>();
  for (const row of order) {
    const label = labels[row]!;
    groups.set(label, [...(groups.get(label) ?? []), row]);
  }
  for (const [label, rows] of groups) {
    if (rows.length < folds) {
      throw new ConfigError(
        `kFold: class ${describe(label)} has ${rows.length} rows, fewer than ${folds} folds; use fewer folds, or no stratify`,
      );
    }
  }
  return [...groups.values()].flat();
}

/**
 * Divides rows into `folds` parts whose sizes differ by one at most. Each part is for testing once, the others for training.
 *
 * @throws ConfigError for fewer rows, or rows of a class, than parts.
 * @example for (const { train, test } of kFold(10, { folds: 5, seed: 1 })) console.log(train.length, test.length); // 8 2
 */
export function kFold(rows: number, options: KFoldOptions = {}): readonly Fold[] {
  const { folds = 5, shuffle = true, seed, stratify } = options;
  if (!Number.isInteger(folds) || folds < 2) {
    throw new ConfigError(`kFold: folds must be a whole number ≥ 2, got ${describe(folds)}`);
  }
  if (!Number.isInteger(rows) || rows < folds) {
    throw new ConfigError(`kFold: ${describe(rows)} rows cannot be divided into ${folds} folds`);
  }
  if (stratify !== undefined && stratify.length !== rows) {
    throw new ConfigError(`kFold: stratify needs one class for each of the ${rows} rows, got ${stratify.length}`);
  }
  const order = shuffle ? permutation(rows, seed ?? freshSeed()) : Int32Array.from({ length: rows }, (_, i) => i);
  const part = new Int32Array(rows);
  // In turn by class, so that each part gets its share; otherwise in runs.
  if (stratify !== undefined) byClass(order, stratify, folds).forEach((row, i) => (part[row] = i % folds));
  else order.forEach((row, i) => (part[row] = Math.floor((i * folds) / rows)));
  const all = Int32Array.from({ length: rows }, (_, i) => i);
  return Array.from({ length: folds }, (_, fold) => ({
    train: all.filter((row) => part[row] !== fold),
    test: all.filter((row) => part[row] === fold),
  }));
}
