/**
 * The page's side: a model in a worker, with callbacks here.
 */
import type { Tensors } from '@dl/layers';
import { ConfigError, tensor, type Tensor } from '@dl/tensor';
import type { CallbackList } from '../callbacks/callback-list.ts';
import { isWatcher, listens, type CallbackParams, type Hook, type Logs } from '../callbacks/callback.ts';
import { History } from '../callbacks/history.ts';
import { ProgbarLogger } from '../callbacks/progbar-logger.ts';
import { mapSeveral } from '../functional/structure.ts';
import { Model, type AnyModel } from '../model.ts';
import { setUpCallbacks } from '../training/callback-setup.ts';
import { checkFitOptions, checkOptions } from '../training/check-options.ts';
import type { DataTree } from '../data/host-array.ts';
import { splitArguments } from '../data/source.ts';
import type { EvaluateOptions, FitOptions, PredictOptions, Verbosity } from '../training/options.ts';
import { Profile } from '../training/profile.ts';
import { Channel } from './channel.ts';
import { DataHost } from './data.ts';
import type { PortLike } from './port.ts';
import type { BatchReport, HookCall, HookReply, WantedHooks, Watching } from './relay.ts';
import type { RunRequest, RunResult, WireTensor } from './serve.ts';
import { buildOptimizer, readState, versionsOf, writeState, type WireState } from './state.ts';

/** Options of {@link connect}. */
export interface ConnectOptions {
  /**
   * The same model on this side, built and compiled. It takes the state of the worker's when hooks of epochs are called and
   * when a run ends, and what callbacks change in it goes back. Without it callbacks have no weights to look at.
   */
  readonly model?: object | undefined;
}

const HOOKS: readonly Hook[] = [
  'onTrainBegin',
  'onTrainEnd',
  'onEpochBegin',
  'onEpochEnd',
  'onTrainBatchBegin',
  'onTrainBatchEnd',
  'onTestBegin',
  'onTestEnd',
  'onTestBatchBegin',
  'onTestBatchEnd',
  'onPredictBegin',
  'onPredictEnd',
  'onPredictBatchBegin',
  'onPredictBatchEnd',
  'onInterrupted',
];

/** Stands for a model that is elsewhere: callbacks may stop it, but see no weights. */
class DistantModel extends Model {
  override get weights(): never {
    throw new ConfigError(
      'connect: the weights are in the worker; give connect(worker, { model }) the same model to have them here',
    );
  }
}

/** A run under way. */
interface Running {
  readonly callbacks: CallbackList;
  /** The error of a callback, to be thrown as it is. */
  failure: { readonly error: unknown } | null;
}

const isWire = (value: unknown): boolean => ArrayBuffer.isView((value as Partial<WireTensor>).data);

/** A model in a worker. Its methods are those of `Model`; made by {@link connect}. */
export class RemoteModel {
  readonly #channel: Channel;
  readonly #data = new DataHost();
  readonly #model: AnyModel;
  readonly #twin: boolean;
  #running: Running | null = null;
  #runs = 0;

  constructor(port: PortLike, { model }: ConnectOptions = {}) {
    this.#twin = model !== undefined;
    this.#model = (model ?? new DistantModel({ name: 'remote' })) as AnyModel;
    this.#channel = new Channel(port, {
      ...this.#data.handlers,
      hook: (call: HookCall) => this.#hook(call),
      params: (params: CallbackParams) => this.#params(params),
      batch: ({ batch, logs, hook }: BatchReport) => this.#report(batch, hook, logs),
    });
  }

  /** @internal Calls another method of the worker. */
  call<T>(method: string, argument?: unknown): Promise<T> {
    return this.#channel.call<T>(method, argument);
  }

  /** Trains in the worker, as `model.fit`: callbacks run here, and datasets are asked for one batch ahead. */
  fit(x: DataTree, y: DataTree | null | undefined, options?: FitOptions): Promise<History>;
  fit(batches: AsyncIterable<unknown> | Iterable<unknown>, options?: FitOptions): Promise<History>;
  async fit(x: unknown, y?: DataTree | FitOptions | null, options?: FitOptions): Promise<History> {
    const [targets, given] = splitArguments(x, y, options);
    checkFitOptions(given);
    const history = new History();
    this.#model.history = history;
    const { profile } = await this.#run('fit', x, targets, given, { epochs: given.epochs ?? 1, history });
    if (profile) {
      history.profile = new Profile(profile);
      if (given.verbose !== 0) console.log(String(history.profile));
    }
    return history;
  }

  /** Evaluates in the worker, as `model.evaluate`. */
  evaluate(
    x: DataTree,
    y: DataTree | null | undefined,
    options: EvaluateOptions & { readonly returnDict: true },
  ): Promise<Logs>;
  evaluate(x: DataTree, y: DataTree | null | undefined, options?: EvaluateOptions): Promise<number | number[]>;
  evaluate(
    batches: AsyncIterable<unknown> | Iterable<unknown>,
    options?: EvaluateOptions,
  ): Promise<number | number[] | Logs>;
  async evaluate(x: unknown, y?: DataTree | EvaluateOptions | null, options?: EvaluateOptions): Promise<never> {
    const [targets, given] = splitArguments(x, y, options);
    checkOptions('evaluate', given);
    return (await this.#run('evaluate', x, targets, given, { epochs: 1, history: null })).logs as never;
  }

  /** Predictions of the worker's model, as `model.predict`; the tensors are here. */
  async predict(
    x: DataTree | AsyncIterable<unknown> | Iterable<unknown>,
    options: PredictOptions = {},
  ): Promise<Tensors> {
    checkOptions('predict', options);
    const { outputs } = await this.#run('predict', x, undefined, options, { epochs: 1, history: null });
    return mapSeveral<WireTensor, Tensor>(outputs!, isWire, ({ data, shape, dtype }) => tensor(data, dtype, shape));
  }

  /** Gives the model on this side the state of the worker's. */
  async pull(): Promise<void> {
    await this.#match('pull');
    writeState(this.#model, await this.call<WireState>('getState'));
  }

  /** Gives the worker's model the state of the one on this side. */
  async push(): Promise<void> {
    await this.#match('push');
    await this.call('setState', await readState(this.#model));
  }

  /** Leaves the worker alone; it is not ended. */
  close(): void {
    this.#channel.close();
  }

  /** Makes sure that both sides have the same Variables. */
  async #match(where: string): Promise<void> {
    if (!this.#twin) throw new ConfigError(`${where}: there is no model on this side; use connect(worker, { model })`);
    if (!this.#model.built) {
      throw new ConfigError(
        `${this.#model.name}: build the model first, by an inputShape or a call, to share its state`,
      );
    }
    buildOptimizer(this.#model);
    await this.call('buildOptimizer');
  }

  async #run(
    method: RunRequest['method'],
    x: unknown,
    y: unknown,
    options: FitOptions & EvaluateOptions & PredictOptions,
    { epochs, history }: { readonly epochs: number; readonly history: History | null },
  ): Promise<RunResult> {
    if (this.#running !== null) throw new ConfigError(`${method}: the worker's model is busy; wait for the run before`);
    const { signal, callbacks: given = [], verbose, worker: _, ...rest } = options;
    signal?.throwIfAborted();
    const facts = { epochs, steps: undefined, verbose: verbose as Verbosity | undefined };
    const callbacks = setUpCallbacks(method, this.#model, given, facts, history);
    const near = callbacks.callbacks.find((one) => isWatcher(one) && one.readsModel === true);
    if (near !== undefined) {
      throw new ConfigError(
        `${method}: ${near.constructor.name} needs the model after batches, which is in the worker; save after epochs with ModelCheckpoint`,
      );
    }
    const running: Running = { callbacks, failure: null };
    this.#running = running;
    const id = this.#runs++;
    const abort = (): void => this.#channel.tell('abort', id);
    signal?.addEventListener('abort', abort);
    try {
      if (this.#twin) await this.#match(method);
      const request: RunRequest = {
        id,
        method,
        x: await this.#data.encode(x),
        y: await this.#data.encode(y),
        options: (await this.#data.encode(rest)) as Readonly<Record<string, unknown>>,
        hooks: this.#hooksOf(callbacks),
        watching: watchingOf(callbacks),
      };
      return await this.#channel.call<RunResult>('run', request);
    } catch (error) {
      if (running.failure !== null) throw running.failure.error;
      if (signal?.aborted === true) throw signal.reason;
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#running = null;
      if (this.#twin && method === 'fit') await this.pull();
    }
  }

  #hooksOf(callbacks: CallbackList): WantedHooks {
    const stateful = (hook: Hook): boolean =>
      this.#twin &&
      !hook.includes('Batch') &&
      callbacks.callbacks.some(
        (one) => listens(one, hook) && !(one instanceof History) && !(one instanceof ProgbarLogger),
      );
    return Object.fromEntries(HOOKS.flatMap((hook) => (callbacks.has(hook) ? [[hook, stateful(hook)]] : [])));
  }

  // ---- what the worker says

  #params({ epochs, steps }: CallbackParams): void {
    const { callbacks } = this.#running ?? {};
    callbacks?.setParams({ ...callbacks.params, epochs, steps });
  }

  #report(batch: number, hook: Hook, logs: Logs): void {
    const { callbacks } = this.#running ?? {};
    for (const watcher of callbacks?.watching(batch, hook) ?? []) void watcher.advance(batch, logs);
  }

  async #hook({ hook, args, state, last, directions }: HookCall): Promise<HookReply> {
    const running = this.#running!;
    const model = this.#model;
    try {
      if (last !== null) running.callbacks.watching(last.batch, last.hook);
      if (model.compiled) model.adoptDirections(directions);
      if (hook === 'onTrainBegin') model.stopTraining = false;
      if (hook === 'onTestBegin') model.stopEvaluating = false;
      if (hook === 'onPredictBegin') model.stopPredicting = false;
      if (state !== null) writeState(model, state);
      const before = state === null ? null : versionsOf(model);
      await running.callbacks.call(hook, ...args);
      const logs = args.at(-1);
      return {
        logs: typeof logs === 'object' ? logs : null,
        state: before === null ? null : await readState(model, before),
        stop: [model.stopTraining, model.stopEvaluating, model.stopPredicting],
      };
    } catch (error) {
      running.failure = { error };
      throw error;
    }
  }
}

/** Which batches the callbacks of this side want to hear of. */
function watchingOf(callbacks: CallbackList): Watching {
  const watchers = callbacks.callbacks.filter(isWatcher);
  if (watchers.some((one) => !(one instanceof ProgbarLogger))) return 'all';
  return watchers.length > 0 ? 'often' : 'none';
}

/**
 * Connects to the model that a worker of your own serves (`serveModel`). Callbacks and progress run on this side; steps never
 * block it.
 *
 * @param worker A `Worker` or `MessagePort`, of the web or of Node's `worker_threads`.
 * @example
 * const { port1, port2 } = new MessageChannel();
 * serveModel(model, port1);
 * const remote = connect(port2);
 * const history = await remote.fit(x, y, { epochs: 3 });
 */
export function connect(worker: PortLike, options: ConnectOptions = {}): RemoteModel {
  return new RemoteModel(worker, options);
}
