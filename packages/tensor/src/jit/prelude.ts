/**
 * Preludes at run time: what a function computes from Variables that it does not assign, kept until one of them changes.
 */
import type { Backend, Buffer } from '../backend/backend.ts';
import { inlineCalls } from '../graph/inline.ts';
import type { Graph, Value } from '../graph/graph.ts';
import type { InputBinding } from '../graph/lower.ts';
import { foldScales } from '../graph/passes/fold-scales.ts';
import { PASSES, runPasses, type PassName } from '../graph/passes/passes.ts';
import { splitPrelude } from '../graph/passes/prelude.ts';
import type { Program } from '../kernel/kernel.ts';
import type { Tensor } from '../tensor.ts';
import type { Variable } from '../variable.ts';
import { Part } from './part.ts';

/** A graph split by how often its values change. */
export interface Prepared {
  /** What runs every time; its inputs are those of the whole graph, then the prelude's results. */
  readonly main: Graph;
  /** What runs when a Variable has changed; null when nothing is worth it. */
  readonly prelude: Graph | null;
}

/** Names of the passes that compiled functions go through and that can be switched off. */
export type JitPassName = PassName | 'foldScales' | 'prelude';

/** Every {@link JitPassName}. */
export const JIT_PASSES: readonly JitPassName[] = [...PASSES.map(({ name }) => name), 'foldScales', 'prelude'];

/** What runs the passes over a graph, or the body of a loop in it. */
export type Optimize = (graph: Graph) => Graph;

/** The passes but those switched off; the names of the last two are none that `runPasses` knows. */
export function optimizer(off: ReadonlySet<JitPassName>): Optimize {
  return (graph) => runPasses(graph, { off: off as ReadonlySet<PassName> });
}

/** Optimizes a graph, given the inputs that seldom change. */
export function prepare(
  graph: Graph,
  invariant: ReadonlySet<Value>,
  claimed: ReadonlySet<string>,
  off: ReadonlySet<JitPassName>,
): Prepared {
  const optimize = optimizer(off);
  const inlined = optimize(inlineCalls(graph, claimed));
  if (invariant.size === 0) return { main: inlined, prelude: null };
  const scaled = off.has('foldScales') ? inlined : optimize(foldScales(inlined, invariant));
  return off.has('prelude') ? { main: scaled, prelude: null } : splitPrelude(scaled, invariant);
}

/** The compiled prelude of a function. */
export class Prelude {
  /** The memory of its results. */
  readonly buffers: readonly Buffer[];
  readonly #part: Part;
  readonly #results: readonly Tensor[];
  readonly #variables: readonly Variable[];
  readonly #versions: number[];
  #ran = false;

  /** @param variables Those that the prelude reads. */
  constructor(
    name: string,
    graph: Graph,
    bindings: readonly InputBinding[],
    backend: Backend,
    resident: ReadonlySet<number>,
    variables: readonly Variable[],
    optimize: Optimize,
  ) {
    this.#part = new Part(`${name} (prelude)`, graph, bindings, backend, {
      state: { resident, updates: new Map() },
      optimizeBody: optimize,
    });
    this.#results = this.#part.keptResults();
    this.buffers = this.#results.map(({ storage }) => storage!.buffer);
    this.#variables = variables;
    this.#versions = variables.map(() => -1);
  }

  get program(): Program {
    return this.#part.program;
  }

  /** Runs it if a Variable has changed since it last ran. */
  refresh(buffers: readonly (Buffer | null)[]): void {
    let fresh = this.#ran;
    for (let i = 0; i < this.#variables.length; i++) {
      const { version } = this.#variables[i]!;
      if (this.#versions[i] === version) continue;
      this.#versions[i] = version;
      fresh = false;
    }
    if (!fresh) this.#part.run(buffers, []);
    this.#ran = true;
  }

  /** Whether it reads an input of the graph. */
  uses(input: number): boolean {
    return this.#part.uses(input);
  }

  dispose(): void {
    this.#part.dispose();
    for (const tensor of this.#results) tensor.dispose();
  }
}
