/**
 * The passes over graphs, in order. Each is a pure function; calls are inlined before.
 */
import type { Graph } from '../graph.ts';
import { shareCommon } from './cse.ts';
import { removeDeadCode } from './dce.ts';
import { fold } from './fold.ts';
import { simplify } from './simplify.ts';

/** A function from graphs to graphs of the same meaning, inputs and number of outputs. */
export type Pass = (graph: Graph) => Graph;

/** Names of the passes that can be switched off. */
export type PassName = 'simplify' | 'fold' | 'cse' | 'dce';

/** Options of {@link runPasses}. */
export interface PassOptions {
  /** Passes that do not run. */
  readonly off?: ReadonlySet<PassName> | undefined;
}

/** All passes, in the order in which they run. */
export const PASSES: readonly { readonly name: PassName; readonly run: Pass }[] = [
  { name: 'simplify', run: simplify },
  { name: 'fold', run: fold },
  { name: 'cse', run: shareCommon },
  { name: 'dce', run: removeDeadCode },
];

/** A bound for rounds: one pass makes room for another, but almost all is done after two. */
const MAX_ROUNDS = 4;

/** Runs the passes in turn until nothing changes. A graph of one node has nothing to gain and is returned as it is. */
export function runPasses(graph: Graph, { off }: PassOptions = {}): Graph {
  if (graph.nodes.length < 2) return graph;
  const passes = PASSES.filter(({ name }) => !off?.has(name));
  let current = graph;
  // A pass that runs twice in a row changes nothing, so all others being quiet is the end.
  for (let i = 0, quiet = 0; i < MAX_ROUNDS * passes.length && quiet < passes.length; i++) {
    const next = passes[i % passes.length]!.run(current);
    quiet = next === current ? quiet + 1 : 1;
    current = next;
  }
  return current;
}
