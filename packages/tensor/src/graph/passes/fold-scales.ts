/**
 * Scale folding, for inference: scales and offsets per feature behind a matmul or convolution, such as those of a batch
 * normalization, move into weights that do not change between runs, where a prelude computes them once.
 */
import { isFloating } from '../../dtype.ts';
import { sameShape } from '../../shape.ts';
import type { Graph, Node, Value } from '../graph.ts';
import { invarianceOf } from './invariance.ts';
import { rewriteGraph, unexpanded, type Make } from './rewrite.ts';

/** anchor(x, w), or anchor(x, w) + offset. */
interface Affine {
  readonly anchor: Node;
  readonly offset: Value | null;
}

/**
 * Rewrites (x∗w + a)·s + b into x∗(w·s) + (a·s + b) where w, s, a and b depend only on the given inputs and s, a and b vary
 * along the features only. Rounds differently, so it is no part of the passes that every graph goes through.
 */
export function foldScales(graph: Graph, invariant: ReadonlySet<Value>): Graph {
  const isInvariant = invarianceOf(invariant);
  const uses = countUses(graph);
  const affine = new Map<Value, Affine>();

  /** Uses of values in the new graph are those of the values they stand for. */
  const record = (value: Value, original: Node, form: Affine): void => {
    affine.set(value, form);
    uses.set(value, uses.get(original.outputs[0]!) ?? 1);
  };
  const perFeature = (value: Value, make: Make): Value | null => {
    if (!isInvariant(value)) return null;
    const { shape } = value;
    if (shape.slice(0, -1).some((n) => n !== 1)) {
      const below = unexpanded(value);
      return below && perFeature(below, make);
    }
    return shape.length < 2 ? value : make('reshape', [value], { shape: shape.slice(-1) });
  };
  /** The affine operand of a step and what it is combined with. */
  const operands = (
    node: Node,
    make: Make,
  ): { readonly form: Affine; readonly by: Value; readonly first: boolean } | null => {
    for (const first of [true, false]) {
      const [value, other] = first ? node.inputs : [node.inputs[1], node.inputs[0]];
      const form = affine.get(value!);
      if (!form || uses.get(value!) !== 1 || !sameShape(value!.shape, node.outputs[0]!.shape)) continue;
      const by = perFeature(other!, make);
      if (by !== null) return { form, by, first };
    }
    return null;
  };
  const shifted = (original: Node, { anchor }: Affine, offset: Value, make: Make): Value => {
    const value = make('add', [anchor.outputs[0]!, offset], {});
    record(value, original, { anchor, offset });
    return value;
  };
  const scaled = (original: Node, op: 'mul' | 'div', { anchor, offset }: Affine, by: Value, make: Make): Value => {
    const [x, weights] = anchor.inputs;
    const result = make(anchor.op, [x!, make(op, [weights!, by], {})], anchor.attrs);
    const form = { anchor: result.node!, offset: null };
    if (offset !== null) return shifted(original, form, make(op, [offset, by], {}), make);
    record(result, original, form);
    return result;
  };

  return rewriteGraph(graph, (node, make, original) => {
    const [output] = node.outputs;
    // Nodes made here are final; the forms they stand for are recorded where they are made.
    if (original === node && !uses.has(output!)) return null;
    if (!isFloating(output!.dtype)) return null;
    if (node.op === 'matmul' || node.op === 'conv') {
      if (isInvariant(node.inputs[1]!) && !isInvariant(node.inputs[0]!))
        record(output!, original, { anchor: node, offset: null });
      return null;
    }
    if (node.op !== 'add' && node.op !== 'sub' && node.op !== 'mul' && node.op !== 'div') return null;
    const found = operands(node, make);
    if (found === null) return null;
    const { form, by, first } = found;
    switch (node.op) {
      case 'mul':
        return [scaled(original, 'mul', form, by, make)];
      case 'div':
        return first ? [scaled(original, 'div', form, by, make)] : null;
      case 'add':
        if (form.offset !== null) return [shifted(original, form, make('add', [form.offset, by], {}), make)];
        record(output!, original, { anchor: form.anchor, offset: by });
        return null;
      case 'sub': {
        if (!first) return null;
        const offset = form.offset === null ? make('neg', [by], {}) : make('sub', [form.offset, by], {});
        return [shifted(original, form, offset, make)];
      }
      default:
        return node.op satisfies never;
    }
  });
}

function countUses(graph: Graph): Map<Value, number> {
  const uses = new Map<Value, number>();
  const use = (value: Value): void => void uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const node of graph.nodes) node.inputs.forEach(use);
  graph.outputs.forEach(use);
  return uses;
}
