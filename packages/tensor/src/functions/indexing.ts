/**
 * Gathering, scattering, sorting.
 */
import { asTensor, castTo, type TensorLike } from '../create.ts';
import { isFloating, isInteger, promote, type DType } from '../dtype.ts';
import { ConfigError, DTypeError, ShapeError } from '../errors.ts';
import type { OpAttrs } from '../ops/attrs.ts';
import { apply, applyAll } from '../runtime/interpreter.ts';
import { formatShape, normalizeAxis } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { holdsWholeNumbers } from './arguments.ts';
import { canSee, checkIndices } from './check-indices.ts';
import { broadcastTo, expandDims, reshape, squeeze, unstack } from './movement.ts';
import { composite } from './composite.ts';
import { op } from './op.ts';

function indexTensor(x: TensorLike, where: string): Tensor {
  const t = asTensor(x, where, 'int32');
  if (isInteger(t.dtype)) return castTo(t, 'int32');
  if (t.dtype === 'bool') throw new DTypeError(`${where}: indices must be integers, got bool; use where()`);
  if (holdsWholeNumbers(x)) return castTo(t, 'int32');
  throw new DTypeError(`${where}: indices must be integers, got ${t.dtype}; use cast(x, 'int32')`);
}

/** A gather with NaN, or 0 of an integer dtype, in the rows whose index lies outside. */
const gatherInside = /* @__PURE__ */ composite<{ readonly axis: number }>('gatherInside', ([x, indices], { axis }) => {
  const rows = apply('gather', [x!, indices!], { axes: [axis] });
  const inside = apply('and', [indices!.greaterEqual(0), indices!.less(x!.shape[axis]!)], {});
  const shape = rows.shape.map((n, d) => (d >= axis && d < axis + indices!.rank ? n : 1));
  const blank = castTo(asTensor(isFloating(rows.dtype) ? NaN : 0, 'gather', rows.dtype), rows.dtype);
  return apply('select', [reshape(inside, shape), rows, blank], {});
});

/**
 * Elements at `indices` along an axis: the axis is replaced by the shape of the indices. Indices do not count from the
 * end; `at` does that. Where they cannot be looked at (in traces, on backends without synchronous reads), one out of range
 * gives NaN, or 0 for integers.
 *
 * @throws ShapeError naming an index out of range and its position; DTypeError when the indices are not integers.
 * @example gather(table, [0, 2]); // rows 0 and 2
 */
export const gather: (x: TensorLike, indices: TensorLike, axis?: number) => Tensor = /* @__PURE__ */ op(
  'gather',
  (x: TensorLike, indices: TensorLike, axis = 0) => {
    const t = asTensor(x, 'gather');
    const place = normalizeAxis(axis, t.rank, 'gather');
    const i = indexTensor(indices, 'gather');
    checkIndices('gather', i, t.shape[place]!);
    return canSee(i) ? apply('gather', [t, i], { axes: [place] }) : gatherInside([t, i], { axis: place });
  },
);

/** The element positions of all axes but one, as broadcastable index tensors. */
function withOtherAxes(indices: Tensor, axis: number): Tensor[] {
  return indices.shape.map((n, d) => {
    if (d === axis) return indices;
    const shape = indices.shape.map((_, e) => (e === d ? n : 1));
    return apply('iota', [], { shape, axis: d, dtype: 'int32' });
  });
}

/**
 * Elements along an axis by an index tensor of the same rank (NumPy `take_along_axis`), or of the flattened tensor by a
 * flattened index tensor; negative ones count from the end.
 */
export const takeAlongAxis: (x: TensorLike, indices: TensorLike, axis?: number | null) => Tensor = /* @__PURE__ */ op(
  'takeAlongAxis',
  (x: TensorLike, indices: TensorLike, axis: number | null = null) => {
    const flat = (value: Tensor): Tensor => (axis === null ? reshape(value, [-1]) : value);
    const t = flat(asTensor(x, 'takeAlongAxis'));
    const place = normalizeAxis(axis ?? 0, t.rank, 'takeAlongAxis');
    const i = flat(indexTensor(indices, 'takeAlongAxis'));
    if (i.rank !== t.rank || i.shape.some((n, d) => d !== place && n !== t.shape[d])) {
      throw new ShapeError(
        `takeAlongAxis: indices ${formatShape(i.shape)} must match ${formatShape(t.shape)} except along axis ${place}`,
      );
    }
    checkIndices('takeAlongAxis', i, t.shape[place]!, true);
    return apply('gather', [t, ...withOtherAxes(i, place)], { axes: t.shape.map((_, d) => d) });
  },
);

/** Elements or slices at the coordinates in the last axis of `indices` (TensorFlow `gather_nd`). */
export const gatherNd: (x: TensorLike, indices: TensorLike) => Tensor = /* @__PURE__ */ op(
  'gatherNd',
  (x: TensorLike, indices: TensorLike) => {
    const t = asTensor(x, 'gatherNd');
    const parts = coordinateTensors('gatherNd', t, indexTensor(indices, 'gatherNd'));
    return apply('gather', [t, ...parts], { axes: parts.map((_, axis) => axis) });
  },
);

function coordinateTensors(where: string, t: Tensor, indices: Tensor): Tensor[] {
  const depth = indices.shape.at(-1) ?? 0;
  if (depth < 1 || depth > t.rank) {
    throw new ShapeError(
      `${where}: the last axis of indices ${formatShape(indices.shape)} must hold 1 to ${t.rank} coordinates`,
    );
  }
  const parts = unstack(indices, -1);
  parts.forEach((part, axis) => checkIndices(`${where} (axis ${axis})`, part, t.shape[axis]!));
  return parts;
}

/** How {@link scatterNd} combines. */
export type ScatterMode = OpAttrs['scatter']['op'];

/** A copy of `x` with `updates` combined in at the coordinates in the last axis of `indices`. With 'set', the last one wins. */
export const scatterNd: (x: TensorLike, indices: TensorLike, updates: TensorLike, mode?: ScatterMode) => Tensor =
  /* @__PURE__ */ op(
    'scatterNd',
    (x: TensorLike, indices: TensorLike, updates: TensorLike, mode: ScatterMode = 'set') => {
      const modes = ['set', 'add', 'mul', 'max', 'min'];
      if (!modes.includes(mode))
        throw new ConfigError(`scatterNd: unknown mode '${String(mode)}'; known: ${modes.join(', ')}`);
      const t0 = asTensor(x, 'scatterNd');
      const u0 = asTensor(updates, 'scatterNd', t0.dtype);
      const dtype = promote(t0.dtype, u0.dtype);
      const t = castTo(t0, dtype);
      const parts = coordinateTensors('scatterNd', t, indexTensor(indices, 'scatterNd'));
      const shape = [...parts[0]!.shape, ...t.shape.slice(parts.length)];
      return apply('scatter', [t, ...parts, broadcastTo(castTo(u0, dtype), shape)], {
        axes: parts.map((_, axis) => axis),
        op: mode,
      });
    },
  );

interface SortOptions {
  readonly descending?: boolean;
}

/** Stable sort along an axis; NaN goes last. */
export const sort: (x: TensorLike, axis?: number, options?: SortOptions) => Tensor = /* @__PURE__ */ op(
  'sort',
  (x: TensorLike, axis = -1, { descending = false }: SortOptions = {}) => {
    const t = asTensor(x, 'sort');
    return apply('sort', [t], { axis: normalizeAxis(axis, t.rank, 'sort'), descending });
  },
);

/** The positions (int32) that sort along an axis; stable. */
export const argsort: (x: TensorLike, axis?: number, options?: SortOptions) => Tensor = /* @__PURE__ */ op(
  'argsort',
  (x: TensorLike, axis = -1, { descending = false }: SortOptions = {}) => {
    const t = asTensor(x, 'argsort');
    return applyAll('sort', [t], { axis: normalizeAxis(axis, t.rank, 'argsort'), descending })[1]!;
  },
);

/** The `k` largest elements of the last axis, largest first, and their positions. */
export const topK: (x: TensorLike, k: number) => { values: Tensor; indices: Tensor } = /* @__PURE__ */ op(
  'topK',
  (x: TensorLike, k: number) => {
    const t = asTensor(x, 'topK');
    const n = t.shape.at(-1);
    if (n === undefined || !Number.isInteger(k) || k < 0 || k > n) {
      throw new ShapeError(`topK: k must be an integer from 0 to the last size of ${formatShape(t.shape)}, got ${k}`);
    }
    const [values, indices] = applyAll('sort', [t], { axis: t.rank - 1, descending: true, limit: k });
    return { values: values!, indices: indices! };
  },
);

/** Rows of 0 with a 1 at each class id; ids out of range give a row of zeros. */
export const oneHot: (ids: TensorLike, classes: number, axis?: number, dtype?: DType) => Tensor = /* @__PURE__ */ op(
  'oneHot',
  (ids: TensorLike, classes: number, axis = -1, dtype: DType = 'float32') => {
    if (!Number.isInteger(classes) || classes < 1)
      throw new ConfigError(`oneHot: the number of classes must be a positive integer, got ${classes}`);
    const i = indexTensor(ids, 'oneHot');
    const place = normalizeAxis(axis, i.rank + 1, 'oneHot');
    const wide = expandDims(i, place);
    const shape = wide.shape.map((_, d) => (d === place ? classes : 1));
    const columns = apply('iota', [], { shape, axis: place, dtype: 'int32' });
    return castTo(apply('equal', [wide, columns], {}), dtype);
  },
);

/** Whether each class id is among the `k` highest scores of its row; ties count as inside. */
export const inTopK: (targets: TensorLike, scores: TensorLike, k: number) => Tensor = /* @__PURE__ */ op(
  'inTopK',
  (targets: TensorLike, scores: TensorLike, k: number) => {
    const s = asTensor(scores, 'inTopK');
    const ids = indexTensor(targets, 'inTopK');
    const own = takeAlongAxis(s, expandDims(ids, -1), -1);
    const better = castTo(apply('greater', [s, own], {}), 'int32').sum(-1);
    return apply(
      'and',
      [better.less(k), apply('less', [squeeze(own, -1).abs(), asTensor(Infinity, 'inTopK', s.dtype)], {})],
      {},
    );
  },
);

/** The lower or upper triangle of the last two axes, including `diagonal` places above the main one; zeros elsewhere. */
function triangle(name: 'tril' | 'triu'): (x: TensorLike, diagonal?: number) => Tensor {
  return /* @__PURE__ */ op(name, (x: TensorLike, diagonal = 0) => {
    const t = asTensor(x, name);
    if (t.rank < 2) throw new ShapeError(`${name}: expected rank ≥ 2, got shape ${formatShape(t.shape)}`);
    const shape = t.shape.slice(-2);
    const row = apply('iota', [], { shape, axis: 0, dtype: 'int32' }).add(diagonal);
    const column = apply('iota', [], { shape, axis: 1, dtype: 'int32' });
    const keep = apply(name === 'tril' ? 'lessEqual' : 'greaterEqual', [column, row], {});
    return apply('select', [keep, t, castTo(asTensor(0, name, t.dtype), t.dtype)], {});
  });
}
export const tril: (x: TensorLike, diagonal?: number) => Tensor = /* @__PURE__ */ triangle('tril');
export const triu: (x: TensorLike, diagonal?: number) => Tensor = /* @__PURE__ */ triangle('triu');
