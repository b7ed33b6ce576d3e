/**
 * Composites: functions written in ordinary ops that run eagerly as one cached program and that backends may claim by name.
 */
import { ConfigError } from '../errors.ts';
import type { CallAttrs, Callee } from '../ops/callee.ts';
import { apply, applyAll } from '../runtime/interpreter.ts';
import type { Tensor } from '../tensor.ts';

/** Attribute values that can be told apart by their text. */
export type StaticValue = number | boolean | string | null | undefined | readonly StaticValue[];

function keyOf(name: string, attrs: CallAttrs): string {
  return JSON.stringify(attrs, (_, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
    if (typeof value === 'function')
      throw new ConfigError(`${name}: attributes of a call must be plain values, got a function`);
    return value;
  });
}

/**
 * Makes a function of one result from a body in ordinary ops. `body` must depend on nothing but its arguments.
 * Without `vjp`, gradients go through the ops of the body one by one; see {@link Callee}, also for tangents and examples.
 *
 * @example
 * const cube = composite('cube', ([x]) => x!.mul(x!).mul(x!), { vjp: 'recompute' });
 * cube([x], {});
 */
export function composite<A extends object>(
  name: string,
  body: (inputs: readonly Tensor[], attrs: A) => Tensor,
  options: Pick<Callee, 'vjp' | 'jvp' | 'vmap'> = {},
): (inputs: readonly Tensor[], attrs: A) => Tensor {
  const callee: Callee = { name, body: (inputs, attrs) => [body(inputs, attrs as A)], ...options };
  return (inputs, attrs) =>
    apply('call', inputs, { callee, attrs: attrs as CallAttrs, key: keyOf(name, attrs as CallAttrs) });
}

/** As {@link composite}, for several results. */
export function compositeAll<A extends object>(
  name: string,
  body: (inputs: readonly Tensor[], attrs: A) => readonly Tensor[],
  options: Pick<Callee, 'vjp' | 'jvp' | 'vmap'> = {},
): (inputs: readonly Tensor[], attrs: A) => Tensor[] {
  const callee: Callee = { name, body: (inputs, attrs) => body(inputs, attrs as A), ...options };
  return (inputs, attrs) =>
    applyAll('call', inputs, { callee, attrs: attrs as CallAttrs, key: keyOf(name, attrs as CallAttrs) });
}
