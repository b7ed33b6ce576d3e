/**
 * Functions of the bits and divisors of numbers: gcd, lcm, nextafter, view.
 */
import { asTensor, castTo, promotePair, type TensorLike } from '../../create.ts';
import { byteWidth, checkDType, isInteger, type DType } from '../../dtype.ts';
import { ConfigError, DTypeError, ShapeError } from '../../errors.ts';
import { apply } from '../../runtime/interpreter.ts';
import { decode, encode } from '../../runtime/host.ts';
import { formatShape } from '../../shape.ts';
import { Tensor } from '../../tensor.ts';
import { realPair, scalar } from '../arguments.ts';
import { composite } from '../composite.ts';
import { abs, add, equal, greater, isNan, less, logicalOr, mul, notEqual, sub, where } from '../elementwise.ts';
import { foriLoop } from '../loop.ts';
import { op } from '../op.ts';

type Binary = (a: TensorLike, b: TensorLike) => Tensor;

/** Most steps Euclid's algorithm takes on 32 bits (two neighbouring Fibonacci numbers). */
const EUCLID_STEPS = 47;

const gcdOf = /* @__PURE__ */ composite<object>('gcd', ([a, b]) => {
  const { shape } = add(a!, b!);
  const whole = (x: Tensor): Tensor => apply('broadcastTo', [abs(x)], { shape });
  const step = (_: Tensor, [x, y]: [Tensor, Tensor]): [Tensor, Tensor] => {
    const done = equal(y, 0);
    return [where(done, x, y), where(done, 0, apply('rem', [x, where(done, 1, y)], {}))];
  };
  return foriLoop(0, EUCLID_STEPS, step, [whole(a!), whole(b!)])[0];
});

function integerPair(a: TensorLike, b: TensorLike, where_: string): [Tensor, Tensor] {
  const [x, y] = promotePair(a, b, where_);
  if (!isInteger(x.dtype)) throw new DTypeError(`${where_}: expected integers, got ${x.dtype}; use cast(x, 'int32')`);
  return [x, y];
}

/** Greatest common divisor of integers, never negative; gcd(0, 0) is 0. By Euclid's algorithm on integers. */
export const gcd: Binary = /* @__PURE__ */ op('gcd', (a: TensorLike, b: TensorLike) =>
  gcdOf(integerPair(a, b, 'gcd'), {}),
);

/** Least common multiple of integers, never negative; 0 where either is 0. Overflow wraps. */
export const lcm: Binary = /* @__PURE__ */ op('lcm', (a: TensorLike, b: TensorLike) => {
  const [x, y] = integerPair(a, b, 'lcm');
  const divisor = gcdOf([x, y], {});
  const quotient = apply('div', [x, where(equal(divisor, 0), 1, divisor)], {});
  return abs(mul(quotient, y));
});

const nextOf = /* @__PURE__ */ composite<object>('nextafter', ([a, b]) => {
  const bits = apply('bitcast', [a!], { dtype: 'int32' });
  const away = notEqual(less(a!, b!), less(a!, 0));
  const step = castTo(where(away, 1, -1), 'int32');
  const moved = apply('bitcast', [add(bits, step)], { dtype: 'float32' });
  const tiny = where(greater(b!, 0), scalar(2 ** -149, 'float32'), scalar(-(2 ** -149), 'float32'));
  const next = where(equal(a!, b!), b!, where(equal(a!, 0), tiny, moved));
  return where(logicalOr(isNan(a!), isNan(b!)), NaN, next);
});

/**
 * The float32 after `a` in the direction of `b`; `b` where both are equal.
 *
 * @throws DTypeError for other floating dtypes, whose bits cannot be taken apart.
 */
export const nextafter: Binary = /* @__PURE__ */ op('nextafter', (a: TensorLike, b: TensorLike) => {
  const [x, y] = realPair(a, b, 'nextafter');
  if (x.dtype !== 'float32')
    throw new DTypeError(`nextafter: expected float32, got ${x.dtype}; use cast(x, 'float32')`);
  return nextOf([x, y], {});
});

/** Whether the bits stay the same when one dtype is cast to the other: integers of one width wrap. */
const wraps = (from: DType, to: DType): boolean =>
  isInteger(from) && isInteger(to) && byteWidth(from) === byteWidth(to);

/**
 * The same bytes as another dtype. Where widths differ, the last axis grows or shrinks.
 *
 * @throws ShapeError where the last axis does not hold whole elements; ConfigError inside jit for dtypes that are not 32
 * bits wide, unless both are integers of one width.
 * @example view(tensor([1]), 'int32'); // [1065353216]
 */
export const view: (x: TensorLike, dtype?: DType | null) => Tensor = /* @__PURE__ */ op(
  'view',
  (x: TensorLike, dtype: DType | null = null) => {
    const t = asTensor(x, 'view');
    if (dtype === null || checkDType(dtype, 'view') === t.dtype) return t;
    const [from, to] = [byteWidth(t.dtype), byteWidth(dtype)];
    if (from === 4 && to === 4) return apply('bitcast', [t], { dtype });
    if (wraps(t.dtype, dtype)) return castTo(t, dtype);
    const last = ((t.shape.at(-1) ?? 1) * from) / to;
    if (from !== to && (t.rank === 0 || !Number.isInteger(last))) {
      throw new ShapeError(`view: the last axis of ${formatShape(t.shape)} ${t.dtype} is no whole number of ${dtype}`);
    }
    if (t.value !== null)
      throw new ConfigError(`view: ${t.dtype} as ${dtype} moves bytes on the host, which jit cannot do`);
    const bytes = encode(t.dataSync(), t.size, t.dtype).slice().buffer as ArrayBuffer;
    return Tensor.fromValues(decode(bytes, dtype), t.rank === 0 ? [] : [...t.shape.slice(0, -1), last], dtype);
  },
);

/** Numbers of an integer dtype reach from and to these. */
const limits = (dtype: DType): readonly [number, number] => {
  const bits = 8 * byteWidth(dtype);
  return dtype.startsWith('uint') ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
};

/**
 * Converts to another dtype; what does not fit becomes the nearest number that does. Floats truncate, NaN becomes 0 in
 * integers.
 */
export const saturateCast: (x: TensorLike, dtype: DType) => Tensor = /* @__PURE__ */ op(
  'saturateCast',
  (x: TensorLike, dtype: DType) => {
    const t = asTensor(x, 'saturateCast');
    if (t.dtype === 'bool' || !isInteger(checkDType(dtype, 'saturateCast'))) return saturateFloat(t, dtype);
    const [low, high] = limits(dtype);
    if (!isInteger(t.dtype)) {
      // Floats saturate at 32 bits by themselves; narrower limits are floats without loss.
      if (byteWidth(dtype) === 4) return castTo(t, dtype);
      return castTo(
        apply('minimum', [apply('maximum', [t, scalar(low, t.dtype)], {}), scalar(high, t.dtype)], {}),
        dtype,
      );
    }
    const [least, most] = limits(t.dtype);
    const raised = least < low ? apply('maximum', [t, scalar(low, t.dtype)], {}) : t;
    const kept = most > high ? apply('minimum', [raised, scalar(high, t.dtype)], {}) : raised;
    return castTo(kept, dtype);
  },
);

/** float16 ends at ±65504; everything else fits into floats or is a matter of rounding. */
function saturateFloat(t: Tensor, dtype: DType): Tensor {
  if (dtype !== 'float16' || t.dtype === 'bool') return castTo(t, dtype);
  const wide = castTo(t, t.dtype === 'float64' ? 'float64' : 'float32');
  const most = scalar(65504, wide.dtype);
  return castTo(apply('minimum', [apply('maximum', [wide, sub(0, most)], {}), most], {}), dtype);
}
