/**
 * Calls the hooks of several callbacks in order, and only those that do something.
 */
import type { AnyModel } from '../model.ts';
import {
  isWatcher,
  listens,
  type BatchWatcher,
  type Callback,
  type CallbackParams,
  type Hook,
  type Logs,
} from './callback.ts';
import { History } from './history.ts';
import { ProgbarLogger } from './progbar-logger.ts';

/** Options of {@link CallbackList}. */
export interface CallbackListOptions extends Partial<CallbackParams> {
  /** The model that the callbacks get; it may be set later. */
  readonly model?: AnyModel | undefined;
  /** Whether a {@link History} joins unless there is one; false unless given. */
  readonly addHistory?: boolean | undefined;
  /** Whether a {@link ProgbarLogger} joins at the end unless there is one; false unless given. */
  readonly addProgbar?: boolean | undefined;
}

const NONE: readonly BatchWatcher[] = [];

/**
 * Several callbacks as one: for training loops of your own. `epochs` (1 unless given), `steps` (null) and `verbose` (1) are
 * what callbacks are told about the run.
 *
 * @example
 * const list = new CallbackList([new EarlyStopping()], { model, addHistory: true, epochs: 2 });
 * await list.onTrainBegin();
 * for (let epoch = 0; epoch < 2 && !model.stopTraining; epoch++) {
 *   await list.onEpochBegin(epoch);
 *   await list.onEpochEnd(epoch, { loss: 0.5, val_loss: 0.6 });
 * }
 * await list.onTrainEnd({ loss: 0.5 });
 */
export class CallbackList {
  readonly #callbacks: Callback[] = [];
  readonly #listeners = new Map<Hook, readonly Callback[]>();
  #watchers: readonly BatchWatcher[] = [];
  #model: AnyModel | null;
  #params: CallbackParams;

  constructor(callbacks: readonly Callback[] = [], options: CallbackListOptions = {}) {
    const { model = null, addHistory = false, addProgbar = false, epochs = 1, steps = null, verbose = 1 } = options;
    this.#model = model;
    this.#params = { epochs, steps, verbose };
    for (const callback of callbacks) this.append(callback);
    if (addHistory && !callbacks.some((one) => one instanceof History)) this.append(new History());
    if (addProgbar && !callbacks.some((one) => one instanceof ProgbarLogger)) this.append(new ProgbarLogger());
  }

  /** What callbacks are told about the run. */
  get params(): CallbackParams {
    return this.#params;
  }

  /** The callbacks in the order in which they are called. */
  get callbacks(): readonly Callback[] {
    return [...this.#callbacks];
  }

  /** Adds a callback at the end; only one that comes last stays behind it. */
  append(callback: Callback): void {
    const last = callback.comesLast ? -1 : this.#callbacks.findIndex(({ comesLast }) => comesLast);
    this.#callbacks.splice(last < 0 ? this.#callbacks.length : last, 0, callback);
    this.#listeners.clear();
    this.#watchers = this.#callbacks.filter(isWatcher);
    if (this.#model !== null) callback.setModel(this.#model);
    callback.setParams(this.#params);
  }

  setModel(model: AnyModel): void {
    this.#model = model;
    for (const callback of this.#callbacks) callback.setModel(model);
  }

  setParams(params: CallbackParams): void {
    this.#params = params;
    for (const callback of this.#callbacks) callback.setParams(params);
  }

  #at(hook: Hook): readonly Callback[] {
    let found = this.#listeners.get(hook);
    if (!found) this.#listeners.set(hook, (found = this.#callbacks.filter((callback) => listens(callback, hook))));
    return found;
  }

  /** @internal Tells watchers that a batch is done. Returns those that want its logs. */
  watching(batch: number, hook: Hook): readonly BatchWatcher[] {
    let due = NONE;
    for (const watcher of this.#watchers) if (watcher.due(batch, hook)) due = [...due, watcher];
    return due;
  }

  /** Whether any callback does something at a hook. */
  has(hook: Hook): boolean {
    return this.#at(hook).length > 0;
  }

  /** Calls a hook of all callbacks, one after the other. */
  async call(hook: Hook, ...args: readonly (number | Logs)[]): Promise<void> {
    for (const callback of this.#at(hook)) {
      await (callback[hook] as (...args: readonly unknown[]) => void | Promise<void>).apply(callback, [...args]);
    }
  }

  onTrainBegin(): Promise<void> {
    return this.call('onTrainBegin');
  }

  onTrainEnd(logs: Logs = {}): Promise<void> {
    return this.call('onTrainEnd', logs);
  }

  onEpochBegin(epoch: number): Promise<void> {
    return this.call('onEpochBegin', epoch);
  }

  onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    return this.call('onEpochEnd', epoch, logs);
  }

  onTrainBatchBegin(batch: number): Promise<void> {
    return this.call('onTrainBatchBegin', batch);
  }

  onTrainBatchEnd(batch: number, logs: Logs = {}): Promise<void> {
    return this.call('onTrainBatchEnd', batch, logs);
  }

  onTestBegin(): Promise<void> {
    return this.call('onTestBegin');
  }

  onTestEnd(logs: Logs = {}): Promise<void> {
    return this.call('onTestEnd', logs);
  }

  onTestBatchBegin(batch: number): Promise<void> {
    return this.call('onTestBatchBegin', batch);
  }

  onTestBatchEnd(batch: number, logs: Logs = {}): Promise<void> {
    return this.call('onTestBatchEnd', batch, logs);
  }

  onPredictBegin(): Promise<void> {
    return this.call('onPredictBegin');
  }

  onPredictEnd(): Promise<void> {
    return this.call('onPredictEnd');
  }

  onPredictBatchBegin(batch: number): Promise<void> {
    return this.call('onPredictBatchBegin', batch);
  }

  onPredictBatchEnd(batch: number): Promise<void> {
    return this.call('onPredictBatchEnd', batch);
  }

  onInterrupted(): Promise<void> {
    return this.call('onInterrupted');
  }
}
