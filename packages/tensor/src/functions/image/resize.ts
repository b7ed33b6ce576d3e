/**
 * resize and scaleAndTranslate.
 */
import { asTensor, castTo, type TensorLike } from '../../create.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { apply } from '../../runtime/interpreter.ts';
import { checkShape, describe, formatShape, normalizeAxis, sameShape, type Shape } from '../../shape.ts';
import { Tensor } from '../../tensor.ts';
import { composite } from '../composite.ts';
import { slice } from '../movement.ts';
import { pad } from '../pad.ts';
import { op } from '../op.ts';
import { computable, imagesOf, type ImageOptions } from './layout.ts';
import { alongAxis, checkKernel, nearestPixels, resizeWeights } from './resample.ts';

/** How pixels between pixels are found. */
export type ResizeInterpolation = 'nearest' | 'bilinear' | 'bicubic' | 'lanczos3' | 'lanczos5';

/** Options of {@link resize}. */
export interface ResizeOptions extends ImageOptions {
  /** Default 'bilinear'. */
  readonly interpolation?: ResizeInterpolation;
  /** Whether to average over more pixels where the image becomes smaller. Default false. */
  readonly antialias?: boolean;
  /** Whether to cut off edges first, so that the content keeps its proportions. */
  readonly cropToAspectRatio?: boolean;
  /** Whether to add edges first, so that the content keeps its proportions. */
  readonly padToAspectRatio?: boolean;
  /** What added edges hold. Default 0. */
  readonly fillValue?: number;
}

interface ResizeAttrs {
  readonly size: readonly [number, number];
  readonly kernel: string;
  readonly antialias: boolean;
}

const resized = /* @__PURE__ */ composite<ResizeAttrs>('resize', ([x], { size, kernel, antialias }) =>
  [1, 2].reduce((image, axis, i) => {
    const [input, output] = [image.shape[axis]!, size[i]!];
    if (kernel === 'nearest') return apply('gather', [image, nearestPixels(input, output)], { axes: [axis] });
    const number = (value: number): Tensor => Tensor.scalar(value, image.dtype);
    return alongAxis(image, axis, resizeWeights(input, output, number(output / input), number(0), kernel, antialias));
  }, x!),
);

/** The middle of images, or images with edges, in the proportions of `size`. */
function toAspectRatio(
  x: Tensor,
  [targetHeight, targetWidth]: readonly [number, number],
  options: ResizeOptions,
): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [fitHeight, fitWidth] = [
    Math.floor((width * targetHeight) / targetWidth),
    Math.floor((height * targetWidth) / targetHeight),
  ];
  if (options.cropToAspectRatio === true) {
    const [h, w] = [Math.max(Math.min(height, fitHeight), 1), Math.max(Math.min(width, fitWidth), 1)];
    return slice(x, [0, Math.floor((height - h) / 2), Math.floor((width - w) / 2), 0], [batch, h, w, channels]);
  }
  const top = Math.floor((Math.max(height, fitHeight) - height) / 2);
  const left = top > 0 ? 0 : Math.floor((Math.max(width, fitWidth) - width) / 2);
  return pad(x, [0, top, left, 0], options.fillValue ?? 0);
}

const INTERPOLATIONS = ['nearest', 'bilinear', 'bicubic', 'lanczos3', 'lanczos5'];

/**
 * Images of another size [height, width]. Pixels are squares whose centres lie at i + ½, as in Keras and JAX. Integers give
 * float32, except with 'nearest'. Follows `keras.ops.image.resize`.
 *
 * @throws ConfigError for a size or option that is not known, ShapeError for a rank other than 3 and 4.
 * @example resize([[[1], [2]], [[3], [4]]], [4, 4]); // first row 1, 1.25, 1.75, 2
 */
export const resize: (images: TensorLike, size: readonly [number, number], options?: ResizeOptions) => Tensor =
  /* @__PURE__ */ op('resize', (images: TensorLike, size: readonly [number, number], options: ResizeOptions = {}) => {
    const { interpolation = 'bilinear', antialias = false, cropToAspectRatio, padToAspectRatio } = options;
    checkKernel(interpolation, 'resize', INTERPOLATIONS);
    if (!Array.isArray(size) || size.length !== 2 || size.some((n) => !Number.isInteger(n) || n < 1)) {
      throw new ConfigError(`resize: expected a size [height, width] of positive numbers, got ${describe(size)}`);
    }
    if (cropToAspectRatio === true && padToAspectRatio === true)
      throw new ConfigError('resize: only one of cropToAspectRatio and padToAspectRatio can be true');
    const { x, restore } = imagesOf(images, options.dataFormat, 'resize');
    if (x.shape[1] === 0 || x.shape[2] === 0)
      throw new ShapeError(`resize: cannot resize images without pixels, got shape ${formatShape(x.shape)}`);
    const ready = cropToAspectRatio === true || padToAspectRatio === true ? toAspectRatio(x, size, options) : x;
    const nearest = interpolation === 'nearest';
    return restore(resized([nearest ? ready : computable(ready)], { size, kernel: interpolation, antialias }));
  });

interface ScaleAttrs {
  readonly shape: Shape;
  readonly axes: readonly number[];
  readonly kernel: string;
  readonly antialias: boolean;
}

const scaled = /* @__PURE__ */ composite<ScaleAttrs>(
  'scaleAndTranslate',
  ([x, scale, translation], { shape, axes, kernel, antialias }) =>
    axes.reduce((image, axis, i) => {
      const one = (t: Tensor): Tensor => slice(t, i, 1);
      const [input, output] = [image.shape[axis]!, shape[axis]!];
      return alongAxis(image, axis, resizeWeights(input, output, one(scale!), one(translation!), kernel, antialias));
    }, x!),
);

/** Options of {@link scaleAndTranslate}. */
export interface ScaleAndTranslateOptions {
  /** Whether to average over more pixels where the image becomes smaller. Default true. */
  readonly antialias?: boolean;
}

/**
 * Resamples so that position p along `spatialDims[i]` comes to p·scale[i] + translation[i], with pixel centres at ½, 1½, …;
 * what comes from outside is 0. Other axes keep their size. `method` is 'linear' (also 'bilinear', 'trilinear', 'triangle'),
 * 'cubic' (also 'bicubic', 'tricubic'), 'lanczos3' or 'lanczos5'. Follows `keras.ops.image.scale_and_translate`.
 *
 * @throws ConfigError for an unknown method, ShapeError for shapes that do not fit.
 * @example scaleAndTranslate([[0, 1, 2]], [1, 5], [2], [-0.5], [1], 'linear'); // [[0, 0.5, 1, 1.5, 2]]
 */
export const scaleAndTranslate: (
  images: TensorLike,
  outputShape: Shape,
  scale: TensorLike,
  translation: TensorLike,
  spatialDims: readonly number[],
  method: string,
  options?: ScaleAndTranslateOptions,
) => Tensor = /* @__PURE__ */ op(
  'scaleAndTranslate',
  (
    images: TensorLike,
    outputShape: Shape,
    scale: TensorLike,
    translation: TensorLike,
    spatialDims: readonly number[],
    method: string,
    { antialias = true }: ScaleAndTranslateOptions = {},
  ) => {
    const where = 'scaleAndTranslate';
    const x = computable(asTensor(images, where));
    const axes = spatialDims.map((axis) => normalizeAxis(axis, x.rank, where));
    const kept = checkShape(outputShape, where).map((n, axis) => (axes.includes(axis) ? n : x.shape[axis]!));
    if (outputShape.length !== x.rank || !sameShape(kept, outputShape)) {
      throw new ShapeError(
        `${where}: output shape ${formatShape(outputShape)} must equal ${formatShape(x.shape)} except along axes [${axes.join(', ')}]`,
      );
    }
    const numbers = [scale, translation].map((t) => castTo(asTensor(t, where), x.dtype));
    for (const t of numbers) {
      if (t.rank !== 1 || t.size !== axes.length)
        throw new ShapeError(
          `${where}: expected ${axes.length} scales and translations, got shape ${formatShape(t.shape)}`,
        );
    }
    return scaled([x, ...numbers], { shape: outputShape, axes, kernel: checkKernel(method, where), antialias });
  },
);
