/**
 * Invariance: which values of a graph depend on nothing but given inputs and numbers.
 */
import type { Value } from '../graph.ts';

/** A test for values that depend only on literals and on the given inputs. */
export function invarianceOf(inputs: ReadonlySet<Value>): (value: Value) => boolean {
  const known = new Map<Value, boolean>();
  const test = (value: Value): boolean => {
    if (value.node === null) return value.literal !== undefined || inputs.has(value);
    let result = known.get(value);
    if (result === undefined) known.set(value, (result = value.node.inputs.every(test)));
    return result;
  };
  return test;
}
