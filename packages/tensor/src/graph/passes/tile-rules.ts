/**
 * A sum of parts padded with zeros to lie side by side, as gradients by all parts of a split give, is their concatenation.
 */
import type { OpAttrs } from '../../ops/attrs.ts';
import { sameShape } from '../../shape.ts';
import { literalValue, type Value } from '../graph.ts';
import { literalOf } from './rewrite.ts';
import type { Rule } from './rule.ts';

/** The terms of a sum of equally shaped values. */
export function termsOf(value: Value): readonly Value[] {
  const { node } = value;
  if (node?.op !== 'add' || !node.inputs.every(({ shape }) => sameShape(shape, value.shape))) return [value];
  return node.inputs.flatMap(termsOf);
}

/** Something put at a place along one axis, with zeros around it. */
interface Part {
  readonly axis: number;
  readonly from: number;
  readonly value: Value;
}

function partOf({ node, shape }: Value): Part | null {
  if (node?.op !== 'pad') return null;
  const [value, fill] = node.inputs as [Value, Value];
  const { low, interior } = node.attrs as OpAttrs['pad'];
  const axes = shape.flatMap((n, axis) => (n === value.shape[axis] ? [] : [axis]));
  const [axis] = axes;
  if (axis === undefined || axes.length > 1 || !Object.is(literalOf(fill), 0)) return null;
  if (low.some((n, d) => n < 0 || (d !== axis && n !== 0)) || interior.some((n) => n !== 0)) return null;
  const from = low[axis]!;
  return from + value.shape[axis]! <= shape[axis]! ? { axis, from, value } : null;
}

/** pad(a) + pad(b) + … = concat(a, b, …), but for −0, which the sums make 0; so the parts are added to 0. */
export const sumOfParts: Rule<'add'> = ({ output, make }) => {
  const parts = termsOf(output).map(partOf);
  const [first] = parts;
  if (!first || !parts.every((part) => part !== null && part.axis === first.axis)) return null;
  const sorted = (parts as Part[]).sort((a, b) => a.from - b.from);
  let end = 0;
  for (const { from, value } of sorted) {
    if (from !== end) return null;
    end += value.shape[first.axis]!;
  }
  if (end !== output.shape[first.axis]) return null;
  const zero = literalValue(0, output.dtype);
  return make(
    'concat',
    sorted.map(({ value }) => make('add', [value, zero], {})),
    { axis: first.axis },
  );
};
