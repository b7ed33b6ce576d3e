/**
 * Taking, turning and choosing elements: take, getItem, rot90, flips, select, ravel, vectorize.
 */
import { asTensor, castTo, promotePair, tensor, zeros, type ArrayData, type TensorLike } from '../../create.ts';
import { promote, type DType } from '../../dtype.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { broadcastShapes, formatShape, normalizeAxis, sizeOf } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { integers, pick } from '../arguments.ts';
import { at, type Index } from '../at.ts';
import { checkIndices } from '../check-indices.ts';
import { where as choose } from '../elementwise.ts';
import { broadcastTo, flip, reshape, stack, swapAxes } from '../movement.ts';
import { op } from '../op.ts';
import { nonzero } from './search.ts';

type Unary = (x: TensorLike) => Tensor;

/** A tensor from values; see `tensor()`. */
export function array(value: TensorLike | ArrayData, dtype?: DType): Tensor {
  return tensor(value, dtype);
}

/** The tensor itself: tensors do not change, so that nothing needs a copy. Of a Variable, the value it has now. */
export const copy: Unary = /* @__PURE__ */ op('copy', (x: TensorLike) => asTensor(x, 'copy'));

/** All elements as one axis. */
export const ravel: Unary = /* @__PURE__ */ op('ravel', (x: TensorLike) => reshape(x, [-1]));

/**
 * Elements at `indices` along an axis, or of the flattened tensor; negative ones count from the end.
 *
 * @throws ShapeError naming an index out of range.
 */
export const take: (x: TensorLike, indices: TensorLike, axis?: number | null) => Tensor = /* @__PURE__ */ op(
  'take',
  (x: TensorLike, indices: TensorLike, axis: number | null = null) => {
    const t = axis === null ? reshape(x, [-1]) : asTensor(x, 'take');
    const place = normalizeAxis(axis ?? 0, t.rank, 'take');
    const i = integers(indices, 'take');
    checkIndices('take', i, t.shape[place]!, true);
    return pick(t, i, place);
  },
);

/** NumPy-style indexing by one index or a list of them; see `at`. */
export const getItem: (x: TensorLike, key: Index | readonly Index[]) => Tensor = /* @__PURE__ */ op(
  'getItem',
  (x: TensorLike, key: Index | readonly Index[]) =>
    at(x, ...(Array.isArray(key) ? (key as readonly Index[]) : [key as Index])),
);

/** Quarter turns of the plane of two axes, from the first towards the second. */
export const rot90: (x: TensorLike, turns?: number, axes?: readonly [number, number]) => Tensor = /* @__PURE__ */ op(
  'rot90',
  (x: TensorLike, turns = 1, axes: readonly [number, number] = [0, 1]) => {
    const t = asTensor(x, 'rot90');
    const [a, b] = axes.map((axis) => normalizeAxis(axis, t.rank, 'rot90')) as [number, number];
    if (a === b) throw new ShapeError(`rot90: expected two axes, got ${axes[0]} and ${axes[1]}`);
    if (!Number.isInteger(turns)) throw new ConfigError(`rot90: expected whole turns, got ${turns}`);
    const quarter = ((turns % 4) + 4) % 4;
    if (quarter === 0) return t;
    if (quarter === 2) return flip(t, [a, b]);
    return quarter === 1 ? flip(swapAxes(t, a, b), a) : flip(swapAxes(t, a, b), b);
  },
);

const flipOn = (name: string, axis: number): Unary =>
  /* @__PURE__ */ op(name, (x: TensorLike) => {
    const t = asTensor(x, name);
    if (t.rank <= axis) throw new ShapeError(`${name}: expected rank ≥ ${axis + 1}, got shape ${formatShape(t.shape)}`);
    return flip(t, axis);
  });
/** Reverses the second axis. */
export const fliplr: Unary = /* @__PURE__ */ flipOn('fliplr', 1);
/** Reverses the first axis. */
export const flipud: Unary = /* @__PURE__ */ flipOn('flipud', 0);

/** Per element the choice that belongs to the first condition that holds, or the default (0). All broadcast. */
export const select: (
  conditions: readonly TensorLike[],
  choices: readonly TensorLike[],
  otherwise?: TensorLike,
) => Tensor = /* @__PURE__ */ op(
  'select',
  (conditions: readonly TensorLike[], choices: readonly TensorLike[], otherwise: TensorLike = 0) => {
    if (conditions.length === 0 || conditions.length !== choices.length) {
      throw new ConfigError(
        `select: expected one choice per condition, got ${conditions.length} conditions and ${choices.length} choices`,
      );
    }
    const tensors = choices.map((x) => asTensor(x, 'select'));
    const dtype = tensors.map((t) => t.dtype).reduce(promote);
    const start = promotePair(castTo(tensors[0]!, dtype), otherwise, 'select')[1];
    return tensors.reduceRight((rest, t, i) => choose(conditions[i]!, castTo(t, dtype), rest), start);
  },
);

/**
 * `a` where the condition holds, otherwise `b`; without both, the coordinates of what is not 0, as `nonzero` gives them.
 */
export const where: {
  (condition: TensorLike): Tensor[];
  (condition: TensorLike, a: TensorLike, b: TensorLike): Tensor;
} = /* @__PURE__ */ op('where', (condition: TensorLike, a?: TensorLike, b?: TensorLike) => {
  if (a === undefined && b === undefined) return nonzero(condition);
  if (a === undefined || b === undefined) throw new ConfigError('where: expected both choices, or neither');
  return choose(condition, a, b);
}) as {
  (condition: TensorLike): Tensor[];
  (condition: TensorLike, a: TensorLike, b: TensorLike): Tensor;
};

/**
 * A function of scalars as one of tensors: it is called once per element of the broadcast arguments, and the results are
 * stacked. It is written for few elements; functions of whole tensors are faster.
 *
 * @throws ConfigError for a function that does not give scalars.
 */
export function vectorize(fn: (...args: Tensor[]) => TensorLike): (...args: TensorLike[]) => Tensor {
  return (...args) => {
    const tensors = args.map((x) => asTensor(x, 'vectorize'));
    const shape = tensors.map((t) => t.shape).reduce((a, b) => broadcastShapes(a, b, 'vectorize'), []);
    const spread = tensors.map((t) => reshape(broadcastTo(t, shape), [-1]));
    const results = Array.from({ length: sizeOf(shape) }, (_, i) =>
      asTensor(fn(...spread.map((t) => at(t, i))), 'vectorize'),
    );
    if (results.some((r) => r.rank !== 0)) throw new ConfigError('vectorize: the function must give scalars');
    return results.length === 0 ? zeros(shape) : reshape(stack(results), shape);
  };
}
