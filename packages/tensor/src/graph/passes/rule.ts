/**
 * What a simplification rule sees, and small parts that rules share.
 */
import { isFloating } from '../../dtype.ts';
import type { OpAttrs, OpName } from '../../ops/attrs.ts';
import type { Value } from '../graph.ts';
import { expand, filled, literalOf, type Make } from './rewrite.ts';

/** One application of an op, as rules see it. */
export interface RuleContext<K extends OpName> {
  readonly inputs: readonly Value[];
  readonly attrs: OpAttrs[K];
  readonly output: Value;
  readonly make: Make;
}

/** Where a rule puts what it makes: a result of this shape and dtype. */
export type Place = Pick<RuleContext<OpName>, 'output' | 'make'>;

/** A value equal to the op's result in every bit (the payload of NaN aside), or null where there is no simpler one. */
export type Rule<K extends OpName> = (context: RuleContext<K>) => Value | null;

/** Rules by op; an op without a rule stays as it is. */
export type Rules = { readonly [K in OpName]?: Rule<K> };

/** Ops without attributes. */
export type Plain = { [K in OpName]: Readonly<Record<never, never>> extends OpAttrs[K] ? K : never }[OpName];

/** The first rule that applies. */
export function firstOf<K extends OpName>(...rules: readonly Rule<K>[]): Rule<K> {
  return (context) => {
    for (const rule of rules) {
      const value = rule(context);
      if (value !== null) return value;
    }
    return null;
  };
}

/** One of the inputs in place of the result. */
export function pass(value: Value, { output, make }: Place): Value {
  return expand(value, output.shape, make);
}

/** A number in place of the result. */
export function number(literal: number, { output, make }: Place): Value {
  return filled(literal, output.dtype, output.shape, make);
}

/** Whether all elements are this number, zeros told apart in floats. */
export function is(value: Value, wanted: number): boolean {
  const literal = literalOf(value);
  return isFloating(value.dtype) ? Object.is(literal, wanted) : literal === wanted;
}

/** The input of the node that makes a value, when the node is of this op. */
export function under(op: OpName, { node }: Value): Value | null {
  return node?.op === op ? node.inputs[0]! : null;
}

/** An operation without attributes, with the result's shape. */
export function plain(op: Plain, inputs: readonly Value[], context: Place): Value {
  return pass(context.make(op, inputs, {}), context);
}
