/**
 * Layers that take colors away, invert or coarsen them: RandomColorDegeneration, RandomGrayscale, RandomInvert,
 * RandomPosterization and Solarization.
 */
import {
  cast,
  clip,
  floor,
  full,
  leftShift,
  reshape,
  rightShift,
  sub,
  where,
  type Generator,
  type Tensor,
} from '@dl/tensor';
import { rgbToGrayscale } from '@dl/tensor/image';
import { checkRate } from '../../base/checks.ts';
import type { Config } from '../../base/config.ts';
import { ColorLayer, type ColorOptions } from './color-layers.ts';
import {
  RandomImageLayer,
  rangeOf,
  rescaled,
  valueRangeOf,
  type Factor,
  type RandomImageOptions,
  type Range,
} from './random-image-layer.ts';

/**
 * In training mixes RGB images with their grey by a factor: 0 leaves them, 1 makes them grey. A number n draws from [0, n].
 *
 * @throws ConfigError unless the factor lies in [0, 1], ShapeError unless there are 3 channels.
 * @example new RandomColorDegeneration(0.5).apply(images);
 */
export class RandomColorDegeneration extends ColorLayer {
  static override readonly className: string = 'RandomColorDegeneration';

  constructor(factor: Factor, options: ColorOptions = {}) {
    super('RandomColorDegeneration', rangeOf('RandomColorDegeneration', 'factor', factor, [0, 1]), options);
  }

  override transform(images: Tensor, factor: Tensor): Tensor {
    return clip(images.add(factor.mul(rgbToGrayscale(images).sub(images))), ...this.valueRange);
  }
}

/**
 * In training makes RGB images grey, each with probability `factor`; there are still 3 channels.
 *
 * @throws ConfigError unless the factor is a probability, ShapeError unless there are 3 channels.
 * @example new RandomGrayscale(0.2, { seed: 1 }).apply(images);
 */
export class RandomGrayscale extends RandomImageLayer<Tensor> {
  static override readonly className: string = 'RandomGrayscale';
  static override readonly positional: readonly string[] = ['factor'];
  static override readonly options: readonly string[] = ['seed', 'dataFormat'];
  readonly factor: number;

  constructor(factor = 0.5, options: RandomImageOptions = {}) {
    super('RandomGrayscale', options);
    this.factor = checkRate(this.label, 'factor', factor);
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Tensor {
    return this.happens(images, [this.factor, this.factor], random);
  }

  override transform(images: Tensor, happens: Tensor): Tensor {
    return where(happens, rgbToGrayscale(images), images);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), factor: this.factor };
  }
}

/**
 * In training inverts images, high − x, each with a probability drawn from `factor` (a number n: from [0, n]).
 *
 * @throws ConfigError unless the factor lies in [0, 1].
 * @example new RandomInvert([0.5, 0.5]).apply(images); // half of them
 */
export class RandomInvert extends ColorLayer {
  static override readonly className: string = 'RandomInvert';

  constructor(factor: Factor = 1, options: ColorOptions = {}) {
    super('RandomInvert', rangeOf('RandomInvert', 'factor', factor, [0, 1]), options);
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Tensor {
    return this.happens(images, this.factor, random);
  }

  override transform(images: Tensor, happens: Tensor): Tensor {
    return where(happens, sub(this.valueRange[1], images), images);
  }
}

/**
 * In training keeps so many of the 8 bits of each value, at least 1. Of a range [a, b] it draws a … b − 1; a number n stands
 * for [1, n], and [n, n] is n bits always.
 *
 * @throws ConfigError unless the factor lies in [1, 8].
 * @example new RandomPosterization([3, 3]).apply(images);
 */
export class RandomPosterization extends ColorLayer {
  static override readonly className: string = 'RandomPosterization';

  constructor(factor: Factor, options: ColorOptions = {}) {
    const [low, high] = rangeOf('RandomPosterization', 'factor', factor, [1, 8]);
    super('RandomPosterization', [Math.trunc(low), Math.trunc(high)], options);
  }

  /** How many bits go. */
  override draw(images: Tensor, random: Generator = this.seedGenerator): Tensor {
    const batch = images.shape[0]!;
    const [low, high] = this.factor;
    const kept = low === high ? full([batch], low, 'int32') : random.randint([batch], low, high);
    return reshape(sub(8, kept), [batch, 1, 1, 1]);
  }

  override transform(images: Tensor, bits: Tensor): Tensor {
    const bytes = cast(floor(clip(rescaled(images, this.valueRange, [0, 255]), 0, 255)), 'int32');
    const coarse = leftShift(rightShift(bytes, bits), bits);
    return rescaled(cast(coarse, images.dtype), [0, 255], this.valueRange);
  }
}

/** Options of {@link Solarization}. */
export interface SolarizationOptions extends ColorOptions {
  /** Added first, as a part of the range of values, in [0, 1]; a number n draws from [0, n]. Default 0. */
  readonly additionFactor?: Factor | undefined;
  /** Below this part of the range values stay, in [0, 1]; a number n draws from [0, n]. Default 0. */
  readonly thresholdFactor?: Factor | undefined;
}

interface Levels {
  readonly addition: Tensor;
  readonly threshold: Tensor;
}

/**
 * In training adds something to each image, and inverts values from a threshold on: low + high − x.
 *
 * @throws ConfigError unless factors lie in [0, 1].
 * @example new Solarization({ thresholdFactor: [0.5, 0.5] }).apply(images); // inverts bright pixels
 */
export class Solarization extends RandomImageLayer<Levels> {
  static override readonly className: string = 'Solarization';
  static override readonly options: readonly string[] = [
    'additionFactor',
    'thresholdFactor',
    'valueRange',
    'seed',
    'dataFormat',
  ];
  readonly additionFactor: Range;
  readonly thresholdFactor: Range;
  readonly valueRange: Range;

  constructor(options: SolarizationOptions = {}) {
    super('Solarization', options);
    this.additionFactor = rangeOf('Solarization', 'additionFactor', options.additionFactor ?? 0, [0, 1]);
    this.thresholdFactor = rangeOf('Solarization', 'thresholdFactor', options.thresholdFactor ?? 0, [0, 1]);
    this.valueRange = valueRangeOf('Solarization', options.valueRange);
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Levels {
    return {
      addition: this.perImage(images, this.additionFactor, random).mul(255),
      threshold: this.perImage(images, this.thresholdFactor, random).mul(255),
    };
  }

  override transform(images: Tensor, { addition, threshold }: Levels): Tensor {
    const x = clip(rescaled(images, this.valueRange, [0, 255]).add(addition), 0, 255);
    return rescaled(where(x.less(threshold), x, sub(255, x)), [0, 255], this.valueRange);
  }

  override getConfig(): Config {
    const { additionFactor, thresholdFactor, valueRange } = this;
    const own = { addition_factor: additionFactor, threshold_factor: thresholdFactor, value_range: valueRange };
    return { ...super.getConfig(), ...own };
  }
}
