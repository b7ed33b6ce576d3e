/**
 * runLoop: a function becomes the body of a `loop` op. What it reads from outside is taken at the start; Variables that it
 * assigns are carried and assigned after the loop.
 */
import { ConfigError, DTypeError, ShapeError } from '../errors.ts';
import { inputValue, type Graph } from '../graph/graph.ts';
import { graphKey } from '../graph/key.ts';
import { trace, type VariableUse } from '../graph/trace.ts';
import { MOST_ITERATIONS } from '../ops/attrs.ts';
import { applyAll } from '../runtime/interpreter.ts';
import { formatShape, sameShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { leavesOf } from '../tree.ts';
import { loopRules } from './region-rules.ts';

/** Tensors that a loop carries, and that it stacks. */
export interface LoopValues {
  readonly carries: readonly Tensor[];
  readonly stacked: readonly Tensor[];
}

export interface LoopOptions {
  /** The public function, for errors. */
  readonly name: string;
  readonly trip: number;
  readonly reverse?: boolean;
  /** The last carry says if there is a next iteration. */
  readonly conditional?: boolean;
}

/** Runs `body` on the carries and on one element after the other of the stacked tensors. */
export function runLoop(
  { name, trip, reverse = false, conditional = false }: LoopOptions,
  { carries, stacked }: LoopValues,
  body: (elements: LoopValues) => LoopValues,
): LoopValues {
  if (trip > MOST_ITERATIONS) throw new ConfigError(`${name}: ${trip} iterations are more than ${MOST_ITERATIONS}`);
  const count = carries.length;
  const elements = stacked.map(({ shape, dtype }) => ({ shape: shape.slice(1), dtype }));
  const traced = trace(
    (values) => {
      const result = body({ carries: values.slice(0, count), stacked: values.slice(count) });
      checkCarries(name, result.carries, carries);
      return [...result.carries, ...result.stacked];
    },
    [...carries, ...elements],
  );
  const { variables, captures } = traced;
  const assigned = variables.filter((use) => use.assigned !== null);
  const read = variables.flatMap((use) => (use.assigned === null ? [use.variable.read()] : []));
  const [own, taken, seen] = cut(traced.inputs, count, elements.length);
  const reads = new Map(variables.flatMap(({ read: value }) => value ?? []).map((value, i) => [value, seen[i]!]));
  const outside = [
    ...variables.flatMap((use) => (use.assigned === null ? [reads.get(use.read!)!] : [])),
    ...seen.slice(reads.size),
  ];
  const inputOf = ({ read: value, variable }: VariableUse) => value ?? inputValue(variable);
  const [next, gathered] = cut(traced.outputs, count, traced.outputs.length - count - assigned.length);
  const graph: Graph = {
    inputs: [...assigned.map(inputOf), ...own, ...taken, ...outside],
    nodes: traced.nodes,
    outputs: [...assigned.map((use) => use.assigned!), ...next, ...gathered],
  };
  const results = applyAll(
    'loop',
    [...assigned.map(({ variable }) => variable.read()), ...carries, ...stacked, ...read, ...captures],
    {
      trip,
      reverse,
      carries: count + assigned.length,
      stacked: stacked.length,
      conditional,
      body: graph,
      key: graphKey(graph),
      rules: loopRules,
    },
  );
  const [values, last, gathers] = cut(results, assigned.length, count);
  assigned.forEach(({ variable }, i) => variable.assign(values[i]!));
  return { carries: last, stacked: gathers };
}

/** The tensors that a function returns. */
export function resultOf(name: string, result: unknown): readonly Tensor[] {
  if (result instanceof Promise)
    throw new ConfigError(`${name}: the function returned a promise; it must be synchronous`);
  return leavesOf(result);
}

/** A list in three parts. */
function cut<T>(list: readonly T[], first: number, second: number): readonly [T[], T[], T[]] {
  return [list.slice(0, first), list.slice(first, first + second), list.slice(first + second)];
}

function checkCarries(name: string, results: readonly Tensor[], first: readonly Tensor[]): void {
  if (results.length !== first.length) {
    throw new ConfigError(`${name}: the carry holds ${first.length} tensors, but the body returns ${results.length}`);
  }
  results.forEach(({ shape, dtype }, i) => {
    const wanted = first[i]!;
    if (!sameShape(shape, wanted.shape)) {
      throw new ShapeError(
        `${name}: tensor ${i} of the carry has shape ${formatShape(wanted.shape)}, but the body returns ${formatShape(shape)}`,
      );
    }
    if (dtype !== wanted.dtype) {
      throw new DTypeError(
        `${name}: tensor ${i} of the carry is ${wanted.dtype}, but the body returns ${dtype}; use cast()`,
      );
    }
  });
}
