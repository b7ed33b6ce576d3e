/**
 * Cross-entropies: functions that give one value per sample, and their classes.
 */
import {
  add,
  cast,
  clip,
  ConfigError,
  equal,
  expandDims,
  log,
  mul,
  notEqual,
  ShapeError,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  sparseSoftmaxCrossEntropy,
  squeeze,
  sub,
  tensor,
  where,
  type Tensor,
  type TensorLike,
} from '@dl/tensor';
import { apply, checkIndices, composite, formatShape, normalizeAxis, sameShape } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import { setMask } from '../base/masks.ts';
import { alignTargets, predictions } from './align.ts';
import { EPSILON, Loss, type LossOptions } from './loss.ts';

/** Options of cross-entropy functions. */
export interface CrossentropyOptions {
  /** Whether predictions are logits rather than probabilities; false unless given. */
  readonly fromLogits?: boolean | undefined;
  /** Part of the target that is spread over all classes, in [0, 1]; 0 unless given. */
  readonly labelSmoothing?: number | undefined;
  /** The axis of the classes, the last unless given. */
  readonly axis?: number | undefined;
}

function checkSmoothing(where: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw new ConfigError(`${where}: labelSmoothing must be in [0, 1], got ${String(value)}`);
}

interface AxisAttrs {
  readonly axis: number;
}

/** Probabilities that add up to 1 and stay away from 0 and 1, so that logarithms are finite. */
const proper = (p: Tensor, axis: number): Tensor => clip(p.div(p.sum(axis, true)), EPSILON, 1 - EPSILON);

const categoricalOf = /* @__PURE__ */ composite<AxisAttrs>(
  'categoricalCrossentropy',
  ([t, p], { axis }) =>
    mul(t!, log(proper(p!, axis)))
      .sum(axis)
      .neg(),
  { vjp: 'recompute' },
);

/** −Σ y·log p over the classes, for targets that are probabilities, such as one-hot rows. */
export function categoricalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  { fromLogits = false, labelSmoothing = 0, axis = -1 }: CrossentropyOptions = {},
): Tensor {
  const name = 'categoricalCrossentropy';
  checkSmoothing(name, labelSmoothing);
  const [t, p] = alignTargets(name, yTrue, yPred);
  const place = normalizeAxis(axis, p.rank, name);
  const y = labelSmoothing === 0 ? t : add(mul(t, 1 - labelSmoothing), labelSmoothing / p.shape[place]!);
  return fromLogits ? softmaxCrossEntropy(y, p, place) : categoricalOf([y, p], { axis: place });
}

/** Options of {@link sparseCategoricalCrossentropy}. */
export interface SparseCrossentropyOptions {
  /** Whether predictions are logits rather than probabilities; false unless given. */
  readonly fromLogits?: boolean | undefined;
  /** A class id that does not count. */
  readonly ignoreClass?: number | null | undefined;
  /** The axis of the classes, the last unless given. */
  readonly axis?: number | undefined;
}

const sparseOf = /* @__PURE__ */ composite<AxisAttrs>(
  'sparseCategoricalCrossentropy',
  ([ids, p], { axis }) => {
    const shape = p!.shape.map((n, d) => (d === axis ? n : 1));
    const classes = apply('iota', [], { shape, axis, dtype: 'int32' });
    return where(equal(expandDims(ids!, axis), classes), log(proper(p!, axis)), 0)
      .sum(axis)
      .neg();
  },
  { vjp: 'recompute' },
);

/**
 * −log p[id] over the classes, for integer class ids.
 *
 * @throws ShapeError naming a class id outside the number of classes, where the backend can read it.
 */
export function sparseCategoricalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  { fromLogits = false, ignoreClass = null, axis = -1 }: SparseCrossentropyOptions = {},
): Tensor {
  const name = 'sparseCategoricalCrossentropy';
  const p = predictions(yPred);
  const place = normalizeAxis(axis, p.rank, name);
  let ids = tensor(yTrue);
  if (ids.rank === p.rank && ids.shape[place] === 1) ids = squeeze(ids, place);
  const wanted = p.shape.filter((_, d) => d !== place);
  if (!sameShape(ids.shape, wanted)) {
    throw new ShapeError(
      `${name}: expected class ids of shape ${formatShape(wanted)} for predictions ${formatShape(p.shape)}, got ${formatShape(ids.shape)}; for one-hot targets use categoricalCrossentropy`,
    );
  }
  const classes = cast(ids, 'int32');
  const counts = ignoreClass === null ? null : notEqual(classes, ignoreClass);
  const safe = counts === null ? classes : where(counts, classes, 0);
  if (!fromLogits) checkIndices(`${name} (class id)`, safe, p.shape[place]!);
  const values = fromLogits ? sparseSoftmaxCrossEntropy(safe, p, place) : sparseOf([safe, p], { axis: place });
  if (counts === null) return values;
  const kept = where(counts, values, 0);
  setMask(kept, counts);
  return kept;
}

const binaryOf = /* @__PURE__ */ composite<AxisAttrs>(
  'binaryCrossentropy',
  ([t, raw], { axis }) => {
    const p = clip(raw!, EPSILON, 1 - EPSILON);
    return add(mul(t!, log(p)), mul(sub(1, t!), log(sub(1, p))))
      .neg()
      .mean(axis);
  },
  { vjp: 'recompute' },
);

/** mean −y·log p − (1 − y)·log(1 − p) over the last axis; p is limited to [ε, 1 − ε], so p = 0 and 1 stay finite. */
export function binaryCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  { fromLogits = false, labelSmoothing = 0, axis = -1 }: CrossentropyOptions = {},
): Tensor {
  const name = 'binaryCrossentropy';
  checkSmoothing(name, labelSmoothing);
  const [t, p] = alignTargets(name, yTrue, yPred);
  const y = labelSmoothing === 0 ? t : add(mul(t, 1 - labelSmoothing), labelSmoothing / 2);
  if (fromLogits) return sigmoidCrossEntropy(y, p).mean(axis);
  return binaryOf([y, p], { axis: normalizeAxis(axis, p.rank, name) });
}

/** Options of {@link CategoricalCrossentropy} and {@link BinaryCrossentropy}. */
export interface CrossentropyLossOptions extends LossOptions, CrossentropyOptions {}

/**
 * Cross-entropy for several classes and targets that are probabilities, such as one-hot rows.
 *
 * @example new CategoricalCrossentropy({ fromLogits: true }).apply([[0, 1]], [[0, 0]]); // 0.693
 */
export class CategoricalCrossentropy extends Loss {
  static readonly className: string = 'CategoricalCrossentropy';
  readonly fromLogits: boolean;
  readonly labelSmoothing: number;
  readonly axis: number;

  constructor(options: CrossentropyLossOptions = {}) {
    super('categorical_crossentropy', options);
    this.fromLogits = options.fromLogits ?? false;
    this.labelSmoothing = checkSmoothing(this.name, options.labelSmoothing ?? 0);
    this.axis = options.axis ?? -1;
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return categoricalCrossentropy(yTrue, yPred, this);
  }

  override getConfig(): Config {
    const { fromLogits: from_logits, labelSmoothing: label_smoothing, axis } = this;
    return { ...super.getConfig(), from_logits, label_smoothing, axis };
  }
}

/**
 * Cross-entropy for yes-or-no targets, one or several per sample.
 *
 * @example new BinaryCrossentropy().apply([[1]], [[0.5]]); // 0.693
 */
export class BinaryCrossentropy extends Loss {
  static readonly className: string = 'BinaryCrossentropy';
  readonly fromLogits: boolean;
  readonly labelSmoothing: number;
  readonly axis: number;

  constructor(options: CrossentropyLossOptions = {}) {
    super('binary_crossentropy', options);
    this.fromLogits = options.fromLogits ?? false;
    this.labelSmoothing = checkSmoothing(this.name, options.labelSmoothing ?? 0);
    this.axis = options.axis ?? -1;
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return binaryCrossentropy(yTrue, yPred, this);
  }

  override getConfig(): Config {
    const { fromLogits: from_logits, labelSmoothing: label_smoothing, axis } = this;
    return { ...super.getConfig(), from_logits, label_smoothing, axis };
  }
}

/** Options of {@link SparseCategoricalCrossentropy}. */
export interface SparseCrossentropyLossOptions extends LossOptions, SparseCrossentropyOptions {}

/**
 * Cross-entropy for several classes and targets that are class ids.
 *
 * @example new SparseCategoricalCrossentropy().apply([1], [[0.5, 0.5]]); // 0.693
 */
export class SparseCategoricalCrossentropy extends Loss {
  static readonly className: string = 'SparseCategoricalCrossentropy';
  readonly fromLogits: boolean;
  readonly ignoreClass: number | null;
  readonly axis: number;

  constructor(options: SparseCrossentropyLossOptions = {}) {
    super('sparse_categorical_crossentropy', options);
    this.fromLogits = options.fromLogits ?? false;
    this.ignoreClass = options.ignoreClass ?? null;
    this.axis = options.axis ?? -1;
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return sparseCategoricalCrossentropy(yTrue, yPred, this);
  }

  override getConfig(): Config {
    const { fromLogits: from_logits, ignoreClass: ignore_class, axis } = this;
    return { ...super.getConfig(), from_logits, ignore_class, axis };
  }
}
