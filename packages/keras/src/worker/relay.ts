/**
 * Callbacks on another thread than the model: what the model's side tells them, and hears back.
 */
import type { Direction } from '@dl/layers/metrics';
import { Callback, type BatchWatcher, type CallbackParams, type Hook, type Logs } from '../callbacks/callback.ts';
import type { Channel } from './channel.ts';
import { readState, versionsOf, writeState, type WireState } from './state.ts';

/** Hooks that something listens to; true where it needs the model's state. */
export type WantedHooks = Readonly<Partial<Record<Hook, boolean>>>;

/** Which batches are reported beside those of hooks: as often as a line is redrawn, all, or none. */
export type Watching = 'often' | 'all' | 'none';

/** A hook that is called. */
export interface HookCall {
  readonly hook: Hook;
  readonly args: readonly (number | Logs)[];
  readonly state: WireState | null;
  /** The last batch of a run whose progress is shown, and its hook. */
  readonly last: { readonly batch: number; readonly hook: Hook } | null;
  /** Which way metrics get better, by name. */
  readonly directions: Readonly<Record<string, Direction>>;
}

/** What callbacks did. */
export interface HookReply {
  readonly logs: Logs | null;
  /** Variables that they changed. */
  readonly state: WireState | null;
  readonly stop: readonly [training: boolean, evaluating: boolean, predicting: boolean];
}

/** A batch that is reported. */
export interface BatchReport {
  readonly batch: number;
  readonly logs: Logs;
  readonly hook: Hook;
}

/** Shortest time between two reports that come as often as a line is redrawn, in milliseconds. */
const INTERVAL = 50;

/** Stands for all callbacks of the other side. */
export class Relay extends Callback implements BatchWatcher {
  readonly #channel: Channel;
  readonly #watching: Watching;
  #last: { batch: number; hook: Hook } | null = null;
  #reported = 0;
  #versions: readonly number[] | undefined;

  constructor(channel: Channel, hooks: WantedHooks, watching: Watching) {
    super();
    this.#channel = channel;
    this.#watching = watching;
    for (const [hook, stateful] of Object.entries(hooks) as [Hook, boolean][]) {
      const value = (...args: readonly (number | Logs)[]): Promise<void> => this.#call(hook, args, stateful);
      // Own properties win over the empty hooks of the base class, which nobody listens to.
      Object.defineProperty(this, hook, { value });
    }
  }

  override setParams(params: CallbackParams): void {
    super.setParams(params);
    this.#channel.tell('params', params);
  }

  async #call(hook: Hook, args: readonly (number | Logs)[], stateful: boolean): Promise<void> {
    const { model } = this;
    const state = stateful ? await readState(model, this.#versions) : null;
    const directions = model.compiled
      ? Object.fromEntries(model.namedMetrics.map(({ name, metric }) => [name, metric.direction]))
      : {};
    const call: HookCall = { hook, args, state, last: this.#last, directions };
    const reply = await this.#channel.call<HookReply>('hook', call);
    if (reply.state !== null) writeState(model, reply.state);
    if (stateful) this.#versions = versionsOf(model);
    const logs = args.at(-1);
    if (reply.logs !== null && typeof logs === 'object') Object.assign(logs, reply.logs);
    [model.stopTraining, model.stopEvaluating, model.stopPredicting] = reply.stop;
  }

  due(batch: number, hook: Hook): boolean {
    this.#last = { batch, hook };
    if (this.#watching !== 'often') return this.#watching === 'all';
    const now = performance.now();
    if (now - this.#reported < INTERVAL) return false;
    this.#reported = now;
    return true;
  }

  advance(batch: number, logs: Logs): void {
    this.#channel.tell('batch', { batch, logs, hook: this.#last!.hook } satisfies BatchReport);
  }
}
