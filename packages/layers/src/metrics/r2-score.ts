/**
 * R2Score: which part of the spread of targets predictions explain.
 */
import {
  ConfigError,
  isInf,
  mul,
  ShapeError,
  square,
  sub,
  tensor,
  where,
  type Tensor,
  type TensorLike,
  type Variable,
} from '@dl/tensor';
import { castTo, compositeAll, describe, formatShape } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import { alignTargets, alignWeights } from '../losses/align.ts';
import { Metric, type Direction, type MetricOptions, type UpdateOptions } from './metric.ts';

/** Options of {@link R2Score}. */
export interface R2ScoreOptions extends MetricOptions {
  /**
   * How the scores of several outputs become one: 'uniform_average' (the default), 'variance_weighted_average', or null for
   * one score each.
   */
  readonly classAggregation?: 'uniform_average' | 'variance_weighted_average' | null | undefined;
  /** Number of independent inputs, for the adjusted score; 0, the default, gives the plain one. */
  readonly numRegressors?: number | undefined;
}

const NAMES = ['num_samples', 'squared_sum', 'sum', 'residual', 'count'] as const;

const addSums = /* @__PURE__ */ compositeAll<object>(
  'r2Update',
  ([samples, squares, sums, residual, count, t, p, given]) => {
    const weights = given!.broadcastTo(t!.shape);
    const weighted = mul(t!, weights);
    return [
      samples!.add(t!.size),
      squares!.add(mul(t!, weighted).sum(0)),
      sums!.add(weighted.sum(0)),
      residual!.add(mul(square(sub(t!, p!)), weights).sum(0)),
      count!.add(weights.sum(0)),
    ];
  },
);

/**
 * 1 − Σ(y − p)² / Σ(y − mean)² of each output of [n, outputs]: 1 at best, 0 for predicting the mean, lower for worse. The
 * adjusted score needs more values than inputs; with fewer the plain score is given. One output may come as [n].
 *
 * @example
 * const r2 = new R2Score();
 * r2.updateState([[1], [4], [3]], [[2], [4], [4]]);
 * r2.result(); // 0.5714
 */
export class R2Score extends Metric {
  static readonly className: string = 'R2Score';
  override readonly direction: Direction = 'up';
  readonly classAggregation: 'uniform_average' | 'variance_weighted_average' | null;
  readonly numRegressors: number;
  #state: readonly Variable[] | null = null;

  constructor(options: R2ScoreOptions = {}) {
    super('r2_score', options);
    const { classAggregation = 'uniform_average', numRegressors = 0 } = options;
    if (classAggregation !== null && !['uniform_average', 'variance_weighted_average'].includes(classAggregation)) {
      throw new ConfigError(
        `${this.name}: classAggregation must be 'uniform_average', 'variance_weighted_average' or null, got ${describe(classAggregation)}`,
      );
    }
    if (!(numRegressors >= 0)) {
      throw new ConfigError(`${this.name}: numRegressors must be at least 0, got ${describe(numRegressors)}`);
    }
    this.classAggregation = classAggregation;
    this.numRegressors = numRegressors;
  }

  override updateState(yTrue: TensorLike, yPred: TensorLike, { sampleWeight = null }: UpdateOptions = {}): void {
    const pair = alignTargets(this.name, yTrue, yPred).map((x) =>
      castTo(x.rank === 1 ? x.expandDims(1) : x, 'float32'),
    );
    const [t, p] = pair as [Tensor, Tensor];
    if (p.rank !== 2) {
      throw new ShapeError(
        `${this.name}: expected targets and predictions of shape [n, outputs], got ${formatShape(p.shape)}`,
      );
    }
    this.#state ??= NAMES.map((name, i) => this.addVariable(name, i === 0 ? [] : [p.shape[1]!]));
    const weights = sampleWeight === null ? tensor(1) : alignWeights(this.name, tensor(sampleWeight), p);
    const next = addSums([...this.#state.map((variable) => variable.read()), t, p, castTo(weights, 'float32')], {});
    this.#state.forEach((variable, i) => variable.assign(next[i]!));
  }

  override result(): Tensor {
    if (this.#state === null) return tensor(0);
    const [samples, squares, sums, residual, count] = this.#state.map((variable) => variable.value) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const total = sub(squares, mul(sums, sums.div(count)));
    const raw = sub(1, residual.div(total));
    const scores = where(isInf(raw), 0, raw);
    const score =
      this.classAggregation === null
        ? scores
        : this.classAggregation === 'uniform_average'
          ? scores.mean()
          : mul(total, scores).sum().div(total.sum());
    if (this.numRegressors === 0) return score;
    const left = samples.sub(this.numRegressors + 1);
    const enough = left.greater(0);
    const adjusted = sub(1, mul(sub(1, score), samples.sub(1)).div(where(enough, left, 1)));
    return where(enough, adjusted, score);
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      class_aggregation: this.classAggregation,
      num_regressors: this.numRegressors,
    };
  }
}
