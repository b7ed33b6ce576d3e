/**
 * What a function of tensors gives for symbolic ones: found by tracing it at two sizes of every open axis. Nothing is
 * computed, no weight gets its first value, and assignments are forgotten.
 */
import type { DType } from '@dl/tensor';
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

/** Sizes of an open batch and of other open axes, for two traces. The latter can be halved five times. */
const SIZES = [
  { batch: 2, other: 224 },
  { batch: 3, other: 256 },
] as const;

/** What `fn(...args)` gives: in place of tensors their specs, other values as they are, null where they depend on open sizes. */
export function inferOutputs(fn: (...args: never[]) => unknown, args: readonly unknown[]): unknown {
  const [small, large] = SIZES.map((sizes) => resultAt(fn, args, sizes));
  return merge(small, large);
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
