/**
 * TerminateOnNaN.
 */
import { DlError } from '@dl/tensor';
import { Callback, type Logs } from './callback.ts';

/** Options of {@link TerminateOnNaN}. */
export interface TerminateOnNaNOptions {
  /** Whether an error is thrown instead of stopping; false unless given. */
  readonly raiseError?: boolean | undefined;
}

/**
 * Stops training at the first batch whose loss is NaN or infinite, and says which one. Reads the loss after every batch.
 *
 * @example await model.fit(x, y, { callbacks: [new TerminateOnNaN()] });
 */
export class TerminateOnNaN extends Callback {
  readonly raiseError: boolean;
  #epoch = 0;

  constructor({ raiseError = false }: TerminateOnNaNOptions = {}) {
    super();
    this.raiseError = raiseError;
  }

  override onEpochBegin(epoch: number): void {
    this.#epoch = epoch;
  }

  override onTrainBatchEnd(batch: number, logs: Logs): void {
    const { loss } = logs;
    if (loss === undefined || Number.isFinite(loss)) return;
    const message = `Epoch ${this.#epoch + 1}, batch ${batch}: the loss is ${loss}, stopping training`;
    if (this.raiseError) throw new DlError(message);
    console.warn(message);
    this.model.stopTraining = true;
  }
}
