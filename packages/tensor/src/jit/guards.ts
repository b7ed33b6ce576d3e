/**
 * Guards: the checks of a traced function, as a program of their own that runs before anything changes.
 */
import type { Backend, Buffer } from '../backend/backend.ts';
import type { Graph, Value } from '../graph/graph.ts';
import { inlineCalls } from '../graph/inline.ts';
import type { InputBinding } from '../graph/lower.ts';
import { removeDeadCode } from '../graph/passes/dce.ts';
import type { Guard } from '../graph/trace.ts';
import { rowOf } from '../ops/table.ts';
import { label } from '../runtime/label.ts';
import type { Tensor } from '../tensor.ts';
import { Part } from './part.ts';
import type { Optimize } from './prelude.ts';

export class Guards {
  readonly #part: Part;
  readonly #guards: readonly Guard[];
  readonly #results: readonly Tensor[];

  private constructor(part: Part, guards: readonly Guard[]) {
    this.#part = part;
    this.#guards = guards;
    this.#results = part.keptResults();
  }

  /** The guards that are cheap to check ahead, on a backend that can be read at once; null when there are none. */
  static of(
    name: string,
    graph: Graph,
    guards: readonly Guard[],
    bindings: readonly InputBinding[],
    backend: Backend,
    optimize: Optimize,
  ): Guards | null {
    if (backend.readSync === undefined) return null;
    const cheap = guards.filter(({ position }) => isCheap(graph, position));
    if (cheap.length === 0) return null;
    const outputs = cheap.flatMap(({ position, value }) => [position, value]);
    const own = optimize(inlineCalls({ ...graph, outputs }, backend.capabilities.composites));
    const state = { resident: new Set<number>(), updates: new Map<number, number>() };
    return new Guards(new Part(`${name} (checks)`, own, bindings, backend, { state, optimizeBody: optimize }), cheap);
  }

  /** Throws the error of the first guard that fails. */
  check(buffers: readonly (Buffer | null)[], numbers: readonly number[]): void {
    this.#part.run(buffers, numbers);
    this.#guards.forEach(({ error, label: name }, i) => {
      const position = this.#results[2 * i]!.itemSync();
      if (position >= 0) throw label(error(position, this.#results[2 * i + 1]!.itemSync()), name);
    });
  }

  /** Whether a check reads an input of the graph. */
  uses(input: number): boolean {
    return this.#part.uses(input);
  }

  dispose(): void {
    this.#part.dispose();
    for (const tensor of this.#results) tensor.dispose();
  }
}

/** Whether a value needs no product, convolution or sort, so that computing it twice costs little. */
function isCheap(graph: Graph, value: Value): boolean {
  const needed = removeDeadCode(inlineCalls({ ...graph, outputs: [value] }, new Set()));
  return needed.nodes.every(({ op }) => rowOf(op).kind !== 'anchor' && rowOf(op).kind !== 'opaque');
}
