/**
 * vmap and vectorizedMap: functions of one example, applied to many at once.
 */
import { broadcastTo, ConfigError, ShapeError, Tensor, type Tree } from '@dl/tensor';
import { describe, formatShape, leavesOf, mapTree, normalizeAxis } from '@dl/tensor/interpreter';
import { arrayToTensor, checkFunction, synchronous } from '../arguments.ts';
import { VMap } from './interpreter.ts';
import { moved } from './rule.ts';

/** Which axis holds the examples; null where all examples share a value. One for a whole tree, or a tree of them. */
export type Axes = number | null | readonly Axes[] | { readonly [key: string]: Axes };

/** Options of {@link vmap}. */
export interface VmapOptions {
  /** Axes of the examples: one for all arguments, or a list with one, or a tree of them, for each. Default 0. */
  readonly inAxes?: number | null | readonly Axes[];
  /** Where the axis of examples goes in the results: one for all, or a tree. Default 0. */
  readonly outAxes?: Axes;
}

/** The axis for each leaf of a tree, in order. */
function axesOf(tree: unknown, axes: unknown, where: string): (number | null)[] {
  if (axes === null || typeof axes === 'number') return leavesOf(tree).map(() => axes);
  if (typeof axes !== 'object' || typeof tree !== 'object' || tree === null || tree instanceof Tensor) {
    throw new ConfigError(`vmap: ${where} ${describe(axes)} does not fit ${describe(tree)}; give an axis, or null`);
  }
  return Object.entries(tree).flatMap(([key, part]) => {
    const own = (axes as Readonly<Record<string, unknown>>)[key];
    if (own !== undefined) return axesOf(part, own, where);
    if (leavesOf(part).length === 0) return [];
    throw new ConfigError(`vmap: ${where} has no entry for ${JSON.stringify(key)}; give an axis, or null`);
  });
}

/** The one size of all axes of examples. */
function sizeOfAll(leaves: readonly Tensor[], axes: readonly (number | null)[]): number {
  let size: number | null = null;
  leaves.forEach((leaf, i) => {
    const axis = axes[i]!;
    if (axis === null) return;
    const own = leaf.shape[normalizeAxis(axis, leaf.rank, 'vmap: inAxes')]!;
    if (size !== null && own !== size) {
      throw new ShapeError(
        `vmap: the arguments hold different numbers of examples, ${size} and ${own} (axis ${axis} of ${formatShape(leaf.shape)}); ` +
          'give null in inAxes for what all examples share',
      );
    }
    size = own;
  });
  if (size === null) {
    throw new ConfigError('vmap: no argument has an axis of examples; pass a tensor whose inAxes is not null');
  }
  return size;
}

/**
 * The function that applies `f`, written for one example, to all examples along an axis at once, as one batch of larger
 * ops: `vmap(f)(xs)` is the stack of `f(x)` for every `x` in `xs`. Arguments and results may be nested arrays and objects;
 * values that are no tensors are shared. Composes with itself, `grad`, `jvp` and `jit`. Follows `jax.vmap`, with one
 * difference: random numbers that `f` draws differ from example to example.
 *
 * Variables are shared by all examples and may be assigned only what does not differ between them. Values cannot be read
 * inside; the indices of all examples are checked.
 *
 * @throws ShapeError when arguments hold different numbers of examples, ConfigError when none holds any.
 * @example
 * const perExample = vmap(grad((w: Tensor, x: Tensor) => w.mul(x).sum()), { inAxes: [null, 0] });
 * perExample(w, batch); // a gradient for every row of the batch
 */
export function vmap<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  { inAxes = 0, outAxes = 0 }: VmapOptions = {},
): (...args: A) => R {
  checkFunction(f, 'vmap');
  return (...raw) => {
    if (Array.isArray(inAxes) && inAxes.length !== raw.length) {
      throw new ConfigError(
        `vmap: inAxes has ${inAxes.length} entries, but the function was called with ${raw.length}`,
      );
    }
    const args = raw.map((arg, i) => {
      const axes = Array.isArray(inAxes) ? (inAxes as readonly Axes[])[i] : inAxes;
      return axes === null ? arg : arrayToTensor(arg, 'vmap');
    });
    const leaves = leavesOf(args);
    const axes = axesOf(args, inAxes, 'inAxes');
    const interpreter = new VMap(sizeOfAll(leaves, axes));
    let next = 0;
    const examples = mapTree(args, (leaf) => {
      const axis = axes[next++]!;
      return axis === null ? leaf : interpreter.enter(moved(leaf, normalizeAxis(axis, leaf.rank, 'vmap'), 0));
    });
    const result = synchronous(
      interpreter.run(() => f(...(examples as unknown as A))),
      'vmap',
    );
    return collected(interpreter, result, outAxes);
  };
}

/** All examples of a result, with their axis where it is wanted. */
function collected<R>(interpreter: VMap, result: R, outAxes: Axes): R {
  const leaves = leavesOf(result);
  const axes = axesOf(result, outAxes, 'outAxes');
  const all = leaves.map((leaf, i) => {
    const axis = axes[i]!;
    const full = interpreter.fullOf(leaf);
    if (axis === null) {
      if (full === null) return leaf;
      throw new ConfigError('vmap: a result that differs from example to example needs an axis in outAxes, got null');
    }
    const wide = full ?? broadcastTo(leaf, [interpreter.size, ...leaf.shape]);
    return moved(wide, 0, normalizeAxis(axis, wide.rank, 'vmap: outAxes'));
  });
  const kept = interpreter.release(all);
  let next = 0;
  return mapTree(result, () => kept[next++]!);
}

/**
 * `f` of every element along the first axis, at once; `elements` may be nested arrays and objects of tensors, of which `f`
 * gets one element each. As `keras.ops.vectorized_map`; see {@link vmap}.
 *
 * @example vectorizedMap((row: Tensor) => row.sum(), tensor([[1, 2], [3, 4]])); // [3, 7]
 */
export function vectorizedMap<T extends Tree, R>(f: (element: T) => R, elements: T): R {
  return vmap(f)(elements);
}
