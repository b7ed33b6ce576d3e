/**
 * Constant folding: what is computed from known numbers alone becomes a literal, with the scalar semantics of the reference
 * backend, rounded to the dtype after each op. Only results of one value become literals, never arrays.
 */
import { evaluator } from '../../backend/reference/evaluate.ts';
import { computeDType, isNarrow } from '../../dtype.ts';
import { constant, narrow } from '../../kernel/scalar.ts';
import { broadcastLayout, layoutOf, type View } from '../../layout.ts';
import type { ElementwiseRow, SourceRow, ViewRow } from '../../ops/spec.ts';
import { rowOf } from '../../ops/table.ts';
import { sizeOf } from '../../shape.ts';
import { naturalLayout } from '../access.ts';
import type { Graph, Node, Value } from '../graph.ts';
import { filled, literalOf, rewriteGraph } from './rewrite.ts';

/** Values of up to so many elements are computed while tracing, to see whether one number comes out. */
const SMALL = 64;

/** Folds constants. */
export function fold(graph: Graph): Graph {
  const known = new Map<Value, readonly number[]>();
  return rewriteGraph(graph, (node, make) => {
    const [output] = node.outputs;
    const numbers = elementsOf(node, known);
    if (numbers === null) return null;
    if (numbers.every((x) => Object.is(x, numbers[0])) && numbers.length > 0)
      return [filled(numbers[0]!, output!.dtype, output!.shape, make)];
    known.set(output!, numbers);
    return null;
  });
}

/** The elements of a node's result, in order, or one that stands for all; null when they are not known or too many. */
function elementsOf(node: Node, known: ReadonlyMap<Value, readonly number[]>): readonly number[] | null {
  // It has no inputs, but is no constant.
  if (node.op === 'iteration') return null;
  const row = rowOf(node.op);
  const [output] = node.outputs;
  const size = sizeOf(output!.shape);
  if (row.kind === 'elementwise') {
    const literals = node.inputs.map(literalOf);
    if (literals.every((literal) => literal !== undefined)) return [scalarResult(node, row, literals)];
    if (size > SMALL || !node.inputs.every((input) => literalOf(input) !== undefined || known.has(input))) return null;
    const columns = node.inputs.map((input) => {
      const literal = literalOf(input);
      return literal === undefined
        ? gather(known.get(input)!, {
            layout: broadcastLayout(naturalLayout(input), output!.shape).layout,
            offset: 0,
          })
        : new Array<number>(size).fill(literal);
    });
    return Array.from({ length: size }, (_, i) =>
      scalarResult(
        node,
        row,
        columns.map((column) => column[i]!),
      ),
    );
  }
  if (size > SMALL) return null;
  if (row.kind === 'source') {
    const strides = (row as SourceRow<never>).strides(node.attrs as never);
    // The value is the position; so few are exact in every dtype but bool.
    if (output!.dtype === 'bool') return null;
    return gather({ at: (i) => i }, { layout: layoutOf(output!.dtype, output!.shape, strides), offset: 0 });
  }
  const elements = known.get(node.inputs[0]!);
  if (row.kind !== 'view' || elements === undefined) return null;
  const view = (row as ViewRow<never>).view(naturalLayout(node.inputs[0]!), node.attrs as never);
  return view && gather(elements, view);
}

/** The elements at the positions of a view, in its row-major order. */
function gather(elements: { at(i: number): number | undefined }, { layout, offset }: View): number[] {
  const result: number[] = [];
  const visit = (axis: number, at: number): void => {
    if (axis === layout.shape.length) result.push(elements.at(at)!);
    else for (let i = 0; i < layout.shape[axis]!; i++) visit(axis + 1, at + i * layout.strides[axis]!);
  };
  visit(0, offset);
  return result;
}

/** What an elementwise op makes of numbers. */
function scalarResult(node: Node, row: ElementwiseRow<never>, literals: readonly number[]): number {
  const [output] = node.outputs;
  const args = literals.map((literal, i) => constant(literal, computeDType(node.inputs[i]!.dtype)));
  const expr = row.expr(args, node.attrs as never, output!, node.inputs);
  const { dtype } = output!;
  const evaluate = evaluator([isNarrow(dtype) ? narrow(expr, dtype) : expr], [], [], [], NOTHING);
  evaluate.run();
  return round(evaluate.value(0), output!);
}

function round(value: number, { dtype }: Value): number {
  return computeDType(dtype) === 'float32' ? Math.fround(value) : value;
}

const NOTHING = { arrays: [], params: [], iteration: 0 };
