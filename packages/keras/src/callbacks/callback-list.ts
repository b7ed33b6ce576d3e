/**
 * Calls the hooks of several callbacks in order, and only those that do something.
 */
import type { AnyModel } from '../model.ts';
import { ProgbarLogger } from './progbar-logger.ts';
import { listens, type Callback, type CallbackParams, type Hook, type Logs } from './callback.ts';

/** The callbacks of one run. */
export class CallbackList {
  readonly #callbacks: readonly Callback[];
  readonly #listeners = new Map<Hook, readonly Callback[]>();

  constructor(callbacks: readonly Callback[], model: AnyModel, params: CallbackParams) {
    this.#callbacks = callbacks;
    for (const callback of callbacks) {
      callback.setModel(model);
      callback.setParams(params);
    }
  }

  #at(hook: Hook): readonly Callback[] {
    let found = this.#listeners.get(hook);
    if (!found) this.#listeners.set(hook, (found = this.#callbacks.filter((callback) => listens(callback, hook))));
    return found;
  }

  /** The callbacks that draw progress; they read values as seldom as they draw. */
  get progress(): readonly ProgbarLogger[] {
    return this.#callbacks.filter((callback) => callback instanceof ProgbarLogger);
  }

  /** Whether any callback does something at a hook. */
  has(hook: Hook): boolean {
    return this.#at(hook).length > 0;
  }

  /** Calls a hook; a promise only where a callback returned one. */
  async call(hook: Hook, ...args: readonly (number | Logs)[]): Promise<void> {
    for (const callback of this.#at(hook)) {
      await (callback[hook] as (...args: readonly unknown[]) => void | Promise<void>).apply(callback, [...args]);
    }
  }
}
