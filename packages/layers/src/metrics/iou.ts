/**
 * Intersection over union: how well the areas of classes are met.
 */
import {
  argMax,
  ConfigError,
  diagonal,
  equal,
  gather,
  greater,
  greaterEqual,
  matmul,
  mul,
  notEqual,
  ShapeError,
  tensor,
  transpose,
  where,
  type Tensor,
  type TensorLike,
  type Variable,
} from '@dl/tensor';
import { apply, castTo, compositeAll, describe, formatShape } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import { EPSILON } from '../losses/loss.ts';
import { Metric, type Direction, type MetricOptions, type UpdateOptions } from './metric.ts';

/** Options of {@link MeanIoU}. */
export interface MeanIoUOptions extends MetricOptions {
  readonly numClasses: number;
  /** A class id in the targets that does not count, such as 255; none unless given. */
  readonly ignoreClass?: number | null | undefined;
  /** Whether targets are class ids rather than scores per class; true unless given. */
  readonly sparseYTrue?: boolean | undefined;
  /** Whether predictions are class ids rather than scores per class; true unless given. */
  readonly sparseYPred?: boolean | undefined;
  /** The axis of the scores, the last unless given. */
  readonly axis?: number | undefined;
}

/** Options of {@link IoU}. */
export interface IoUOptions extends MeanIoUOptions {
  /** The classes whose mean is taken. */
  readonly targetClassIds: readonly number[];
}

/** Adds Σ weight of every pair of target (rows) and prediction (columns). Ids and weights are flat. */
const addPairs = /* @__PURE__ */ compositeAll<{ readonly classes: number }>(
  'confusionMatrixUpdate',
  ([matrix, targets, predictions, weights], { classes }) => {
    const hot = (ids: Tensor): Tensor => {
      const all = apply('iota', [], { shape: [ids.shape[0]!, classes], axis: 1, dtype: 'int32' });
      return castTo(equal(ids.expandDims(1), all), 'float32');
    };
    const rows = mul(hot(targets!), weights!.expandDims(1));
    return [matrix!.add(matmul(transpose(rows), hot(predictions!)))];
  },
);

/**
 * The mean over chosen classes of intersection / union, tp / (tp + fp + fn). Classes that occur neither in targets nor in
 * predictions do not count.
 *
 * @throws ConfigError for class ids outside the number of classes.
 * @example
 * const iou = new IoU({ numClasses: 2, targetClassIds: [0] });
 * iou.updateState([0, 0, 1, 1], [0, 1, 0, 1]);
 * iou.result(); // 0.333
 */
export class IoU extends Metric {
  static readonly className: string = 'IoU';
  override readonly direction: Direction = 'up';
  readonly numClasses: number;
  readonly targetClassIds: readonly number[];
  readonly ignoreClass: number | null;
  readonly sparseYTrue: boolean;
  readonly sparseYPred: boolean;
  readonly axis: number;
  /** Weighted pairs of target (rows) and prediction (columns). */
  readonly #matrix: Variable;

  constructor(options: IoUOptions) {
    super(undefined, options);
    // Programs in JavaScript may leave the options out.
    const { numClasses, targetClassIds: ids } = (options as IoUOptions | undefined) ?? ({} as IoUOptions);
    if (!Number.isInteger(numClasses) || numClasses < 1) {
      throw new ConfigError(`${this.name}: numClasses must be a positive integer, got ${describe(numClasses)}`);
    }
    if (!Array.isArray(ids) || !ids.every((id) => Number.isInteger(id) && id >= 0 && id < numClasses)) {
      throw new ConfigError(
        `${this.name}: targetClassIds must be a list of ids from 0 to ${numClasses - 1}, got ${JSON.stringify(ids)}`,
      );
    }
    this.numClasses = numClasses;
    this.targetClassIds = ids;
    this.ignoreClass = options.ignoreClass ?? null;
    this.sparseYTrue = options.sparseYTrue ?? true;
    this.sparseYPred = options.sparseYPred ?? true;
    this.axis = options.axis ?? -1;
    this.#matrix = this.addVariable('total_confusion_matrix', [numClasses, numClasses]);
  }

  override updateState(yTrue: TensorLike, yPred: TensorLike, { sampleWeight = null }: UpdateOptions = {}): void {
    const ids = (t: Tensor, sparse: boolean): Tensor => castTo(sparse ? t : argMax(t, this.axis), 'int32').flatten();
    const given = [ids(tensor(yTrue), this.sparseYTrue), ids(this.classesOf(tensor(yPred)), this.sparseYPred)] as const;
    let [targets, predictions] = given;
    if (targets.size !== predictions.size) {
      throw new ShapeError(
        `${this.name}: targets ${formatShape(tensor(yTrue).shape)} and predictions ${formatShape(tensor(yPred).shape)} give ${targets.size} and ${predictions.size} class ids; check sparseYTrue and sparseYPred`,
      );
    }
    let weights = this.#weights(sampleWeight, targets.size);
    if (this.ignoreClass !== null) {
      const valid = notEqual(targets, this.ignoreClass);
      targets = where(valid, targets, 0);
      predictions = where(valid, predictions, 0);
      weights = mul(weights, castTo(valid, 'float32'));
    }
    const [next] = addPairs([this.#matrix.read(), targets, predictions, weights], { classes: this.numClasses });
    this.#matrix.assign(next!);
  }

  /** Class ids or scores from predictions. */
  protected classesOf(yPred: Tensor): Tensor {
    return yPred;
  }

  #weights(given: TensorLike | null, count: number): Tensor {
    const weights = castTo(tensor(given ?? 1), 'float32').flatten();
    if (weights.size !== 1 && weights.size !== count) {
      throw new ShapeError(`${this.name}: expected one sample weight per class id (${count}), got ${weights.size}`);
    }
    return weights.broadcastTo([count]);
  }

  override result(): Tensor {
    const matrix = this.#matrix.value;
    const met = diagonal(matrix);
    const union = matrix.sum(0).add(matrix.sum(1)).sub(met);
    const chosen = tensor(this.targetClassIds, 'int32');
    const [hits, areas] = [gather(met, chosen), gather(union, chosen)];
    const present = castTo(greater(areas, 1e-9), 'float32').sum();
    return hits.div(areas.add(EPSILON)).sum().div(present.add(EPSILON));
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      num_classes: this.numClasses,
      target_class_ids: this.targetClassIds,
      ignore_class: this.ignoreClass,
      sparse_y_true: this.sparseYTrue,
      sparse_y_pred: this.sparseYPred,
      axis: this.axis,
    };
  }
}

const allClasses = (count: number | undefined): readonly number[] =>
  Number.isInteger(count) && count! > 0 ? Array.from({ length: count! }, (_, id) => id) : [];

/**
 * The mean of intersection / union over all classes.
 *
 * @example new MeanIoU({ numClasses: 21, ignoreClass: 255, sparseYPred: false });
 */
export class MeanIoU extends IoU {
  static override readonly className: string = 'MeanIoU';

  constructor(options: MeanIoUOptions) {
    super({ ...options, targetClassIds: allClasses((options as MeanIoUOptions | undefined)?.numClasses) });
  }

  override getConfig(): Config {
    const { target_class_ids: _, ...config } = super.getConfig();
    return config;
  }
}

/** Options of {@link OneHotMeanIoU}. */
export type OneHotMeanIoUOptions = Omit<MeanIoUOptions, 'sparseYTrue'>;

/** Options of {@link OneHotIoU}. */
export type OneHotIoUOptions = Omit<IoUOptions, 'sparseYTrue'>;

/**
 * {@link IoU} for one-hot targets; predictions are scores per class unless `sparseYPred` is true.
 *
 * @example new OneHotIoU({ numClasses: 3, targetClassIds: [0, 2] });
 */
export class OneHotIoU extends IoU {
  static override readonly className: string = 'OneHotIoU';

  constructor(options: OneHotIoUOptions) {
    super({
      ...options,
      sparseYTrue: false,
      sparseYPred: (options as OneHotIoUOptions | undefined)?.sparseYPred ?? false,
    });
  }

  override getConfig(): Config {
    const { sparse_y_true: _, ...config } = super.getConfig();
    return config;
  }
}

/**
 * {@link MeanIoU} for one-hot targets; predictions are scores per class unless `sparseYPred` is true.
 *
 * @example new OneHotMeanIoU({ numClasses: 3 });
 */
export class OneHotMeanIoU extends MeanIoU {
  static override readonly className: string = 'OneHotMeanIoU';

  constructor(options: OneHotMeanIoUOptions) {
    super({
      ...options,
      sparseYTrue: false,
      sparseYPred: (options as OneHotMeanIoUOptions | undefined)?.sparseYPred ?? false,
    });
  }

  override getConfig(): Config {
    const { sparse_y_true: _, ...config } = super.getConfig();
    return config;
  }
}

/** Options of {@link BinaryIoU}. */
export interface BinaryIoUOptions extends MetricOptions {
  /** [0], [1] or [0, 1], the default. */
  readonly targetClassIds?: readonly number[] | undefined;
  /** Predictions from here on are class 1; 0.5 unless given. */
  readonly threshold?: number | undefined;
}

/**
 * {@link IoU} of two classes from one score each.
 *
 * @example new BinaryIoU({ targetClassIds: [1], threshold: 0.3 });
 */
export class BinaryIoU extends IoU {
  static override readonly className: string = 'BinaryIoU';
  readonly threshold: number;

  constructor({ targetClassIds = [0, 1], threshold = 0.5, name }: BinaryIoUOptions = {}) {
    super({ numClasses: 2, targetClassIds, name });
    this.threshold = threshold;
  }

  protected override classesOf(yPred: Tensor): Tensor {
    return greaterEqual(yPred, this.threshold);
  }

  override getConfig(): Config {
    const { name, dtype, target_class_ids } = super.getConfig();
    return { name, dtype, target_class_ids, threshold: this.threshold };
  }
}
