/**
 * Model: a layer that can be compiled, trained, evaluated and asked for predictions.
 */
import { variableGrads } from '@dl/autograd';
import {
  asList,
  collectLosses,
  type CallOptions,
  type Layer,
  type LayerShape,
  type ShapesOf,
  type Tensors,
} from '@dl/layers';
import type { Loss } from '@dl/layers/losses';
import type { BaseMetric, Direction } from '@dl/layers/metrics';
import type { Optimizer } from '@dl/optim';
import { add, ConfigError, type Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { Logs } from './callbacks/callback.ts';
import type { History } from './callbacks/history.ts';
import type { DataTree } from './data/host-array.ts';
import { splitArguments } from './data/source.ts';
import { isTensor } from './functional/forms.ts';
import { mapSeveral, type Form } from './functional/structure.ts';
import { StorableModel } from './saving/storable-model.ts';
import { summarize, type SummaryOptions } from './summary.ts';
import type { LossesLike } from './training/compiled-loss.ts';
import type { NamedMetric } from './training/compiled-metrics.ts';
import { checkedSteps, watchesNumerics } from './training/check-numerics.ts';
import { Compiled } from './training/compiled.ts';
import { evaluate } from './training/evaluate.ts';
import { fit } from './training/fit.ts';
import { pickLogs } from './training/logs.ts';
import { runTestBatch, runTrainBatch } from './training/on-batch.ts';
import type { BatchOptions, CompileOptions, EvaluateOptions, FitOptions, PredictOptions } from './training/options.ts';
import { readValues } from './training/own-metrics.ts';
import { predict } from './training/predict.ts';
import type { LossData, StepData, StepLogs, Steps } from './training/step-data.ts';
import { eagerSteps, StepPrograms } from './training/step-programs.ts';

export type { LossData, StepData, StepLogs, Steps };

const [TRAINING, INFERENCE]: readonly [CallOptions, CallOptions] = [{ training: true }, { training: false }];

/** Iterables of batches, such as datasets. */
type Batches = AsyncIterable<unknown> | Iterable<unknown>;

/** A model whatever it takes and gives. */
export type AnyModel = Model<Tensors, Tensors>;

/**
 * Models. Three ways to make one: from symbolic inputs and outputs (the functional API), by a subclass with layers in
 * properties and a `call`, or as a {@link Sequential}.
 *
 * @example
 * const x = Input({ shape: [4] });
 * const h = new Dense(8, { activation: 'relu' }).apply(x);
 * const model = new Model(x, new Dense(1).apply(concat([x, h], -1)));
 * @example
 * class Residual extends Model {
 *   readonly inner = new Dense(8, { activation: 'relu' });
 *   readonly outer = new Dense(1);
 *   override call(x: Tensor): Tensor {
 *     return this.outer.apply(this.inner.apply(x).add(x));
 *   }
 * }
 */
export class Model<
  I extends Tensors = Tensor,
  O extends Tensors = Tensor,
  C extends object = object,
> extends StorableModel<I, O, C> {
  static override readonly className: string = 'Model';
  /** Set it to true in a callback to stop `fit` after the step under way. */
  stopTraining = false;
  /** The same for `evaluate`, and for validation in `fit`. */
  stopEvaluating = false;
  /** The same for `predict`. */
  stopPredicting = false;
  /** What the last `fit` returned, or the one under way fills. */
  history: History | null = null;
  /** Whether steps run op by op instead of as one compiled program; `compile` sets it. */
  runEagerly = false;
  #compiled: Compiled | null = null;
  #programs: StepPrograms | null = null;

  /**
   * The layer with a name, or at a place (negative from the end).
   *
   * @throws ConfigError when there is none.
   */
  getLayer(which: string | number): Layer {
    const { layers } = this;
    const found = typeof which === 'number' ? layers.at(which) : layers.find(({ name }) => name === which);
    if (found !== undefined) return found;
    throw new ConfigError(
      `${this.name}: no layer ${describe(which)}; there are ${layers.map((l) => l.name).join(', ')}`,
    );
  }

  /** Builds every layer for such inputs. */
  prepare(x: Tensors): void {
    const open = mapSeveral<Tensor, LayerShape>(x, isTensor, ({ shape }) => [null, ...shape.slice(1)]) as ShapesOf<I>;
    this.ensureBuilt(open);
    if (this.layers.every((layer) => layer.built)) return;
    // Layers inside a call of one's own are built when it runs; the base class runs it without computing.
    super.computeOutputShape(open);
  }

  // ---- compiling

  /**
   * Chooses optimizer, loss and metrics. Names may be given in place of objects.
   *
   * @throws ConfigError with the nearest names for one that is unknown.
   * @example model.compile({ optimizer: 'adam', loss: 'mse', metrics: ['mae'] });
   */
  compile(options: CompileOptions = {}): void {
    this.#compiled = new Compiled(this as unknown as AnyModel, options);
    this.compileOptions = options;
    this.runEagerly = options.runEagerly ?? false;
    this.#dropPrograms();
  }

  get compiled(): boolean {
    return this.#compiled !== null;
  }

  #require(): Compiled {
    if (this.#compiled !== null) return this.#compiled;
    throw new ConfigError(`${this.name}: call compile({ optimizer, loss }) before training or evaluating`);
  }

  get optimizer(): Optimizer {
    return this.#require().optimizer;
  }

  /** @internal The losses of outputs in such a form; null where there is none, or shapes decide it. */
  lossesFor(form: Form): readonly (Loss | null)[] {
    return this.#compiled?.loss?.lossesFor(form) ?? form.names.map(() => null);
  }

  /** What `compile` was given as the loss. */
  get loss(): LossesLike {
    return this.#require().loss?.identifier ?? null;
  }

  /** How many steps one call of the device runs; `compile` sets it. */
  get stepsPerExecution(): number {
    return this.#require().stepsPerExecution;
  }

  /**
   * What is reported and starts anew every epoch: the loss, the metrics of `compile`, and metrics in properties of the model
   * and of its layers. Override it to choose others.
   *
   * @example
   * class Custom extends Sequential {
   *   readonly distance = new metrics.Mean({ name: 'distance' });
   *   override get metrics(): readonly metrics.BaseMetric[] {
   *     return [this.distance];
   *   }
   * }
   */
  get metrics(): readonly BaseMetric[] {
    const { given, own } = this.#require();
    return [...new Set([...given.map(({ metric }) => metric), ...own])];
  }

  /** {@link metrics} under the names they have in logs. */
  get namedMetrics(): readonly NamedMetric[] {
    const names = new Map(this.#require().given.map(({ name, metric }) => [metric, name]));
    return this.metrics.map((metric) => ({ name: names.get(metric) ?? metric.name, metric }));
  }

  /** Which way a metric gets better, or null where that is not known. */
  directionOf(name: string): Direction {
    const found = this.namedMetrics.find((one) => one.name === name)?.metric.direction;
    return found ?? this.#require().directions[name] ?? null;
  }

  /** @internal Takes over what a worker knows of its metrics. */
  adoptDirections(directions: Readonly<Record<string, Direction>>): void {
    this.#require().directions = directions;
  }

  /** The present values of {@link metrics} by name; a step of your own may return them. */
  getMetricsResult(): Record<string, Tensor> {
    return Object.fromEntries(this.namedMetrics.map(({ name, metric }) => [name, metric.result()]));
  }

  /** Names of the loss and the metrics, in compile order; the metrics join with the first batch. */
  get metricsNames(): readonly string[] {
    return this.namedMetrics.map(({ name }) => name);
  }

  /** Starts loss and metrics anew, as every epoch does. */
  resetMetrics(): void {
    for (const { metric } of this.namedMetrics) metric.resetState();
  }

  /** Reads the present values of {@link metrics}; several values of one metric count as their mean. */
  readMetrics(): Promise<Logs> {
    return readValues(this.namedMetrics);
  }

  // ---- steps

  /** @internal Looks again which weights are trainable; warns when that changed after the optimizer was built. */
  refreshTrainables(): void {
    this.#require().refresh();
  }

  /**
   * The loss of a batch with all penalties, a scalar. Override it for a loss of your own.
   *
   * @throws ConfigError when there is none, or targets are missing.
   */
  computeLoss(data: LossData<I, O>): Tensor {
    const value = this.#require().lossOf(data as LossData<never, never>);
    const parts = [...(value === null ? [] : [value]), ...(data.losses ?? []), ...this.losses];
    if (parts.length === 0) throw new ConfigError(`${this.name}: there is no loss; give one to compile()`);
    // What layers add may have a value for each sample.
    return parts.map((part) => (part.rank === 0 ? part : part.sum())).reduce((a, b) => add(a, b));
  }

  /** Adds a batch to the metrics of `compile`. Override it to add to metrics of your own as well. */
  computeMetrics({ y, yPred, sampleWeight }: LossData<I, O>): void {
    if (y === null) return;
    this.#require().metrics.updateState(y, yPred, sampleWeight, this.outputForm ?? undefined);
  }

  #track(loss: Tensor, x: I): void {
    this.#require().tracker.updateState(loss, { sampleWeight: asList(x)[0]?.shape[0] ?? 1 });
  }

  /**
   * One training step, in ops. Override it for a step of your own; what it returns, if anything, becomes the logs in
   * place of the metrics.
   *
   * @example
   * override trainStep({ x, y }: StepData): undefined {
   *   const { grads } = variableGrads(() => this.apply(x, { training: true }).sub(y!).abs().mean(), this.trainableWeights);
   *   this.optimizer.apply(grads, this.trainableWeights);
   * }
   */
  trainStep(data: StepData<I, O>): StepLogs {
    const { optimizer, trainables } = this.#require();
    let yPred: O | null = null;
    let loss: Tensor | null = null;
    const { grads } = variableGrads(() => {
      const { value, losses } = collectLosses(() => this.apply(data.x, TRAINING as CallOptions & C));
      yPred = value;
      loss = this.computeLoss({ ...data, yPred: value, losses, training: true });
      return optimizer.scaleLoss(loss);
    }, trainables);
    optimizer.apply(grads, trainables);
    this.#track(loss!, data.x);
    this.computeMetrics({ ...data, yPred: yPred! });
    return undefined;
  }

  /** One evaluation step, in ops. */
  testStep(data: StepData<I, O>): StepLogs {
    const { value: yPred, losses } = collectLosses(() => this.apply(data.x, INFERENCE as CallOptions & C));
    this.#track(this.computeLoss({ ...data, yPred, losses, training: false }), data.x);
    this.computeMetrics({ ...data, yPred });
    return undefined;
  }

  /** One prediction step, in ops. */
  predictStep(x: I): O {
    return this.apply(x, INFERENCE as CallOptions & C);
  }

  /** @internal The steps as they are run: compiled, unless `runEagerly` is set. Asked for once per run of steps. */
  stepFunctions(): Steps {
    const model = this as unknown as AnyModel;
    if (watchesNumerics(model)) return checkedSteps(model);
    if (this.runEagerly) return eagerSteps(model);
    if (this.#programs?.fits(model) === false) this.#dropPrograms();
    return (this.#programs ??= new StepPrograms(model)).steps;
  }

  #dropPrograms(): void {
    this.#programs?.dispose();
    this.#programs = null;
  }

  // ---- running

  /**
   * Trains. Inputs and targets are nested arrays, typed arrays, `{ data, shape }` or tensors whose first axis counts
   * samples, or one dataset of batches. Models with a loss of their own may do without targets: pass null.
   *
   * @returns the losses and metrics of every epoch.
   * @throws ConfigError, ShapeError or DTypeError naming what does not fit.
   * @example await model.fit(x, y, { epochs: 10, batchSize: 32, validationSplit: 0.1 });
   */
  fit(x: DataTree, y: DataTree | null | undefined, options?: FitOptions): Promise<History>;
  fit(batches: Batches, options?: FitOptions): Promise<History>;
  async fit(x: DataTree | Batches, y?: DataTree | FitOptions | null, options?: FitOptions): Promise<History> {
    this.#require();
    const [targets, given] = splitArguments(x, y, options);
    const model = this as unknown as AnyModel;
    if (given.worker === undefined || given.worker === false) return fit(model, x, targets, given);
    const { fitInWorker } = await import('./worker/fit-in-worker.ts');
    return fitInWorker(model, x, targets, given);
  }

  /**
   * The loss and metrics on data: a number if there is only the loss, otherwise a list in compile order, or a record with
   * `returnDict`.
   *
   * @example const [loss, accuracy] = await model.evaluate(x, y);
   */
  evaluate(
    x: DataTree,
    y: DataTree | null | undefined,
    options: EvaluateOptions & { readonly returnDict: true },
  ): Promise<Logs>;
  evaluate(batches: Batches, options: EvaluateOptions & { readonly returnDict: true }): Promise<Logs>;
  evaluate(x: DataTree, y: DataTree | null | undefined, options?: EvaluateOptions): Promise<number | number[]>;
  evaluate(batches: Batches, options?: EvaluateOptions): Promise<number | number[]>;
  async evaluate(
    x: DataTree | Batches,
    y?: DataTree | EvaluateOptions | null,
    options?: EvaluateOptions,
  ): Promise<number | number[] | Logs> {
    this.#require();
    const [targets, given] = splitArguments(x, y, options);
    return pickLogs(await evaluate(this as unknown as AnyModel, x, targets, given), given.returnDict);
  }

  /**
   * Predictions for inputs: one tensor, or a list or record of them as the model gives them.
   *
   * @example await (await model.predict(x)).array();
   */
  predict(x: DataTree | Batches, options: PredictOptions = {}): Promise<O> {
    return predict(this as unknown as AnyModel, x, options) as Promise<O>;
  }

  /** One step on one batch; the metrics go on from what they were. Returns as {@link evaluate}. */
  async trainOnBatch(
    x: DataTree,
    y: DataTree | null = null,
    options: BatchOptions = {},
  ): Promise<number | number[] | Logs> {
    this.#require();
    return pickLogs(await runTrainBatch(this as unknown as AnyModel, x, y, options), options.returnDict);
  }

  /** One evaluation step on one batch; the metrics go on from what they were. Returns as {@link evaluate}. */
  async testOnBatch(
    x: DataTree,
    y: DataTree | null = null,
    options: BatchOptions = {},
  ): Promise<number | number[] | Logs> {
    this.#require();
    return pickLogs(await runTestBatch(this as unknown as AnyModel, x, y, options), options.returnDict);
  }

  /** Predictions for one batch, in one step. */
  async predictOnBatch(x: DataTree): Promise<O> {
    return this.predict(x, { batchSize: Infinity, verbose: 0 });
  }

  /** Prints the layers with their shapes and numbers of weights. */
  summary(options: SummaryOptions = {}): void {
    (options.printFn ?? console.log)(summarize(this as unknown as AnyModel, options));
  }
}
