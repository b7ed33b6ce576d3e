/**
 * One tensor or several: the types of what layers take and give, and small helpers for them.
 */
import { isArrayData, Tensor, Variable, type DType, type TensorLike } from '@dl/tensor';
import { isFloating, isPlain } from '@dl/tensor/interpreter';
import type { LayerShape } from './input-spec.ts';
import { maskOf, setMask } from './masks.ts';

/** What a layer takes or gives: one tensor, a list of them, or a record of them by name. */
export type Tensors = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>;

/** What may be passed for {@link Tensors}. */
export type InputsLike<I extends Tensors> = I extends Tensor
  ? TensorLike
  : I extends readonly Tensor[]
    ? readonly TensorLike[]
    : Readonly<Record<string, TensorLike>>;

/** Shape or shapes of what a layer takes. */
export type ShapesOf<I extends Tensors> = I extends Tensor
  ? LayerShape
  : I extends readonly Tensor[]
    ? readonly LayerShape[]
    : Readonly<Record<string, LayerShape>>;

/** One shape, a list or a record of them. */
export type LayerShapes = LayerShape | readonly LayerShape[] | Readonly<Record<string, LayerShape>>;

/** A mask, or one per input; null where there is none. */
export type Mask = Tensor | null | readonly (Tensor | null)[];

/** Without repeats, in order of first appearance. */
export function unique<T>(list: readonly T[]): readonly T[] {
  return [...new Set(list)];
}

/** Whether this is one shape rather than several. */
export function isShape(shape: unknown): shape is LayerShape {
  return Array.isArray(shape) && !Array.isArray((shape as readonly unknown[])[0]);
}

/** Shapes as a list. */
export function shapeList(shapes: LayerShapes): readonly LayerShape[] {
  if (isShape(shapes)) return [shapes];
  return Array.isArray(shapes) ? (shapes as readonly LayerShape[]) : Object.values(shapes);
}

const isHeld = (x: unknown): boolean => x instanceof Tensor || x instanceof Variable || ArrayBuffer.isView(x);

/** Applies `f` to each input: a list counts as several inputs when it holds tensors, otherwise as the numbers of one. */
export function mapInputs<R>(inputs: unknown, f: (input: TensorLike, key: string) => R): R | R[] | Record<string, R> {
  if (Array.isArray(inputs) && (inputs as unknown[]).some(isHeld))
    return inputs.map((x, i) => f(x as TensorLike, String(i)));
  if (isPlain(inputs) && !isArrayData(inputs)) {
    return Object.fromEntries(Object.entries(inputs).map(([key, x]) => [key, f(x as TensorLike, key)]));
  }
  return f(inputs as TensorLike, '');
}

/** One or several tensors as a list. */
export function asList(value: Tensors): readonly Tensor[] {
  if (value instanceof Tensor) return [value];
  return Array.isArray(value) ? (value as readonly Tensor[]) : Object.values(value);
}

/** Shapes with the first axis, the batch, left open. */
export function openShapes(value: Tensors): LayerShapes {
  return mapInputs(value, (t) => (t as Tensor).shape.map((n, axis) => (axis === 0 ? null : n)));
}

/** The masks that travel with the inputs. */
export function masksOf(value: Tensors): Mask {
  if (value instanceof Tensor) return maskOf(value);
  const list = asList(value).map(maskOf);
  return list.every((mask) => mask === null) ? null : list;
}

/** A floating tensor in another floating dtype, with the mask that travels with it; other tensors as they are. */
export function castFloating(t: Tensor, dtype: DType): Tensor {
  if (!isFloating(t.dtype) || t.dtype === dtype || !isFloating(dtype)) return t;
  const [cast, mask] = [t.cast(dtype), maskOf(t)];
  if (mask !== null) setMask(cast, mask);
  return cast;
}
