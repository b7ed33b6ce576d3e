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
  /** Whether predictions are logits; false unless given. */
  readonly fromLogits?: boolean | undefined;
}

/** Pushes the outer thresholds just outside, so that every score lies between. */
const EPSILON = 1e-7;

const firsts = (x: Tensor): Tensor => slice(x, 0, x.shape[0]! - 1);
const lasts = (x: Tensor): Tensor => slice(x, 1);

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
  readonly #given: readonly number[] | null;
  readonly #counts: ConfusionCounts;

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
    const all = [-EPSILON, ...between, 1 + EPSILON];
    this.#counts = new ConfusionCounts(all, (name, shape) => this.addVariable(name, shape));
  }

  override updateState(yTrue: TensorLike, yPred: TensorLike, options: UpdateOptions = {}): void {
    this.#counts.update(this.name, yTrue, yPred, options, { fromLogits: this.fromLogits });
  }

  override result(): Tensor {
    const tp = this.#counts.truePositives.value;
    const fp = this.#counts.falsePositives.value;
    const tn = this.#counts.trueNegatives.value;
    const fn = this.#counts.falseNegatives.value;
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
    return mul(sub(firsts(x), lasts(x)), height).sum();
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      num_thresholds: this.numThresholds,
      curve: this.curve,
      summation_method: this.summationMethod,
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
  return safeDiv(gain, maximum(lasts(tp).add(lasts(fn)), 0)).sum();
}
