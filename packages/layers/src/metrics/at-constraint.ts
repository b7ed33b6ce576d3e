/**
 * The best value of one rate where another is high enough, over many thresholds.
 */
import { ConfigError, greaterEqual, max, where, type Tensor, type TensorLike } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import { ConfusionCounts, safeDiv } from './confusion.ts';
import { Metric, type Direction, type MetricOptions, type UpdateOptions } from './metric.ts';

/** Options of metrics at a constraint. */
export interface AtConstraintOptions extends MetricOptions {
  /** Number of thresholds that are tried, 200 unless given. */
  readonly numThresholds?: number | undefined;
  /** Only this class counts, by its place on the last axis. */
  readonly classId?: number | null | undefined;
}

/** Rates of one threshold each. */
interface Rates {
  readonly constrained: Tensor;
  readonly wanted: Tensor;
}

/** tp / (tp + fn). */
const sensitivity = ({ truePositives: hits, falseNegatives: misses }: ConfusionCounts): Tensor =>
  safeDiv(hits.value, hits.read().add(misses));
/** tn / (tn + fp). */
const specificity = ({ trueNegatives: passes, falsePositives: alarms }: ConfusionCounts): Tensor =>
  safeDiv(passes.value, passes.read().add(alarms));
/** tp / (tp + fp). */
const precision = ({ truePositives: hits, falsePositives: alarms }: ConfusionCounts): Tensor =>
  safeDiv(hits.value, hits.read().add(alarms));

/** Base class: the largest wanted rate among the thresholds where the constrained rate reaches a value; 0 if none does. */
abstract class AtConstraint extends Metric {
  override readonly direction: Direction = 'up';
  readonly numThresholds: number;
  readonly classId: number | null;
  readonly #limit: number;
  readonly #name: string;
  readonly #counts: ConfusionCounts;

  constructor(limitName: string, limit: number, options: AtConstraintOptions) {
    super(undefined, options);
    if (!(typeof limit === 'number' && limit >= 0 && limit <= 1)) {
      throw new ConfigError(`${this.name}: ${limitName} must be in [0, 1], got ${describe(limit)}`);
    }
    const { numThresholds: count = 200, classId = null } = options;
    if (!Number.isInteger(count) || count < 1) {
      throw new ConfigError(`${this.name}: numThresholds must be a positive integer, got ${describe(count)}`);
    }
    this.numThresholds = count;
    this.classId = classId;
    this.#limit = limit;
    this.#name = limitName;
    // At the lowest threshold every score counts as positive, a score of 0 too.
    const thresholds =
      count === 1 ? [0.5] : [-1e-7, ...Array.from({ length: count - 1 }, (_, i) => (i + 1) / (count - 1))];
    this.#counts = new ConfusionCounts(thresholds, (name, shape) => this.addVariable(name, shape));
  }

  override updateState(yTrue: TensorLike, yPred: TensorLike, options: UpdateOptions = {}): void {
    this.#counts.update(this.name, yTrue, yPred, options, { classId: this.classId });
  }

  protected abstract rates(counts: ConfusionCounts): Rates;

  override result(): Tensor {
    const { constrained, wanted } = this.rates(this.#counts);
    return max(where(greaterEqual(constrained, this.#limit), wanted, 0));
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      [this.#name]: this.#limit,
      num_thresholds: this.numThresholds,
      class_id: this.classId,
    };
  }
}

/** The configuration as arguments: the limit first. */
const split = (config: Config, limit: string): readonly [number, AtConstraintOptions] => [
  config[limit] as number,
  {
    name: config['name'] as string | undefined,
    numThresholds: config['num_thresholds'] as number | undefined,
    classId: config['class_id'] as number | null | undefined,
  },
];

/**
 * The best sensitivity (part of the positives found) where the specificity is at least the given one.
 *
 * @example
 * const metric = new SensitivityAtSpecificity(0.5);
 * metric.updateState([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]);
 * metric.result(); // 0.5
 */
export class SensitivityAtSpecificity extends AtConstraint {
  static readonly className: string = 'SensitivityAtSpecificity';

  constructor(minimum: number, options: AtConstraintOptions = {}) {
    super('specificity', minimum, options);
  }

  protected override rates(counts: ConfusionCounts): Rates {
    return { constrained: specificity(counts), wanted: sensitivity(counts) };
  }

  static override fromConfig<T>(this: new (options: never) => T, config: Config): T {
    return new SensitivityAtSpecificity(...split(config, 'specificity')) as T;
  }
}

/**
 * The best specificity (part of the negatives left alone) where the sensitivity is at least the given one.
 *
 * @example new SpecificityAtSensitivity(0.9);
 */
export class SpecificityAtSensitivity extends AtConstraint {
  static readonly className: string = 'SpecificityAtSensitivity';

  constructor(minimum: number, options: AtConstraintOptions = {}) {
    super('sensitivity', minimum, options);
  }

  protected override rates(counts: ConfusionCounts): Rates {
    return { constrained: sensitivity(counts), wanted: specificity(counts) };
  }

  static override fromConfig<T>(this: new (options: never) => T, config: Config): T {
    return new SpecificityAtSensitivity(...split(config, 'sensitivity')) as T;
  }
}

/**
 * The best precision where the recall is at least the given one.
 *
 * @example new PrecisionAtRecall(0.8);
 */
export class PrecisionAtRecall extends AtConstraint {
  static readonly className: string = 'PrecisionAtRecall';

  constructor(minimum: number, options: AtConstraintOptions = {}) {
    super('recall', minimum, options);
  }

  protected override rates(counts: ConfusionCounts): Rates {
    return { constrained: sensitivity(counts), wanted: precision(counts) };
  }

  static override fromConfig<T>(this: new (options: never) => T, config: Config): T {
    return new PrecisionAtRecall(...split(config, 'recall')) as T;
  }
}

/**
 * The best recall where the precision is at least the given one.
 *
 * @example new RecallAtPrecision(0.8);
 */
export class RecallAtPrecision extends AtConstraint {
  static readonly className: string = 'RecallAtPrecision';

  constructor(minimum: number, options: AtConstraintOptions = {}) {
    super('precision', minimum, options);
  }

  protected override rates(counts: ConfusionCounts): Rates {
    return { constrained: precision(counts), wanted: sensitivity(counts) };
  }

  static override fromConfig<T>(this: new (options: never) => T, config: Config): T {
    return new RecallAtPrecision(...split(config, 'precision')) as T;
  }
}
