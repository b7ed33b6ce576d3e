/**
 * Losses, as `keras.losses`: classes, functions that give one value per sample, and resolution by name.
 */
import { ConfigError, type Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { resolveObject, serializeObject, type ConfigurableClass, type Serialized } from './base/config.ts';
import { CTC } from './losses/ctc.ts';
import { BinaryFocalCrossentropy, CategoricalFocalCrossentropy, Dice, Tversky } from './losses/focal-overlap.ts';
import { CategoricalGeneralizedCrossEntropy } from './losses/generalized.ts';
import { CategoricalHinge, Hinge, SquaredHinge } from './losses/hinge.ts';
import { FunctionLoss, Loss } from './losses/loss.ts';
import { Circle } from './losses/metric-learning.ts';
import { BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy } from './losses/probabilistic.ts';
import {
  CosineSimilarity,
  Huber,
  KLDivergence,
  LogCosh,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
  Poisson,
} from './losses/regression.ts';

export { FunctionLoss, Loss, type LossCallOptions, type LossOptions, type Reduction } from './losses/loss.ts';
export * from './losses/regression.ts';
export * from './losses/hinge.ts';
export * from './losses/probabilistic.ts';
export * from './losses/focal-overlap.ts';
export * from './losses/generalized.ts';
export * from './losses/metric-learning.ts';
export * from './losses/ctc.ts';

const CLASSES: Readonly<Record<string, ConfigurableClass<Loss>>> = {
  mean_squared_error: MeanSquaredError,
  mse: MeanSquaredError,
  mean_absolute_error: MeanAbsoluteError,
  mae: MeanAbsoluteError,
  mean_absolute_percentage_error: MeanAbsolutePercentageError,
  mape: MeanAbsolutePercentageError,
  mean_squared_logarithmic_error: MeanSquaredLogarithmicError,
  msle: MeanSquaredLogarithmicError,
  huber: Huber,
  log_cosh: LogCosh,
  binary_crossentropy: BinaryCrossentropy,
  bce: BinaryCrossentropy,
  categorical_crossentropy: CategoricalCrossentropy,
  sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
  kl_divergence: KLDivergence,
  kld: KLDivergence,
  poisson: Poisson,
  hinge: Hinge,
  squared_hinge: SquaredHinge,
  categorical_hinge: CategoricalHinge,
  cosine_similarity: CosineSimilarity,
  binary_focal_crossentropy: BinaryFocalCrossentropy,
  categorical_focal_crossentropy: CategoricalFocalCrossentropy,
  dice: Dice,
  tversky: Tversky,
  categorical_generalized_cross_entropy: CategoricalGeneralizedCrossEntropy,
  circle: Circle,
  ctc: CTC,
};

/** A loss: an object, its name, a function that gives one value per sample, or a stored configuration. */
export type LossLike = Loss | string | Serialized | ((yTrue: Tensor, yPred: Tensor) => Tensor);

/**
 * Resolves a loss.
 *
 * @throws ConfigError with the nearest names for one that is unknown.
 * @example get('mse');
 */
export function get(identifier: LossLike): Loss {
  if (typeof identifier === 'function') return new FunctionLoss(identifier);
  const found = resolveObject(identifier, Loss, CLASSES, 'losses', 'loss');
  if (found === null) throw new ConfigError(`losses: expected a loss, got ${describe(identifier)}`);
  return found;
}

/** The stored form of a loss. */
export function serialize(loss: Loss): Serialized {
  return serializeObject(loss, 'keras.losses');
}

export { get as deserialize };
