/**
 * crossValidate: a new model for each part of the data, tested on what it has not seen.
 */
import type { Tensors } from '@dl/layers';
import { ConfigError, isArrayData } from '@dl/tensor';
import type { Logs } from '../callbacks/callback.ts';
import { toHosts, type DataTree, type HostArray, type HostArrays } from '../data/host-array.ts';
import { listOf, mapSeveral } from '../functional/structure.ts';
import type { Model } from '../model.ts';
import type { FitOptions } from '../training/options.ts';
import { rowsIn } from '../datasets/arrays.ts';
import { kFold, type KFoldOptions } from './k-fold.ts';

/** Options of {@link crossValidate}. */
export interface CrossValidateOptions extends Omit<KFoldOptions, 'stratify'> {
  /** Whether every part has its share of each class, by targets that are numbers of classes; false unless given. */
  readonly stratify?: boolean | undefined;
  /** Options of `fit`; verbose is 0 unless given. */
  readonly fit?: Omit<FitOptions, 'sampleWeight' | 'validationData'> | undefined;
}

/** What {@link crossValidate} measured. */
export interface CrossValidation {
  /** Loss and metrics of each model on its part for testing. */
  readonly folds: readonly Logs[];
  /** Their means. */
  readonly mean: Logs;
  /** Their standard deviations, with one less than the number of parts as divisor. */
  readonly std: Logs;
}

const isHost = (value: unknown): boolean => isArrayData(value);

const rowsOf = (data: HostArrays, rows: Int32Array): HostArrays =>
  mapSeveral<HostArray, HostArray>(data, isHost, (one) => rowsIn(one, rows));

function classesOf(y: HostArrays, rows: number): ArrayLike<number> {
  const [one, ...others] = listOf<HostArray>(y, isHost);
  if (others.length === 0 && one!.data.length === rows) return one!.data;
  throw new ConfigError('crossValidate: stratify needs one number of a class for each row as target');
}

function summary(folds: readonly Logs[]): { readonly mean: Logs; readonly std: Logs } {
  const [mean, std]: [Record<string, number>, Record<string, number>] = [{}, {}];
  for (const name of Object.keys(folds[0]!)) {
    const values = folds.map((logs) => logs[name]!);
    const average = values.reduce((a, b) => a + b, 0) / values.length;
    mean[name] = average;
    std[name] = Math.sqrt(values.reduce((sum, value) => sum + (value - average) ** 2, 0) / (values.length - 1));
  }
  return { mean, std };
}

/**
 * Trains a model for each of `folds` parts of the data, on all but that part, and evaluates it on the part.
 *
 * @param makeModel Makes a new compiled model; it is told the number of the part. Models are disposed afterwards.
 * @throws ConfigError for models that are not compiled, and for data that cannot be divided.
 * @example
 * const { mean, std } = await crossValidate(makeModel, [x, y], { folds: 5, seed: 1, fit: { epochs: 10 } });
 * console.log(mean.loss, std.loss);
 */
export async function crossValidate<I extends Tensors, O extends Tensors>(
  makeModel: (fold: number) => Model<I, O> | Promise<Model<I, O>>,
  [x, y]: readonly [x: DataTree, y: DataTree],
  options: CrossValidateOptions = {},
): Promise<CrossValidation> {
  const { fit = {}, stratify = false, ...rest } = options;
  const [inputs, targets] = [await toHosts(x, 'crossValidate: x'), await toHosts(y, 'crossValidate: y')];
  const counts = [inputs, targets].flatMap((data) => listOf<HostArray>(data, isHost).map(({ shape }) => shape[0]!));
  const rows = counts[0]!;
  if (counts.some((count) => count !== rows)) {
    throw new ConfigError(`crossValidate: x and y must have the same number of rows, got ${counts.join(', ')}`);
  }
  const parts = kFold(rows, { ...rest, ...(stratify ? { stratify: classesOf(targets, rows) } : {}) });
  const folds: Logs[] = [];
  for (const [fold, { train, test }] of parts.entries()) {
    const model = await makeModel(fold);
    if (!model.compiled)
      throw new ConfigError('crossValidate: the models must be compiled; call compile() in makeModel');
    try {
      await model.fit(rowsOf(inputs, train), rowsOf(targets, train), { verbose: 0, ...fit });
      folds.push(await model.evaluate(rowsOf(inputs, test), rowsOf(targets, test), { verbose: 0, returnDict: true }));
    } finally {
      model.dispose();
    }
  }
  return { folds, ...summary(folds) };
}
