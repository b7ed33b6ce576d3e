/**
 * Metric: base classes, and the metrics that are a mean or a sum.
 */
import { mul, tensor, tidy, Variable, where, type Shape, type Tensor, type TensorLike } from '@dl/tensor';
import { asTensor, castTo, composite, compositeAll } from '@dl/tensor/interpreter';
import { classNameOf, toOptions, type Config } from '../base/config.ts';
import { filled } from '../base/filled.ts';
import { alignRanks, alignWeights } from '../losses/align.ts';
import { maskOf } from '../base/masks.ts';
import { autoName, toSnakeCase } from '../base/names.ts';

/** Options of every metric. */
export interface MetricOptions {
  readonly name?: string | undefined;
}

/** Options of `updateState`. */
export interface UpdateOptions {
  /** One weight per sample, or per value. */
  readonly sampleWeight?: TensorLike | null | undefined;
}

/** Whether larger or smaller values are better; null where a metric cannot say. */
export type Direction = 'up' | 'down' | null;

/** State that adds up from batch to batch, and a result computed from it. */
export abstract class BaseMetric {
  readonly name: string;
  /** Which way is better; callbacks with mode 'auto' ask for it. */
  readonly direction: Direction = null;
  readonly #variables: { readonly variable: Variable; readonly initial: number }[] = [];

  constructor(name?: string, options: MetricOptions = {}) {
    this.name = options.name ?? name ?? autoName(toSnakeCase(classNameOf(this)));
  }

  /** Makes a float32 state variable; `resetState` sets it to `initial` (0 unless given). */
  protected addVariable(name: string, shape: Shape = [], initial = 0): Variable {
    const variable = new Variable(() => filled(shape, initial), { name, shape, kind: 'state' });
    this.#variables.push({ variable, initial });
    return variable;
  }

  /** All state. */
  get variables(): readonly Variable[] {
    return this.#variables.map(({ variable }) => variable);
  }

  /** The value so far. */
  abstract result(): Tensor;

  /** Starts anew. */
  resetState(): void {
    tidy(() => {
      for (const { variable, initial } of this.#variables) variable.assign(filled(variable.shape, initial));
      return null;
    });
  }

  /** Gives the memory of the state back. */
  dispose(): void {
    for (const { variable } of this.#variables) variable.dispose();
  }

  getConfig(): Config {
    return { name: this.name, dtype: 'float32' };
  }

  static fromConfig<T>(this: new (options: never) => T, config: Config): T {
    const { dtype: _, ...options } = toOptions(config);
    return new this(options as never);
  }
}

/**
 * Base class of metrics on targets and predictions. `updateState` must be made of ops: it runs inside training steps.
 *
 * @example
 * class Bias extends Metric {
 *   readonly #total = this.addVariable('total');
 *   override updateState(yTrue: TensorLike, yPred: TensorLike): void {
 *     this.#total.assignAdd(sub(yPred, yTrue).sum());
 *   }
 *   override result(): Tensor {
 *     return this.#total.value;
 *   }
 * }
 */
export abstract class Metric extends BaseMetric {
  /** Adds a batch. */
  abstract updateState(yTrue: TensorLike, yPred: TensorLike, options?: UpdateOptions): void;
}

/** Σ and number of per-sample values, where a sample's value is the mean over its other axes. */
const addMean = /* @__PURE__ */ compositeAll<object>('meanUpdate', ([total, count, values]) => [
  total!.add(perSample(values!).sum()),
  count!.add(values!.shape[0] ?? 1),
]);

/** As above with weights of lower or equal rank. */
const addWeightedMean = /* @__PURE__ */ compositeAll<object>(
  'weightedMeanUpdate',
  ([total, count, values, weights]) => {
    const inner = Array.from({ length: values!.rank - weights!.rank }, (_, i) => weights!.rank + i);
    const reduced = inner.length === 0 ? values! : values!.mean(inner);
    return [total!.add(perSample(mul(reduced, weights!)).sum()), count!.add(perSample(weights!).sum())];
  },
);

const perSample = (x: Tensor): Tensor =>
  x.rank <= 1 ? x : x.mean(Array.from({ length: x.rank - 1 }, (_, axis) => axis + 1));

const quotient = /* @__PURE__ */ composite<object>('meanResult', ([total, count]) =>
  where(count!.equal(0), 0, total!.div(where(count!.equal(0), 1, count!))),
);

/**
 * The mean of values, weighted if weights are given. 0 before the first value.
 *
 * @example
 * const mean = new Mean();
 * mean.updateState([1, 3]);
 * mean.result(); // 2
 */
export class Mean extends BaseMetric {
  static readonly className: string = 'Mean';
  readonly #total: Variable = this.addVariable('total');
  readonly #count: Variable = this.addVariable('count');

  constructor(options: MetricOptions = {}) {
    super('mean', options);
  }

  /** Adds values: the first axis counts samples, a sample's value is the mean over the others. */
  updateState(values: TensorLike, options: UpdateOptions = {}): void {
    addToMean(this.#total, this.#count, values, options);
  }

  override result(): Tensor {
    return quotient([this.#total.read(), this.#count.read()], {});
  }
}

function addToMean(total: Variable, count: Variable, given: TensorLike, { sampleWeight = null }: UpdateOptions): void {
  const values = castTo(tensor(given), 'float32');
  const state = [total.read(), count.read()];
  let next: readonly Tensor[];
  if (sampleWeight === null) next = addMean([...state, values], {});
  else {
    const [v, w] = alignRanks(values, castTo(asTensor(sampleWeight, 'Mean', 'float32'), 'float32'));
    next = addWeightedMean([...state, v, w], {});
  }
  total.assign(next[0]!);
  count.assign(next[1]!);
}

/**
 * The sum of values, weighted if weights are given.
 *
 * @example
 * const sum = new Sum();
 * sum.updateState([1, 3]);
 * sum.result(); // 4
 */
export class Sum extends BaseMetric {
  static readonly className: string = 'Sum';
  readonly #total: Variable = this.addVariable('total');

  constructor(options: MetricOptions = {}) {
    super('sum', options);
  }

  /** Adds values. */
  updateState(given: TensorLike, { sampleWeight = null }: UpdateOptions = {}): void {
    const values = castTo(tensor(given), 'float32');
    if (sampleWeight === null) {
      this.#total.assignAdd(values.sum());
      return;
    }
    const [v, w] = alignRanks(values, castTo(tensor(sampleWeight), 'float32'));
    const inner = Array.from({ length: v.rank - w.rank }, (_, i) => w.rank + i);
    this.#total.assignAdd((inner.length === 0 ? v : v.sum(inner)).mul(w).sum());
  }

  override result(): Tensor {
    return this.#total.value;
  }
}

/** Weights of values of which some are masked. */
function maskedWeights(
  where: string,
  values: Tensor,
  sampleWeight: TensorLike | null,
  mask: Tensor | null,
): TensorLike | null {
  if (mask === null) return sampleWeight;
  const counts = alignWeights(where, castTo(alignRanks(mask, values)[0], 'float32'), values);
  return sampleWeight === null ? counts : alignWeights(where, tensor(sampleWeight), values).mul(counts);
}

/** A function of targets and predictions that gives one value per sample. */
export type MetricFunction = (yTrue: Tensor, yPred: Tensor) => Tensor;

/**
 * The mean of a function of targets and predictions over all samples. Values that the mask of the predictions leaves out do
 * not count, whether there are sample weights or not.
 *
 * @example new MeanMetricWrapper((y, p) => p.sub(y).mean(-1), { name: 'bias' });
 */
export class MeanMetricWrapper extends Metric {
  static readonly className: string = 'MeanMetricWrapper';
  override readonly direction: Direction;
  readonly fn: MetricFunction;
  readonly #total: Variable = this.addVariable('total');
  readonly #count: Variable = this.addVariable('count');

  constructor(fn: MetricFunction, options: MetricOptions & { readonly direction?: Direction | undefined } = {}) {
    super(fn.name === '' ? 'metric' : fn.name, options);
    this.fn = fn;
    this.direction = options.direction ?? null;
  }

  override updateState(yTrue: TensorLike, yPred: TensorLike, { sampleWeight = null }: UpdateOptions = {}): void {
    const p = tensor(yPred);
    const values = this.fn(tensor(yTrue), p);
    const weights = maskedWeights(this.name, values, sampleWeight, maskOf(p));
    addToMean(this.#total, this.#count, values, { sampleWeight: weights });
  }

  /** The mean so far; subclasses may transform it. */
  override result(): Tensor {
    return quotient([this.#total.read(), this.#count.read()], {});
  }
}
