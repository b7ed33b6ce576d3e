/**
 * The metrics that `compile` was given, made for the first batch that comes.
 */
import { asList, type Tensors } from '@dl/layers';
import * as metrics from '@dl/layers/metrics';
import { ConfigError, type Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { arrange, type Form, type Several } from '../functional/structure.ts';
import { formOfTensors, isTensor } from '../functional/forms.ts';
import { perOutput, weightsPerOutput } from './per-output.ts';
import { checkMetric, resolveMetric } from './resolve.ts';

/** Metrics of one output. */
export type MetricList = readonly metrics.MetricLike[];

type Given = metrics.MetricLike | MetricList | null;

/** Metrics of the only output, or of each by place or name. */
export type MetricsLike = readonly Given[] | Readonly<Record<string, Given>>;

/** A metric under the name it has in logs. */
export interface NamedMetric {
  readonly name: string;
  readonly metric: metrics.BaseMetric;
}

interface Entry extends NamedMetric {
  readonly metric: metrics.Metric;
  readonly weighted: boolean;
  /** Which output it looks at. */
  readonly output: number;
}

const asMetrics = (given: Given): MetricList =>
  given === null ? [] : Array.isArray(given) ? (given as MetricList) : [given as metrics.MetricLike];

/** The metrics of a model. */
export class CompiledMetrics {
  readonly #plain: MetricsLike;
  readonly #weighted: MetricsLike;
  #entries: readonly Entry[] | null = null;

  constructor(plain: MetricsLike, weighted: MetricsLike) {
    for (const [name, given] of Object.entries({ metrics: plain, weightedMetrics: weighted })) {
      if (typeof given !== 'object' || given === null || (given as unknown) instanceof metrics.BaseMetric) {
        throw new ConfigError(`compile: ${name} must be an array, or a record by output, got ${describe(given)}`);
      }
      for (const one of Object.values(given as Readonly<Record<string, Given>>).flatMap(asMetrics)) checkMetric(one);
    }
    this.#plain = plain;
    this.#weighted = weighted;
  }

  /** Metrics in compile order; none before the first batch. */
  get entries(): readonly NamedMetric[] {
    return this.#entries ?? [];
  }

  #build(targets: readonly Tensor[], predictions: readonly Tensor[], names: readonly string[]): readonly Entry[] {
    const taken = new Set<string>(['loss']);
    const several = names.length > 1;
    const free = (name: string): string => {
      let candidate = name;
      for (let i = 1; taken.has(candidate); i++) candidate = `${name}_${i}`;
      taken.add(candidate);
      return candidate;
    };
    const make = (given: MetricsLike, weighted: boolean): readonly Entry[] => {
      const lists = several
        ? perOutput<Given>(given as Several<Given>, () => false, { kind: 'list', names }, 'metrics', null)
        : [Object.values(given).flatMap(asMetrics)];
      return lists.flatMap((list, output) =>
        asMetrics(list).map((identifier): Entry => {
          const { name, metric } = resolveMetric(identifier, targets[output]!, predictions[output]!);
          const full = (word: string): string => (several ? `${names[output]}_${word}` : word);
          const own = weighted && taken.has(full(name)) ? `weighted_${name}` : name;
          return { name: free(full(own)), metric, weighted, output };
        }),
      );
    };
    // A list without entries means none for any output.
    const none = (given: MetricsLike): boolean => Object.keys(given).length === 0;
    return [
      ...(none(this.#plain) ? [] : make(this.#plain, false)),
      ...(none(this.#weighted) ? [] : make(this.#weighted, true)),
    ];
  }

  /** Adds a batch; sample weights reach the weighted metrics only. */
  updateState(yTrue: Tensors, yPred: Tensors, sampleWeight: Tensors | null, form: Form = formOfTensors(yPred)): void {
    const targets = asList(arrange<Tensor>(yTrue, isTensor, form, 'y'));
    const predictions = asList(yPred);
    const weights = weightsPerOutput(sampleWeight, form);
    this.#entries ??= this.#build(targets, predictions, form.names);
    for (const { metric, weighted, output } of this.#entries) {
      metric.updateState(targets[output]!, predictions[output]!, { sampleWeight: weighted ? weights[output]! : null });
    }
  }
}
