/**
 * History: what training returns.
 */
import type { Profile } from '../training/profile.ts';
import { Callback, type Logs } from './callback.ts';

/**
 * The values of every epoch.
 *
 * @example
 * const history = await model.fit(x, y, { epochs: 3 });
 * history.history.loss; // three numbers
 * history.epoch; // [0, 1, 2]
 */
export class History extends Callback {
  /** Numbers of the epochs that ran. */
  readonly epoch: number[] = [];
  /** One number per epoch for each log, alphabetical, validation last. */
  readonly history: Record<string, number[]> = Object.create(null) as Record<string, number[]>;

  /** Where the time went, if `fit` was asked to measure it. */
  profile: Profile | null = null;

  override onEpochEnd(epoch: number, logs: Logs): void {
    this.epoch.push(epoch);
    for (const [name, value] of Object.entries(logs)) (this.history[name] ??= []).push(value);
  }
}
