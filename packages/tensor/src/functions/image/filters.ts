/**
 * Blurring, edges and similarity of images.
 */
import { promotePair, type TensorLike } from '../../create.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { describe, formatShape, sameShape } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { composite } from '../composite.ts';
import { add, div, mul, square, sub } from '../elementwise.ts';
import { concat, slice, stack } from '../movement.ts';
import { op } from '../op.ts';
import { mean } from '../reduce.ts';
import { computable, imagesOf, inDTypeOf, type ImageOptions } from './layout.ts';
import { alongAxis, gaussianWeights } from './resample.ts';

interface BlurAttrs {
  readonly size: readonly [number, number];
  readonly sigma: readonly [number, number];
}

/** With zeros around; the size stays. */
const blurred = /* @__PURE__ */ composite<BlurAttrs>('gaussianBlur', ([x], { size, sigma }) =>
  [1, 2].reduce((image, axis, i) => {
    const n = image.shape[axis]!;
    const window = { size: size[i]!, sigma: sigma[i]!, shift: -(size[i]! - 1) / 2 };
    return alongAxis(image, axis, gaussianWeights(n, n, window, image.dtype));
  }, x!),
);

/** Blurs a batch with channels last. */
export const blur = (x: Tensor, size: readonly [number, number], sigma: readonly [number, number]): Tensor =>
  blurred([x], { size, sigma });

/** Options of {@link gaussianBlur}. */
export interface GaussianBlurOptions extends ImageOptions {
  /** Height and width of the window, odd numbers. Default [3, 3]. */
  readonly kernelSize?: readonly [number, number];
  /** Standard deviations along height and width, in pixels. Default [1, 1]. */
  readonly sigma?: readonly [number, number];
}

/**
 * Blurs images with a Gaussian window, with zeros around. Follows `keras.ops.image.gaussian_blur`.
 *
 * @throws ConfigError for windows whose size is not odd or whose deviation is not positive.
 * @example gaussianBlur(images, { kernelSize: [5, 5], sigma: [1.2, 1.2] });
 */
export const gaussianBlur: (images: TensorLike, options?: GaussianBlurOptions) => Tensor = /* @__PURE__ */ op(
  'gaussianBlur',
  (images: TensorLike, { kernelSize = [3, 3], sigma = [1, 1], dataFormat }: GaussianBlurOptions = {}) => {
    for (const n of kernelSize) checkWindow(n, 'gaussianBlur');
    if (kernelSize.length !== 2 || sigma.length !== 2 || sigma.some((s) => !(s > 0))) {
      throw new ConfigError(
        `gaussianBlur: expected two window sizes and two positive deviations, got [${kernelSize.join(', ')}] and [${sigma.join(', ')}]`,
      );
    }
    const { x, restore } = imagesOf(images, dataFormat, 'gaussianBlur');
    return restore(inDTypeOf(blur(computable(x), kernelSize, sigma), x));
  },
);

function checkWindow(n: number, where: string): void {
  if (!Number.isInteger(n) || n < 1 || n % 2 === 0)
    throw new ConfigError(`${where}: the size of a window must be odd and positive, got ${describe(n)}`);
}

/** Repeats the second and second-last elements of an axis outside of the ends. */
function mirrored(x: Tensor, axis: number): Tensor {
  const n = x.shape[axis]!;
  const at = (i: number): Tensor =>
    slice(
      x,
      x.shape.map((_, d) => (d === axis ? i : 0)),
      x.shape.map((m, d) => (d === axis ? 1 : m)),
    );
  return concat([at(Math.min(1, n - 1)), x, at(Math.max(n - 2, 0))], axis);
}

/** Σ weight·(neighbour) over three neighbours of an axis that has one element more at both ends. */
function three(x: Tensor, axis: number, [a, b, c]: readonly [number, number, number]): Tensor {
  const n = x.shape[axis]! - 2;
  const part = (i: number): Tensor =>
    slice(
      x,
      x.shape.map((_, d) => (d === axis ? i : 0)),
      x.shape.map((m, d) => (d === axis ? n : m)),
    );
  return add(add(mul(part(0), a), mul(part(1), b)), mul(part(2), c));
}

const edges = /* @__PURE__ */ composite<{ readonly axis: number }>('sobelEdges', ([x], { axis }) => {
  const wide = mirrored(mirrored(x!, 1), 2);
  return three(three(wide, axis, [-1, 0, 1]), 3 - axis, [1, 2, 1]);
});

/**
 * Sobel's derivatives along height and width in a new last axis of size 2, with mirrored edges (I. Sobel, G. Feldman, 1968).
 * Integers give float32. Follows `keras.ops.image.sobel_edges`.
 *
 * @throws ShapeError for a rank other than 3 and 4.
 */
export const sobelEdges: (images: TensorLike, options?: ImageOptions) => Tensor = /* @__PURE__ */ op(
  'sobelEdges',
  (images: TensorLike, { dataFormat }: ImageOptions = {}) => {
    const { x, restore } = imagesOf(images, dataFormat, 'sobelEdges');
    const ready = computable(x);
    return stack(
      [1, 2].map((axis) => restore(edges([ready], { axis }))),
      -1,
    );
  },
);

interface SsimAttrs {
  readonly size: number;
  readonly sigma: number;
  readonly c1: number;
  readonly c2: number;
}

const similarity = /* @__PURE__ */ composite<SsimAttrs>('ssim', ([x, y], { size, sigma, c1, c2 }) => {
  const local = (image: Tensor): Tensor =>
    [1, 2].reduce((t, axis) => {
      const n = t.shape[axis]!;
      return alongAxis(t, axis, gaussianWeights(n, n - size + 1, { size, sigma, shift: 0 }, t.dtype));
    }, image);
  const [mx, my] = [local(x!), local(y!)];
  const [xx, yy, xy] = [square(mx), square(my), mul(mx, my)];
  const vx = sub(local(square(x!)), xx);
  const vy = sub(local(square(y!)), yy);
  const cov = sub(local(mul(x!, y!)), xy);
  const top = mul(add(mul(xy, 2), c1), add(mul(cov, 2), c2));
  return mean(div(top, mul(add(add(xx, yy), c1), add(add(vx, vy), c2))), [1, 2, 3]);
});

/** Options of {@link ssim}. */
export interface SsimOptions extends ImageOptions {
  /** The largest value a pixel can have. Default 1. */
  readonly maxVal?: number;
  /** Size of the Gaussian window, odd. Default 11. */
  readonly filterSize?: number;
  /** Its standard deviation in pixels. Default 1.5. */
  readonly filterSigma?: number;
  /** Default 0.01. */
  readonly k1?: number;
  /** Default 0.03. */
  readonly k2?: number;
}

/**
 * Structural similarity of two images, or of each pair of two batches: 1 for equal ones (Z. Wang and others, 2004), as the
 * mean over windows inside the image and over channels. Follows `keras.ops.image.ssim`.
 *
 * @throws ShapeError when shapes differ or images are smaller than the window.
 * @example ssim(photo, photo); // 1
 */
export const ssim: (image1: TensorLike, image2: TensorLike, options?: SsimOptions) => Tensor = /* @__PURE__ */ op(
  'ssim',
  (image1: TensorLike, image2: TensorLike, options: SsimOptions = {}) => {
    const { maxVal = 1, filterSize = 11, filterSigma = 1.5, k1 = 0.01, k2 = 0.03, dataFormat } = options;
    checkWindow(filterSize, 'ssim');
    const [a, b] = promotePair(image1, image2, 'ssim');
    if (!sameShape(a.shape, b.shape))
      throw new ShapeError(`ssim: images must have one shape, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`);
    const [x, y] = [imagesOf(a, dataFormat, 'ssim').x, imagesOf(b, dataFormat, 'ssim').x];
    if (x.shape[1]! < filterSize || x.shape[2]! < filterSize) {
      throw new ShapeError(
        `ssim: images ${formatShape(a.shape)} are smaller than the window of ${filterSize}; set filterSize`,
      );
    }
    const attrs = { size: filterSize, sigma: filterSigma, c1: (k1 * maxVal) ** 2, c2: (k2 * maxVal) ** 2 };
    const value = similarity([computable(x), computable(y)], attrs);
    return a.rank === 3 ? value.squeeze(0) : value;
  },
);
