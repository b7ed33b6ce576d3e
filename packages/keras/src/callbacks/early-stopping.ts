/**
 * EarlyStopping.
 */
import type { Tensor } from '@dl/tensor';
import type { CallbackState, Logs } from './callback.ts';
import { MonitorCallback, type MonitorOptions } from './monitor.ts';

/** Options of {@link EarlyStopping}. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs without improvement before it stops, 0 unless given; 0 and 1 both stop at the first one. */
  readonly patience?: number | undefined;
  /** Value that must be beaten for the patience to start again. */
  readonly baseline?: number | null | undefined;
  /** Whether the weights of the best epoch come back at the end, stopped or not; false unless given. */
  readonly restoreBestWeights?: boolean | undefined;
  /** Epochs before this one are not looked at; 0 unless given. */
  readonly startFromEpoch?: number | undefined;
  /** 1 to print when it stops or restores. */
  readonly verbose?: 0 | 1 | undefined;
}

/**
 * Stops training when a log no longer improves.
 *
 * @example
 * await model.fit(x, y, { epochs: 100, validationSplit: 0.2, callbacks: [new EarlyStopping({ patience: 3 })] });
 */
export class EarlyStopping extends MonitorCallback {
  readonly patience: number;
  readonly baseline: number | null;
  readonly restoreBestWeights: boolean;
  readonly startFromEpoch: number;
  readonly verbose: 0 | 1;
  #wait = 0;
  #best: number | null = null;
  #bestEpoch = 0;
  #bestWeights: Tensor[] | null = null;
  #stoppedEpoch = 0;

  constructor(options: EarlyStoppingOptions = {}) {
    super('EarlyStopping', options);
    this.patience = options.patience ?? 0;
    this.baseline = options.baseline ?? null;
    this.restoreBestWeights = options.restoreBestWeights ?? false;
    this.startFromEpoch = options.startFromEpoch ?? 0;
    this.verbose = options.verbose ?? 0;
  }

  /** The best value so far, or null. */
  get best(): number | null {
    return this.#best;
  }

  /** The epoch it stopped at, 0 if it did not. */
  get stoppedEpoch(): number {
    return this.#stoppedEpoch;
  }

  override onTrainBegin(): void {
    this.#wait = 0;
    this.#best = null;
    this.#bestEpoch = 0;
    this.#bestWeights = null;
    this.#stoppedEpoch = 0;
  }

  override onEpochEnd(epoch: number, logs: Logs): void {
    const value = this.watched(logs);
    if (value === null || epoch < this.startFromEpoch) return;
    if (this.restoreBestWeights && this.#bestWeights === null) this.#remember(epoch);
    this.#wait++;
    if (this.improves(value, this.#best)) {
      this.#best = value;
      if (this.restoreBestWeights) this.#remember(epoch);
      else this.#bestEpoch = epoch;
      if (this.baseline === null || this.improves(value, this.baseline)) this.#wait = 0;
      return;
    }
    if (this.#wait < this.patience || epoch === 0) return;
    this.#stoppedEpoch = epoch;
    this.model.stopTraining = true;
  }

  #remember(epoch: number): void {
    this.#bestEpoch = epoch;
    for (const tensor of this.#bestWeights ?? []) tensor.dispose();
    this.#bestWeights = this.model.getWeights();
  }

  override onTrainEnd(): void {
    if (this.#stoppedEpoch > 0 && this.verbose > 0) console.log(`Epoch ${this.#stoppedEpoch + 1}: early stopping`);
    if (this.#bestWeights === null) return;
    if (this.verbose > 0) {
      console.log(`Restoring model weights from the end of the best epoch: ${this.#bestEpoch + 1}.`);
    }
    this.model.setWeights(this.#bestWeights);
  }

  override getState(): CallbackState {
    const [wait, best, bestEpoch, stoppedEpoch] = [this.#wait, this.#best, this.#bestEpoch, this.#stoppedEpoch];
    const remembers = this.#bestWeights !== null;
    return { values: { wait, best, bestEpoch, stoppedEpoch, remembers }, tensors: this.#bestWeights ?? [] };
  }

  override setState({ values, tensors = [] }: CallbackState): void {
    this.#wait = values['wait'] as number;
    this.#best = values['best'] as number | null;
    this.#bestEpoch = values['bestEpoch'] as number;
    this.#stoppedEpoch = values['stoppedEpoch'] as number;
    this.#bestWeights = values['remembers'] === true ? [...tensors] : null;
  }
}
