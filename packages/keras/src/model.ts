/**
 * Model: a layer that can be compiled, trained, evaluated and asked for predictions.
 */
import { variableGrads } from '@dl/autograd';
import { collectLosses, Layer, type LayerShape } from '@dl/layers';
import type { Loss } from '@dl/layers/losses';
import { Mean } from '@dl/layers/metrics';
import { get as getOptimizer, type Optimizer } from '@dl/optim';
import { add, ConfigError, type Tensor, type Variable } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { Logs } from './callbacks/callback.ts';
import type { History } from './callbacks/history.ts';
import type { Data } from './data/host-array.ts';
import { isBatches } from './data/source.ts';
import { summarize, type SummaryOptions } from './summary.ts';
import { CompiledLoss, CompiledMetrics, type NamedMetric } from './training/compiled.ts';
import { pickLogs } from './training/logs.ts';
import { evaluate } from './training/evaluate.ts';
import { fit } from './training/fit.ts';
import { StepPrograms } from './training/step-programs.ts';
import { runTestBatch, runTrainBatch } from './training/on-batch.ts';
import type { BatchOptions, CompileOptions, EvaluateOptions, FitOptions, PredictOptions } from './training/options.ts';
import { predict } from './training/predict.ts';

/** One batch as the step methods get it. */
export interface StepData {
  readonly x: Tensor;
  readonly y: Tensor | null;
  readonly sampleWeight: Tensor | null;
}

/** What `computeLoss` gets. */
export interface LossData extends StepData {
  readonly yPred: Tensor;
  /** Scalars that layers added during the call. */
  readonly losses?: readonly Tensor[];
}

/** The steps of a model, one batch each. */
export interface Steps {
  readonly train: (data: StepData) => Record<string, Tensor> | undefined;
  readonly test: (data: StepData) => Record<string, Tensor> | undefined;
  readonly predict: (x: Tensor) => Tensor;
}

interface Compiled {
  readonly optimizer: Optimizer;
  readonly loss: CompiledLoss | null;
  readonly metrics: CompiledMetrics;
  readonly tracker: Mean;
}

/** Iterables of batches, such as datasets. */
type Batches = AsyncIterable<unknown> | Iterable<unknown>;

/**
 * Base class of models. Subclass it with layers in properties and a `call`, or use {@link Sequential}.
 *
 * @example
 * class Residual extends Model {
 *   readonly inner = new Dense(8, { activation: 'relu' });
 *   readonly outer = new Dense(1);
 *   override call(x: Tensor): Tensor {
 *     return this.outer.apply(this.inner.apply(x).add(x));
 *   }
 * }
 */
export abstract class Model extends Layer {
  static override readonly className: string = 'Model';
  /** Set it to true in a callback to stop after the batch under way. */
  stopTraining = false;
  /** What the last `fit` returned, or the one under way fills. */
  history: History | null = null;
  /** Whether steps run op by op instead of as one compiled program; `compile` sets it. */
  runEagerly = false;
  #compiled: Compiled | null = null;
  #programs: StepPrograms | null = null;
  #trainables: readonly Variable[] | null = null;

  /** The layers of the model. */
  get layers(): readonly Layer[] {
    return this.sublayers() as readonly Layer[];
  }

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
  prepare(x: Tensor): void {
    const open: LayerShape = x.shape.map((n, axis) => (axis === 0 ? null : n));
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
    const { optimizer = 'rmsprop', loss = null, metrics = [], weightedMetrics = [], lossWeights = 1 } = options;
    const known = ['optimizer', 'loss', 'metrics', 'weightedMetrics', 'lossWeights', 'runEagerly'];
    for (const key of Object.keys(options)) {
      if (!known.includes(key)) throw new ConfigError(`compile: unknown option '${key}'; known: ${known.join(', ')}`);
    }
    for (const [name, list] of Object.entries({ metrics, weightedMetrics })) {
      if (!Array.isArray(list)) throw new ConfigError(`compile: ${name} must be an array, got ${describe(list)}`);
    }
    const weight = typeof lossWeights === 'number' ? lossWeights : lossWeights[0];
    this.#compiled = {
      optimizer: getOptimizer(optimizer),
      loss: loss === null ? null : new CompiledLoss(loss, weight),
      metrics: new CompiledMetrics(metrics, weightedMetrics),
      tracker: new Mean({ name: 'loss' }),
    };
    this.#trainables = null;
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

  /** The loss object; null before the first batch where its name depends on shapes. */
  get loss(): Loss | null {
    return this.#require().loss?.loss ?? null;
  }

  /** The loss and the metrics, in compile order and under the names they have in logs. */
  get namedMetrics(): readonly NamedMetric[] {
    const { tracker, metrics } = this.#require();
    return [{ name: 'loss', metric: tracker }, ...metrics.entries];
  }

  /** Names of the loss and the metrics, in compile order; the metrics join with the first batch. */
  get metricsNames(): readonly string[] {
    return this.namedMetrics.map(({ name }) => name);
  }

  /** Starts loss and metrics anew, as every epoch does. */
  resetMetrics(): void {
    for (const { metric } of this.namedMetrics) metric.resetState();
  }

  /** Reads the present values of loss and metrics; several values of one metric count as their mean. */
  async readMetrics(): Promise<Logs> {
    const named = this.namedMetrics;
    const results = named.map(({ metric }) => metric.result());
    const values = await Promise.all(results.map((result) => result.data()));
    for (const result of results) result.dispose();
    return Object.fromEntries(
      named.map(({ name }, i) => {
        let sum = 0;
        for (const value of values[i]!) sum += value;
        return [name, sum / values[i]!.length];
      }),
    );
  }

  // ---- steps

  /** The weights the optimizer changes; fixed while `fit` runs. */
  #weightsToTrain(): readonly Variable[] {
    return (this.#trainables ??= this.trainableWeights);
  }

  /** @internal Looks again which weights are trainable; warns when that changed after the optimizer was built. */
  refreshTrainables(): void {
    this.#trainables = null;
    const { optimizer } = this.#require();
    if (!optimizer.built) return;
    const known = new Set(optimizer.trainableVariables);
    const now = this.trainableWeights;
    if (now.length === known.size && now.every((weight) => known.has(weight))) return;
    console.warn(
      `${this.name}: the trainable weights changed after the optimizer was built; call compile() again for it to follow`,
    );
  }

  /**
   * The loss of a batch with all penalties, a scalar. Override it for a loss of your own.
   */
  computeLoss({ y, yPred, sampleWeight, losses = [] }: LossData): Tensor {
    const { loss } = this.#require();
    if (loss !== null && y === null) {
      throw new ConfigError(`${this.name}: the loss needs targets; pass y, or batches [x, y]`);
    }
    const parts = [...(loss === null ? [] : [loss.apply(y!, yPred, sampleWeight)]), ...losses, ...this.losses];
    if (parts.length === 0) throw new ConfigError(`${this.name}: there is no loss; give one to compile()`);
    return parts.reduce((a, b) => add(a, b));
  }

  /** Adds a batch to the metrics. */
  computeMetrics({ y, yPred, sampleWeight }: LossData): void {
    if (y !== null) this.#require().metrics.updateState(y, yPred, sampleWeight);
  }

  #track(loss: Tensor, x: Tensor): void {
    this.#require().tracker.updateState(loss, { sampleWeight: x.shape[0] ?? 1 });
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
  trainStep(data: StepData): Record<string, Tensor> | undefined {
    const { optimizer } = this.#require();
    const weights = this.#weightsToTrain();
    let yPred: Tensor | null = null;
    let loss: Tensor | null = null;
    const { grads } = variableGrads(() => {
      const { value, losses } = collectLosses(() => this.apply(data.x, { training: true }));
      yPred = value;
      loss = this.computeLoss({ ...data, yPred: value, losses });
      return optimizer.scaleLoss(loss);
    }, weights);
    optimizer.apply(grads, weights);
    this.#track(loss!, data.x);
    this.computeMetrics({ ...data, yPred: yPred! });
    return undefined;
  }

  /** One evaluation step, in ops. */
  testStep(data: StepData): Record<string, Tensor> | undefined {
    const { value: yPred, losses } = collectLosses(() => this.apply(data.x, { training: false }));
    this.#track(this.computeLoss({ ...data, yPred, losses }), data.x);
    this.computeMetrics({ ...data, yPred });
    return undefined;
  }

  /** One prediction step, in ops. */
  predictStep(x: Tensor): Tensor {
    return this.apply(x, { training: false });
  }

  /** @internal The steps as they are run: compiled, unless `runEagerly` is set. Asked for once per run of steps. */
  stepFunctions(): Steps {
    if (this.runEagerly) {
      return {
        train: (data) => this.trainStep(data),
        test: (data) => this.testStep(data),
        predict: (x) => this.predictStep(x),
      };
    }
    if (this.#programs?.fits(this) === false) this.#dropPrograms();
    const programs = (this.#programs ??= new StepPrograms(this));
    return {
      train: ({ x, y, sampleWeight }) => programs.train(x, y, sampleWeight),
      test: ({ x, y, sampleWeight }) => programs.test(x, y, sampleWeight),
      predict: (x) => programs.predict(x),
    };
  }

  #dropPrograms(): void {
    this.#programs?.dispose();
    this.#programs = null;
  }

  // ---- running

  /**
   * Trains. Inputs and targets are nested arrays, typed arrays, `{ data, shape }` or tensors whose first axis counts
   * samples, or one dataset of batches.
   *
   * @returns the losses and metrics of every epoch.
   * @throws ConfigError, ShapeError or DTypeError naming what does not fit.
   * @example await model.fit(x, y, { epochs: 10, batchSize: 32, validationSplit: 0.1 });
   */
  fit(x: Data, y: Data, options?: FitOptions): Promise<History>;
  fit(batches: Batches, options?: FitOptions): Promise<History>;
  async fit(x: Data | Batches, y?: Data | FitOptions, options?: FitOptions): Promise<History> {
    this.#require();
    const [targets, given] = splitArguments(x, y, options);
    return fit(this, x, targets, given);
  }

  /**
   * The loss and metrics on data: a number if there is only the loss, otherwise a list in compile order, or a record with
   * `returnDict`.
   *
   * @example const [loss, accuracy] = await model.evaluate(x, y);
   */
  evaluate(x: Data, y: Data, options: EvaluateOptions & { readonly returnDict: true }): Promise<Logs>;
  evaluate(batches: Batches, options: EvaluateOptions & { readonly returnDict: true }): Promise<Logs>;
  evaluate(x: Data, y: Data, options?: EvaluateOptions): Promise<number | number[]>;
  evaluate(batches: Batches, options?: EvaluateOptions): Promise<number | number[]>;
  async evaluate(
    x: Data | Batches,
    y?: Data | EvaluateOptions,
    options?: EvaluateOptions,
  ): Promise<number | number[] | Logs> {
    this.#require();
    const [targets, given] = splitArguments(x, y, options);
    return pickLogs(await evaluate(this, x, targets, given), given.returnDict);
  }

  /**
   * Predictions for inputs, as one tensor.
   *
   * @example await (await model.predict(x)).array();
   */
  predict(x: Data | Batches, options: PredictOptions = {}): Promise<Tensor> {
    return predict(this, x, options);
  }

  /** One step on one batch; the metrics go on from what they were. Returns as {@link evaluate}. */
  async trainOnBatch(x: Data, y: Data | null = null, options: BatchOptions = {}): Promise<number | number[] | Logs> {
    this.#require();
    return pickLogs(await runTrainBatch(this, x, y, options), options.returnDict);
  }

  /** One evaluation step on one batch; the metrics go on from what they were. Returns as {@link evaluate}. */
  async testOnBatch(x: Data, y: Data | null = null, options: BatchOptions = {}): Promise<number | number[] | Logs> {
    this.#require();
    return pickLogs(await runTestBatch(this, x, y, options), options.returnDict);
  }

  /** Predictions for one batch, in one step. */
  async predictOnBatch(x: Data): Promise<Tensor> {
    return predict(this, x, { batchSize: Infinity, verbose: 0 });
  }

  /** Prints the layers with their shapes and numbers of weights. */
  summary(options: SummaryOptions = {}): void {
    (options.printFn ?? console.log)(summarize(this, options));
  }
}

/** With datasets, options may stand where targets would. */
function splitArguments<O extends object>(
  x: unknown,
  y: Data | O | undefined,
  options: O | undefined,
): readonly [Data | undefined, O] {
  if (isBatches(x) && options === undefined) return [undefined, (y ?? {}) as O];
  return [y as Data | undefined, options ?? ({} as O)];
}
