/**
 * Scopes: lexical freeing of tensors, for backends whose memory the JS collector does not reclaim.
 */
import { ConfigError } from '../errors.ts';
import type { Tensor } from '../tensor.ts';
import { leavesOf, type Tree } from '../tree.ts';

const stack: Scope[] = [];

/** Remembers a tensor in the innermost scope. */
export function track(tensor: Tensor): void {
  stack.at(-1)?.add(tensor);
}

/** The innermost scope that is open; undefined when there is none. */
export function currentScope(): Scope | undefined {
  return stack.at(-1);
}

/** Whether any scope is open. */
export function tracking(): boolean {
  return stack.length > 0;
}

/** Frees the tensors made since it was opened, except those kept. Made by {@link scope}. */
export class Scope {
  readonly #tensors: Tensor[] = [];
  readonly #kept = new Set<Tensor>();

  constructor() {
    stack.push(this);
  }

  /** @internal */
  add(tensor: Tensor): void {
    this.#tensors.push(tensor);
  }

  /** Leaves a tensor alive when the scope ends; it then belongs to the enclosing scope. */
  keep<T extends Tensor>(tensor: T): T {
    this.#kept.add(tensor);
    return tensor;
  }

  /** Ends the scope. */
  dispose(): void {
    if (stack.at(-1) !== this) {
      throw new ConfigError('scope: scopes are closed out of order; is there an await inside one?');
    }
    stack.pop();
    for (const tensor of this.#tensors) {
      if (this.#kept.has(tensor)) track(tensor);
      else tensor.dispose();
    }
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * Opens a scope. With `using` it closes at the end of the block.
 *
 * @example
 * using s = scope();
 * const loss = s.keep(model(x).sub(y).square().mean());
 */
export function scope(): Scope {
  return new Scope();
}

/**
 * Runs `fn` and frees every tensor it made, except those in the result.
 *
 * @throws ConfigError when `fn` returns a promise: what is made after an `await` would escape the scope.
 * @example const y = tidy(() => x.sub(x.mean()).square().sum());
 */
export function tidy<T extends Tree>(fn: () => T): T {
  const s = new Scope();
  try {
    const result = fn();
    if ((result as unknown) instanceof Promise) {
      throw new ConfigError('tidy: the function returned a promise; make it synchronous, or dispose tensors yourself');
    }
    for (const tensor of leavesOf(result)) s.keep(tensor);
    return result;
  } finally {
    s.dispose();
  }
}
