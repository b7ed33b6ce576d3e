/**
 * ProgbarLogger: draws Keras's progress line during training, evaluation and prediction.
 */
import { Callback, type BatchWatcher, type Logs } from './callback.ts';
import { hostConsole } from './console.ts';
import { Progbar, type Console } from './progbar.ts';

/**
 * Prints progress: with verbose 1 a line that is redrawn at most every 50 ms on terminals and written once per epoch
 * elsewhere, with verbose 2 one line per epoch. Added by itself unless verbose is 0.
 */
export class ProgbarLogger extends Callback implements BatchWatcher {
  readonly #console: Console;
  #bar: Progbar | null = null;
  #seen = 0;
  #inFit = false;

  /** @param console Where to write; the terminal or console of the host unless given. */
  constructor(console: Console = hostConsole()) {
    super();
    this.#console = console;
  }

  #reset(): void {
    const { verbose, steps } = this.params;
    this.#seen = 0;
    this.#bar = verbose === 0 ? null : new Progbar({ target: steps, verbose, console: this.#console });
  }

  /** Notes that a step (counted from 0) is done, and says whether the line should be redrawn. */
  due(step: number): boolean {
    this.#seen = step + 1;
    return this.#bar !== null && this.#bar.due;
  }

  /** Redraws the line after a step (counted from 0). */
  advance(step: number, logs: Logs): void {
    this.#bar?.update(step + 1, logs, false);
  }

  #finish(logs: Logs, seen: number): void {
    const bar = this.#bar;
    if (bar === null) return;
    if (bar.target === null) bar.target = seen;
    bar.update(bar.target ?? seen, logs, true);
  }

  override onTrainBegin(): void {
    this.#inFit = true;
  }

  override onTrainEnd(): void {
    this.#inFit = false;
  }

  override onEpochBegin(epoch: number): void {
    this.#reset();
    const { verbose, epochs } = this.params;
    if (verbose > 0 && epochs > 1) this.#console.write(`Epoch ${epoch + 1}/${epochs}\n`);
  }

  override onEpochEnd(_epoch: number, logs: Logs): void {
    this.#finish(logs, this.#seen);
  }

  override onTestBegin(): void {
    if (!this.#inFit) this.#reset();
  }

  override onTestEnd(logs: Logs): void {
    if (!this.#inFit) this.#finish(logs, this.#seen);
  }

  override onInterrupted(): void {
    this.#inFit = false;
    this.#bar?.leave();
    this.#bar = null;
  }

  override onPredictBegin(): void {
    this.#reset();
  }

  override onPredictEnd(): void {
    this.#finish({}, this.#seen);
  }
}
