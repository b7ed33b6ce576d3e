/**
 * Layers that change the brightness, contrast and hue of images, each image by a number of its own: RandomBrightness,
 * RandomContrast, RandomSaturation, RandomHue, and RandomColorJitter of all four.
 */
import { add, clip, concat, mean, mul, split, type Generator, type Tensor } from '@dl/tensor';
import { hsvToRgb, rgbToHsv } from '@dl/tensor/image';
import type { Config } from '../../base/config.ts';
import {
  RandomImageLayer,
  rangeOf,
  rescaled,
  valueRangeOf,
  type Factor,
  type RandomImageOptions,
  type Range,
} from './random-image-layer.ts';

/** Options of layers that change colors. */
export interface ColorOptions extends RandomImageOptions {
  /** Values that pixels have. Default [0, 255]. */
  readonly valueRange?: Range | undefined;
}

/** A layer with one number for each image and a range of values that pixels stay in. */
export abstract class ColorLayer extends RandomImageLayer<Tensor> {
  static override readonly positional: readonly string[] = ['factor'];
  static override readonly options: readonly string[] = ['valueRange', 'seed', 'dataFormat'];
  readonly factor: Range;
  readonly valueRange: Range;

  constructor(kind: string, factor: Range, options: ColorOptions) {
    super(kind, options);
    this.factor = factor;
    this.valueRange = valueRangeOf(kind, options.valueRange);
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Tensor {
    return this.perImage(images, this.factor, random);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), factor: this.factor, value_range: this.valueRange };
  }
}

/**
 * In training adds a factor of the range of values to each image: −1 makes it black, 1 white. A number n draws from [−n, n].
 *
 * @throws ConfigError unless the factor lies in [−1, 1].
 * @example new RandomBrightness(0.2).apply(images);
 */
export class RandomBrightness extends ColorLayer {
  static override readonly className: string = 'RandomBrightness';

  constructor(factor: Factor, options: ColorOptions = {}) {
    super('RandomBrightness', rangeOf('RandomBrightness', 'factor', factor, [-1, 1]), options);
  }

  override transform(images: Tensor, factor: Tensor): Tensor {
    const [low, high] = this.valueRange;
    return clip(add(images, mul(factor, high - low)), low, high);
  }
}

/**
 * In training multiplies the distance of pixels from the mean of their channel, (x − mean)·f + mean. With factors [a, b], f
 * is drawn from [1 − a, 1 + b] for each image; a number n stands for [n, n].
 *
 * @throws ConfigError unless factors lie in [0, 1].
 * @example new RandomContrast(0.3).apply(images);
 */
export class RandomContrast extends ColorLayer {
  static override readonly className: string = 'RandomContrast';

  constructor(factor: Factor, options: ColorOptions = {}) {
    const pair = typeof factor === 'number' ? ([factor, factor] as const) : factor;
    super('RandomContrast', rangeOf('RandomContrast', 'factor', pair, [0, 1]), options);
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Tensor {
    return this.perImage(images, [1 - this.factor[0], 1 + this.factor[1]], random);
  }

  override transform(images: Tensor, factor: Tensor): Tensor {
    const middle = mean(images, [1, 2], true);
    return clip(add(mul(images.sub(middle), factor), middle), ...this.valueRange);
  }
}

/** Hue, saturation and value of images of a range, changed and back. */
function inHsv(images: Tensor, range: Range, change: (h: Tensor, s: Tensor, v: Tensor) => Tensor[]): Tensor {
  const [h, s, v] = split(rgbToHsv(rescaled(images, range, [0, 1])), 3, -1) as [Tensor, Tensor, Tensor];
  const rgb = clip(hsvToRgb(concat(change(h, s, v), -1)), 0, 1);
  return rescaled(rgb, [0, 1], range);
}

/**
 * In training multiplies the saturation of RGB images by f/(1 − f): a factor of 0 makes them grey, 0.5 leaves them, 1 makes
 * colors full. A number n draws from [0, n].
 *
 * @throws ConfigError unless the factor lies in [0, 1], ShapeError unless there are 3 channels.
 * @example new RandomSaturation([0.4, 0.6]).apply(images);
 */
export class RandomSaturation extends ColorLayer {
  static override readonly className: string = 'RandomSaturation';

  constructor(factor: Factor, options: ColorOptions = {}) {
    super('RandomSaturation', rangeOf('RandomSaturation', 'factor', factor, [0, 1]), options);
  }

  override transform(images: Tensor, factor: Tensor): Tensor {
    const times = factor.div(factor.neg().add(1 + 1e-7));
    return inHsv(images, this.valueRange, (h, s, v) => [h, clip(mul(s, times), 0, 1), v]);
  }
}

/**
 * In training turns the hue of RGB images by half of a factor, either way: 1 is half a turn. A number n draws from [0, n].
 *
 * @throws ConfigError unless the factor lies in [0, 1], ShapeError unless there are 3 channels.
 * @example new RandomHue(0.1).apply(images);
 */
export class RandomHue extends ColorLayer {
  static override readonly className: string = 'RandomHue';

  constructor(factor: Factor, options: ColorOptions = {}) {
    super('RandomHue', rangeOf('RandomHue', 'factor', factor, [0, 1]), options);
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Tensor {
    const sign = this.happens(images, [0.5, 0.5], random).cast(images.dtype).mul(2).sub(1);
    return this.perImage(images, this.factor, random).mul(sign).mul(0.5);
  }

  override transform(images: Tensor, turn: Tensor): Tensor {
    return inHsv(images, this.valueRange, (h, s, v) => [add(h, turn), s, v]);
  }
}

/** Options of {@link RandomColorJitter}; what has no factor stays as it is. */
export interface RandomColorJitterOptions extends ColorOptions {
  readonly brightnessFactor?: Factor | null | undefined;
  readonly contrastFactor?: Factor | null | undefined;
  readonly saturationFactor?: Factor | null | undefined;
  readonly hueFactor?: Factor | null | undefined;
}

/**
 * In training changes brightness, contrast, saturation and hue, in this order, as {@link RandomBrightness},
 * {@link RandomContrast}, {@link RandomSaturation} and {@link RandomHue} do.
 *
 * @throws ConfigError for factors that those layers do not take.
 * @example new RandomColorJitter({ brightnessFactor: 0.2, hueFactor: 0.1 }).apply(images);
 */
export class RandomColorJitter extends RandomImageLayer<readonly Tensor[]> {
  static override readonly className: string = 'RandomColorJitter';
  static override readonly options: readonly string[] = [
    'valueRange',
    'brightnessFactor',
    'contrastFactor',
    'saturationFactor',
    'hueFactor',
    'seed',
    'dataFormat',
  ];
  readonly valueRange: Range;
  readonly #steps: { readonly [key: string]: ColorLayer | null };

  constructor(options: RandomColorJitterOptions = {}) {
    super('RandomColorJitter', options);
    this.valueRange = valueRangeOf('RandomColorJitter', options.valueRange);
    const shared = { valueRange: this.valueRange, dtype: options.dtype, seed: 0 };
    const step = (factor: Factor | null | undefined, make: (f: Factor) => ColorLayer): ColorLayer | null =>
      factor === null || factor === undefined ? null : make(factor);
    this.#steps = {
      brightness_factor: step(options.brightnessFactor, (f) => new RandomBrightness(f, shared)),
      contrast_factor: step(options.contrastFactor, (f) => new RandomContrast(f, shared)),
      saturation_factor: step(options.saturationFactor, (f) => new RandomSaturation(f, shared)),
      hue_factor: step(options.hueFactor, (f) => new RandomHue(f, shared)),
    };
  }

  get #layers(): readonly ColorLayer[] {
    return Object.values(this.#steps).filter((layer) => layer !== null);
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): readonly Tensor[] {
    return this.#layers.map((layer) => layer.draw(images, random));
  }

  override transform(images: Tensor, drawn: readonly Tensor[]): Tensor {
    return this.#layers.reduce((x, layer, i) => layer.transform(x, drawn[i]!), images);
  }

  override getConfig(): Config {
    const factors = Object.entries(this.#steps).map(([key, layer]) => [key, layer?.factor ?? null]);
    return { ...super.getConfig(), value_range: this.valueRange, ...(Object.fromEntries(factors) as Config) };
  }
}
