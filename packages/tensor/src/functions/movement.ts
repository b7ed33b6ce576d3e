/**
 * Functions that move elements without computing. Most are views and copy nothing.
 */
import { asTensor, castTo, type TensorLike } from '../create.ts';
import { promote } from '../dtype.ts';
import { ShapeError } from '../errors.ts';
import { apply } from '../runtime/interpreter.ts';
import {
  describe,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  resolveReshape,
  sameShape,
  type Shape,
} from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { op } from './op.ts';

/** The same elements under another shape; one size may be −1. */
export const reshape: (x: TensorLike, shape: readonly number[]) => Tensor = /* @__PURE__ */ op(
  'reshape',
  (x: TensorLike, shape: readonly number[]) => {
    const t = asTensor(x, 'reshape');
    const resolved = resolveReshape(t.shape, shape, 'reshape');
    return sameShape(resolved, t.shape) ? t : apply('reshape', [t], { shape: resolved });
  },
);

/** Reorders axes; without a permutation reverses them. */
export const transpose: (x: TensorLike, permutation?: readonly number[]) => Tensor = /* @__PURE__ */ op(
  'transpose',
  (x: TensorLike, permutation?: readonly number[]) => {
    const t = asTensor(x, 'transpose');
    const order =
      permutation?.map((axis) => normalizeAxis(axis, t.rank, 'transpose')) ?? t.shape.map((_, i) => t.rank - 1 - i);
    return apply('transpose', [t], { permutation: order });
  },
);

/** Exchanges two axes. */
export const swapAxes: (x: TensorLike, a: number, b: number) => Tensor = /* @__PURE__ */ op(
  'swapAxes',
  (x: TensorLike, a: number, b: number) => {
    const t = asTensor(x, 'swapAxes');
    const [i, j] = [normalizeAxis(a, t.rank, 'swapAxes'), normalizeAxis(b, t.rank, 'swapAxes')];
    return apply('transpose', [t], { permutation: t.shape.map((_, axis) => (axis === i ? j : axis === j ? i : axis)) });
  },
);

/** Moves axes to other places; the others keep their order. */
export const moveAxis: (x: TensorLike, from: number | readonly number[], to: number | readonly number[]) => Tensor =
  /* @__PURE__ */ op('moveAxis', (x: TensorLike, from: number | readonly number[], to: number | readonly number[]) => {
    const t = asTensor(x, 'moveAxis');
    const places = (axes: number | readonly number[]): number[] =>
      (typeof axes === 'number' ? [axes] : axes).map((axis) => normalizeAxis(axis, t.rank, 'moveAxis'));
    const [sources, targets] = [places(from), places(to)];
    if (new Set(sources).size !== targets.length || new Set(targets).size !== sources.length) {
      throw new ShapeError(`moveAxis: axes [${sources.join(', ')}] and places [${targets.join(', ')}] must be as many`);
    }
    const order = t.shape.map((_, axis) => axis).filter((axis) => !sources.includes(axis));
    const byPlace = targets.map((place, i) => [place, sources[i]!] as const).sort(([a], [b]) => a - b);
    for (const [place, source] of byPlace) order.splice(place, 0, source);
    return apply('transpose', [t], { permutation: order });
  });

/** Repeats axes of size 1 to fit a shape, without copying. */
export const broadcastTo: (x: TensorLike, shape: Shape) => Tensor = /* @__PURE__ */ op(
  'broadcastTo',
  (x: TensorLike, shape: Shape) => {
    const t = asTensor(x, 'broadcastTo');
    return apply('broadcastTo', [t], { shape });
  },
);

/** Drops axes of size 1: the given ones, or all. */
export const squeeze: (x: TensorLike, axes?: number | readonly number[] | null) => Tensor = /* @__PURE__ */ op(
  'squeeze',
  (x: TensorLike, axes?: number | readonly number[] | null) => {
    const t = asTensor(x, 'squeeze');
    const named = axes !== undefined && axes !== null;
    const drop = named ? normalizeAxes(axes, t.rank, 'squeeze') : t.shape.flatMap((n, axis) => (n === 1 ? [axis] : []));
    const wrong = drop.find((axis) => t.shape[axis] !== 1);
    if (wrong !== undefined)
      throw new ShapeError(`squeeze: axis ${wrong} of ${formatShape(t.shape)} has size ${t.shape[wrong]}, not 1`);
    return reshape(
      t,
      t.shape.filter((_, axis) => !drop.includes(axis)),
    );
  },
);

/** Inserts axes of size 1 at these places of the result. */
export const expandDims: (x: TensorLike, axis: number | readonly number[]) => Tensor = /* @__PURE__ */ op(
  'expandDims',
  (x: TensorLike, axis: number | readonly number[]) => {
    const t = asTensor(x, 'expandDims');
    const list = typeof axis === 'number' ? [axis] : axis;
    const places = normalizeAxes(list, t.rank + list.length, 'expandDims');
    const shape = [...t.shape];
    for (const place of places) shape.splice(place, 0, 1);
    return reshape(t, shape);
  },
);

/** See `Tensor.slice`. */
export const slice: (x: TensorLike, start: number | readonly number[], size?: number | readonly number[]) => Tensor =
  /* @__PURE__ */ op('slice', (x: TensorLike, start: number | readonly number[], size?: number | readonly number[]) => {
    const t = asTensor(x, 'slice');
    const starts = typeof start === 'number' ? [start] : start;
    const sizes = typeof size === 'number' ? [size] : size;
    if (starts.length > t.rank || (sizes !== undefined && sizes.length > t.rank)) {
      throw new ShapeError(`slice: got ${starts.length} starts for shape ${formatShape(t.shape)} of rank ${t.rank}`);
    }
    const from = t.shape.map((n, axis) => {
      const s = starts[axis] ?? 0;
      return s < 0 ? s + n : s;
    });
    const extent = t.shape.map((n, axis) => {
      const wanted = sizes?.[axis] ?? -1;
      return wanted === -1 ? n - from[axis]! : wanted;
    });
    if ([...from, ...extent].some((n) => !Number.isInteger(n) || n < 0)) {
      throw new ShapeError(
        `slice: start ${describeList(starts)} and size ${sizes ? describeList(sizes) : 'to the end'} do not lie inside ${formatShape(t.shape)}`,
      );
    }
    return apply('slice', [t], { start: from, size: extent, step: t.shape.map(() => 1) });
  });

const describeList = (list: readonly unknown[]): string => `[${list.map(describe).join(', ')}]`;

/** Reverses the order along axes (all when absent), without copying. */
export const flip: (x: TensorLike, axes?: number | readonly number[] | null) => Tensor = /* @__PURE__ */ op(
  'flip',
  (x: TensorLike, axes?: number | readonly number[] | null) => {
    const t = asTensor(x, 'flip');
    return apply('flip', [t], { axes: normalizeAxes(axes, t.rank, 'flip') });
  },
);

/** Tensors of one dtype from a list, by promotion. */
function unify(xs: readonly TensorLike[], where: string): Tensor[] {
  if (!Array.isArray(xs) || xs.length === 0) {
    throw new ShapeError(`${where}: expected a list of at least one tensor, got ${describe(xs)}`);
  }
  const tensors = xs.map((x) => asTensor(x, where));
  const dtype = tensors.map((t) => t.dtype).reduce(promote);
  return tensors.map((t) => castTo(t, dtype));
}

/** Joins tensors along an existing axis. */
export const concat: (xs: readonly TensorLike[], axis?: number) => Tensor = /* @__PURE__ */ op(
  'concat',
  (xs: readonly TensorLike[], axis = 0) => {
    const tensors = unify(xs, 'concat');
    const place = normalizeAxis(axis, tensors[0]!.rank, 'concat');
    return tensors.length === 1 ? tensors[0]! : apply('concat', tensors, { axis: place });
  },
);

/** Joins tensors of one shape along a new axis. */
export const stack: (xs: readonly TensorLike[], axis?: number) => Tensor = /* @__PURE__ */ op(
  'stack',
  (xs: readonly TensorLike[], axis = 0) => {
    const tensors = unify(xs, 'stack');
    const odd = tensors.find((t) => !sameShape(t.shape, tensors[0]!.shape));
    if (odd)
      throw new ShapeError(
        `stack: all shapes must be equal, got ${formatShape(tensors[0]!.shape)} and ${formatShape(odd.shape)}`,
      );
    const place = normalizeAxis(axis, tensors[0]!.rank + 1, 'stack');
    return concat(
      tensors.map((t) => expandDims(t, place)),
      place,
    );
  },
);

/** Splits along an axis into equal parts, or at the given sizes. */
export const split: (x: TensorLike, parts: number | readonly number[], axis?: number) => Tensor[] = /* @__PURE__ */ op(
  'splitSizes',
  (x: TensorLike, parts: number | readonly number[], axis = 0) => {
    const t = asTensor(x, 'split');
    const place = normalizeAxis(axis, t.rank, 'split');
    const n = t.shape[place]!;
    if (typeof parts === 'number' && (!Number.isInteger(parts) || parts < 1 || n % parts !== 0)) {
      throw new ShapeError(`split: axis ${place} of ${formatShape(t.shape)} does not split into ${parts} equal parts`);
    }
    const sizes = typeof parts === 'number' ? Array.from({ length: parts }, () => n / parts) : parts;
    if (sizes.reduce((a, b) => a + b, 0) !== n)
      throw new ShapeError(`split: sizes [${sizes.join(', ')}] do not add up to ${n}`);
    let from = 0;
    return sizes.map((size) => {
      const part = slice(
        t,
        t.shape.map((_, i) => (i === place ? from : 0)),
        t.shape.map((m, i) => (i === place ? size : m)),
      );
      from += size;
      return part;
    });
  },
);

/** The slices along an axis, without it. */
export const unstack: (x: TensorLike, axis?: number) => Tensor[] = /* @__PURE__ */ op(
  'unstack',
  (x: TensorLike, axis = 0) => {
    const t = asTensor(x, 'unstack');
    const place = normalizeAxis(axis, t.rank, 'unstack');
    const n = t.shape[place]!;
    return n === 0 ? [] : split(t, n, place).map((part) => squeeze(part, place));
  },
);

/** Repeats the whole tensor along each axis. */
export const tile: (x: TensorLike, repeats: number | readonly number[]) => Tensor = /* @__PURE__ */ op(
  'tile',
  (x: TensorLike, repeats: number | readonly number[]) => {
    const given = typeof repeats === 'number' ? [repeats] : repeats;
    const t0 = asTensor(x, 'tile');
    const rank = Math.max(t0.rank, given.length);
    const t = reshape(t0, [...Array.from({ length: rank - t0.rank }, () => 1), ...t0.shape]);
    const counts = [...Array.from({ length: rank - given.length }, () => 1), ...given];
    const apart = reshape(
      t,
      t.shape.flatMap((n) => [1, n]),
    );
    const wide = broadcastTo(
      apart,
      t.shape.flatMap((n, axis) => [counts[axis]!, n]),
    );
    return reshape(
      wide,
      t.shape.map((n, axis) => n * counts[axis]!),
    );
  },
);
