/**
 * Metrics from counts of true and false positives and negatives.
 */
import {
  cast,
  ConfigError,
  greater,
  greaterEqual,
  mul,
  notEqual,
  ShapeError,
  sigmoid,
  slice,
  sort,
  sub,
  tensor,
  where,
  type Tensor,
  type TensorLike,
  type Variable,
} from '@dl/tensor';
import { castTo, compositeAll, describe, formatShape, normalizeAxis } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import { alignTargets, alignWeights } from '../losses/align.ts';
import { Metric, type Direction, type MetricOptions, type UpdateOptions } from './metric.ts';

const f32 = (x: Tensor): Tensor => cast(x, 'float32');

/**
 * Adds a batch to [tp, fp, tn, fn], each one value per threshold, or per threshold and label. The first axis of labels,
 * scores and weights counts samples. The thresholds are an input, so that one program serves any values.
 */
const addCounts = /* @__PURE__ */ compositeAll<object>(
  'confusionUpdate',
  ([tp, fp, tn, fn, labels, scores, weights, thresholds]) => {
    const positive = mul(f32(notEqual(labels!, 0)), weights!);
    const negative = sub(weights!, positive);
    const limits = thresholds!.reshape([thresholds!.size, ...scores!.shape.map(() => 1)]);
    const above = f32(greater(scores!.expandDims(0), limits));
    const [hits, alarms] = [mul(above, positive).sum(1), mul(above, negative).sum(1)];
    const [misses, passes] = [sub(positive.sum(0), hits), sub(negative.sum(0), alarms)];
    return [tp!.add(hits), fp!.add(alarms), tn!.add(passes), fn!.add(misses)];
  },
);

/** a / b, 0 where b is 0. */
export const safeDiv = (a: Tensor, b: Tensor): Tensor => where(b.equal(0), 0, a.div(where(b.equal(0), 1, b)));

/** Options of metrics that look at part of the predictions. */
export interface SelectionOptions {
  /** Only the `topK` highest scores of each sample can count as positive. */
  readonly topK?: number | null | undefined;
  /** Only this class counts, by its place on the last axis. */
  readonly classId?: number | null | undefined;
  /** Whether predictions are logits; false unless given. */
  readonly fromLogits?: boolean | undefined;
  /** How much each place of the last axis counts. */
  readonly labelWeights?: readonly number[] | null | undefined;
}

/** True and false positives and negatives, one count per threshold, or per threshold and label. */
export class ConfusionCounts {
  readonly truePositives: Variable;
  readonly falsePositives: Variable;
  readonly trueNegatives: Variable;
  readonly falseNegatives: Variable;
  readonly thresholds: readonly number[];

  readonly #labels: number | null;

  /** @param labels Number of labels that are counted apart; null, the default, counts all values together. */
  constructor(
    thresholds: readonly number[],
    makeVariable: (name: string, shape: readonly number[]) => Variable,
    labels: number | null = null,
  ) {
    const shape = labels === null ? [thresholds.length] : [thresholds.length, labels];
    this.#labels = labels;
    this.thresholds = thresholds;
    this.truePositives = makeVariable('true_positives', shape);
    this.falsePositives = makeVariable('false_positives', shape);
    this.trueNegatives = makeVariable('true_negatives', shape);
    this.falseNegatives = makeVariable('false_negatives', shape);
  }

  /** Adds a batch. */
  update(
    where_: string,
    yTrue: TensorLike,
    yPred: TensorLike,
    { sampleWeight = null }: UpdateOptions,
    { topK = null, classId = null, fromLogits = false, labelWeights = null }: SelectionOptions = {},
  ): void {
    let [labels, scores] = alignTargets(where_, yTrue, yPred);
    if (fromLogits) scores = sigmoid(scores);
    if (topK !== null) scores = keepTop(scores, topK);
    let weights =
      sampleWeight === null ? tensor(1) : alignWeights(where_, castTo(tensor(sampleWeight), 'float32'), scores);
    if (classId !== null) {
      const axis = normalizeAxis(-1, scores.rank, where_);
      const start = scores.shape.map((_, d) => (d === axis ? classId : 0));
      const size = scores.shape.map((n, d) => (d === axis ? 1 : n));
      [labels, scores] = [slice(labels, start, size), slice(scores, start, size)];
    }
    if (labelWeights !== null) weights = weights.mul(tensor(labelWeights));
    weights = weights.broadcastTo(scores.shape);
    const labelCount = this.#labels;
    if (labelCount !== null && scores.shape.at(-1) !== labelCount) {
      throw new ShapeError(
        `${where_}: expected ${labelCount} labels on the last axis, got shape ${formatShape(scores.shape)}`,
      );
    }
    const form = labelCount === null ? [scores.size] : [scores.size / Math.max(labelCount, 1), labelCount];
    const state = [this.truePositives, this.falsePositives, this.trueNegatives, this.falseNegatives];
    const flat = [labels, scores, weights].map((t) => castTo(t.reshape(form), 'float32'));
    const next = addCounts([...state.map((v) => v.read()), ...flat, tensor(this.thresholds)], {});
    state.forEach((variable, i) => variable.assign(next[i]!));
  }
}

/** Scores below the k-th highest of their sample become −∞. */
function keepTop(scores: Tensor, k: number): Tensor {
  const n = scores.shape.at(-1)!;
  const sorted = sort(scores, -1, { descending: true });
  const start = sorted.shape.map((_, axis) => (axis === sorted.rank - 1 ? Math.min(k, n) - 1 : 0));
  const limit = slice(
    sorted,
    start,
    sorted.shape.map((size, axis) => (axis === sorted.rank - 1 ? 1 : size)),
  );
  return where(greaterEqual(scores, limit), scores, -Infinity);
}

/** Options of metrics on counts. */
export interface ThresholdOptions extends MetricOptions {
  /** One or several numbers in [0, 1]; a score must exceed it (strictly). 0.5 unless given. */
  readonly thresholds?: number | readonly number[] | null | undefined;
}

/** Options of {@link Precision} and {@link Recall}. */
export interface PrecisionOptions extends ThresholdOptions, SelectionOptions {}

function checkThresholds(
  where_: string,
  given: number | readonly number[] | null | undefined,
  fallback: number,
): readonly number[] {
  const list = given === null || given === undefined ? [fallback] : typeof given === 'number' ? [given] : given;
  if (Array.isArray(list) && list.length > 0 && list.every((t) => typeof t === 'number' && t <= 1)) return list;
  throw new ConfigError(`${where_}: thresholds must be numbers in [0, 1], got ${describe(given)}`);
}

/** A metric on counts: a scalar for one threshold, a vector for a list. */
export abstract class ConfusionMetric extends Metric {
  readonly thresholds: readonly number[];
  readonly topK: number | null;
  readonly classId: number | null;
  readonly fromLogits: boolean;
  protected readonly counts: ConfusionCounts;
  readonly #given: number | readonly number[] | null;

  constructor(options: PrecisionOptions) {
    super(undefined, options);
    const { topK = null, classId = null, fromLogits = false } = options;
    this.#given = options.thresholds ?? null;
    // Among the top k every score counts, however small.
    this.thresholds = checkThresholds(this.name, this.#given, topK === null ? 0.5 : -Infinity);
    this.topK = topK;
    this.classId = classId;
    this.fromLogits = fromLogits;
    this.counts = new ConfusionCounts(this.thresholds, (name, shape) => this.addVariable(name, shape));
  }

  override updateState(yTrue: TensorLike, yPred: TensorLike, options: UpdateOptions = {}): void {
    this.counts.update(this.name, yTrue, yPred, options, this);
  }

  /** One value per threshold. */
  protected abstract values(): Tensor;

  override result(): Tensor {
    const values = this.values();
    return this.thresholds.length === 1 ? values.reshape([]) : values;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), thresholds: this.#given };
  }
}

/** Weighted number of positives that are predicted so. */
export class TruePositives extends ConfusionMetric {
  static readonly className: string = 'TruePositives';
  override readonly direction: Direction = null;

  constructor(options: ThresholdOptions = {}) {
    super(options);
  }

  protected override values(): Tensor {
    return this.counts.truePositives.value;
  }
}

/** Weighted number of negatives that are predicted positive. */
export class FalsePositives extends ConfusionMetric {
  static readonly className: string = 'FalsePositives';
  override readonly direction: Direction = null;

  constructor(options: ThresholdOptions = {}) {
    super(options);
  }

  protected override values(): Tensor {
    return this.counts.falsePositives.value;
  }
}

/** Weighted number of negatives that are predicted so. */
export class TrueNegatives extends ConfusionMetric {
  static readonly className: string = 'TrueNegatives';
  override readonly direction: Direction = null;

  constructor(options: ThresholdOptions = {}) {
    super(options);
  }

  protected override values(): Tensor {
    return this.counts.trueNegatives.value;
  }
}

/** Weighted number of positives that are predicted negative. */
export class FalseNegatives extends ConfusionMetric {
  static readonly className: string = 'FalseNegatives';
  override readonly direction: Direction = null;

  constructor(options: ThresholdOptions = {}) {
    super(options);
  }

  protected override values(): Tensor {
    return this.counts.falseNegatives.value;
  }
}

/** Part of the predicted positives that are positive, tp / (tp + fp); 0 without any. */
export class Precision extends ConfusionMetric {
  static readonly className: string = 'Precision';
  override readonly direction: Direction = 'up';

  constructor(options: PrecisionOptions = {}) {
    super(options);
  }

  protected override values(): Tensor {
    const { truePositives: hits, falsePositives: alarms } = this.counts;
    return safeDiv(hits.value, hits.read().add(alarms));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), top_k: this.topK, class_id: this.classId };
  }
}

/** Part of the positives that are found, tp / (tp + fn); 0 without any. */
export class Recall extends ConfusionMetric {
  static readonly className: string = 'Recall';
  override readonly direction: Direction = 'up';

  constructor(options: PrecisionOptions = {}) {
    super(options);
  }

  protected override values(): Tensor {
    const { truePositives: hits, falseNegatives: misses } = this.counts;
    return safeDiv(hits.value, hits.read().add(misses));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), top_k: this.topK, class_id: this.classId };
  }
}
