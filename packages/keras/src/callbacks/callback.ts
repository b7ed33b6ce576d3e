/**
 * Callback: the base class of what `fit`, `evaluate` and `predict` call on their way.
 */
import type { Tensor } from '@dl/tensor';
import type { AnyModel } from '../model.ts';

/** Values of a step or an epoch, by name. Callbacks of one epoch share the object: what one adds, the next ones see. */
export type Logs = Record<string, number>;

/** What callbacks are told about the run. */
export interface CallbackParams {
  readonly epochs: number;
  /** Steps of an epoch; null when it is not known. */
  readonly steps: number | null;
  readonly verbose: 0 | 1 | 2;
}

type Awaitable = void | Promise<void>;

/** Values as JSON has them; numbers may also be NaN, infinities and −0. */
export type StateValue =
  number | string | boolean | null | readonly StateValue[] | { readonly [key: string]: StateValue };

/** What a callback remembers, as backups keep it. */
export interface CallbackState {
  readonly values: Readonly<Record<string, StateValue>>;
  readonly tensors?: readonly Tensor[];
}

/**
 * Base class of callbacks; override what you need, methods may be asynchronous.
 * Overriding a batch hook with logs (`onTrainBatchEnd`) makes training read values back after every batch.
 *
 * @example
 * class Shout extends Callback {
 *   override onEpochEnd(epoch: number, logs: Logs): void {
 *     console.log(`EPOCH ${epoch}: ${logs.loss}`);
 *   }
 * }
 */
export abstract class Callback {
  /** @internal Whether it is called after all others, so that it sees what they did. */
  readonly comesLast: boolean = false;
  #model: AnyModel | null = null;
  #params: CallbackParams | null = null;

  /** The model the callback was given to. */
  get model(): AnyModel {
    return this.#model!;
  }

  get params(): CallbackParams {
    return this.#params!;
  }

  setModel(model: AnyModel): void {
    this.#model = model;
  }

  setParams(params: CallbackParams): void {
    this.#params = params;
  }

  onTrainBegin(): Awaitable {}
  onTrainEnd(_logs: Logs): Awaitable {}
  onEpochBegin(_epoch: number): Awaitable {}
  onEpochEnd(_epoch: number, _logs: Logs): Awaitable {}
  onTrainBatchBegin(_batch: number): Awaitable {}
  onTrainBatchEnd(_batch: number, _logs: Logs): Awaitable {}
  onTestBegin(): Awaitable {}
  onTestEnd(_logs: Logs): Awaitable {}
  onTestBatchBegin(_batch: number): Awaitable {}
  onTestBatchEnd(_batch: number, _logs: Logs): Awaitable {}
  onPredictBegin(): Awaitable {}
  onPredictEnd(): Awaitable {}
  onPredictBatchBegin(_batch: number): Awaitable {}
  onPredictBatchEnd(_batch: number): Awaitable {}
  /**
   * A run ended early, by an error or an abort signal: no other hook of it follows. Undo what would outlast it. Keras has
   * no such hook.
   */
  onInterrupted(): Awaitable {}

  /**
   * What it remembers from one hook to the next, for `BackupAndRestore`; null, as here, if it remembers nothing that matters
   * when a run goes on. Keras has no such method.
   *
   * @example
   * class Count extends Callback {
   *   epochs = 0;
   *   override onEpochEnd(): void {
   *     this.epochs++;
   *   }
   *   override getState(): CallbackState {
   *     return { values: { epochs: this.epochs } };
   *   }
   *   override setState({ values }: CallbackState): void {
   *     this.epochs = values['epochs'] as number;
   *   }
   * }
   */
  getState(): CallbackState | null {
    return null;
  }

  /**
   * Takes up what {@link getState} gave in the run that is continued: after `onTrainBegin`, and once more after
   * `onEpochBegin` where that run had come into the midst of an epoch.
   *
   * @example new EarlyStopping().setState(new EarlyStopping().getState());
   */
  setState(_state: CallbackState): void {}
}

/** Names of the hooks. */
export type Hook = Extract<keyof Callback, `on${string}`>;

/** A callback that wants the logs after some batches only, so that values are read as seldom. */
export interface BatchWatcher {
  /** Notes that a batch (counted from 0) is done, and says whether its logs are wanted. `hook` tells what ran. */
  due(batch: number, hook: Hook): boolean;
  advance(batch: number, logs: Logs): Awaitable;
  /** Whether it reads the model after batches, which it cannot where that is in a worker; false unless given. */
  readonly readsModel?: boolean;
}

export const isWatcher = (callback: Callback): callback is Callback & BatchWatcher =>
  'due' in callback && 'advance' in callback;

/** Whether a callback does something at a hook. */
export function listens(callback: Callback, hook: Hook): boolean {
  return callback[hook] !== Callback.prototype[hook];
}
