/**
 * Random boxes in images.
 */
import { arange, logicalAnd, reshape, type Generator, type Tensor } from '@dl/tensor';

/** A box in each image: where it is, and its part of the area. */
export interface Boxes {
  /** bool [batch, height, width, 1] */
  readonly inside: Tensor;
  /** [batch, 1, 1, 1] */
  readonly share: Tensor;
}

/** Boxes whose sides are such parts of the sides of images, [batch, 1, 1, 1], at random places. */
export function randomBoxes(images: Tensor, across: Tensor, down: Tensor, random: Generator): Boxes {
  const [batch, height, width] = images.shape as [number, number, number];
  const along = (n: number, part: Tensor, shape: readonly number[]): readonly [Tensor, Tensor] => {
    const length = part.mul(n);
    const start = reshape(random.uniform([batch], 0, 1, images.dtype), [batch, 1, 1, 1]).mul(length.neg().add(n));
    const place = reshape(arange(0, n, 1, images.dtype), shape);
    return [logicalAnd(place.greaterEqual(start), place.less(start.add(length))), length];
  };
  const [columns, breadth] = along(width, across, [1, 1, width, 1]);
  const [rows, length] = along(height, down, [1, height, 1, 1]);
  return { inside: logicalAnd(rows, columns), share: breadth.mul(length).div(width * height) };
}
