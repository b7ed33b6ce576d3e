/**
 * Making tensors: evenly spaced numbers, grids, and tensors like others.
 */
import { asTensor, castTo, full, zeros, type TensorLike } from '../../create.ts';
import { checkDType, isFloating, type DType } from '../../dtype.ts';
import { eye, linspace as linspaceOf } from '../../create.ts';
import { ConfigError } from '../../errors.ts';
import { broadcastShapes, normalizeAxis, type Shape } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { oneOf, positions, real, realPair, wholeNumber } from '../arguments.ts';
import { abs, add, div, equal, exp, log, mul, pow, sign, sub, where } from '../elementwise.ts';
import { broadcastTo, moveAxis, reshape } from '../movement.ts';
import { op } from '../op.ts';

/** Options of spaced numbers. */
export interface SpaceOptions {
  /** Whether `stop` is the last number. Default true. */
  readonly endpoint?: boolean;
  readonly dtype?: DType;
  /** Where the numbers lie in the result when `start` and `stop` are tensors. Default 0. */
  readonly axis?: number;
}

type Space = (start: TensorLike, stop: TensorLike, count?: number, options?: SpaceOptions) => Tensor;

/** Runs a rule for the numbers between two ends, i/steps of the way from one to the other. */
function spaced(
  name: string,
  rule: (start: Tensor, stop: Tensor, way: Tensor) => Tensor,
  start: TensorLike,
  stop: TensorLike,
  count: number,
  { endpoint = true, dtype, axis = 0 }: SpaceOptions,
): Tensor {
  wholeNumber(count, 0, `${name}: count`);
  const [from, to] = realPair(start, stop, name);
  const shape = broadcastShapes(from.shape, to.shape, name);
  const steps = Math.max(endpoint ? count - 1 : count, 1);
  const place = positions(count, 0, shape.length + 1);
  const way = div(castTo(place, from.dtype), steps);
  const ends = (t: Tensor): Tensor => reshape(broadcastTo(t, shape), [1, ...shape]);
  // The ends are as given, whatever is rounded between them.
  const inner = rule(ends(from), ends(to), way);
  const last = endpoint && count > 1 ? where(equal(place, count - 1), ends(to), inner) : inner;
  const exact = where(equal(place, 0), ends(from), last);
  const moved = moveAxis(exact, 0, normalizeAxis(axis, shape.length + 1, name));
  return dtype === undefined ? moved : castTo(moved, checkDType(dtype, name));
}

/**
 * `count` evenly spaced numbers from `start` to `stop`, which is included unless `endpoint` is false. For tensors the
 * numbers lie on a new axis.
 *
 * @example linspace(0, 1, 5); // [0, 0.25, 0.5, 0.75, 1]
 */
export const linspace: Space = /* @__PURE__ */ op(
  'linspace',
  (start: TensorLike, stop: TensorLike, count = 50, options: SpaceOptions = {}) =>
    typeof start === 'number' && typeof stop === 'number' && options.endpoint !== false
      ? linspaceOf(start, stop, count, options.dtype)
      : spaced('linspace', (a, b, way) => add(a, mul(sub(b, a), way)), start, stop, count, options),
);

/** Powers of `base` (10) with evenly spaced exponents from `start` to `stop`. */
export const logspace: (
  start: TensorLike,
  stop: TensorLike,
  count?: number,
  options?: SpaceOptions & { readonly base?: number },
) => Tensor = /* @__PURE__ */ op(
  'logspace',
  (
    start: TensorLike,
    stop: TensorLike,
    count = 50,
    { base = 10, dtype, ...options }: SpaceOptions & { readonly base?: number } = {},
  ) => {
    if (!(base > 0)) throw new ConfigError(`logspace: the base must be above 0, got ${base}`);
    const wide = isFloating(dtype ?? 'float32') ? dtype : undefined;
    const exponents = linspace(start, stop, count, wide === undefined ? options : { ...options, dtype: wide });
    const powers = pow(real(base, 'logspace'), exponents);
    return dtype === undefined ? powers : castTo(powers, dtype);
  },
);

/**
 * `count` numbers from `start` to `stop` with one ratio of neighbours. Both have one sign and are not 0, otherwise the
 * numbers between are NaN.
 */
export const geomspace: Space = /* @__PURE__ */ op(
  'geomspace',
  (start: TensorLike, stop: TensorLike, count = 50, options: SpaceOptions = {}) =>
    spaced(
      'geomspace',
      (a, b, way) => {
        const signed = where(equal(sign(a), sign(b)), sign(a), NaN);
        return mul(signed, exp(add(log(abs(a)), mul(sub(log(abs(b)), log(abs(a))), way))));
      },
      start,
      stop,
      count,
      options,
    ),
);

/** A grid: the vectors spread over as many axes as there are vectors. With 'xy' the first two axes change places. */
export const meshgrid: (xs: readonly TensorLike[], options?: { readonly indexing?: 'xy' | 'ij' }) => Tensor[] =
  /* @__PURE__ */ op(
    'meshgrid',
    (xs: readonly TensorLike[], { indexing = 'xy' }: { readonly indexing?: 'xy' | 'ij' } = {}) => {
      oneOf(indexing, ['xy', 'ij'], 'meshgrid: indexing');
      const vectors = xs.map((x) => reshape(asTensor(x, 'meshgrid'), [-1]));
      const swap = indexing === 'xy' && vectors.length > 1;
      const place = (i: number): number => (swap && i < 2 ? 1 - i : i);
      const shape = vectors.map((_, axis) => vectors[place(axis)]!.size);
      return vectors.map((v, i) =>
        broadcastTo(
          reshape(
            v,
            shape.map((n, axis) => (axis === place(i) ? n : 1)),
          ),
          shape,
        ),
      );
    },
  );

/** A tensor filled with one value, of the shape and dtype of `like`, or of another dtype. */
export const fullLike: (like: TensorLike, value: number | boolean, dtype?: DType) => Tensor = /* @__PURE__ */ op(
  'fullLike',
  (like: TensorLike, value: number | boolean, dtype?: DType) => {
    const t = asTensor(like, 'fullLike');
    return full(t.shape, value, dtype ?? t.dtype);
  },
);
const likeOf = (name: string, value: number): ((like: TensorLike, dtype?: DType) => Tensor) =>
  /* @__PURE__ */ op(name, (like: TensorLike, dtype?: DType) => fullLike(like, value, dtype));
/** Zeros of the shape and dtype of `like`, or of another dtype. */
export const zerosLike: (like: TensorLike, dtype?: DType) => Tensor = /* @__PURE__ */ likeOf('zerosLike', 0);
/** Ones of the shape and dtype of `like`, or of another dtype. */
export const onesLike: (like: TensorLike, dtype?: DType) => Tensor = /* @__PURE__ */ likeOf('onesLike', 1);
/** As {@link zerosLike}: memory without values does not exist here. */
export const emptyLike: (like: TensorLike, dtype?: DType) => Tensor = /* @__PURE__ */ likeOf('emptyLike', 0);
/** Zeros: memory without values does not exist here. */
export function empty(shape: Shape, dtype: DType = 'float32'): Tensor {
  return zeros(shape, dtype);
}
/** Ones on the main diagonal of an [n, n] matrix. */
export function identity(n: number, dtype: DType = 'float32'): Tensor {
  return eye(n, n, 0, dtype);
}
