/**
 * SwapEMAWeights.
 */
import { LossScaleOptimizer, MultiOptimizer, type Optimizer } from '@dl/optim';
import { ConfigError, type Variable } from '@dl/tensor';
import { Callback, type CallbackState } from './callback.ts';

/** Options of {@link SwapEMAWeights}. */
export interface SwapEMAWeightsOptions {
  /** Whether the averages are in the model from the end of each epoch to the beginning of the next; false unless given. */
  readonly swapOnEpoch?: boolean | undefined;
}

/**
 * Gives the weights their moving averages while the model is evaluated or predicts, and takes them back afterwards. The
 * optimizer must keep averages (`useEma: true`). With `swapOnEpoch` callbacks after this one, such as those that save the
 * model, see the averages at the end of each epoch. Follows `keras.callbacks.SwapEMAWeights`.
 *
 * @throws ConfigError when the optimizer keeps no averages.
 * @example
 * model.compile({ optimizer: new optimizers.Adam(0.001, { useEma: true }), loss: 'mse' });
 * await model.fit(x, y, { validationSplit: 0.1, callbacks: [new SwapEMAWeights()] });
 */
export class SwapEMAWeights extends Callback {
  readonly swapOnEpoch: boolean;
  #swapped = false;

  constructor({ swapOnEpoch = false }: SwapEMAWeightsOptions = {}) {
    super();
    this.swapOnEpoch = swapOnEpoch;
  }

  /** The optimizers that keep averages. */
  get #optimizers(): readonly Optimizer[] {
    const { optimizer } = this.model;
    const inner = optimizer instanceof LossScaleOptimizer ? optimizer.inner : optimizer;
    const all = inner instanceof MultiOptimizer ? inner.optimizerMap.optimizers : [inner];
    const kept = all.filter(({ useEma }) => useEma);
    if (kept.length > 0) return kept;
    throw new ConfigError(`SwapEMAWeights: ${inner.name} keeps no averages; make it with useEma: true`);
  }

  /** Weights with their averages; averages come with the first update. */
  get #pairs(): readonly (readonly [weight: Variable, average: Variable])[] {
    return this.#optimizers.flatMap(({ trainableVariables, averages }) =>
      averages.map((average, i) => [trainableVariables[i]!, average] as const),
    );
  }

  /** Exchanges weights and averages, if they are not where they are wanted. */
  #put(averages: boolean): void {
    const pairs = this.#pairs;
    if (this.#swapped === averages || pairs.length === 0) return;
    for (const [weight, average] of pairs) {
      const kept = weight.value;
      weight.assign(average);
      average.assign(kept);
      kept.dispose();
    }
    this.#swapped = averages;
  }

  override onTrainBegin(): void {
    void this.#optimizers;
    this.#swapped = false;
  }

  override onEpochBegin(): void {
    if (this.swapOnEpoch) this.#put(false);
  }

  override onEpochEnd(epoch: number): void {
    if (!this.swapOnEpoch) return;
    this.#put(true);
    if (epoch !== this.params.epochs - 1) return;
    // Training ends by giving weights their averages: these must be the ones that are in the weights now.
    for (const [weight, average] of this.#pairs) average.assign(weight);
    this.#swapped = false;
  }

  override onTestBegin(): void {
    this.#put(true);
  }

  override onTestEnd(): void {
    this.#put(false);
  }

  override onPredictBegin(): void {
    this.#put(true);
  }

  override onPredictEnd(): void {
    this.#put(false);
  }

  override onInterrupted(): void {
    this.#put(false);
  }

  override getState(): CallbackState {
    return { values: { swapped: this.#swapped } };
  }

  override setState({ values }: CallbackState): void {
    this.#swapped = values['swapped'] as boolean;
  }
}
