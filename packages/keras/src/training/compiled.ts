/**
 * What `compile` makes: optimizer, loss and metrics of a model, and which weights are trained.
 */
import type { BaseMetric, Direction } from '@dl/layers/metrics';
import { Mean } from '@dl/layers/metrics';
import { get as getOptimizer, LossScaleOptimizer, type Optimizer } from '@dl/optim';
import { ConfigError, type Tensor, type Variable } from '@dl/tensor';
import type { AnyModel } from '../model.ts';
import { checkOptions, checkPositive } from './check-options.ts';
import { CompiledLoss } from './compiled-loss.ts';
import { CompiledMetrics, type NamedMetric } from './compiled-metrics.ts';
import type { CompileOptions } from './options.ts';
import { findMetrics } from './own-metrics.ts';
import type { LossData } from './step-data.ts';

/** The compiled state of a model. */
export class Compiled {
  readonly optimizer: Optimizer;
  readonly loss: CompiledLoss | null;
  readonly metrics: CompiledMetrics;
  /** The mean loss of the batches so far. */
  readonly tracker: Mean = new Mean({ name: 'loss' });
  /** Which way metrics get better that are kept in a worker, by name. */
  directions: Readonly<Record<string, Direction>> = {};
  /** Steps of one call of the device. */
  readonly stepsPerExecution: number;
  readonly #model: AnyModel;
  #trainables: readonly Variable[] | null = null;
  #own: readonly BaseMetric[] | null = null;

  constructor(model: AnyModel, options: CompileOptions) {
    checkOptions('compile', options);
    const { optimizer = 'rmsprop', loss = null, metrics = [], weightedMetrics = [], lossWeights = null } = options;
    const made = getOptimizer(optimizer);
    const scaled = (options.autoScaleLoss ?? true) && model.dtypePolicy.name === 'mixed_float16';
    this.#model = model;
    this.optimizer = scaled && !(made instanceof LossScaleOptimizer) ? new LossScaleOptimizer(made) : made;
    this.loss = loss === null ? null : new CompiledLoss(loss, lossWeights);
    this.metrics = new CompiledMetrics(metrics, weightedMetrics);
    this.stepsPerExecution = checkPositive('compile', 'stepsPerExecution', options.stepsPerExecution ?? 1);
  }

  /** Loss and metrics that `compile` was given, in compile order. */
  get given(): readonly NamedMetric[] {
    return [{ name: 'loss', metric: this.tracker }, ...(this.loss?.trackers ?? []), ...this.metrics.entries];
  }

  /** Metrics in properties of the model and of its layers. */
  get own(): readonly BaseMetric[] {
    return (this.#own ??= findMetrics(this.#model));
  }

  /** The weights the optimizer changes; fixed while `fit` runs. */
  get trainables(): readonly Variable[] {
    return (this.#trainables ??= this.#model.trainableWeights);
  }

  /** Looks again which weights are trainable; warns when that changed after the optimizer was built. */
  refresh(): void {
    this.#trainables = null;
    this.#own = null;
    const { optimizer } = this;
    if (!optimizer.built) return;
    const known = new Set(optimizer.trainableVariables);
    const now = this.#model.trainableWeights;
    if (now.length === known.size && now.every((weight) => known.has(weight))) return;
    console.warn(
      `${this.#model.name}: the trainable weights changed after the optimizer was built; call compile() again for it to follow`,
    );
  }

  /** The loss of outputs by the losses of `compile`; null where there is none. */
  lossOf({ y, yPred, sampleWeight }: LossData<never, never>): Tensor | null {
    if (this.loss === null) return null;
    if (y === null) {
      throw new ConfigError(`${this.#model.name}: the loss needs targets; pass y, or batches [x, y]`);
    }
    return this.loss.apply(y, yPred, sampleWeight, this.#model.outputForm ?? undefined);
  }
}
