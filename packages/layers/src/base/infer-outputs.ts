/**
 * What a function of tensors gives for symbolic ones: found by tracing it at two sizes of every open axis. Nothing is
 * computed, no weight gets its first value, and assignments are forgotten.
 */
import { ShapeError, type DType } from '@dl/tensor';
import { isPlain, leavesOf, mapTree, SymbolicTensor, trace } from '@dl/tensor/interpreter';
import type { LayerShape } from './input-spec.ts';

/** Shape, with null for open sizes, and dtype of a tensor that is not there yet. */
export class TensorSpec {
  readonly shape: LayerShape;
  readonly dtype: DType;

  constructor(shape: LayerShape, dtype: DType) {
    this.shape = shape;
    this.dtype = dtype;
  }
}

/** Sizes of an open axis, for two traces; further ones where the first are too large or too small. 224 can be halved. */
const SIZES = [
  [224, 256],
  [32, 64],
  [4, 5],
  [1, 2],
] as const;

/** What `fn(...args)` gives: in place of tensors their specs, other values as they are, null where they depend on open sizes. */
export function inferOutputs(fn: (...args: never[]) => unknown, args: readonly unknown[]): unknown {
  const open = leavesOf(args).some((leaf) => (leaf.shape as LayerShape).slice(1).includes(null));
  let first: unknown;
  for (const [small, large] of open ? SIZES : SIZES.slice(0, 1)) {
    try {
      const [a, b] = [small, large].map((other, i) => resultAt(fn, args, { batch: 2 + i, other }));
      return merge(a, b);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      first ??= error;
    }
  }
  throw first;
}

function resultAt(
  fn: (...args: never[]) => unknown,
  args: readonly unknown[],
  sizes: { readonly batch: number; readonly other: number },
): unknown {
  const symbolic = leavesOf(args).filter((leaf) => leaf instanceof SymbolicTensor);
  const avals = symbolic.map(({ shape, dtype }) => ({
    shape: (shape as LayerShape).map((n, axis) => n ?? (axis === 0 ? sizes.batch : sizes.other)),
    dtype,
  }));
  let result: unknown;
  trace((tensors) => {
    const places = new Map(symbolic.map((leaf, i) => [leaf, tensors[i]!]));
    const outputs = fn(...(mapTree(args, (leaf) => places.get(leaf as SymbolicTensor) ?? leaf) as never[]));
    result = mapTree(outputs, ({ shape, dtype }) => new TensorSpec(shape, dtype));
    return leavesOf(outputs);
  }, avals);
  return result;
}

function merge(a: unknown, b: unknown): unknown {
  if (a instanceof TensorSpec && b instanceof TensorSpec) {
    return new TensorSpec(
      a.shape.map((n, axis) => (n === b.shape[axis] ? n : null)),
      a.dtype,
    );
  }
  if (Array.isArray(a) && Array.isArray(b)) return a.map((item, i) => merge(item, (b as unknown[])[i]));
  if (isPlain(a) && isPlain(b)) return Object.fromEntries(Object.keys(a).map((key) => [key, merge(a[key], b[key])]));
  return a === b ? a : null;
}
