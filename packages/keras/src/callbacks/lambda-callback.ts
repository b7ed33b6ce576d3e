/**
 * LambdaCallback: hooks from functions.
 */
import { ConfigError } from '@dl/tensor';
import { Callback, type Hook } from './callback.ts';

/** Functions for any of the hooks. */
export type LambdaHooks = { readonly [H in Hook]?: Callback[H] | undefined };

/**
 * A callback made of functions, one for each hook it needs.
 *
 * @example new LambdaCallback({ onEpochEnd: (epoch, logs) => console.log(epoch, logs.loss) });
 */
export class LambdaCallback extends Callback {
  constructor(hooks: LambdaHooks) {
    super();
    for (const [name, fn] of Object.entries(hooks)) {
      if (!Object.hasOwn(Callback.prototype, name) || !name.startsWith('on')) {
        throw new ConfigError(`LambdaCallback: there is no hook '${name}'`);
      }
      // Own properties win over the empty hooks of the base class.
      if (fn !== undefined) Object.defineProperty(this, name, { value: fn });
    }
  }
}
