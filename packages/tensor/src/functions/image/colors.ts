/**
 * Colours: grey, and hue, saturation, value.
 */
import type { TensorLike } from '../../create.ts';
import { isFloating, type DType } from '../../dtype.ts';
import { castTo } from '../../create.ts';
import { DTypeError, ShapeError } from '../../errors.ts';
import { formatShape } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { composite } from '../composite.ts';
import { abs, add, clip, div, equal, greater, less, maximum, minimum, mod, mul, sub, where } from '../elementwise.ts';
import { concat, split } from '../movement.ts';
import { op } from '../op.ts';
import { computable, imagesOf, type ImageOptions, type Images } from './layout.ts';

function colours(images: TensorLike, dataFormat: unknown, where: string): Images {
  const seen = imagesOf(images, dataFormat, where);
  if (seen.x.shape[3] !== 3)
    throw new ShapeError(
      `${where}: expected 3 channels, got ${seen.x.shape[3]} in images ${formatShape(seen.x.shape)}`,
    );
  return seen;
}

type Planes = [Tensor, Tensor, Tensor];

const grey = /* @__PURE__ */ composite<object>('rgbToGrayscale', ([x]) => {
  const [r, g, b] = split(x!, 3, -1) as Planes;
  return add(add(mul(r, 0.2989), mul(g, 0.587)), mul(b, 0.114));
});

/**
 * 0.2989·red + 0.587·green + 0.114·blue, with one channel. The dtype stays; integers are truncated. Follows
 * `keras.ops.image.rgb_to_grayscale`.
 *
 * @throws ShapeError unless there are 3 channels.
 * @example rgbToGrayscale([[[1, 1, 1]]]); // [[[0.9999]]]
 */
export const rgbToGrayscale: (images: TensorLike, options?: ImageOptions) => Tensor = /* @__PURE__ */ op(
  'rgbToGrayscale',
  (images: TensorLike, { dataFormat }: ImageOptions = {}) => {
    const { x, restore } = colours(images, dataFormat, 'rgbToGrayscale');
    return restore(castTo(grey([computable(x)], {}), x.dtype));
  },
);

const epsilons: { readonly [D in DType]?: number } = { float16: 2 ** -10, float32: 2 ** -23, float64: 2 ** -52 };

const toHsv = /* @__PURE__ */ composite<{ readonly least: number }>(
  'rgbToHsv',
  ([x], { least }) => {
    const [r, g, b] = split(where(less(abs(x!), least), 0, x!), 3, -1) as Planes;
    const value = maximum(maximum(r, g), b);
    const range = sub(value, minimum(minimum(r, g), b));
    const [bright, coloured] = [greater(value, 0), greater(range, 0)];
    const sixth = div(1 / 6, where(coloured, range, 1));
    const hue = where(
      equal(value, r),
      mul(sixth, sub(g, b)),
      where(equal(value, g), add(mul(sixth, sub(b, r)), 2 / 6), add(mul(sixth, sub(r, g)), 4 / 6)),
    );
    const turned = add(where(coloured, hue, 0), where(less(hue, 0), 1, 0));
    return concat([turned, where(bright, div(range, where(bright, value, 1)), 0), value], -1);
  },
  { vjp: 'recompute' },
);

const toRgb = /* @__PURE__ */ composite<object>(
  'hsvToRgb',
  ([x]) => {
    const [hue, saturation, value] = split(x!, 3, -1) as Planes;
    const turn = mul(mod(hue, 1), 6);
    const rest = sub(1, saturation);
    const plane = (share: Tensor): Tensor => mul(value, add(rest, mul(saturation, clip(share, 0, 1))));
    const red = plane(sub(abs(sub(turn, 3)), 1));
    const green = plane(sub(2, abs(sub(turn, 2))));
    const blue = plane(sub(2, abs(sub(turn, 4))));
    return concat([red, green, blue], -1);
  },
  { vjp: 'recompute' },
);

function floatColours(images: TensorLike, dataFormat: unknown, where: string): Images {
  const seen = colours(images, dataFormat, where);
  if (!isFloating(seen.x.dtype))
    throw new DTypeError(`${where}: expected a floating dtype, got ${seen.x.dtype}; use cast() and divide by 255`);
  return seen;
}

/**
 * Red, green and blue as hue, saturation and value, all in [0, 1] for input in [0, 1]. Follows `keras.ops.image.rgb_to_hsv`.
 *
 * @throws ShapeError unless there are 3 channels, DTypeError for integers.
 * @example rgbToHsv([[[0, 1, 0]]]); // [[[1/3, 1, 1]]]
 */
export const rgbToHsv: (images: TensorLike, options?: ImageOptions) => Tensor = /* @__PURE__ */ op(
  'rgbToHsv',
  (images: TensorLike, { dataFormat }: ImageOptions = {}) => {
    const { x, restore } = floatColours(images, dataFormat, 'rgbToHsv');
    return restore(castTo(toHsv([computable(x)], { least: epsilons[x.dtype]! }), x.dtype));
  },
);

/** The inverse of {@link rgbToHsv}; hue is periodic. Follows `keras.ops.image.hsv_to_rgb`. */
export const hsvToRgb: (images: TensorLike, options?: ImageOptions) => Tensor = /* @__PURE__ */ op(
  'hsvToRgb',
  (images: TensorLike, { dataFormat }: ImageOptions = {}) => {
    const { x, restore } = floatColours(images, dataFormat, 'hsvToRgb');
    return restore(castTo(toRgb([computable(x)], {}), x.dtype));
  },
);
