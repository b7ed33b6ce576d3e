/**
 * F-scores: means of precision and recall.
 */
import {
  abs,
  add,
  ConfigError,
  greater,
  greaterEqual,
  logicalAnd,
  max,
  mul,
  ShapeError,
  sub,
  tensor,
  type Tensor,
  type TensorLike,
  type Variable,
} from '@dl/tensor';
import { castTo, compositeAll, describe, formatShape } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import { alignTargets, alignWeights } from '../losses/align.ts';
import { EPSILON } from '../losses/loss.ts';
import { Metric, type Direction, type MetricOptions, type UpdateOptions } from './metric.ts';

/** Options of {@link F1Score}. */
export interface F1ScoreOptions extends MetricOptions {
  /**
   * null, the default, gives one score per class; 'micro' counts all classes together, 'macro' is the mean over classes,
   * 'weighted' the mean weighted by how often each class occurs.
   */
  readonly average?: 'micro' | 'macro' | 'weighted' | null | undefined;
  /** Scores above it (strictly) count as 1, in (0, 1]; null, the default, takes the highest score of each sample. */
  readonly threshold?: number | null | undefined;
}

/** Options of {@link FBetaScore}. */
export interface FBetaScoreOptions extends F1ScoreOptions {
  /** How much more recall counts than precision, 1 unless given. */
  readonly beta?: number | undefined;
}

interface CountAttrs {
  readonly threshold: number | null;
  /** Whether counts of all classes are one. */
  readonly together: boolean;
}

/** Adds a batch to hits, false alarms, misses and the number of positives. */
const addCounts = /* @__PURE__ */ compositeAll<CountAttrs>(
  'fScoreUpdate',
  ([hits, alarms, misses, support, labels, scores, weights], { threshold, together }) => {
    // A row of zeros has no highest score.
    const chosen =
      threshold === null
        ? logicalAnd(greaterEqual(scores!, max(scores!, -1, true)), greater(abs(scores!), 1e-9))
        : greater(scores!, threshold);
    const predicted = castTo(chosen, 'float32');
    const total = (x: Tensor): Tensor => mul(x, weights!).sum(together ? undefined : 0);
    return [
      add(hits!, total(mul(predicted, labels!))),
      add(alarms!, total(mul(predicted, sub(1, labels!)))),
      add(misses!, total(mul(sub(1, predicted), labels!))),
      add(support!, total(labels!)),
    ];
  },
);

/**
 * F-beta, (1 + β²)·precision·recall / (β²·precision + recall), for one-hot or several-hot targets [n, classes].
 *
 * @throws ShapeError unless targets and predictions are matrices of one shape.
 * @example
 * const score = new FBetaScore({ beta: 2, threshold: 0.5 });
 * score.updateState([[1, 0], [1, 1]], [[0.9, 0.2], [0.4, 0.8]]);
 * score.result(); // [0.556, 1]
 */
export class FBetaScore extends Metric {
  static readonly className: string = 'FBetaScore';
  override readonly direction: Direction = 'up';
  readonly average: 'micro' | 'macro' | 'weighted' | null;
  readonly beta: number;
  readonly threshold: number | null;
  /** Hits, false alarms, misses and positives; their size is known with the first batch. */
  #counts: readonly Variable[] | null = null;

  constructor(options: FBetaScoreOptions = {}) {
    super('fbeta_score', options);
    const { average = null, beta = 1, threshold = null } = options;
    if (average !== null && !['micro', 'macro', 'weighted'].includes(average)) {
      throw new ConfigError(
        `${this.name}: average must be 'micro', 'macro', 'weighted' or null, got ${describe(average)}`,
      );
    }
    if (!(typeof beta === 'number' && beta > 0)) {
      throw new ConfigError(`${this.name}: beta must be a positive number, got ${describe(beta)}`);
    }
    if (threshold !== null && !(threshold > 0 && threshold <= 1)) {
      throw new ConfigError(`${this.name}: threshold must be in (0, 1], got ${describe(threshold)}`);
    }
    this.average = average;
    this.beta = beta;
    this.threshold = threshold;
  }

  override updateState(yTrue: TensorLike, yPred: TensorLike, { sampleWeight = null }: UpdateOptions = {}): void {
    const [labels, scores] = alignTargets(this.name, yTrue, yPred).map((t) => castTo(t, 'float32')) as [Tensor, Tensor];
    if (scores.rank !== 2) {
      throw new ShapeError(
        `${this.name}: expected targets and predictions of shape [n, classes], got ${formatShape(scores.shape)}; use one-hot targets`,
      );
    }
    const together = this.average === 'micro';
    const shape = together ? [] : [scores.shape[1]!];
    this.#counts ??= ['true_positives', 'false_positives', 'false_negatives', 'intermediate_weights'].map((name) =>
      this.addVariable(name, shape),
    );
    const weights = sampleWeight === null ? tensor(1) : alignWeights(this.name, tensor(sampleWeight), scores);
    const state = this.#counts.map((variable) => variable.read());
    const next = addCounts([...state, labels, scores, castTo(weights, 'float32')], {
      threshold: this.threshold,
      together,
    });
    this.#counts.forEach((variable, i) => variable.assign(next[i]!));
  }

  override result(): Tensor {
    if (this.#counts === null) return tensor(0);
    const [hits, alarms, misses, support] = this.#counts.map((variable) => variable.value) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const precision = hits.div(hits.add(alarms).add(EPSILON));
    const recall = hits.div(hits.add(misses).add(EPSILON));
    const square = this.beta ** 2;
    const mean = mul(precision, recall).div(mul(precision, square).add(recall).add(EPSILON));
    const scores = mul(mean, 1 + square);
    if (this.average === 'weighted') return mul(scores, support.div(support.sum().add(EPSILON))).sum();
    return this.average === null ? scores : scores.mean();
  }

  override getConfig(): Config {
    const { average, beta, threshold } = this;
    return { ...super.getConfig(), average, beta, threshold };
  }
}

/**
 * F1, the harmonic mean of precision and recall, for one-hot or several-hot targets [n, classes].
 *
 * @example new F1Score({ average: 'macro' });
 */
export class F1Score extends FBetaScore {
  static override readonly className: string = 'F1Score';

  constructor(options: F1ScoreOptions = {}) {
    super({ ...options, name: options.name ?? 'f1_score', beta: 1 });
  }

  override getConfig(): Config {
    const { beta: _, ...config } = super.getConfig();
    return config;
  }
}
