/**
 * Keras's core functions: conversions, slices at places that are computed, scatters.
 */
import { asTensor, castTo, promotePair, tensor, type ArrayData, type TensorLike } from '../create.ts';
import { isFloating, type DType } from '../dtype.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { apply } from '../runtime/interpreter.ts';
import { describe, formatShape, normalizeAxis, type Shape } from '../shape.ts';
import { Tensor } from '../tensor.ts';
import { Variable } from '../variable.ts';
import { filled, integers, oneOf, positions } from './arguments.ts';
import { add, maximum, minimum, sqrt, square, sub, where } from './elementwise.ts';
import { scatterNd } from './indexing.ts';
import { expandDims, reshape, slice as sliceAt, unstack as unstackOn } from './movement.ts';
import { op } from './op.ts';
import { sum } from './reduce.ts';

/** A tensor from values; see `tensor()`. */
export function convertToTensor(value: TensorLike | ArrayData, dtype?: DType): Tensor {
  return tensor(value, dtype);
}

/**
 * The elements of a tensor as a typed array with a shape, which `tensor()` takes back. Where the backend cannot read at
 * once, use `await x.data()`.
 */
export function convertToNumpy(x: TensorLike): ArrayData {
  const t = asTensor(x, 'convertToNumpy');
  return { data: t.dataSync(), shape: t.shape };
}

/** Whether a value is a tensor or a Variable. */
export function isTensor(value: unknown): value is Tensor | Variable {
  return value instanceof Tensor || value instanceof Variable;
}

/** The dtype of a tensor. */
export function dtype(x: TensorLike): DType {
  return asTensor(x, 'dtype').dtype;
}

/** The sizes of the axes. */
export function shape(x: TensorLike): Shape {
  return asTensor(x, 'shape').shape;
}

/** The number of elements. */
export function size(x: TensorLike): number {
  return asTensor(x, 'size').size;
}

/** The number of axes. */
export function ndim(x: TensorLike): number {
  return asTensor(x, 'ndim').rank;
}

/** Index tensors of a block that begins at a computed place, moved inside where it would stick out. */
function block(t: Tensor, start: Tensor, extent: Shape, where_: string): Tensor[] {
  if (start.rank !== 1 || start.size !== t.rank || extent.length !== t.rank) {
    throw new ShapeError(
      `${where_}: expected ${t.rank} starts and sizes for shape ${formatShape(t.shape)}, got ${formatShape(start.shape)} and ${formatShape(extent)}`,
    );
  }
  return extent.map((n, d) => {
    const room = t.shape[d]! - n;
    if (!Number.isInteger(n) || n < 0 || room < 0) {
      throw new ShapeError(`${where_}: a block ${formatShape(extent)} does not fit into ${formatShape(t.shape)}`);
    }
    const from = minimum(maximum(sliceAt(start, d, 1), 0), room);
    return add(
      positions(n, d, t.rank),
      reshape(
        from,
        t.shape.map(() => 1),
      ),
    );
  });
}

type Starts = number | readonly number[] | Tensor | Variable;

/**
 * A block of `size` elements per axis from `start`; a view for numbers. A start in a tensor is read when the op runs, also
 * inside `jit`, and moved inside where the block would stick out.
 *
 * @example
 * import { slice } from '@dl/tensor/ops';
 * slice(x, tensor([2, 0], 'int32'), [1, 3]);
 */
export const slice: (x: TensorLike, start: Starts, size?: number | readonly number[]) => Tensor = /* @__PURE__ */ op(
  'slice',
  (x: TensorLike, start: Starts, extent?: number | readonly number[]) => {
    if (!isTensor(start)) return sliceAt(x, start, extent);
    const t = asTensor(x, 'slice');
    if (!Array.isArray(extent)) throw new ConfigError(`slice: expected a list of sizes, got ${describe(extent)}`);
    const places = block(t, integers(start, 'slice'), extent as Shape, 'slice');
    return apply('gather', [t, ...places], { axes: t.shape.map((_, d) => d) });
  },
);

/** A copy of `x` in which a block from `start` on holds `updates`. `start` as in {@link slice}. */
export const sliceUpdate: (x: TensorLike, start: readonly number[] | Tensor | Variable, updates: TensorLike) => Tensor =
  /* @__PURE__ */ op(
    'sliceUpdate',
    (x: TensorLike, start: readonly number[] | Tensor | Variable, updates: TensorLike) => {
      const t = asTensor(x, 'sliceUpdate');
      const u = castTo(asTensor(updates, 'sliceUpdate', t.dtype), t.dtype);
      const places = block(t, integers(start, 'sliceUpdate'), u.shape, 'sliceUpdate');
      return apply('scatter', [t, ...places, u], { axes: t.shape.map((_, d) => d), op: 'set' });
    },
  );

/** Zeros of a shape with `values` added at the coordinates in the last axis of `indices`. */
export const scatter: (indices: TensorLike, values: TensorLike, shape: Shape) => Tensor = /* @__PURE__ */ op(
  'scatter',
  (indices: TensorLike, values: TensorLike, into: Shape) => {
    const v = asTensor(values, 'scatter');
    return scatterNd(filled(into, 0, v.dtype), indices, v, 'add');
  },
);

/**
 * A copy of `x` with `updates` at the coordinates in the last axis of `indices`; where several meet, the last one stays,
 * unless `reduction` says how they are combined with what is there.
 */
export const scatterUpdate: (
  x: TensorLike,
  indices: TensorLike,
  updates: TensorLike,
  reduction?: 'add' | 'max' | 'min' | 'mul' | null,
) => Tensor = /* @__PURE__ */ op(
  'scatterUpdate',
  (x: TensorLike, indices: TensorLike, updates: TensorLike, reduction: 'add' | 'max' | 'min' | 'mul' | null = null) => {
    if (reduction !== null) oneOf(reduction, ['add', 'max', 'min', 'mul'], 'scatterUpdate: reduction');
    return scatterNd(x, indices, updates, reduction ?? 'set');
  },
);

/** The slices along an axis, without it; `count` may say how many they must be. */
export const unstack: (x: TensorLike, count?: number | null, axis?: number) => Tensor[] = /* @__PURE__ */ op(
  'unstack',
  (x: TensorLike, count: number | null = null, axis = 0) => {
    const t = asTensor(x, 'unstack');
    const n = t.shape[normalizeAxis(axis, t.rank, 'unstack')]!;
    if (count !== null && count !== n) {
      throw new ShapeError(`unstack: axis ${axis} of ${formatShape(t.shape)} has ${n} slices, not ${count}`);
    }
    return unstackOn(t, axis);
  },
);

/** Euclidean distances of the rows of [..., n, d] from those of [..., m, d]: [..., n, m]. Equal rows have slopes of 0. */
export const cdist: (x: TensorLike, y: TensorLike) => Tensor = /* @__PURE__ */ op(
  'cdist',
  (x: TensorLike, y: TensorLike) => {
    const [a, b] = promotePair(x, y, 'cdist');
    if (a.rank < 2 || b.rank < 2 || a.shape.at(-1) !== b.shape.at(-1)) {
      throw new ShapeError(
        `cdist: expected [..., n, d] and [..., m, d], got ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
      );
    }
    const float = isFloating(a.dtype) ? a.dtype : 'float32';
    const gaps = sub(expandDims(castTo(a, float), -2), expandDims(castTo(b, float), -3));
    const squares = sum(square(gaps), -1);
    const same = apply('equal', [squares, Tensor.scalar(0, float)], {});
    return where(same, 0, sqrt(where(same, 1, squares)));
  },
);
