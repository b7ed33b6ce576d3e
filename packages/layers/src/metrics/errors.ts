/**
 * Metrics that are means of losses: errors, cross-entropies, hinges.
 */
import { sqrt, type Tensor } from '@dl/tensor';
import type { Config } from '../base/config.ts';
import { categoricalHinge, hinge, squaredHinge } from '../losses/hinge.ts';
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
  type CrossentropyOptions,
  type SparseCrossentropyOptions,
} from '../losses/probabilistic.ts';
import {
  cosineSimilarity,
  klDivergence,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
} from '../losses/regression.ts';
import { MeanMetricWrapper, type MetricOptions } from './metric.ts';

/** Mean of (p − y)². */
export class MeanSquaredError extends MeanMetricWrapper {
  static override readonly className: string = 'MeanSquaredError';

  constructor(options: MetricOptions = {}) {
    super(meanSquaredError, { name: 'mean_squared_error', ...options, direction: 'down' });
  }
}

/** Mean of |p − y|. */
export class MeanAbsoluteError extends MeanMetricWrapper {
  static override readonly className: string = 'MeanAbsoluteError';

  constructor(options: MetricOptions = {}) {
    super(meanAbsoluteError, { name: 'mean_absolute_error', ...options, direction: 'down' });
  }
}

/** 100 times the mean of |p − y| / |y|. */
export class MeanAbsolutePercentageError extends MeanMetricWrapper {
  static override readonly className: string = 'MeanAbsolutePercentageError';

  constructor(options: MetricOptions = {}) {
    super(meanAbsolutePercentageError, { name: 'mean_absolute_percentage_error', ...options, direction: 'down' });
  }
}

/** Mean of (log(1 + p) − log(1 + y))². */
export class MeanSquaredLogarithmicError extends MeanMetricWrapper {
  static override readonly className: string = 'MeanSquaredLogarithmicError';

  constructor(options: MetricOptions = {}) {
    super(meanSquaredLogarithmicError, { name: 'mean_squared_logarithmic_error', ...options, direction: 'down' });
  }
}

/** Mean of log cosh(p − y). */
export class LogCoshError extends MeanMetricWrapper {
  static override readonly className: string = 'LogCoshError';

  constructor(options: MetricOptions = {}) {
    super(logCosh, { name: 'logcosh', ...options, direction: 'down' });
  }
}

/** Mean of Σ y·log(y/p). */
export class KLDivergence extends MeanMetricWrapper {
  static override readonly className: string = 'KLDivergence';

  constructor(options: MetricOptions = {}) {
    super(klDivergence, { name: 'kl_divergence', ...options, direction: 'down' });
  }
}

/** Mean of p − y·log p. */
export class Poisson extends MeanMetricWrapper {
  static override readonly className: string = 'Poisson';

  constructor(options: MetricOptions = {}) {
    super(poisson, { name: 'poisson', ...options, direction: 'down' });
  }
}

/** Mean of max(1 − y·p, 0). */
export class Hinge extends MeanMetricWrapper {
  static override readonly className: string = 'Hinge';

  constructor(options: MetricOptions = {}) {
    super(hinge, { name: 'hinge', ...options, direction: 'down' });
  }
}

/** Mean of max(1 − y·p, 0)². */
export class SquaredHinge extends MeanMetricWrapper {
  static override readonly className: string = 'SquaredHinge';

  constructor(options: MetricOptions = {}) {
    super(squaredHinge, { name: 'squared_hinge', ...options, direction: 'down' });
  }
}

/** Mean of max(best wrong score − right score + 1, 0). */
export class CategoricalHinge extends MeanMetricWrapper {
  static override readonly className: string = 'CategoricalHinge';

  constructor(options: MetricOptions = {}) {
    super(categoricalHinge, { name: 'categorical_hinge', ...options, direction: 'down' });
  }
}

/** Root of the mean of (p − y)². */
export class RootMeanSquaredError extends MeanMetricWrapper {
  static override readonly className: string = 'RootMeanSquaredError';

  constructor(options: MetricOptions = {}) {
    super(meanSquaredError, { name: 'root_mean_squared_error', ...options, direction: 'down' });
  }

  override result(): Tensor {
    return sqrt(super.result());
  }
}

/** Options of {@link CosineSimilarity}. */
export interface CosineMetricOptions extends MetricOptions {
  /** The axis of the vectors, the last unless given. */
  readonly axis?: number | undefined;
}

/** Mean cosine of the angle between vectors; positive for similar ones, unlike the loss. */
export class CosineSimilarity extends MeanMetricWrapper {
  static override readonly className: string = 'CosineSimilarity';
  readonly axis: number;

  constructor(options: CosineMetricOptions = {}) {
    const { axis = -1 } = options;
    const name = options.name ?? 'cosine_similarity';
    super((t, p) => cosineSimilarity(t, p, axis).neg(), { name, direction: 'up' });
    this.axis = axis;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}

/** Mean cross-entropy of yes-or-no targets. */
export class BinaryCrossentropy extends MeanMetricWrapper {
  static override readonly className: string = 'BinaryCrossentropy';
  readonly fromLogits: boolean;
  readonly labelSmoothing: number;
  readonly axis: number;

  constructor(options: MetricOptions & CrossentropyOptions = {}) {
    const { fromLogits = false, labelSmoothing = 0, axis = -1 } = options;
    const name = options.name ?? 'binary_crossentropy';
    super((t, p) => binaryCrossentropy(t, p, { fromLogits, labelSmoothing, axis }), { name, direction: 'down' });
    this.fromLogits = fromLogits;
    this.labelSmoothing = labelSmoothing;
    this.axis = axis;
  }

  override getConfig(): Config {
    const { fromLogits: from_logits, labelSmoothing: label_smoothing, axis } = this;
    return { ...super.getConfig(), from_logits, label_smoothing, axis };
  }
}

/** Mean cross-entropy of one-hot targets. */
export class CategoricalCrossentropy extends MeanMetricWrapper {
  static override readonly className: string = 'CategoricalCrossentropy';
  readonly fromLogits: boolean;
  readonly labelSmoothing: number;
  readonly axis: number;

  constructor(options: MetricOptions & CrossentropyOptions = {}) {
    const { fromLogits = false, labelSmoothing = 0, axis = -1 } = options;
    const name = options.name ?? 'categorical_crossentropy';
    super((t, p) => categoricalCrossentropy(t, p, { fromLogits, labelSmoothing, axis }), { name, direction: 'down' });
    this.fromLogits = fromLogits;
    this.labelSmoothing = labelSmoothing;
    this.axis = axis;
  }

  override getConfig(): Config {
    const { fromLogits: from_logits, labelSmoothing: label_smoothing, axis } = this;
    return { ...super.getConfig(), from_logits, label_smoothing, axis };
  }
}

/** Mean cross-entropy of class ids. */
export class SparseCategoricalCrossentropy extends MeanMetricWrapper {
  static override readonly className: string = 'SparseCategoricalCrossentropy';
  readonly fromLogits: boolean;
  readonly ignoreClass: number | null;
  readonly axis: number;

  constructor(options: MetricOptions & SparseCrossentropyOptions = {}) {
    const { fromLogits = false, ignoreClass = null, axis = -1 } = options;
    const name = options.name ?? 'sparse_categorical_crossentropy';
    super((t, p) => sparseCategoricalCrossentropy(t, p, { fromLogits, ignoreClass, axis }), {
      name,
      direction: 'down',
    });
    this.fromLogits = fromLogits;
    this.ignoreClass = ignoreClass;
    this.axis = axis;
  }

  override getConfig(): Config {
    const { fromLogits: from_logits, ignoreClass: ignore_class, axis } = this;
    return { ...super.getConfig(), from_logits, ignore_class, axis };
  }
}
