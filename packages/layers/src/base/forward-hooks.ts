/**
 * Forward hooks: functions that see what a layer is given and gives.
 */
import { ConfigError } from '@dl/tensor';
import { describe, withLabel } from '@dl/tensor/interpreter';
import { checkResult } from './call-checks.ts';
import { classNameOf } from './config.ts';
import type { Layer } from './layer.ts';
import type { Tensors } from './tensors.ts';

/**
 * Is called after a layer with its inputs and its output. What it returns, unless that is nothing, takes the output's place.
 */
export type ForwardHook<I extends Tensors = Tensors, O extends Tensors = Tensors> = (
  layer: Layer<Tensors, Tensors>,
  inputs: I,
  output: O,
) => O | undefined | void;

/** Takes a hook away. */
export interface HookHandle {
  remove(): void;
}

/** What a layer has of hooks; the base of `Layer`. */
export abstract class HookedLayer<I extends Tensors, O extends Tensors> {
  /** Each hook by an entry of its own, so that one function can be there twice. */
  #hooks: readonly { readonly hook: unknown }[] = [];

  abstract readonly name: string;

  /** `dense_1 (Dense)`, for messages. */
  get label(): string {
    return `${this.name} (${classNameOf(this)})`;
  }

  /** The entries of the hooks; another list after every change. */
  get forwardHooks(): readonly object[] {
    return this.#hooks;
  }

  /**
   * Calls a function after every call of the layer, with the layer, its inputs and its output; hooks run in the order of
   * their registration. Follows `register_forward_hook` of PyTorch.
   *
   * In compiled programs, such as the steps of `fit` and `predict`, and in calls on symbolic tensors, a hook is traced with
   * the layer: it runs once for each shape, gets tensors without values, and may compute with them, assign to Variables, and
   * give an output of the same shape in place of the layer's. To read values in it, call the layer outside `jit`, or compile
   * the model with `runEagerly: true`. Adding or removing a hook makes the steps of a model be compiled anew; functions of
   * your own with `jit` stay as they were traced. Files and copies of a layer have no hooks.
   *
   * @throws ConfigError for what is no function, and, when called, for a hook that returns something else than tensors.
   * @example
   * const dense = new Dense(2);
   * const handle = dense.registerForwardHook((layer, inputs, output) => {
   *   console.log(layer.name, String(output));
   * });
   * dense.apply([[1, 2]]);
   * handle.remove();
   */
  registerForwardHook(hook: ForwardHook<I, O>): HookHandle {
    if (typeof hook !== 'function') {
      throw new ConfigError(`${this.label}: registerForwardHook takes a function, got ${describe(hook)}`);
    }
    const entry = { hook };
    this.#hooks = [...this.#hooks, entry];
    return {
      remove: () => {
        if (this.#hooks.includes(entry)) this.#hooks = this.#hooks.filter((other) => other !== entry);
      },
    };
  }

  /** What the hooks make of an output. */
  protected afterCall(inputs: I, output: O): O {
    const hooks = this.#hooks;
    if (hooks.length === 0) return output;
    let result = output;
    withLabel(this.label, () => {
      for (const { hook } of hooks) {
        const next = (hook as ForwardHook<I, O>)(this as unknown as Layer<Tensors, Tensors>, inputs, result);
        if (next === undefined) continue;
        checkResult(this.label, next, 'a forward hook');
        result = next;
      }
    });
    return result;
  }
}
