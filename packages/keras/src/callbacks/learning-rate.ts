/**
 * Callbacks that change the learning rate: LearningRateScheduler and ReduceLROnPlateau.
 */
import { ConfigError, Variable } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { AnyModel } from '../model.ts';
import { Callback, type CallbackState, type Logs } from './callback.ts';
import { MonitorCallback, type MonitorOptions } from './monitor.ts';

/** The present learning rate; throws where a schedule sets it. */
async function readRate(where: string, { optimizer }: AnyModel): Promise<number> {
  const { learningRate } = optimizer;
  if (learningRate instanceof Variable) return learningRate.read().item();
  throw new ConfigError(
    `${where}: the optimizer's learning rate follows a schedule and cannot be set; make the optimizer with a number`,
  );
}

/** Options of {@link LearningRateScheduler}. */
export interface LearningRateSchedulerOptions {
  /** 1 to print the rate of each epoch. */
  readonly verbose?: 0 | 1 | undefined;
}

/**
 * Sets the learning rate at the start of each epoch, from the epoch (counted from 0) and the present rate. Adds
 * `learning_rate` to the logs.
 *
 * @example new LearningRateScheduler((epoch, rate) => (epoch < 10 ? rate : rate * 0.9));
 */
export class LearningRateScheduler extends Callback {
  readonly schedule: (epoch: number, rate: number) => number;
  readonly verbose: 0 | 1;

  constructor(schedule: (epoch: number, rate: number) => number, options: LearningRateSchedulerOptions = {}) {
    super();
    this.schedule = schedule;
    this.verbose = options.verbose ?? 0;
  }

  override async onEpochBegin(epoch: number): Promise<void> {
    const rate = this.schedule(epoch, await readRate('LearningRateScheduler', this.model));
    if (typeof rate !== 'number') {
      throw new ConfigError(`LearningRateScheduler: the schedule must return a number, got ${describe(rate)}`);
    }
    this.model.optimizer.learningRate = rate;
    if (this.verbose > 0) console.log(`Epoch ${epoch + 1}: LearningRateScheduler setting learning rate to ${rate}.`);
  }

  override async onEpochEnd(_epoch: number, logs: Logs): Promise<void> {
    logs['learning_rate'] = await readRate('LearningRateScheduler', this.model);
  }
}

/** Options of {@link ReduceLROnPlateau}. */
export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** What the rate is multiplied by, 0.1 unless given; below 1. */
  readonly factor?: number | undefined;
  /** Epochs without improvement before it acts, 10 unless given. */
  readonly patience?: number | undefined;
  /** Epochs to rest after it acted, 0 unless given. */
  readonly cooldown?: number | undefined;
  /** Lowest rate, 0 unless given. */
  readonly minLr?: number | undefined;
  /** 1 to print when it acts. */
  readonly verbose?: 0 | 1 | undefined;
}

/**
 * Lowers the learning rate when a log no longer improves (by more than `minDelta`, here 0.0001 unless given). Adds
 * `learning_rate` to the logs.
 *
 * @example new ReduceLROnPlateau({ factor: 0.5, patience: 2 });
 */
export class ReduceLROnPlateau extends MonitorCallback {
  readonly factor: number;
  readonly patience: number;
  readonly cooldown: number;
  readonly minLr: number;
  readonly verbose: 0 | 1;
  #wait = 0;
  #resting = 0;
  #best: number | null = null;

  constructor(options: ReduceLROnPlateauOptions = {}) {
    super('ReduceLROnPlateau', { ...options, minDelta: options.minDelta ?? 1e-4 });
    this.factor = options.factor ?? 0.1;
    if (!(this.factor < 1)) throw new ConfigError(`ReduceLROnPlateau: factor must be below 1, got ${this.factor}`);
    this.patience = options.patience ?? 10;
    this.cooldown = options.cooldown ?? 0;
    this.minLr = options.minLr ?? 0;
    this.verbose = options.verbose ?? 0;
  }

  override onTrainBegin(): void {
    this.#wait = 0;
    this.#resting = 0;
    this.#best = null;
  }

  override async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    const rate = await readRate('ReduceLROnPlateau', this.model);
    logs['learning_rate'] = rate;
    const value = this.watched(logs);
    if (value === null) return;
    if (this.#resting > 0) {
      this.#resting--;
      this.#wait = 0;
    }
    if (this.improves(value, this.#best)) {
      this.#best = value;
      this.#wait = 0;
      return;
    }
    if (this.#resting > 0) return;
    this.#wait++;
    if (this.#wait < this.patience || rate <= Math.fround(this.minLr)) return;
    const next = Math.max(rate * this.factor, this.minLr);
    this.model.optimizer.learningRate = next;
    if (this.verbose > 0) console.log(`Epoch ${epoch + 1}: ReduceLROnPlateau reducing learning rate to ${next}.`);
    this.#resting = this.cooldown;
    this.#wait = 0;
  }

  override getState(): CallbackState {
    return { values: { wait: this.#wait, resting: this.#resting, best: this.#best } };
  }

  override setState({ values }: CallbackState): void {
    this.#wait = values['wait'] as number;
    this.#resting = values['resting'] as number;
    this.#best = values['best'] as number | null;
  }
}
