/**
 * One tensor or several: the types of what layers take and give, and small helpers for them.
 */
import { Tensor, Variable, type TensorLike } from '@dl/tensor';
import type { LayerShape } from './input-spec.ts';
import { maskOf } from './masks.ts';

/** What a layer takes or gives: one tensor or several. */
export type Tensors = Tensor | readonly Tensor[];

/** What may be passed for {@link Tensors}. */
export type InputsLike<I extends Tensors> = I extends readonly Tensor[] ? readonly TensorLike[] : TensorLike;

/** Shape or shapes of what a layer takes. */
export type ShapesOf<I extends Tensors> = I extends readonly Tensor[] ? readonly LayerShape[] : LayerShape;

/** A mask, or one per input; null where there is none. */
export type Mask = Tensor | null | readonly (Tensor | null)[];

/** Without repeats, in order of first appearance. */
export function unique<T>(list: readonly T[]): readonly T[] {
  return [...new Set(list)];
}

/** Whether this is one shape rather than a list of them. */
export function isShape(shape: unknown): shape is LayerShape {
  return !Array.isArray((shape as readonly unknown[])[0]);
}

/** Whether an argument lists several inputs rather than the numbers of one. */
export function isTensorList(value: unknown): value is readonly TensorLike[] {
  const held = (x: unknown): boolean => x instanceof Tensor || x instanceof Variable || ArrayBuffer.isView(x);
  return Array.isArray(value) && (value as unknown[]).some(held);
}

/** One or several tensors as a list. */
export function asList(value: Tensors): readonly Tensor[] {
  return value instanceof Tensor ? [value] : value;
}

/** Shapes with the first axis, the batch, left open. */
export function openShapes(value: Tensors): LayerShape | readonly LayerShape[] {
  const open = ({ shape }: Tensor): LayerShape => shape.map((n, axis) => (axis === 0 ? null : n));
  return value instanceof Tensor ? open(value) : value.map(open);
}

/** The masks that travel with the inputs. */
export function masksOf(value: Tensors): Mask {
  if (value instanceof Tensor) return maskOf(value);
  const list = value.map(maskOf);
  return list.every((mask) => mask === null) ? null : list;
}
