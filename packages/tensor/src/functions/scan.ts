/**
 * scan and map: a function applied to one element after the other, as one traced loop.
 */
import { ConfigError, ShapeError } from '../errors.ts';
import { describe, formatShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { fillTree, leavesOf } from '../tree.ts';
import { at } from './at.ts';
import { reshape, stack } from './movement.ts';
import { resultOf, runLoop, type LoopValues } from './run-loop.ts';

/** Options of {@link scan}. */
export interface ScanOptions {
  /** Number of iterations; needed when there are no `xs`. */
  readonly length?: number;
  /** Whether to go from the last element to the first; results keep the places of their elements. Default false. */
  readonly reverse?: boolean;
  /** How many iterations the loop's body holds, where that divides their number; `true` for all. Default 1. */
  readonly unroll?: number | boolean;
}

/** The size of the first axis that all tensors share. */
export function lengthOf(name: string, xs: readonly Tensor[], length: number | undefined): number {
  if (length !== undefined && (!Number.isInteger(length) || length < 0)) {
    throw new ConfigError(`${name}: length must be a whole number from 0, got ${describe(length)}`);
  }
  let known = length;
  for (const { shape } of xs) {
    if (shape.length === 0)
      throw new ShapeError(`${name}: there is nothing to go over in a scalar; expected a first axis`);
    known ??= shape[0]!;
    if (shape[0] !== known) {
      throw new ShapeError(`${name}: expected ${known} elements along the first axis, got shape ${formatShape(shape)}`);
    }
  }
  if (known === undefined)
    throw new ConfigError(`${name}: without xs the number of iterations must be given as length`);
  return known;
}

/** How many iterations become one. */
function unrolled(name: string, { unroll = 1 }: ScanOptions, length: number): number {
  const count = unroll === true ? length : unroll === false ? 1 : unroll;
  if (!Number.isInteger(count) || count < (unroll === true ? 0 : 1)) {
    throw new ConfigError(`${name}: unroll must be a whole number from 1 or a boolean, got ${describe(unroll)}`);
  }
  return count > 1 && length % count === 0 ? count : 1;
}

/** Groups of elements along the first axis. */
function grouped(x: Tensor, size: number): Tensor {
  return size === 1 ? x : reshape(x, [x.shape[0]! / size, size, ...x.shape.slice(1)]);
}

function ungrouped(y: Tensor, size: number): Tensor {
  return size === 1 ? y : reshape(y, [y.shape[0]! * size, ...y.shape.slice(2)]);
}

/**
 * `[carry, y] = f(carry, x)` for each element x of the first axis of `xs`, starting with `init`; returns the last carry and
 * all y stacked along a first axis. Carries, `xs` and y are tensors, or tensors in arrays and objects; `xs` may be null and y
 * may be null. `f` is traced once, so its cost does not depend on the length, and may read and assign Variables. Its gradient
 * is a loop that runs the other way, on what `f`'s derivative needs of each iteration. Follows `keras.ops.scan` and
 * `jax.lax.scan`.
 *
 * @throws ShapeError and DTypeError where sizes of the first axis differ or the carry changes its shape or dtype.
 * @example
 * const sums = (x: Tensor) => scan((sum: Tensor, v: Tensor) => [sum.add(v), sum.add(v)], tensor(0), x);
 * sums(tensor([1, 2, 3])); // [6, [1, 3, 6]]
 */
export function scan<C, X, Y>(
  f: (carry: C, x: X) => readonly [carry: C, y: Y],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [carry: C, ys: Y] {
  const elements = leavesOf(xs);
  const length = lengthOf('scan', elements, options.length);
  const size = unrolled('scan', options, length);
  const { reverse = false } = options;
  let y: Y | undefined;
  const step = ({ carries, stacked }: LoopValues): LoopValues => {
    const result: unknown = f(fillTree(init, carries), fillTree(xs, stacked));
    if (!Array.isArray(result) || result.length !== 2) {
      throw new ConfigError(`scan: the function must return [carry, y], got ${describe(result)}`);
    }
    const [carry, output] = result as [C, Y];
    y = output;
    return { carries: resultOf('scan', carry), stacked: leavesOf(output) };
  };
  const body = ({ carries, stacked }: LoopValues): LoopValues => {
    if (size === 1) return step({ carries, stacked });
    let now = carries;
    const order = Array.from({ length: size }, (_, i) => (reverse ? size - 1 - i : i));
    const outputs: (readonly Tensor[])[] = [];
    for (const i of order) {
      const next = step({ carries: now, stacked: stacked.map((group) => at(group, i)) });
      now = next.carries;
      outputs[i] = next.stacked;
    }
    return { carries: now, stacked: outputs[0]!.map((_, k) => stack(outputs.map((list) => list[k]!))) };
  };
  const results = runLoop(
    { name: 'scan', trip: length / size, reverse },
    { carries: leavesOf(init), stacked: elements.map((x) => grouped(x, size)) },
    body,
  );
  return [
    fillTree(init, results.carries),
    fillTree(
      y!,
      results.stacked.map((part) => ungrouped(part, size)),
    ),
  ];
}

/**
 * `f` of each element of the first axis of `xs`, one after the other, stacked along a first axis. `xs` and results may be
 * trees of tensors. Uses little memory where `vectorizedMap` uses much. Follows `keras.ops.map`.
 *
 * @throws ShapeError where sizes of the first axis differ.
 * @example
 * map((row: Tensor) => row.sum(), tensor([[1, 2], [3, 4]])); // [3, 7]
 */
export function map<X, Y>(f: (x: X) => Y, xs: X): Y {
  const elements = leavesOf(xs);
  const trip = lengthOf('map', elements, undefined);
  let y: Y | undefined;
  const { stacked } = runLoop({ name: 'map', trip }, { carries: [], stacked: elements }, (values) => {
    y = f(fillTree(xs, values.stacked));
    return { carries: [], stacked: resultOf('map', y) };
  });
  return fillTree(y!, stacked);
}
