/**
 * What `compile` was given: the loss and the metrics, made for the first batch that comes.
 */
import * as losses from '@dl/layers/losses';
import type * as metrics from '@dl/layers/metrics';
import { mul, type Tensor } from '@dl/tensor';
import { checkMetric, isCrossentropy, resolveCrossentropy, resolveMetric } from './resolve.ts';

/** The loss of a model and its weight. */
export class CompiledLoss {
  readonly #identifier: losses.LossLike;
  readonly #weight: number;
  #loss: losses.Loss | null;

  constructor(identifier: losses.LossLike, weight: number) {
    this.#identifier = identifier;
    this.#weight = weight;
    this.#loss = isCrossentropy(identifier) ? null : losses.get(identifier);
  }

  /** The loss object, or null before the first batch decides it. */
  get loss(): losses.Loss | null {
    return this.#loss;
  }

  /** What `compile` was given. */
  get identifier(): losses.LossLike {
    return this.#identifier;
  }

  /** The weighted loss of a batch, a scalar. */
  apply(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null): Tensor {
    this.#loss ??= resolveCrossentropy(yTrue, yPred);
    const value = this.#loss.apply(yTrue, yPred, { sampleWeight });
    const scalar = value.rank === 0 ? value : value.mean();
    return this.#weight === 1 ? scalar : mul(scalar, this.#weight);
  }
}

/** A metric under the name it has in logs. */
export interface NamedMetric {
  readonly name: string;
  readonly metric: metrics.BaseMetric;
}

interface Entry extends NamedMetric {
  readonly metric: metrics.Metric;
  readonly weighted: boolean;
}

/** The metrics of a model. */
export class CompiledMetrics {
  readonly #plain: readonly metrics.MetricLike[];
  readonly #weighted: readonly metrics.MetricLike[];
  #entries: readonly Entry[] | null = null;

  constructor(plain: readonly metrics.MetricLike[], weighted: readonly metrics.MetricLike[]) {
    for (const identifier of [...plain, ...weighted]) checkMetric(identifier);
    this.#plain = plain;
    this.#weighted = weighted;
  }

  /** Metrics in compile order; none before the first batch. */
  get entries(): readonly NamedMetric[] {
    return this.#entries ?? [];
  }

  #build(yTrue: Tensor, yPred: Tensor): readonly Entry[] {
    const taken = new Set<string>(['loss']);
    const free = (name: string): string => {
      let candidate = name;
      for (let i = 1; taken.has(candidate); i++) candidate = `${name}_${i}`;
      taken.add(candidate);
      return candidate;
    };
    const plain = this.#plain.map((identifier): Entry => {
      const { name, metric } = resolveMetric(identifier, yTrue, yPred);
      return { name: free(name), metric, weighted: false };
    });
    const weighted = this.#weighted.map((identifier): Entry => {
      const { name, metric } = resolveMetric(identifier, yTrue, yPred);
      return { name: free(taken.has(name) ? `weighted_${name}` : name), metric, weighted: true };
    });
    return [...plain, ...weighted];
  }

  /** Adds a batch; sample weights reach the weighted metrics only. */
  updateState(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null): void {
    this.#entries ??= this.#build(yTrue, yPred);
    for (const { metric, weighted } of this.#entries) {
      metric.updateState(yTrue, yPred, { sampleWeight: weighted ? sampleWeight : null });
    }
  }
}
