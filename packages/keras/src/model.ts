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
import { Mean } from '@dl/layers/metrics';
import { get as getOptimizer, LossScaleOptimizer, type Optimizer } from '@dl/optim';
import { add, ConfigError, type Tensor, type Variable } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { Logs } from './callbacks/callback.ts';
import type { History } from './callbacks/history.ts';
import type { DataTree } from './data/host-array.ts';
import { splitArguments } from './data/source.ts';
import { mapSeveral, type Form } from './functional/structure.ts';
import { StorableModel } from './saving/storable-model.ts';
import { summarize, type SummaryOptions } from './summary.ts';
import { CompiledLoss, type LossesLike } from './training/compiled-loss.ts';
import { CompiledMetrics, type NamedMetric } from './training/compiled-metrics.ts';
import { isTensor } from './functional/forms.ts';
import { pickLogs } from './training/logs.ts';
import { checkOptions } from './training/check-options.ts';
import { evaluate } from './training/evaluate.ts';
import { fit } from './training/fit.ts';
import { StepPrograms } from './training/step-programs.ts';
import { runTestBatch, runTrainBatch } from './training/on-batch.ts';
import type { BatchOptions, CompileOptions, EvaluateOptions, FitOptions, PredictOptions } from './training/options.ts';
import { predict } from './training/predict.ts';

const [TRAINING, INFERENCE]: readonly [CallOptions, CallOptions] = [{ training: true }, { training: false }];

/** One batch as the step methods get it. */
export interface StepData<I extends Tensors = Tensor, O extends Tensors = Tensor> {
  readonly x: I;
  readonly y: O | null;
  /** One weight per sample, or those of each output. */
  readonly sampleWeight: Tensors | null;
}

/** What `computeLoss` gets. */
export interface LossData<I extends Tensors = Tensor, O extends Tensors = Tensor> extends StepData<I, O> {
  readonly yPred: O;
  /** Scalars that layers added during the call. */
  readonly losses?: readonly Tensor[];
}

/** The steps of a model, one batch each. */
export interface Steps {
  readonly train: (data: StepData<Tensors, Tensors>) => Record<string, Tensor> | undefined;
  readonly test: (data: StepData<Tensors, Tensors>) => Record<string, Tensor> | undefined;
  readonly predict: (x: Tensors) => Tensors;
}

interface Compiled {
  readonly optimizer: Optimizer;
  readonly loss: CompiledLoss | null;
  readonly metrics: CompiledMetrics;
  readonly tracker: Mean;
}

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
  /** Set it to true in a callback to stop after the batch under way. */
  stopTraining = false;
  /** What the last `fit` returned, or the one under way fills. */
  history: History | null = null;
  /** Whether steps run op by op instead of as one compiled program; `compile` sets it. */
  runEagerly = false;
  #compiled: Compiled | null = null;
  #programs: StepPrograms | null = null;
  #trainables: readonly Variable[] | null = null;

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
    checkOptions('compile', options);
    this.compileOptions = options;
    const { optimizer = 'rmsprop', loss = null, metrics = [], weightedMetrics = [], lossWeights = null } = options;
    this.#compiled = {
      optimizer: this.#scaling(getOptimizer(optimizer), options.autoScaleLoss ?? true),
      loss: loss === null ? null : new CompiledLoss(loss, lossWeights),
      metrics: new CompiledMetrics(metrics, weightedMetrics),
      tracker: new Mean({ name: 'loss' }),
    };
    this.#trainables = null;
    this.runEagerly = options.runEagerly ?? false;
    this.#dropPrograms();
  }

  /** The optimizer, with the loss scaled where layers compute in float16. */
  #scaling(optimizer: Optimizer, auto: boolean): Optimizer {
    const wanted = auto && this.dtypePolicy.name === 'mixed_float16' && !(optimizer instanceof LossScaleOptimizer);
    return wanted ? new LossScaleOptimizer(optimizer) : optimizer;
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

  /** The loss and the metrics, in compile order and under the names they have in logs. */
  get namedMetrics(): readonly NamedMetric[] {
    const { tracker, loss, metrics } = this.#require();
    return [{ name: 'loss', metric: tracker }, ...(loss?.trackers ?? []), ...metrics.entries];
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
  computeLoss({ y, yPred, sampleWeight, losses = [] }: LossData<I, O>): Tensor {
    const { loss } = this.#require();
    if (loss !== null && y === null) {
      throw new ConfigError(`${this.name}: the loss needs targets; pass y, or batches [x, y]`);
    }
    const value = loss === null ? null : loss.apply(y!, yPred, sampleWeight, this.outputForm ?? undefined);
    const parts = [...(value === null ? [] : [value]), ...losses, ...this.losses];
    if (parts.length === 0) throw new ConfigError(`${this.name}: there is no loss; give one to compile()`);
    return parts.reduce((a, b) => add(a, b));
  }

  /** Adds a batch to the metrics. */
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
  trainStep(data: StepData<I, O>): Record<string, Tensor> | undefined {
    const { optimizer } = this.#require();
    const weights = this.#weightsToTrain();
    let yPred: O | null = null;
    let loss: Tensor | null = null;
    const { grads } = variableGrads(() => {
      const { value, losses } = collectLosses(() => this.apply(data.x, TRAINING as CallOptions & C));
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
  testStep(data: StepData<I, O>): Record<string, Tensor> | undefined {
    const { value: yPred, losses } = collectLosses(() => this.apply(data.x, INFERENCE as CallOptions & C));
    this.#track(this.computeLoss({ ...data, yPred, losses }), data.x);
    this.computeMetrics({ ...data, yPred });
    return undefined;
  }

  /** One prediction step, in ops. */
  predictStep(x: I): O {
    return this.apply(x, INFERENCE as CallOptions & C);
  }

  /** @internal The steps as they are run: compiled, unless `runEagerly` is set. Asked for once per run of steps. */
  stepFunctions(): Steps {
    if (this.runEagerly) {
      return {
        train: (data) => this.trainStep(data as unknown as StepData<I, O>),
        test: (data) => this.testStep(data as unknown as StepData<I, O>),
        predict: (x) => this.predictStep(x as I),
      };
    }
    if (this.#programs?.fits(this as unknown as AnyModel) === false) this.#dropPrograms();
    const programs = (this.#programs ??= new StepPrograms(this as unknown as AnyModel));
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
    return fit(this as unknown as AnyModel, x, targets, given);
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
