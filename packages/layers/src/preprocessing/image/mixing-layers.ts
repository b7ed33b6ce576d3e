/**
 * RandomErasing, and layers that mix the images of a batch and their labels: MixUp and CutMix.
 */
import {
  add,
  clip,
  ConfigError,
  gather,
  logicalAnd,
  mul,
  ones,
  reshape,
  sqrt,
  sub,
  tensor,
  where,
  type Generator,
  type Tensor,
} from '@dl/tensor';
import { random as randomOps } from '@dl/tensor/ops';
import { castTo, describe } from '@dl/tensor/interpreter';
import type { Config, ConfigValue } from '../../base/config.ts';
import { randomBoxes } from './boxes.ts';
import {
  RandomImageLayer,
  rangeOf,
  valueRangeOf,
  type Factor,
  type RandomImageOptions,
  type Range,
} from './random-image-layer.ts';

/** Options of {@link RandomErasing}. */
export interface RandomErasingOptions extends RandomImageOptions {
  /** Parts of width and height, squared, that boxes are drawn from, in [0, 1]. Default [0.02, 0.33]. */
  readonly scale?: Factor | undefined;
  /** What boxes hold: a number, three for RGB, or null for random numbers. Default null. */
  readonly fillValue?: number | readonly [number, number, number] | null | undefined;
  /** Values that pixels have. Default [0, 255]. */
  readonly valueRange?: Range | undefined;
}

interface Erasing {
  readonly erased: Tensor;
  readonly fill: Tensor;
}

/**
 * In training erases a box of images (Z. Zhong and others, 2017), each with a probability drawn from `factor` (a number n:
 * from [0, n]). Its width and height are parts √s of those of the image, with s drawn from `scale` for each.
 *
 * @throws ConfigError unless the factor and the scale lie in [0, 1].
 * @example new RandomErasing(1, { fillValue: 0, seed: 1 }).apply(images);
 */
export class RandomErasing extends RandomImageLayer<Erasing> {
  static override readonly className: string = 'RandomErasing';
  static override readonly positional: readonly string[] = ['factor'];
  static override readonly options: readonly string[] = ['scale', 'fillValue', 'valueRange', 'seed', 'dataFormat'];
  readonly factor: Range;
  readonly scale: Range;
  readonly fillValue: number | readonly number[] | null;
  readonly valueRange: Range;

  constructor(factor: Factor = 1, options: RandomErasingOptions = {}) {
    const kind = 'RandomErasing';
    super(kind, options);
    this.factor = rangeOf(kind, 'factor', factor, [0, 1]);
    this.scale = rangeOf(kind, 'scale', options.scale ?? [0.02, 0.33], [0, 1]);
    this.valueRange = valueRangeOf(kind, options.valueRange);
    const { fillValue = null } = options;
    const list = Array.isArray(fillValue) && fillValue.length === 3;
    if (fillValue !== null && typeof fillValue !== 'number' && !list) {
      throw new ConfigError(`${kind}: fillValue must be a number, three numbers or null, got ${describe(fillValue)}`);
    }
    this.fillValue = fillValue;
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Erasing {
    const side = (): Tensor => sqrt(this.perImage(images, this.scale, random));
    const { inside } = randomBoxes(images, side(), side(), random);
    const erased = logicalAnd(this.happens(images, this.factor, random), inside);
    const fill =
      this.fillValue === null
        ? random.normal(images.shape, 0, this.valueRange[1], images.dtype)
        : tensor(this.fillValue as never, images.dtype);
    return { erased, fill: clip(fill, ...this.valueRange) };
  }

  override transform(images: Tensor, { erased, fill }: Erasing): Tensor {
    return where(erased, fill, images);
  }

  override getConfig(): Config {
    const { factor, scale, fillValue, valueRange } = this;
    const own = { factor, scale, fill_value: fillValue as ConfigValue, value_range: valueRange };
    return { ...super.getConfig(), ...own };
  }
}

/** How images are mixed: with which others, and the weight of the own one [1 or batch, 1, 1, 1]. */
interface Mix {
  readonly order: Tensor;
  readonly weight: Tensor;
}

/** Labels [batch, …] of mixed images, as floats. */
function mixedLabels(labels: Tensor, { order, weight }: Mix): Tensor {
  const own = castTo(labels, weight.dtype);
  const share = reshape(weight, [-1, ...labels.shape.slice(1).map(() => 1)]);
  return add(mul(share, own), mul(sub(1, share), gather(own, order)));
}

/**
 * In training mixes each image with another of the batch (H. Zhang and others, 2017): w·image + (1 − w)·other, with w drawn
 * from the beta distribution of `alpha`, one for the batch. Labels in { images, labels } are mixed alike; they must be
 * vectors, such as one-hot ones.
 *
 * @throws ConfigError unless alpha is positive.
 * @example new MixUp(0.2, { seed: 1 }).apply({ images: ones([8, 32, 32, 3]), labels: ones([8, 10]) });
 */
export class MixUp extends RandomImageLayer<Mix> {
  static override readonly className: string = 'MixUp';
  static override readonly positional: readonly string[] = ['alpha'];
  static override readonly options: readonly string[] = ['seed', 'dataFormat'];
  readonly alpha: number;

  constructor(alpha = 0.2, options: RandomImageOptions = {}) {
    super('MixUp', options);
    if (!(typeof alpha === 'number' && alpha > 0)) {
      throw new ConfigError(`MixUp: alpha must be a positive number, got ${describe(alpha)}`);
    }
    this.alpha = alpha;
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Mix {
    const order = random.permutation(images.shape[0]!);
    const weight = randomOps.beta([1], this.alpha, this.alpha, { seed: random, dtype: images.dtype });
    return { order, weight: reshape(weight, [1, 1, 1, 1]) };
  }

  override transform(images: Tensor, { order, weight }: Mix): Tensor {
    return add(mul(weight, images), mul(sub(1, weight), gather(images, order)));
  }

  override transformLabels(labels: Tensor, drawn: Mix): Tensor {
    return mixedLabels(labels, drawn);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), alpha: this.alpha };
  }
}

interface Cut extends Mix {
  readonly inside: Tensor;
}

/**
 * In training puts a box of another image of the batch into each image (S. Yun and others, 2019). Its part of the area comes
 * from a beta distribution, whose parameter is drawn from `factor` (a number n: from [0, n]). Labels in { images, labels }
 * are mixed by the parts of the area; they must be vectors, such as one-hot ones.
 *
 * @throws ConfigError unless the factor lies in [0, 1].
 * @example new CutMix(1, { seed: 1 }).apply({ images: ones([8, 32, 32, 3]), labels: ones([8, 10]) });
 */
export class CutMix extends RandomImageLayer<Cut> {
  static override readonly className: string = 'CutMix';
  static override readonly positional: readonly string[] = ['factor'];
  static override readonly options: readonly string[] = ['seed', 'dataFormat'];
  readonly factor: Range;

  constructor(factor: Factor = 1, options: RandomImageOptions = {}) {
    super('CutMix', options);
    this.factor = rangeOf('CutMix', 'factor', factor, [0, 1]);
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Cut {
    const batch = images.shape[0]!;
    const alpha = random
      .uniform([1], ...this.factor)
      .add(1e-6)
      .mul(ones([batch]));
    const kept = randomOps.beta([batch], alpha, alpha, { seed: random, dtype: images.dtype });
    const side = reshape(sqrt(sub(1, kept)), [batch, 1, 1, 1]);
    const { inside, share } = randomBoxes(images, side, side, random);
    return { inside, weight: sub(1, share), order: random.permutation(batch) };
  }

  override transform(images: Tensor, { inside, order }: Cut): Tensor {
    return where(inside, gather(images, order), images);
  }

  override transformLabels(labels: Tensor, drawn: Cut): Tensor {
    return mixedLabels(labels, drawn);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), factor: this.factor };
  }
}
