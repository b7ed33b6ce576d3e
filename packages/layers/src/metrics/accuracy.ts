/**
 * The accuracy family: functions that give one value per sample, and their classes.
 */
import {
  any,
  argMax,
  cast,
  ConfigError,
  equal,
  greater,
  inTopK,
  ShapeError,
  slice,
  squeeze,
  tensor,
  type Tensor,
  type TensorLike,
} from '@dl/tensor';
import { castTo, composite, formatShape, sameShape } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import { alignTargets, predictions } from '../losses/align.ts';
import { MeanMetricWrapper, type MetricOptions } from './metric.ts';

const binaryOf = /* @__PURE__ */ composite<{ readonly threshold: number }>('binaryAccuracy', ([t, p], { threshold }) =>
  cast(equal(t!, cast(greater(p!, threshold), t!.dtype)), 'float32').mean(-1),
);

/** Part of the last axis where the prediction exceeds the threshold (strictly) exactly when the target is 1. */
export function binaryAccuracy(yTrue: TensorLike, yPred: TensorLike, threshold = 0.5): Tensor {
  return binaryOf([...alignTargets('binaryAccuracy', yTrue, yPred)], { threshold });
}

const exactOf = /* @__PURE__ */ composite<object>('accuracy', ([t, p]) => cast(equal(t!, p!), 'float32').mean(-1));

/** Part of the last axis where prediction and target are equal. */
export function accuracy(yTrue: TensorLike, yPred: TensorLike): Tensor {
  return exactOf([...alignTargets('accuracy', yTrue, yPred)], {});
}

const categoricalOf = /* @__PURE__ */ composite<object>('categoricalAccuracy', ([t, p]) =>
  cast(equal(argMax(t!, -1), argMax(p!, -1)), 'float32'),
);

/** Whether the largest score is at the one of a one-hot target; the first of equal scores counts. */
export function categoricalAccuracy(yTrue: TensorLike, yPred: TensorLike): Tensor {
  return categoricalOf([...alignTargets('categoricalAccuracy', yTrue, yPred)], {});
}

/** Class ids as int32, with the shape of the predictions without the classes. */
function classIds(where: string, yTrue: TensorLike, p: Tensor): Tensor {
  let ids = tensor(yTrue);
  if (ids.rank === p.rank && ids.shape.at(-1) === 1) ids = squeeze(ids, -1);
  if (!sameShape(ids.shape, p.shape.slice(0, -1))) {
    throw new ShapeError(
      `${where}: expected class ids of shape ${formatShape(p.shape.slice(0, -1))} for predictions ${formatShape(p.shape)}, got ${formatShape(ids.shape)}`,
    );
  }
  return castTo(ids, 'int32');
}

const sparseOf = /* @__PURE__ */ composite<object>('sparseCategoricalAccuracy', ([ids, p]) =>
  cast(equal(ids!, argMax(p!, -1)), 'float32'),
);

/** Whether the largest score is that of the class id; the first of equal scores counts. */
export function sparseCategoricalAccuracy(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const p = predictions(yPred);
  return sparseOf([classIds('sparseCategoricalAccuracy', yTrue, p), p], {});
}

interface TopAttrs {
  readonly k: number;
}
const topOf = /* @__PURE__ */ composite<TopAttrs>('topKCategoricalAccuracy', ([t, p], { k }) =>
  cast(inTopK(argMax(t!, -1), p!, k), 'float32'),
);
const sparseTopOf = /* @__PURE__ */ composite<TopAttrs>('sparseTopKCategoricalAccuracy', ([ids, p], { k }) =>
  cast(inTopK(ids!, p!, k), 'float32'),
);

/** Whether the class of a one-hot target is among the `k` (5) highest scores; ties count as inside. */
export function topKCategoricalAccuracy(yTrue: TensorLike, yPred: TensorLike, k = 5): Tensor {
  return topOf([...alignTargets('topKCategoricalAccuracy', yTrue, yPred)], { k });
}

const amongOf = /* @__PURE__ */ composite<object>('inSortedIds', ([ids, sorted]) =>
  cast(any(equal(ids!.expandDims(-1), sorted!), -1), 'float32'),
);

/**
 * Whether the class id is among the `k` (5) highest scores; ties count as inside.
 *
 * @param fromSortedIds Whether predictions are class ids already, the best first.
 */
export function sparseTopKCategoricalAccuracy(
  yTrue: TensorLike,
  yPred: TensorLike,
  k = 5,
  fromSortedIds = false,
): Tensor {
  const p = predictions(yPred);
  if (fromSortedIds) {
    const sorted = tensor(yPred).cast('int32');
    const first = slice(
      sorted,
      sorted.shape.map(() => 0),
      sorted.shape.map((n, axis) => (axis === sorted.rank - 1 ? Math.min(k, n) : n)),
    );
    return amongOf([classIds('sparseTopKCategoricalAccuracy', yTrue, p), first], {});
  }
  return sparseTopOf([classIds('sparseTopKCategoricalAccuracy', yTrue, p), p], { k });
}

/**
 * How often predictions equal targets.
 *
 * @example new Accuracy().updateState([[1], [2]], [[1], [3]]); // 0.5
 */
export class Accuracy extends MeanMetricWrapper {
  static override readonly className: string = 'Accuracy';

  constructor(options: MetricOptions = {}) {
    super(accuracy, { name: 'accuracy', ...options, direction: 'up' });
  }
}

/** Options of {@link BinaryAccuracy}. */
export interface BinaryAccuracyOptions extends MetricOptions {
  /** A prediction above it counts as 1, 0.5 unless given; it is used as it is for logits too. */
  readonly threshold?: number | undefined;
}

/**
 * How often predictions lie on the right side of a threshold.
 *
 * @example new BinaryAccuracy().updateState([[1], [0]], [[0.9], [0.6]]); // 0.5
 */
export class BinaryAccuracy extends MeanMetricWrapper {
  static override readonly className: string = 'BinaryAccuracy';
  readonly threshold: number;

  constructor(options: BinaryAccuracyOptions = {}) {
    const { threshold = 0.5 } = options;
    if (!(threshold > 0 && threshold < 1)) {
      throw new ConfigError(`BinaryAccuracy: threshold must lie between 0 and 1, got ${String(threshold)}`);
    }
    super((t, p) => binaryAccuracy(t, p, threshold), {
      name: options.name ?? 'binary_accuracy',
      direction: 'up',
    });
    this.threshold = threshold;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), threshold: this.threshold };
  }
}

/**
 * How often the largest score is right, for one-hot targets.
 *
 * @example new CategoricalAccuracy().updateState([[0, 1]], [[0.2, 0.8]]); // 1
 */
export class CategoricalAccuracy extends MeanMetricWrapper {
  static override readonly className: string = 'CategoricalAccuracy';

  constructor(options: MetricOptions = {}) {
    super(categoricalAccuracy, { name: 'categorical_accuracy', ...options, direction: 'up' });
  }
}

/**
 * How often the largest score is right, for class ids.
 *
 * @example new SparseCategoricalAccuracy().updateState([1], [[0.2, 0.8]]); // 1
 */
export class SparseCategoricalAccuracy extends MeanMetricWrapper {
  static override readonly className: string = 'SparseCategoricalAccuracy';

  constructor(options: MetricOptions = {}) {
    super(sparseCategoricalAccuracy, { name: 'sparse_categorical_accuracy', ...options, direction: 'up' });
  }
}

/** Options of top-k metrics. */
export interface TopKOptions extends MetricOptions {
  /** 5 unless given. */
  readonly k?: number | undefined;
}

/**
 * How often the right class is among the k highest scores, for one-hot targets.
 *
 * @example new TopKCategoricalAccuracy({ k: 3 });
 */
export class TopKCategoricalAccuracy extends MeanMetricWrapper {
  static override readonly className: string = 'TopKCategoricalAccuracy';
  readonly k: number;

  constructor(options: TopKOptions = {}) {
    const { k = 5 } = options;
    const name = options.name ?? 'top_k_categorical_accuracy';
    super((t, p) => topKCategoricalAccuracy(t, p, k), { name, direction: 'up' });
    this.k = k;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), k: this.k };
  }
}

/** Options of {@link SparseTopKCategoricalAccuracy}. */
export interface SparseTopKOptions extends TopKOptions {
  /** Whether predictions are class ids already, the best first; false unless given. */
  readonly fromSortedIds?: boolean | undefined;
}

/**
 * How often the right class is among the k highest scores, for class ids.
 *
 * @example new SparseTopKCategoricalAccuracy({ k: 3 });
 */
export class SparseTopKCategoricalAccuracy extends MeanMetricWrapper {
  static override readonly className: string = 'SparseTopKCategoricalAccuracy';
  readonly k: number;
  readonly fromSortedIds: boolean;

  constructor(options: SparseTopKOptions = {}) {
    const { k = 5, fromSortedIds = false } = options;
    const name = options.name ?? 'sparse_top_k_categorical_accuracy';
    super((t, p) => sparseTopKCategoricalAccuracy(t, p, k, fromSortedIds), { name, direction: 'up' });
    this.k = k;
    this.fromSortedIds = fromSortedIds;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), k: this.k, from_sorted_ids: this.fromSortedIds };
  }
}
