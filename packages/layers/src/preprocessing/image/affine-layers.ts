/**
 * RandomFlip, and layers that turn, scale, move and slant images: RandomRotation, RandomZoom, RandomTranslation and
 * RandomShear.
 */
import { concat, cos, flip, reshape, sin, where, zerosLike, type Generator, type Tensor } from '@dl/tensor';
import { affineTransform, type FillMode, type Interpolation as Sampling } from '@dl/tensor/image';
import { checkWord } from '../../base/checks.ts';
import type { Config } from '../../base/config.ts';
import { RandomImageLayer, rangeOf, type Factor, type RandomImageOptions, type Range } from './random-image-layer.ts';

/** Which way images are mirrored. */
export type FlipMode = 'horizontal' | 'vertical' | 'horizontal_and_vertical';

const FLIPS = ['horizontal', 'vertical', 'horizontal_and_vertical'] as const;

/**
 * In training mirrors each image with probability ½: left to right, top to bottom, or both at once.
 *
 * @throws ShapeError unless given images of rank 3 or 4.
 * @example new RandomFlip('horizontal', { seed: 1 }).apply(images);
 */
export class RandomFlip extends RandomImageLayer<Tensor> {
  static override readonly className: string = 'RandomFlip';
  static override readonly positional: readonly string[] = ['mode'];
  static override readonly options: readonly string[] = ['seed', 'dataFormat'];
  readonly mode: FlipMode;

  constructor(mode: FlipMode = 'horizontal_and_vertical', options: RandomImageOptions = {}) {
    super('RandomFlip', options);
    this.mode = checkWord(this.label, 'mode', mode, FLIPS);
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Tensor {
    return this.happens(images, [0.5, 0.5], random);
  }

  override transform(images: Tensor, flips: Tensor): Tensor {
    const axes = this.mode === 'horizontal' ? [2] : this.mode === 'vertical' ? [1] : [1, 2];
    return where(flips, flip(images, axes), images);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), mode: this.mode };
  }
}

/** Options of layers that look up pixels at other places. */
export interface SamplingOptions extends RandomImageOptions {
  /** What lies outside of an image; 'reflect' unless given. */
  readonly fillMode?: Exclude<FillMode, 'mirror'> | undefined;
  /** How pixels between pixels are found; 'bilinear' unless given. */
  readonly interpolation?: Sampling | undefined;
  /** What lies outside with the mode 'constant'; 0 unless given. */
  readonly fillValue?: number | undefined;
}

const SAMPLING = ['fillMode', 'interpolation', 'fillValue', 'seed', 'dataFormat'];
const MODES = ['reflect', 'wrap', 'constant', 'nearest'] as const;

/** A layer that moves pixels by a linear map of their places, drawn for each image. */
abstract class AffineLayer extends RandomImageLayer<Tensor> {
  readonly fillMode: Exclude<FillMode, 'mirror'>;
  readonly interpolation: Sampling;
  readonly fillValue: number;

  constructor(kind: string, options: SamplingOptions) {
    super(kind, options);
    this.fillMode = checkWord(kind, 'fillMode', options.fillMode ?? 'reflect', MODES);
    this.interpolation = checkWord(kind, 'interpolation', options.interpolation ?? 'bilinear', ['bilinear', 'nearest']);
    this.fillValue = options.fillValue ?? 0;
  }

  override transform(images: Tensor, maps: Tensor): Tensor {
    const { interpolation, fillMode, fillValue } = this;
    return affineTransform(images, maps, { interpolation, fillMode, fillValue });
  }

  override getConfig(): Config {
    const { fillMode, interpolation, fillValue } = this;
    return { ...super.getConfig(), fill_mode: fillMode, interpolation, fill_value: fillValue };
  }
}

/** Rows of the eight numbers that `affineTransform` takes: output (x, y) is input (a0·x + a1·y + a2, b0·x + b1·y + b2). */
function mapsOf(a0: Tensor, a1: Tensor, a2: Tensor, b0: Tensor, b1: Tensor, b2: Tensor): Tensor {
  const zero = zerosLike(a0);
  const column = (t: Tensor): Tensor => reshape(t, [t.shape[0]!, 1]);
  return concat([a0, a1, a2, b0, b1, b2, zero, zero].map(column), 1);
}

/** The middle of the pixels along height and width. */
const middle = ({ shape }: Tensor): Range => [(shape[1]! - 1) / 2, (shape[2]! - 1) / 2];

/**
 * In training turns each image about its middle by `factor` of a full turn, counterclockwise where positive. A number n
 * draws from [−n, n].
 *
 * @throws ConfigError unless the factor lies in [−1, 1].
 * @example new RandomRotation(0.1, { fillMode: 'constant' }).apply(images); // up to 36° either way
 */
export class RandomRotation extends AffineLayer {
  static override readonly className: string = 'RandomRotation';
  static override readonly positional: readonly string[] = ['factor'];
  static override readonly options: readonly string[] = SAMPLING;
  readonly factor: Range;

  constructor(factor: Factor, options: SamplingOptions = {}) {
    super('RandomRotation', options);
    this.factor = rangeOf('RandomRotation', 'factor', factor, [-1, 1]);
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Tensor {
    const angle = this.perImage(images, this.factor, random).mul(2 * Math.PI);
    const [c, s] = [cos(angle), sin(angle)];
    const [y, x] = middle(images);
    return mapsOf(c, s.neg(), c.mul(-x).add(s.mul(y)).add(x), s, c, s.mul(-x).sub(c.mul(y)).add(y));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), factor: this.factor };
  }
}

/**
 * In training shrinks each image towards its middle where a factor is positive, and enlarges it where it is negative: 0.3
 * shows 130 % of the height, −0.3 shows 70 %. A number n draws from [−n, n]. Without a width factor, both directions use
 * the same one.
 *
 * @throws ConfigError unless factors lie in [−1, 1].
 * @example new RandomZoom([-0.3, -0.1]).apply(images); // enlarged
 */
export class RandomZoom extends AffineLayer {
  static override readonly className: string = 'RandomZoom';
  static override readonly positional: readonly string[] = ['heightFactor', 'widthFactor'];
  static override readonly options: readonly string[] = SAMPLING;
  readonly heightFactor: Range;
  readonly widthFactor: Range | null;

  constructor(heightFactor: Factor, widthFactor: Factor | null = null, options: SamplingOptions = {}) {
    super('RandomZoom', options);
    this.heightFactor = rangeOf('RandomZoom', 'heightFactor', heightFactor, [-1, 1]);
    this.widthFactor = widthFactor === null ? null : rangeOf('RandomZoom', 'widthFactor', widthFactor, [-1, 1]);
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Tensor {
    const rows = this.perImage(images, this.heightFactor, random).add(1);
    const columns = this.widthFactor === null ? rows : this.perImage(images, this.widthFactor, random).add(1);
    const [y, x] = middle(images);
    const zero = zerosLike(rows);
    return mapsOf(columns, zero, columns.mul(-x).add(x), zero, rows, rows.mul(-y).add(y));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), height_factor: this.heightFactor, width_factor: this.widthFactor };
  }
}

/**
 * In training moves each image by factors of its height and width: down and to the right where positive. A number n draws
 * from [−n, n].
 *
 * @throws ConfigError unless factors lie in [−1, 1].
 * @example new RandomTranslation(0.1, 0.2, { fillMode: 'constant' }).apply(images);
 */
export class RandomTranslation extends AffineLayer {
  static override readonly className: string = 'RandomTranslation';
  static override readonly positional: readonly string[] = ['heightFactor', 'widthFactor'];
  static override readonly options: readonly string[] = SAMPLING;
  readonly heightFactor: Range;
  readonly widthFactor: Range;

  constructor(heightFactor: Factor, widthFactor: Factor, options: SamplingOptions = {}) {
    super('RandomTranslation', options);
    this.heightFactor = rangeOf('RandomTranslation', 'heightFactor', heightFactor, [-1, 1]);
    this.widthFactor = rangeOf('RandomTranslation', 'widthFactor', widthFactor, [-1, 1]);
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Tensor {
    const down = this.perImage(images, this.heightFactor, random).mul(images.shape[1]!);
    const right = this.perImage(images, this.widthFactor, random).mul(images.shape[2]!);
    const zero = zerosLike(down);
    const one = zero.add(1);
    return mapsOf(one, zero, right.neg(), zero, one, down.neg());
  }

  override getConfig(): Config {
    return { ...super.getConfig(), height_factor: this.heightFactor, width_factor: this.widthFactor };
  }
}

/**
 * In training slants each image: output pixel (x, y) is that at (x + s·y, y + t·x), with s from `xFactor` and t from
 * `yFactor`, both with the same random sign. A number n draws from [0, n].
 *
 * @throws ConfigError unless factors lie in [0, 1].
 * @example new RandomShear(0.2, 0.2).apply(images);
 */
export class RandomShear extends AffineLayer {
  static override readonly className: string = 'RandomShear';
  static override readonly positional: readonly string[] = ['xFactor', 'yFactor'];
  static override readonly options: readonly string[] = SAMPLING;
  readonly xFactor: Range;
  readonly yFactor: Range;

  constructor(xFactor: Factor = 0, yFactor: Factor = 0, options: SamplingOptions = {}) {
    super('RandomShear', options);
    this.xFactor = rangeOf('RandomShear', 'xFactor', xFactor, [0, 1]);
    this.yFactor = rangeOf('RandomShear', 'yFactor', yFactor, [0, 1]);
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Tensor {
    const sign = this.happens(images, [0.5, 0.5], random);
    const signed = (t: Tensor): Tensor => where(sign, t.neg(), t);
    const across = signed(this.perImage(images, this.xFactor, random));
    const down = signed(this.perImage(images, this.yFactor, random));
    const zero = zerosLike(across);
    const one = zero.add(1);
    return mapsOf(one, across, zero, down, one, zero);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), x_factor: this.xFactor, y_factor: this.yFactor };
  }
}
