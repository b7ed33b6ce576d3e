/**
 * Repeating and shifting elements along axes.
 */
import { asTensor, type TensorLike } from '../create.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { apply } from '../runtime/interpreter.ts';
import { formatShape, normalizeAxis } from '../shape.ts';
import { Tensor } from '../tensor.ts';
import { broadcastTo, concat, expandDims, reshape, split } from './movement.ts';
import { op } from './op.ts';

/**
 * Repeats each element along an axis, or of the flattened tensor: all as often, or each as often as a list says.
 *
 * @throws ShapeError for a list of another length than the axis.
 */
export const repeat: (x: TensorLike, count: number | readonly number[], axis?: number | null) => Tensor =
  /* @__PURE__ */ op('repeat', (x: TensorLike, count: number | readonly number[], axis: number | null = null) => {
    const t = axis === null ? reshape(x, [-1]) : asTensor(x, 'repeat');
    const place = normalizeAxis(axis ?? 0, t.rank, 'repeat');
    const n = t.shape[place]!;
    const counts = typeof count === 'number' ? [count] : count;
    if (counts.some((times) => !Number.isInteger(times) || times < 0)) {
      throw new ConfigError(`repeat: counts must be whole numbers of at least 0, got [${counts.join(', ')}]`);
    }
    if (counts.length === 1) {
      const times = counts[0]!;
      const apart = expandDims(t, place + 1);
      const wide = broadcastTo(
        apart,
        apart.shape.map((size, i) => (i === place + 1 ? times : size)),
      );
      return reshape(
        wide,
        t.shape.map((size, i) => (i === place ? n * times : size)),
      );
    }
    if (counts.length !== n) {
      throw new ShapeError(`repeat: ${counts.length} counts do not fit axis ${place} of ${formatShape(t.shape)}`);
    }
    const sources = Int32Array.from(counts.flatMap((times, i) => Array.from({ length: times }, () => i)));
    return apply('gather', [t, Tensor.fromValues(sources, [sources.length], 'int32')], { axes: [place] });
  });

/** Shifts along axes, or as if flattened; what falls out comes in at the other end. */
export const roll: (
  x: TensorLike,
  shift: number | readonly number[],
  axis?: number | readonly number[] | null,
) => Tensor = /* @__PURE__ */ op(
  'roll',
  (x: TensorLike, shift: number | readonly number[], axis: number | readonly number[] | null = null) => {
    const t = asTensor(x, 'roll');
    if (axis === null) return reshape(roll(reshape(t, [-1]), shift, 0), t.shape);
    const axes = typeof axis === 'number' ? [axis] : axis;
    const shifts = typeof shift === 'number' ? axes.map(() => shift) : shift;
    if (shifts.length !== axes.length) {
      throw new ConfigError(`roll: expected one shift per axis, got ${shifts.length} for ${axes.length} axes`);
    }
    return axes.reduce((moved, a, i) => shifted(moved, shifts[i]!, normalizeAxis(a, t.rank, 'roll')), t);
  },
);

function shifted(t: Tensor, shift: number, axis: number): Tensor {
  const n = t.shape[axis]!;
  const by = n === 0 ? 0 : ((shift % n) + n) % n;
  if (by === 0) return t;
  const [head, tail] = split(t, [n - by, by], axis) as [Tensor, Tensor];
  return concat([tail, head], axis);
}
