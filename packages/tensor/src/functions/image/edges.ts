/**
 * Cutting off and adding edges.
 */
import type { TensorLike } from '../../create.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { describe } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { slice } from '../movement.ts';
import { pad } from '../pad.ts';
import { op } from '../op.ts';
import { imagesOf, type ImageOptions } from './layout.ts';

/** The pixels before and after, from two of: before, after, target size. */
function edgesOf(
  where: string,
  axis: string,
  grows: boolean,
  size: number,
  given: readonly [before: unknown, after: unknown, target: unknown],
): readonly [number, number] {
  const known = given.filter((n) => n !== undefined && n !== null);
  if (known.length !== 2 || known.some((n) => !Number.isInteger(n) || (n as number) < 0)) {
    throw new ConfigError(
      `${where}: ${axis} needs exactly two whole numbers ≥ 0 out of both edges and the target, got ${given.map(describe).join(', ')}`,
    );
  }
  const [before, after, target] = given as readonly [number?, number?, number?];
  const rest = grows ? (target ?? 0) - size : size - (target ?? 0);
  const low = before ?? rest - after!;
  const high = after ?? rest - low;
  if (low < 0 || high < 0 || (!grows && low + high > size)) {
    throw new ShapeError(`${where}: ${axis} of ${size} pixels has no room for edges ${low} and ${high}`);
  }
  return [low, high];
}

/** Options of {@link cropImages}: exactly two for the height (top, bottom, target) and two for the width. */
export interface CropOptions extends ImageOptions {
  readonly topCropping?: number | null;
  readonly leftCropping?: number | null;
  readonly bottomCropping?: number | null;
  readonly rightCropping?: number | null;
  readonly targetHeight?: number | null;
  readonly targetWidth?: number | null;
}

/**
 * Cuts pixels off the edges of images. Follows `keras.ops.image.crop_images`.
 *
 * @throws ConfigError unless two numbers are given for each axis, ShapeError when more is cut off than there is.
 * @example cropImages(images, { topCropping: 1, bottomCropping: 2, leftCropping: 0, targetWidth: 20 });
 */
export const cropImages: (images: TensorLike, options: CropOptions) => Tensor = /* @__PURE__ */ op(
  'cropImages',
  (images: TensorLike, options: CropOptions) => {
    const { x, restore } = imagesOf(images, options.dataFormat, 'cropImages');
    const [batch, height, width, channels] = x.shape as [number, number, number, number];
    const { topCropping, bottomCropping, leftCropping, rightCropping, targetHeight, targetWidth } = options;
    const [top, bottom] = edgesOf('cropImages', 'height', false, height, [topCropping, bottomCropping, targetHeight]);
    const [left, right] = edgesOf('cropImages', 'width', false, width, [leftCropping, rightCropping, targetWidth]);
    return restore(slice(x, [0, top, left, 0], [batch, height - top - bottom, width - left - right, channels]));
  },
);

/** Options of {@link padImages}: exactly two for the height (top, bottom, target) and two for the width. */
export interface PadOptions extends ImageOptions {
  readonly topPadding?: number | null;
  readonly leftPadding?: number | null;
  readonly bottomPadding?: number | null;
  readonly rightPadding?: number | null;
  readonly targetHeight?: number | null;
  readonly targetWidth?: number | null;
}

/**
 * Adds zeros at the edges of images. Follows `keras.ops.image.pad_images`.
 *
 * @throws ConfigError unless two numbers are given for each axis, ShapeError when a target is too small.
 * @example padImages(images, { topPadding: 1, targetHeight: 32, leftPadding: 2, targetWidth: 32 });
 */
export const padImages: (images: TensorLike, options: PadOptions) => Tensor = /* @__PURE__ */ op(
  'padImages',
  (images: TensorLike, options: PadOptions) => {
    const { x, restore } = imagesOf(images, options.dataFormat, 'padImages');
    const [, height, width] = x.shape as [number, number, number, number];
    const { topPadding, bottomPadding, leftPadding, rightPadding, targetHeight, targetWidth } = options;
    const rows = edgesOf('padImages', 'height', true, height, [topPadding, bottomPadding, targetHeight]);
    const columns = edgesOf('padImages', 'width', true, width, [leftPadding, rightPadding, targetWidth]);
    return restore(pad(x, [0, rows, columns, 0]));
  },
);
