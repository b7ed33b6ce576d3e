/**
 * Metrics, as `keras.metrics`: classes, functions that give one value per sample, and resolution by name.
 */
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { resolveObject, serializeObject, type ConfigurableClass, type Serialized } from './base/config.ts';
import {
  Accuracy,
  BinaryAccuracy,
  CategoricalAccuracy,
  SparseCategoricalAccuracy,
  SparseTopKCategoricalAccuracy,
  TopKCategoricalAccuracy,
} from './metrics/accuracy.ts';
import { alignRanks } from './losses/align.ts';
import {
  PrecisionAtRecall,
  RecallAtPrecision,
  SensitivityAtSpecificity,
  SpecificityAtSensitivity,
} from './metrics/at-constraint.ts';
import { AUC } from './metrics/auc.ts';
import {
  FalseNegatives,
  FalsePositives,
  Precision,
  Recall,
  TrueNegatives,
  TruePositives,
} from './metrics/confusion.ts';
import { ConcordanceCorrelation, PearsonCorrelation } from './metrics/correlation.ts';
import {
  BinaryCrossentropy,
  CategoricalCrossentropy,
  CategoricalHinge,
  CosineSimilarity,
  Hinge,
  KLDivergence,
  LogCoshError,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
  Poisson,
  RootMeanSquaredError,
  SparseCategoricalCrossentropy,
  SquaredHinge,
} from './metrics/errors.ts';
import { F1Score, FBetaScore } from './metrics/f-score.ts';
import { BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU } from './metrics/iou.ts';
import { MeanMetricWrapper, Metric, type MetricFunction } from './metrics/metric.ts';
import { R2Score } from './metrics/r2-score.ts';

export {
  BaseMetric,
  Mean,
  MeanMetricWrapper,
  Metric,
  Sum,
  type Direction,
  type MetricFunction,
  type MetricOptions,
  type UpdateOptions,
} from './metrics/metric.ts';
export * from './metrics/accuracy.ts';
export * from './metrics/errors.ts';
export {
  FalseNegatives,
  FalsePositives,
  Precision,
  Recall,
  TrueNegatives,
  TruePositives,
  type PrecisionOptions,
  type SelectionOptions,
  type ThresholdOptions,
} from './metrics/confusion.ts';
export { AUC, type AUCOptions } from './metrics/auc.ts';
export {
  PrecisionAtRecall,
  RecallAtPrecision,
  SensitivityAtSpecificity,
  SpecificityAtSensitivity,
  type AtConstraintOptions,
} from './metrics/at-constraint.ts';
export * from './metrics/correlation.ts';
export * from './metrics/f-score.ts';
export * from './metrics/iou.ts';
export * from './metrics/r2-score.ts';
export { binaryFocalCrossentropy, categoricalFocalCrossentropy } from './losses/focal-overlap.ts';
export { categoricalHinge, hinge, squaredHinge } from './losses/hinge.ts';
export { binaryCrossentropy, categoricalCrossentropy, sparseCategoricalCrossentropy } from './losses/probabilistic.ts';
export {
  huber,
  klDivergence,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
} from './losses/regression.ts';

const CLASSES: Readonly<Record<string, ConfigurableClass<Metric>>> = {
  accuracy: Accuracy,
  binary_accuracy: BinaryAccuracy,
  categorical_accuracy: CategoricalAccuracy,
  sparse_categorical_accuracy: SparseCategoricalAccuracy,
  top_k_categorical_accuracy: TopKCategoricalAccuracy,
  sparse_top_k_categorical_accuracy: SparseTopKCategoricalAccuracy,
  mean_squared_error: MeanSquaredError,
  mse: MeanSquaredError,
  root_mean_squared_error: RootMeanSquaredError,
  mean_absolute_error: MeanAbsoluteError,
  mae: MeanAbsoluteError,
  mean_absolute_percentage_error: MeanAbsolutePercentageError,
  mape: MeanAbsolutePercentageError,
  mean_squared_logarithmic_error: MeanSquaredLogarithmicError,
  msle: MeanSquaredLogarithmicError,
  log_cosh_error: LogCoshError,
  logcosh: LogCoshError,
  kl_divergence: KLDivergence,
  poisson: Poisson,
  cosine_similarity: CosineSimilarity,
  binary_crossentropy: BinaryCrossentropy,
  bce: BinaryCrossentropy,
  categorical_crossentropy: CategoricalCrossentropy,
  sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
  hinge: Hinge,
  squared_hinge: SquaredHinge,
  categorical_hinge: CategoricalHinge,
  auc: AUC,
  precision: Precision,
  recall: Recall,
  true_positives: TruePositives,
  false_positives: FalsePositives,
  true_negatives: TrueNegatives,
  false_negatives: FalseNegatives,
  f1_score: F1Score,
  fbeta_score: FBetaScore,
  io_u: IoU,
  mean_io_u: MeanIoU,
  one_hot_io_u: OneHotIoU,
  one_hot_mean_io_u: OneHotMeanIoU,
  binary_io_u: BinaryIoU,
  pearson_correlation: PearsonCorrelation,
  concordance_correlation: ConcordanceCorrelation,
  r2_score: R2Score,
  sensitivity_at_specificity: SensitivityAtSpecificity,
  specificity_at_sensitivity: SpecificityAtSensitivity,
  precision_at_recall: PrecisionAtRecall,
  recall_at_precision: RecallAtPrecision,
};

/** A metric: an object, its name, a function that gives one value per sample, or a stored configuration. */
export type MetricLike = Metric | string | Serialized | MetricFunction;

/**
 * Resolves a metric.
 *
 * @throws ConfigError with the nearest names for one that is unknown.
 * @example get('mae');
 */
export function get(identifier: MetricLike): Metric {
  if (typeof identifier === 'function') return ofFunction(identifier);
  const found = resolveObject(identifier, Metric, CLASSES, 'metrics', 'metric');
  if (found === null) throw new ConfigError(`metrics: expected a metric, got ${describe(identifier)}`);
  return found;
}

/** Targets [n] come as [n, 1] where predictions are [n, 1], and the other way around, so that the two do not broadcast. */
function ofFunction(fn: MetricFunction): Metric {
  const name = fn.name === '' ? 'metric' : fn.name;
  return new MeanMetricWrapper((yTrue, yPred) => fn(...alignRanks(yTrue, yPred)), { name });
}

/** The stored form of a metric. */
export function serialize(metric: Metric): Serialized {
  return serializeObject(metric, 'keras.metrics');
}

export { get as deserialize };
