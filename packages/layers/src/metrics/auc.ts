/**
 * AUC: the area under a ROC or precision-recall curve.
 */
import {
  ConfigError,
  log,
  logicalAnd,
  maximum,
  minimum,
  mul,
  slice,
  sub,
  tensor,
  where,
  type Tensor,
  type TensorLike,
} from '@dl/tensor';
import { checkWord } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import { ConfusionCounts, safeDiv } from './confusion.ts';
import { Metric, type Direction, type MetricOptions, type UpdateOptions } from './metric.ts';

/** Options of {@link AUC}. */
export interface AUCOptions extends MetricOptions {
  /** Number of points of the curve, 200 unless given. */
  readonly numThresholds?: number | undefined;
  /** 'ROC' (the default) or 'PR'. */
  readonly curve?: 'ROC' | 'PR' | undefined;
  /** 'interpolation' (the default), 'minoring' or 'majoring': how the area between points is taken. */
  readonly summationMethod?: 'interpolation' | 'minoring' | 'majoring' | undefined;
  /** Thresholds in (0, 1) in place of evenly spaced ones. */
  readonly thresholds?: readonly number[] | null | undefined;
  /** Whether each label of [n, labels] has a curve of its own, and the mean of their areas is taken; false unless given. */
  readonly multiLabel?: boolean | undefined;
  /** Number of labels, for `multiLabel`; taken from the first batch unless given. */
  readonly numLabels?: number | null | undefined;
  /** How much each label counts, in the mean of areas with `multiLabel`, otherwise in the counts; 1 unless given. */
  readonly labelWeights?: readonly number[] | null | undefined;
  /** Whether predictions are logits; false unless given. */
  readonly fromLogits?: boolean | undefined;
}

/** Pushes the outer thresholds just outside, so that every score lies between. */
const EPSILON = 1e-7;

const part = (x: Tensor, start: number): Tensor =>
  slice(
    x,
    x.shape.map((_, axis) => (axis === 0 ? start : 0)),
    x.shape.map((n, axis) => (axis === 0 ? n - 1 : n)),
  );
const firsts = (x: Tensor): Tensor => part(x, 0);
const lasts = (x: Tensor): Tensor => part(x, 1);

/**
 * Area under the curve of yes-or-no predictions in [0, 1]: 0.5 for guesses, 1 at best (ROC).
 *
 * @example
 * const auc = new AUC();
 * auc.updateState([0, 1], [0.2, 0.7]);
 * auc.result(); // 1
 */
export class AUC extends Metric {
  static readonly className: string = 'AUC';
  override readonly direction: Direction = 'up';
  readonly numThresholds: number;
  readonly curve: 'ROC' | 'PR';
  readonly summationMethod: 'interpolation' | 'minoring' | 'majoring';
  readonly fromLogits: boolean;
  readonly multiLabel: boolean;
  readonly labelWeights: readonly number[] | null;
  readonly #numLabels: number | null;
  readonly #given: readonly number[] | null;
  readonly #thresholds: readonly number[];
  /** With several labels their number is known with the first batch. */
  #counts: ConfusionCounts | null = null;

  constructor(options: AUCOptions = {}) {
    super(undefined, options);
    const { curve = 'ROC', summationMethod = 'interpolation', thresholds = null, fromLogits = false } = options;
    this.curve = checkWord(this.name, 'curve', curve, ['ROC', 'PR']);
    const words = ['interpolation', 'minoring', 'majoring'] as const;
    this.summationMethod = checkWord(this.name, 'summationMethod', summationMethod, words);
    const inner = thresholds === null ? null : [...thresholds].sort((a, b) => a - b);
    const count = inner === null ? (options.numThresholds ?? 200) : inner.length + 2;
    if (!Number.isInteger(count) || count < 2) {
      throw new ConfigError(`${this.name}: numThresholds must be an integer ≥ 2, got ${String(count)}`);
    }
    this.numThresholds = count;
    this.fromLogits = fromLogits;
    this.#given = thresholds;
    const between = inner ?? Array.from({ length: count - 2 }, (_, i) => (i + 1) / (count - 1));
    this.#thresholds = [-EPSILON, ...between, 1 + EPSILON];
    this.multiLabel = options.multiLabel ?? false;
    this.labelWeights = options.labelWeights ?? null;
    this.#numLabels = options.numLabels ?? null;
    if (!this.multiLabel && this.#numLabels !== null) {
      throw new ConfigError(`${this.name}: numLabels belongs to multiLabel: true`);
    }
    if (!this.multiLabel || this.#numLabels !== null) this.#count(this.#numLabels);
  }

  #count(labels: number | null): ConfusionCounts {
    return (this.#counts ??= new ConfusionCounts(
      this.#thresholds,
      (name, shape) => this.addVariable(name, shape),
      labels,
    ));
  }

  override updateState(yTrue: TensorLike, yPred: TensorLike, options: UpdateOptions = {}): void {
    const { fromLogits, multiLabel, labelWeights } = this;
    const counts = this.#count(multiLabel ? (tensor(yPred).shape.at(-1) ?? 1) : null);
    const selection = { fromLogits, labelWeights: multiLabel ? null : labelWeights };
    counts.update(this.name, yTrue, yPred, options, selection);
  }

  override result(): Tensor {
    if (this.#counts === null) return tensor(0);
    const areas = this.#areas(this.#counts);
    if (!this.multiLabel || this.labelWeights === null) return areas.mean();
    const weights = tensor(this.labelWeights);
    return safeDiv(mul(areas, weights).sum(), weights.sum());
  }

  /** The area, or one area per label. */
  #areas(counts: ConfusionCounts): Tensor {
    const tp = counts.truePositives.value;
    const fp = counts.falsePositives.value;
    const tn = counts.trueNegatives.value;
    const fn = counts.falseNegatives.value;
    if (this.curve === 'PR' && this.summationMethod === 'interpolation') return interpolated(tp, fp, fn);
    const recall = safeDiv(tp, tp.add(fn));
    const [x, y] = this.curve === 'ROC' ? [safeDiv(fp, fp.add(tn)), recall] : [recall, safeDiv(tp, tp.add(fp))];
    const [left, right] = [firsts(y), lasts(y)];
    const height =
      this.summationMethod === 'interpolation'
        ? mul(left.add(right), 0.5)
        : this.summationMethod === 'minoring'
          ? minimum(left, right)
          : maximum(left, right);
    return mul(sub(firsts(x), lasts(x)), height).sum(0);
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      num_thresholds: this.numThresholds,
      curve: this.curve,
      summation_method: this.summationMethod,
      multi_label: this.multiLabel,
      num_labels: this.#numLabels,
      label_weights: this.labelWeights,
      thresholds: this.#given,
      from_logits: this.fromLogits,
    };
  }
}

/** Area under the precision-recall curve, interpolated as J. Davis and M. Goadrich (2006) show. */
function interpolated(tp: Tensor, fp: Tensor, fn: Tensor): Tensor {
  const p = tp.add(fp);
  const [before, after] = [firsts(p), lasts(p)];
  const hits = sub(firsts(tp), lasts(tp));
  const slope = safeDiv(hits, maximum(sub(before, after), 0));
  const intercept = sub(lasts(tp), mul(slope, after));
  const ratio = where(logicalAnd(before.greater(0), after.greater(0)), safeDiv(before, after), 1);
  const gain = mul(slope, hits.add(mul(intercept, log(ratio))));
  return safeDiv(gain, maximum(lasts(tp).add(lasts(fn)), 0)).sum(0);
}
