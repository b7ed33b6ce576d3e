/**
 * One iteration of a loop, forwards and backwards, cut in two: the half that runs forwards and stacks what the other reads,
 * and the half that runs backwards.
 */
import { inputValue, makeNode, type Graph, type Node, type Value } from '../graph/graph.ts';
import { removeDeadCode } from '../graph/passes/dce.ts';
import { rewriteGraph } from '../graph/passes/rewrite.ts';
import { termsOf } from '../graph/passes/tile-rules.ts';
import type { LoopAttrs } from '../ops/attrs.ts';
import { rowOf } from '../ops/table.ts';
import { sizeOf } from '../shape.ts';

/** Which values of a body depend on the inputs that gradients are wanted for, through floats. */
export interface Activity {
  readonly inputs: readonly boolean[];
  readonly outputs: readonly boolean[];
}

/** An iteration forwards and backwards as one graph. */
export interface Joint {
  /** Inputs of the body, cotangents of its active outputs, then tensors from outside; outputs of the body, then gradients. */
  readonly graph: Graph;
  readonly captures: number;
}

/** Where a value of every iteration is found: among stacked inputs, kept values, or stacked outputs of the way back. */
export interface Stack {
  readonly from: 'element' | 'kept' | 'output';
  readonly place: number;
}

/** How the gradient by a value from outside comes about. */
export type Sum =
  /** It is carried, at this place after the cotangents of carries. */
  | { readonly carried: number }
  /** It is a sum of products aᵀ·b, each made at once from the a and b of all iterations. */
  | { readonly products: readonly (readonly [a: Stack, b: Stack])[] };

/** The two directions of a loop. */
export interface Directions {
  /** Outputs: those of the body, then the values that are kept and not among its stacked outputs. */
  readonly forward: Graph;
  /** The place of each kept value among the outputs of `forward`. */
  readonly kept: readonly number[];
  /**
   * Inputs: cotangents of active carries, carried sums; stacked inputs, kept values, cotangents of stacked outputs; what
   * comes from outside. Outputs: the next of the first two; gradients by active stacked inputs, other stacked outputs.
   */
  readonly backward: Graph;
  /** Stacked inputs that the way back needs, by place. */
  readonly elements: readonly number[];
  /** For each active input from outside. */
  readonly sums: readonly Sum[];
}

/** Whether a value is computed again on the way back instead of being kept: views, positions, what never changes. */
function recomputedTest(constant: ReadonlySet<Value>): (value: Value) => boolean {
  const known = new Map<Node, boolean>();
  const invariant = (value: Value): boolean => {
    const { node } = value;
    if (node === null) return value.literal !== undefined || constant.has(value);
    let result = known.get(node);
    if (result === undefined) known.set(node, (result = node.op !== 'randomBits' && node.inputs.every(invariant)));
    return result;
  };
  return (value) => {
    const { op } = value.node!;
    const { kind } = rowOf(op);
    return kind === 'view' || kind === 'source' || op === 'iteration' || invariant(value);
  };
}

/** The factors of a sum of products of a turned matrix with another one; null where it is something else. */
function productsOf(gradient: Value): readonly (readonly [a: Value, b: Value])[] | null {
  const pairs = termsOf(gradient).map(({ node }): readonly [Value, Value] | null => {
    if (node?.op !== 'matmul') return null;
    const [turned, b] = node.inputs as [Value, Value];
    const isTurned = turned.node?.op === 'transpose' && turned.shape.length === 2 && b.shape.length === 2;
    return isTurned ? [turned.node!.inputs[0]!, b] : null;
  });
  return pairs.every((pair) => pair !== null) ? pairs : null;
}

export function split({ body, carries, stacked }: LoopAttrs, { graph, captures }: Joint, active: Activity): Directions {
  const count = body.inputs.length;
  const inputs = graph.inputs.slice(0, count);
  const seeds = graph.inputs.slice(count, graph.inputs.length - captures);
  const captured = graph.inputs.slice(graph.inputs.length - captures);
  const outputs = graph.outputs.slice(0, body.outputs.length);
  const gradients = graph.outputs.slice(body.outputs.length);
  const outside = [...inputs.slice(carries + stacked), ...captured];

  const back = new Set(seeds);
  for (const node of graph.nodes)
    if (node.inputs.some((value) => back.has(value))) for (const value of node.outputs) back.add(value);
  const isBack = (node: Node): boolean => node.outputs.some((value) => back.has(value));

  const recomputed = recomputedTest(new Set(outside));
  const own = new Set(inputs.slice(0, carries));
  const again = new Set<Node>();
  const kept = new Set<Value>();
  const used = new Set<Value>();
  const need = (value: Value): void => {
    if (value.literal !== undefined || back.has(value)) return;
    if (value.node === null) {
      if (own.has(value)) kept.add(value);
      else used.add(value);
    } else if (recomputed(value)) {
      again.add(value.node);
      value.node.inputs.forEach(need);
    } else kept.add(value);
  };
  for (const node of graph.nodes) if (isBack(node)) node.inputs.forEach(need);
  gradients.forEach(need);

  const isOutput = (value: Value): boolean => outputs.includes(value, carries);
  const results = [...outputs, ...[...kept].filter((value) => !isOutput(value))];
  const forward = removeDeadCode({
    inputs: [...inputs, ...captured],
    nodes: graph.nodes.filter((node) => !isBack(node)),
    outputs: results,
  });

  const ofInput = new Map(inputs.filter((_, i) => active.inputs[i]).map((value, i) => [value, gradients[i]!]));
  const ofOutput = new Map(outputs.flatMap((_, i) => (active.outputs[i] ? [i] : [])).map((i, k) => [i, seeds[k]!]));
  const slots = inputs.slice(carries, carries + stacked);
  const elements = slots.flatMap((value, i) => (used.has(value) ? [i] : []));
  const stacks = slots.flatMap((value) => ofInput.get(value) ?? []);

  // Products over all iterations replace sums, as long as what is stacked for them does not double the memory and was not
  // left to be computed again on purpose.
  const behind = new Set<Value>();
  for (const node of graph.nodes)
    if (node.op === 'barrier' || node.inputs.some((value) => behind.has(value)))
      for (const value of node.outputs) behind.add(value);
  const size = (values: Iterable<Value>): number => [...values].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  let room = size(elements.map((i) => slots[i]!)) + size(kept) + size(stacks);
  const keeps = [...kept];
  const found = (value: Value): Stack | null => {
    const element = slots.indexOf(value);
    if (element >= 0) return { from: 'element', place: element };
    if (kept.has(value)) return { from: 'kept', place: keeps.indexOf(value) };
    const output = stacks.indexOf(value);
    return output < 0 ? null : { from: 'output', place: output };
  };
  const stackOf = (value: Value): Stack => found(value) ?? { from: 'output', place: stacks.push(value) - 1 };

  const totals: Value[] = [];
  const next: Node[] = [];
  const sums = inputs.slice(carries + stacked).flatMap((value): Sum[] => {
    const gradient = ofInput.get(value);
    if (gradient === undefined) return [];
    const products = productsOf(gradient);
    if (products !== null) {
      const extra = new Set(products.flat().filter((factor) => found(factor) === null));
      if (size(extra) <= room && ![...extra].some((factor) => behind.has(factor))) {
        room -= size(extra);
        return [{ products: products.map(([a, b]) => [stackOf(a), stackOf(b)]) }];
      }
    }
    const total = inputValue(value);
    next.push(makeNode('add', [total, gradient], {}, [value]));
    return [{ carried: totals.push(total) - 1 }];
  });

  const arrive = new Map(keeps.map((value) => [value, value.node ? inputValue(value) : value]));
  const places = outputs.map((_, i) => i);
  const whole: Graph = {
    inputs: [
      ...places.slice(0, carries).flatMap((i) => ofOutput.get(i) ?? []),
      ...totals,
      ...elements.map((i) => slots[i]!),
      ...arrive.values(),
      ...places.slice(carries).flatMap((i) => ofOutput.get(i) ?? []),
      ...outside,
    ],
    nodes: [
      ...graph.nodes.filter((node) => isBack(node) || again.has(node) || node.outputs.some((value) => kept.has(value))),
      ...next,
    ],
    outputs: [
      ...inputs.slice(0, carries).flatMap((value) => ofInput.get(value) ?? []),
      ...next.map((node) => node.outputs[0]!),
      ...stacks,
    ],
  };
  const backward = removeDeadCode(
    rewriteGraph(whole, (node, _, { outputs: old }) =>
      old.some((value) => arrive.has(value)) ? old.map((value, i) => arrive.get(value) ?? node.outputs[i]!) : null,
    ),
  );
  return { forward, kept: keeps.map((value) => results.indexOf(value, carries)), backward, elements, sums };
}
