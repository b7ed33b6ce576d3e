/**
 * Held: tensors that an interpreter keeps beside those it was given, past the end of scopes in the function it runs.
 */
import type { Tensor } from '@dl/tensor';
import { apply, currentScope } from '@dl/tensor/interpreter';

/** A tensor for each of some other tensors. */
export class Held {
  readonly #tensors = new WeakMap<Tensor, Tensor>();
  /** The scope around the function; scopes inside it end too early. */
  readonly #scope = currentScope();
  readonly #own: Tensor[] = [];

  get(key: Tensor): Tensor | null {
    return this.#tensors.get(key) ?? null;
  }

  set(key: Tensor, tensor: Tensor): void {
    this.#tensors.set(key, tensor);
    if (tensor.storage === null) return;
    const own = tensor.share();
    if (this.#scope !== undefined) this.#scope.add(own);
    // Without scopes the collector takes what nobody can reach, where it can.
    else if (!tensor.backend.capabilities.collected) this.#own.push(own);
  }

  /** Lets go of all; those in `results` stay usable. */
  release(results: readonly Tensor[]): Tensor[] {
    const kept = results.map((tensor) =>
      tensor.disposed ? apply('reshape', [tensor], { shape: tensor.shape }) : tensor,
    );
    for (const own of this.#own) own.dispose();
    return kept;
  }
}

/** Results of a call that was entered: each a handle of its own, so that interpreters above can tell them apart. */
export function distinct(results: readonly Tensor[], inputs: readonly Tensor[]): Tensor[] {
  const known = new Set(inputs);
  return results.map((tensor) => {
    if (!known.has(tensor)) return (known.add(tensor), tensor);
    return apply('reshape', [tensor], { shape: tensor.shape });
  });
}
