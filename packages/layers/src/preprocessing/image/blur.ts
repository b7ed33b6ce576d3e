/**
 * Gaussian blurring with a deviation for each image, and the layers that blur and sharpen.
 */
import {
  abs,
  arange,
  clip,
  ConfigError,
  depthwiseConv,
  div,
  exp,
  matmul,
  reshape,
  square,
  sub,
  sum,
  tensor,
  where,
  type Generator,
  type Tensor,
} from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { Config } from '../../base/config.ts';
import {
  RandomImageLayer,
  rangeOf,
  valueRangeOf,
  type Factor,
  type RandomImageOptions,
  type Range,
} from './random-image-layer.ts';

/** Weights [batch, n, n] of windows that reach `reach` pixels either way, for deviations [batch, 1]; rows inside add up to 1. */
function windows(n: number, sigma: Tensor, reach: number): Tensor {
  const places = (count: number, shape: readonly number[]): Tensor => reshape(arange(0, count, 1, sigma.dtype), shape);
  const wide = reshape(sigma, [-1, 1, 1]);
  const bell = (distance: Tensor): Tensor => exp(square(div(distance, wide)).mul(-0.5));
  const distance = sub(places(n, [1, n, 1]), places(n, [1, 1, n]));
  const total = sum(bell(sub(places(2 * reach + 1, [1, 1, 2 * reach + 1]), reach)), 2, true);
  return where(abs(distance).lessEqual(reach), div(bell(distance), total), 0);
}

/** Blurs a batch with zeros around; `sigma` is [batch, 1] along height and width, windows reach so many pixels. */
export function blurred(images: Tensor, sigma: readonly [Tensor, Tensor], reach: readonly [number, number]): Tensor {
  const [batch, height, width, channels] = images.shape as [number, number, number, number];
  const rows = matmul(windows(height, sigma[0], reach[0]), reshape(images, [batch, height, width * channels]));
  const columns = reshape(windows(width, sigma[1], reach[1]), [batch, 1, width, width]);
  return matmul(columns, reshape(rows, [batch, height, width, channels]));
}

/** Options of {@link RandomGaussianBlur}. */
export interface RandomGaussianBlurOptions extends RandomImageOptions {
  /** Height and width of the window, odd; one number stands for both. Default 3. */
  readonly kernelSize?: number | readonly [number, number] | undefined;
  /** Deviation in pixels, in [0, 1]; a number n draws from [0, n]. Default 1. */
  readonly sigma?: Factor | undefined;
  /** Values that pixels have. Default [0, 255]. */
  readonly valueRange?: Range | undefined;
}

interface Blur {
  readonly happens: Tensor;
  readonly sigma: readonly [Tensor, Tensor];
}

/**
 * In training blurs images with a Gaussian window, with zeros around, each image with a probability drawn from `factor` (a
 * number n: from [0, n]) and deviations of its own along height and width.
 *
 * @throws ConfigError unless the factor and sigma lie in [0, 1] and the window is odd.
 * @example new RandomGaussianBlur(1, { kernelSize: 5, seed: 1 }).apply(images);
 */
export class RandomGaussianBlur extends RandomImageLayer<Blur> {
  static override readonly className: string = 'RandomGaussianBlur';
  static override readonly positional: readonly string[] = ['factor'];
  static override readonly options: readonly string[] = ['kernelSize', 'sigma', 'valueRange', 'seed', 'dataFormat'];
  readonly factor: Range;
  readonly kernelSize: readonly [number, number];
  readonly sigma: Range;
  readonly valueRange: Range;

  constructor(factor: Factor = 1, options: RandomGaussianBlurOptions = {}) {
    const kind = 'RandomGaussianBlur';
    super(kind, options);
    this.factor = rangeOf(kind, 'factor', factor, [0, 1]);
    this.sigma = rangeOf(kind, 'sigma', options.sigma ?? 1, [0, 1]);
    this.valueRange = valueRangeOf(kind, options.valueRange);
    const { kernelSize = 3 } = options;
    const sizes = typeof kernelSize === 'number' ? ([kernelSize, kernelSize] as const) : kernelSize;
    if (
      !Array.isArray(sizes) ||
      sizes.length !== 2 ||
      !sizes.every((n) => Number.isInteger(n) && n > 0 && n % 2 === 1)
    ) {
      throw new ConfigError(`${kind}: kernelSize must be an odd number or two of them, got ${describe(kernelSize)}`);
    }
    this.kernelSize = sizes as unknown as readonly [number, number];
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Blur {
    const happens = this.happens(images, this.factor, random);
    const one = (): Tensor => reshape(this.perImage(images, this.sigma, random), [-1, 1]).add(1e-6);
    return { happens, sigma: [one(), one()] };
  }

  override transform(images: Tensor, { happens, sigma }: Blur): Tensor {
    const [height, width] = this.kernelSize;
    const soft = blurred(images, sigma, [(height - 1) / 2, (width - 1) / 2]);
    return clip(where(happens, soft, images), ...this.valueRange);
  }

  override getConfig(): Config {
    const { factor, kernelSize, sigma, valueRange } = this;
    return { ...super.getConfig(), factor, kernel_size: kernelSize, sigma, value_range: valueRange };
  }
}

/** Options of {@link RandomSharpness}. */
export interface RandomSharpnessOptions extends RandomImageOptions {
  /** Values that pixels have. Default [0, 255]. */
  readonly valueRange?: Range | undefined;
}

/**
 * In training mixes each image with a blurred one, by a factor from [0, 1]: 0 gives the blurred one, 0.5 the image, 1 the
 * image with the difference once more. A number n draws from [0, n]. Blurring weighs a pixel 5/13 and its neighbours 1/13.
 *
 * @throws ConfigError unless the factor lies in [0, 1].
 * @example new RandomSharpness([0.4, 1]).apply(images);
 */
export class RandomSharpness extends RandomImageLayer<Tensor> {
  static override readonly className: string = 'RandomSharpness';
  static override readonly positional: readonly string[] = ['factor'];
  static override readonly options: readonly string[] = ['valueRange', 'seed', 'dataFormat'];
  readonly factor: Range;
  readonly valueRange: Range;

  constructor(factor: Factor, options: RandomSharpnessOptions = {}) {
    super('RandomSharpness', options);
    this.factor = rangeOf('RandomSharpness', 'factor', factor, [0, 1]);
    this.valueRange = valueRangeOf('RandomSharpness', options.valueRange);
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Tensor {
    return this.perImage(images, this.factor, random);
  }

  override transform(images: Tensor, factor: Tensor): Tensor {
    const channels = images.shape[3]!;
    const values = Float64Array.from({ length: 9 * channels }, (_, i) => (Math.floor(i / channels) === 4 ? 5 : 1) / 13);
    const soft = depthwiseConv(images, tensor(values, images.dtype, [3, 3, channels, 1]), { padding: 'same' });
    return clip(images.add(sub(1, factor.mul(2)).mul(soft.sub(images))), ...this.valueRange);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), factor: this.factor, value_range: this.valueRange };
  }
}
