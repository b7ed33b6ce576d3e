/**
 * Arguments of compiled functions: which parts are values that change from call to call, and which are known when the
 * function is traced.
 */
import { tensor } from '../create.ts';
import type { TypedArray } from '../dtype.ts';
import { ConfigError } from '../errors.ts';
import { layoutOf, type Layout } from '../layout.ts';
import { formatShape } from '../shape.ts';
import { Tensor } from '../tensor.ts';
import { isPlain } from '../tree.ts';

/** The arguments of one call, taken apart. */
export interface Arguments {
  /** Identifies, per argument, everything that the trace depends on. */
  readonly keys: readonly string[];
  /** Tensors and numbers, depth first. */
  readonly dynamic: readonly (Tensor | number)[];
}

const identities = new WeakMap<object, number>();
let nextIdentity = 0;

/** A number for an object that is known by identity. */
function identityOf(value: object): number {
  let id = identities.get(value);
  if (id === undefined) identities.set(value, (id = nextIdentity++));
  return id;
}

const naturals = new WeakMap<Layout, Layout>();

/** The row-major layout of the same shape and dtype. */
export function naturalOf(layout: Layout): Layout {
  let natural = naturals.get(layout);
  if (natural === undefined) naturals.set(layout, (natural = layoutOf(layout.dtype, layout.shape)));
  return natural;
}

/** Takes arguments apart; those at `fixed` places are known as a whole. */
export function flatten(args: readonly unknown[], fixed: ReadonlySet<number>): Arguments {
  const dynamic: (Tensor | number)[] = [];
  const keys = args.map((arg, i) => keyOf(arg, fixed.has(i) ? null : dynamic));
  return { keys, dynamic };
}

/** The key of a value; its tensors and numbers are appended to `dynamic`, or part of the key when that is null. */
function keyOf(value: unknown, dynamic: (Tensor | number)[] | null): string {
  if (value instanceof Tensor) {
    if (dynamic === null)
      throw new ConfigError('jit: a tensor cannot be a static argument; it is a value, not a choice');
    dynamic.push(value);
    return `t${naturalOf(value.layout).id}`;
  }
  if (typeof value === 'number' && dynamic !== null) {
    dynamic.push(value);
    return 'n';
  }
  if (ArrayBuffer.isView(value) && dynamic !== null) return keyOf(tensor(value as TypedArray), dynamic);
  if (Array.isArray(value)) return `[${value.map((item) => keyOf(item, dynamic)).join()}]`;
  if (isPlain(value)) {
    return `{${Object.entries(value)
      .map(([name, item]) => `${JSON.stringify(name)}:${keyOf(item, dynamic)}`)
      .join()}}`;
  }
  if (typeof value === 'function' || (typeof value === 'object' && value !== null)) return `#${identityOf(value)}`;
  return typeof value === 'string' ? JSON.stringify(value) : `=${String(value)}`;
}

/** Puts arguments together again with `symbols` in place of tensors and numbers. */
export function rebuild(
  args: readonly unknown[],
  fixed: ReadonlySet<number>,
  symbols: readonly Tensor[],
): readonly unknown[] {
  let next = 0;
  const visit = (value: unknown): unknown => {
    if (value instanceof Tensor || typeof value === 'number' || ArrayBuffer.isView(value)) return symbols[next++];
    if (Array.isArray(value)) return value.map(visit);
    if (isPlain(value)) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, visit(item)]));
    return value;
  };
  return args.map((arg, i) => (fixed.has(i) ? arg : visit(arg)));
}

/** What an argument is, for messages. */
export function describeArgument(value: unknown): string {
  if (value instanceof Tensor) return `${value.dtype}${formatShape(value.shape)}`;
  if (ArrayBuffer.isView(value)) return describeArgument(tensor(value as TypedArray));
  if (Array.isArray(value)) return `[${value.map(describeArgument).join(', ')}]`;
  if (isPlain(value)) {
    const entries = Object.entries(value).map(([name, item]) => `${name}: ${describeArgument(item)}`);
    return `{ ${entries.join(', ')} }`;
  }
  if (typeof value === 'object' && value !== null) {
    return `a ${(value.constructor as { readonly name?: string } | undefined)?.name ?? 'object'}`;
  }
  if (typeof value === 'function') return `the function ${value.name || '(anonymous)'}`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
