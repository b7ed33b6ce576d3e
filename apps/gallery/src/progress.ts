/**
 * The progress of a run, in one line.
 */
import { callbacks } from '@dl/keras';

const words = (logs: callbacks.Logs): string =>
  Object.entries(logs)
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join('  ');

/**
 * Writes epoch, step and the values so far over the last line; where the output is no terminal, only at the end. Stops the
 * training after a number of steps, if there is one.
 */
export class Progress extends callbacks.Callback {
  readonly #live = process.stdout.isTTY;
  #epoch = 0;
  #shown = 0;
  #left: number;

  constructor(steps = Infinity) {
    super();
    this.#left = steps;
  }

  override onEpochBegin(epoch: number): void {
    this.#epoch = epoch + 1;
  }

  override onTrainBatchEnd(batch: number, logs: callbacks.Logs): void {
    this.#left--;
    if (this.#left <= 0) this.model.stopTraining = true;
    if (!this.#live || performance.now() - this.#shown < 100) return;
    this.#shown = performance.now();
    this.#write(`step ${batch + 1} of ${this.params.steps}  ${words(logs)}`);
  }

  override onTrainEnd(logs: callbacks.Logs): void {
    this.#write(`${words(logs)}\n`);
  }

  #write(values: string): void {
    process.stdout.write(`${this.#live ? '\r\x1b[K' : ''}epoch ${this.#epoch} of ${this.params.epochs}  ${values}`);
  }
}
