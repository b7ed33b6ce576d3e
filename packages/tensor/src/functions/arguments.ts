/**
 * Small helpers that functions share: arguments as real numbers or integers, positions, constants.
 */
import { asTensor, castTo, promotePair, type TensorLike } from '../create.ts';
import { isFloating, isInteger, toFloating, type DType } from '../dtype.ts';
import { ConfigError, DTypeError } from '../errors.ts';
import { apply } from '../runtime/interpreter.ts';
import { describe, type Shape } from '../shape.ts';
import { Tensor } from '../tensor.ts';

/** A floating tensor: integers and booleans become float32. */
export function real(x: TensorLike, where: string): Tensor {
  const t = asTensor(x, where);
  return castTo(t, toFloating(t.dtype));
}

/** Two floating tensors of one dtype. */
export function realPair(a: TensorLike, b: TensorLike, where: string): [Tensor, Tensor] {
  const [x, y] = promotePair(a, b, where);
  const dtype = toFloating(x.dtype);
  return [castTo(x, dtype), castTo(y, dtype)];
}

/** Whether a plain or typed array holds whole numbers only. */
export function holdsWholeNumbers(x: TensorLike): boolean {
  const list = Array.isArray(x) ? (x as readonly unknown[]).flat(Infinity as 1) : ArrayBuffer.isView(x) ? [...x] : null;
  return list !== null && list.every(Number.isInteger);
}

/** Integers as int32; plain arrays of whole numbers count as integers. */
export function integers(x: TensorLike, where: string): Tensor {
  const t = asTensor(x, where, 'int32');
  if (isInteger(t.dtype) || (isFloating(t.dtype) && holdsWholeNumbers(x))) return castTo(t, 'int32');
  throw new DTypeError(`${where}: expected integers, got ${t.dtype}; use cast(x, 'int32')`);
}

/** A scalar of a dtype. */
export const scalar = (value: number, dtype: DType): Tensor => Tensor.scalar(value, dtype);

/** The position along one axis, int32, of size 1 along the others. */
export function positions(n: number, axis = 0, rank = 1): Tensor {
  const shape = Array.from({ length: rank }, (_, d) => (d === axis ? n : 1));
  return apply('iota', [], { shape, axis, dtype: 'int32' });
}

/** A constant spread over a shape, without memory of its own. */
export const filled = (shape: Shape, value: number, dtype: DType): Tensor =>
  apply('broadcastTo', [Tensor.scalar(value, dtype)], { shape });

/** Elements at int32 positions along an axis; the positions lie inside, or count from the end. */
export const pick = (x: Tensor, indices: Tensor, axis = 0): Tensor => apply('gather', [x, indices], { axes: [axis] });

/** Elements along the last axis at positions of the same rank. */
export function pickAlongLast(x: Tensor, indices: Tensor): Tensor {
  const axes = x.shape.map((_, d) => d);
  const others = axes.slice(0, -1).map((d) => positions(x.shape[d]!, d, x.rank));
  return apply('gather', [x, ...others, indices], { axes });
}

/** One of the allowed words of an option. */
export function oneOf<T extends string>(value: unknown, allowed: readonly T[], where: string): T {
  if (allowed.includes(value as T)) return value as T;
  throw new ConfigError(`${where}: expected one of ${allowed.map((w) => `'${w}'`).join(', ')}, got ${describe(value)}`);
}

/** A whole number of at least `least`. */
export function wholeNumber(value: unknown, least: number, where: string): number {
  if (Number.isInteger(value) && (value as number) >= least) return value as number;
  throw new ConfigError(`${where}: expected a whole number of at least ${least}, got ${describe(value)}`);
}

/** The number in a one-element tensor that decides a shape. Inside traces there is none, so a static option must say it. */
export function shapeNumber(x: Tensor, where: string, option: string): number {
  if (x.value !== null) {
    throw new ConfigError(`${where}: the shape of the result depends on values, which jit cannot see; give ${option}`);
  }
  return x.itemSync();
}
