/**
 * Images as [batch, height, width, channels], whatever their layout and rank.
 */
import { asTensor, castTo, type TensorLike } from '../../create.ts';
import { isFloating, toFloating } from '../../dtype.ts';
import { ShapeError, unknownName } from '../../errors.ts';
import { formatShape } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { round } from '../elementwise.ts';
import { expandDims, moveAxis, squeeze } from '../movement.ts';
import type { DataFormat } from '../nn/data-format.ts';

/** Options of functions on images. */
export interface ImageOptions {
  /** Default 'channels_last'. */
  readonly dataFormat?: DataFormat | null;
}

/** An image or a batch of them, seen as a batch with channels last; `restore` undoes it for results. */
export interface Images {
  readonly x: Tensor;
  readonly restore: (x: Tensor) => Tensor;
}

/** Puts images, or volumes with `spatial` = 3, into one form. */
export function imagesOf(images: TensorLike, dataFormat: unknown, where: string, spatial = 2): Images {
  const format = dataFormat ?? 'channels_last';
  if (format !== 'channels_last' && format !== 'channels_first')
    unknownName(where, 'dataFormat', format, ['channels_last', 'channels_first']);
  const t = asTensor(images, where);
  const single = t.rank === spatial + 1;
  if (!single && t.rank !== spatial + 2) {
    const [one, many] = spatial === 2 ? ['an image', 'images'] : ['a volume', 'volumes'];
    throw new ShapeError(
      `${where}: expected ${one} of rank ${spatial + 1} or a batch of ${many} of rank ${spatial + 2}, got shape ${formatShape(t.shape)}`,
    );
  }
  const batch = single ? expandDims(t, 0) : t;
  const first = format === 'channels_first';
  return {
    x: first ? moveAxis(batch, 1, -1) : batch,
    restore: (x) => {
      const placed = first ? moveAxis(x, -1, 1) : x;
      return single ? squeeze(placed, 0) : placed;
    },
  };
}

/** In float64 or float32. */
export function computable(x: Tensor): Tensor {
  const dtype = toFloating(x.dtype);
  return castTo(x, dtype === 'float16' ? 'float32' : dtype);
}

/** Back to a dtype; integers are rounded. */
export const inDTypeOf = (x: Tensor, like: Tensor): Tensor => castTo(isFloating(like.dtype) ? x : round(x), like.dtype);
