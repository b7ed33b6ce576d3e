/**
 * remembered: callees that are made from callees, once per key.
 */
import type { Callee } from '@dl/tensor/interpreter';

/** Callees by key. */
export type Callees = Map<string, Callee>;

/** Keys that are remembered; the first goes when there are more. */
const MOST = 128;

/** The callee of a key, made when it is first asked for. */
export function remembered(callees: Callees, key: string, make: () => Callee): Callee {
  let callee = callees.get(key);
  if (callee === undefined) {
    if (callees.size >= MOST) callees.delete(callees.keys().next().value!);
    callees.set(key, (callee = make()));
  }
  return callee;
}

/** As {@link remembered}, for what is derived from a callee. */
export function derived(all: WeakMap<Callee, Callees>, from: Callee, key: string, make: () => Callee): Callee {
  let callees = all.get(from);
  if (callees === undefined) all.set(from, (callees = new Map()));
  return remembered(callees, key, make);
}
