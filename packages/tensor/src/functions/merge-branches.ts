/**
 * Functions traced one by one become the branches of a `switch` op, which all take the same inputs.
 */
import { inputValue, type Graph } from '../graph/graph.ts';
import { graphKey } from '../graph/key.ts';
import type { Traced, VariableUse } from '../graph/trace.ts';
import type { Tensor } from '../tensor.ts';
import type { Variable } from '../variable.ts';

/** Branches with the inputs they share: arguments, values of Variables, tensors from outside. */
export interface Merged {
  readonly branches: readonly Graph[];
  readonly key: string;
  readonly variables: readonly Variable[];
  readonly captures: readonly Tensor[];
  /** Variables that some branch assigns; their values follow the results. */
  readonly assigned: readonly Variable[];
}

export function mergeBranches(traces: readonly Traced[], args: number): Merged {
  const uses = traces.flatMap((traced) => traced.variables);
  const variables = [...new Set(uses.map(({ variable }) => variable))];
  const assigned = [...new Set(uses.flatMap((use) => (use.assigned ? [use.variable] : [])))];
  const captures = [...new Set(traces.flatMap((traced) => traced.captures))];
  const branches = traces.map((traced): Graph => {
    const use = (of: Variable): VariableUse | undefined => traced.variables.find(({ variable }) => variable === of);
    const read = new Map(variables.map((variable) => [variable, use(variable)?.read ?? inputValue(variable)]));
    const own = traced.inputs.slice(traced.inputs.length - traced.captures.length);
    const taken = captures.map((capture) => own[traced.captures.indexOf(capture)] ?? inputValue(capture));
    const results = traced.outputs.slice(0, traced.outputs.length - traced.variables.filter((u) => u.assigned).length);
    return {
      inputs: [...traced.inputs.slice(0, args), ...read.values(), ...taken],
      nodes: traced.nodes,
      outputs: [...results, ...assigned.map((variable) => use(variable)?.assigned ?? read.get(variable)!)],
    };
  });
  return { branches, key: branches.map(graphKey).join('}{'), variables, captures, assigned };
}
