/**
 * packInt4 and unpackInt4: two numbers of four bits in a byte.
 */
import {
  add,
  cast,
  ConfigError,
  DTypeError,
  floor,
  greaterEqual,
  moveAxis,
  mul,
  pad,
  reshape,
  slice,
  stack,
  sub,
  tensor,
  where,
  type Shape,
  type Tensor,
  type TensorLike,
} from '@dl/tensor';
import { describe, normalizeAxis, sizeOf } from '@dl/tensor/interpreter';

/** What {@link packInt4} gives. */
export interface PackedInt4 {
  /** int8; the axis has half as many elements, rounded up. */
  readonly packed: Tensor;
  readonly packedShape: Shape;
  /** Elements of the axis before, which {@link unpackInt4} needs. */
  readonly originalLength: number;
}

/** Elements as [pairs, 2, rest]; whatever is split into halves is float32, exact for such numbers. */
function half(pairs: Tensor, which: 0 | 1): Tensor {
  const [count, , rest] = pairs.shape as [number, number, number];
  return reshape(slice(pairs, [0, which, 0], [count, 1, rest]), [count, rest]);
}

/**
 * Whole numbers from −8 to 7, two in a byte along an axis: the first of a pair in the lower four bits. An odd last one is
 * paired with 0. Follows `keras.quantizers.pack_int4`.
 *
 * @throws DTypeError unless the values are int8.
 * @example
 * const { packed } = packInt4(tensor([1, -2, 3], 'int8'));
 * packed.arraySync(); // [-31, 3]
 */
export function packInt4(values: TensorLike, axis: number = 0): PackedInt4 {
  const given = tensor(values);
  if (given.dtype !== 'int8') throw new DTypeError(`packInt4: expected int8 values, got ${given.dtype}`);
  const place = normalizeAxis(axis, given.rank, 'packInt4');
  const front = moveAxis(given, place, 0);
  const [length = 0, ...others] = front.shape;
  const flat = cast(reshape(front, [length, sizeOf(others)]), 'float32');
  const even =
    length % 2 === 0
      ? flat
      : pad(flat, [
          [0, 1],
          [0, 0],
        ]);
  const pairs = reshape(even, [Math.ceil(length / 2), 2, sizeOf(others)]);
  const low = half(pairs, 0);
  const unsigned = where(greaterEqual(low, 0), low, add(low, 16));
  const bytes = cast(add(mul(half(pairs, 1), 16), unsigned), 'int8');
  const packed = moveAxis(reshape(bytes, [Math.ceil(length / 2), ...others]), 0, place);
  return { packed, packedShape: packed.shape, originalLength: length };
}

/**
 * The numbers that {@link packInt4} put into bytes, as int8. Follows `keras.quantizers.unpack_int4`.
 *
 * @param originalLength Elements of the axis before packing.
 * @throws ConfigError for a length that does not fit.
 * @example unpackInt4(tensor([-31, 3], 'int8'), 3).arraySync(); // [1, -2, 3]
 */
export function unpackInt4(packed: TensorLike, originalLength: number, axis: number = 0): Tensor {
  const given = tensor(packed);
  if (given.dtype !== 'int8') throw new DTypeError(`unpackInt4: expected int8 bytes, got ${given.dtype}`);
  const place = normalizeAxis(axis, given.rank, 'unpackInt4');
  const front = moveAxis(given, place, 0);
  const [length = 0, ...others] = front.shape;
  if (Math.ceil(originalLength / 2) !== length) {
    throw new ConfigError(
      `unpackInt4: ${length} bytes hold ${2 * length - 1} or ${2 * length} numbers, got ${describe(originalLength)} as originalLength`,
    );
  }
  const bytes = cast(reshape(front, [length, sizeOf(others)]), 'float32');
  const high = floor(mul(bytes, 1 / 16));
  const low = sub(bytes, mul(high, 16));
  const signed = where(greaterEqual(low, 8), sub(low, 16), low);
  const flat = reshape(stack([signed, high], 1), [2 * length, sizeOf(others)]);
  const kept = slice(flat, [0, 0], [originalLength, sizeOf(others)]);
  return moveAxis(reshape(cast(kept, 'int8'), [originalLength, ...others]), 0, place);
}
