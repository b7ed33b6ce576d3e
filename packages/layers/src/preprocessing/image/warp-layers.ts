/**
 * Layers that bend images: RandomPerspective and RandomElasticTransform.
 */
import { add, arange, clip, map, mul, reshape, stack, tensor, where, type Generator, type Tensor } from '@dl/tensor';
import { mapCoordinates, perspectiveTransform, type FillMode, type Interpolation as Sampling } from '@dl/tensor/image';
import { broadcastTo } from '@dl/tensor/ops';
import { checkRate, checkWord } from '../../base/checks.ts';
import type { Config } from '../../base/config.ts';
import { blurred } from './blur.ts';
import {
  RandomImageLayer,
  rangeOf,
  valueRangeOf,
  type Factor,
  type RandomImageOptions,
  type Range,
} from './random-image-layer.ts';

/** Options of {@link RandomPerspective}. */
export interface RandomPerspectiveOptions extends RandomImageOptions {
  /** How far corners move, as a part of their place, halved. Default 1. */
  readonly scale?: number | undefined;
  /** 'bilinear' unless given. */
  readonly interpolation?: Sampling | undefined;
  /** What lies outside of an image. Default 0. */
  readonly fillValue?: number | undefined;
}

interface Corners {
  readonly happens: Tensor;
  readonly from: Tensor;
  readonly to: Tensor;
}

/**
 * In training moves the corners of images, each with a probability drawn from `factor` (a number n: from [0, n]): a corner
 * at (x, y) goes to (x·(1 + a), y·(1 + b)) with a and b from [−scale/2, scale/2].
 *
 * @throws ConfigError unless the factor and the scale lie in [0, 1].
 * @example new RandomPerspective(1, { scale: 0.3, seed: 1 }).apply(images);
 */
export class RandomPerspective extends RandomImageLayer<Corners> {
  static override readonly className: string = 'RandomPerspective';
  static override readonly positional: readonly string[] = ['factor'];
  static override readonly options: readonly string[] = ['scale', 'interpolation', 'fillValue', 'seed', 'dataFormat'];
  readonly factor: Range;
  readonly scale: number;
  readonly interpolation: Sampling;
  readonly fillValue: number;

  constructor(factor: Factor = 1, options: RandomPerspectiveOptions = {}) {
    const kind = 'RandomPerspective';
    super(kind, options);
    this.factor = rangeOf(kind, 'factor', factor, [0, 1]);
    this.scale = checkRate(kind, 'scale', options.scale ?? 1);
    this.interpolation = checkWord(kind, 'interpolation', options.interpolation ?? 'bilinear', ['bilinear', 'nearest']);
    this.fillValue = options.fillValue ?? 0;
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Corners {
    const [batch, height, width] = images.shape as [number, number, number];
    const happens = this.happens(images, this.factor, random);
    const [right, bottom] = [width - 1, height - 1];
    const corners = [0, 0, right, 0, 0, bottom, right, bottom];
    const from = broadcastTo(tensor(Float64Array.from(corners), images.dtype, [1, 4, 2]), [batch, 4, 2]);
    const moved = random.uniform([batch, 4, 2], 0, 1, images.dtype).sub(0.5).mul(this.scale);
    return { happens, from, to: add(from, mul(from, moved)) };
  }

  override transform(images: Tensor, { happens, from, to }: Corners): Tensor {
    const { interpolation, fillValue } = this;
    return where(happens, perspectiveTransform(images, from, to, { interpolation, fillValue }), images);
  }

  override getConfig(): Config {
    const { factor, scale, interpolation, fillValue } = this;
    return { ...super.getConfig(), factor, scale, interpolation, fill_value: fillValue };
  }
}

/** Options of {@link RandomElasticTransform}. */
export interface RandomElasticOptions extends RandomImageOptions {
  /** How strong the waves are, in [0, 1]; a number n draws from [0, n]. Default 1. */
  readonly scale?: Factor | undefined;
  /** 'bilinear' unless given. */
  readonly interpolation?: Sampling | undefined;
  /** What lies outside of an image; 'reflect' unless given. */
  readonly fillMode?: FillMode | undefined;
  /** What lies outside with the mode 'constant'. Default 0. */
  readonly fillValue?: number | undefined;
  /** Values that pixels have. Default [0, 255]. */
  readonly valueRange?: Range | undefined;
}

interface Waves {
  readonly happens: Tensor;
  /** How far each pixel moves down and to the right: [batch, height, width, 2]. */
  readonly shift: Tensor;
}

/**
 * In training moves the pixels of images by smooth random waves (P. Simard and others, 2003), each image with a probability
 * drawn from `factor` (a number n: from [0, n]). With a scale s, normal numbers of deviation d = s·min(height, width)/20 are
 * blurred by d and multiplied by s·max(height, width)/10.
 *
 * @throws ConfigError unless the factor and the scale lie in [0, 1].
 * @example new RandomElasticTransform(1, { scale: 0.5, seed: 1 }).apply(images);
 */
export class RandomElasticTransform extends RandomImageLayer<Waves> {
  static override readonly className: string = 'RandomElasticTransform';
  static override readonly positional: readonly string[] = ['factor'];
  static override readonly options: readonly string[] = [
    'scale',
    'interpolation',
    'fillMode',
    'fillValue',
    'valueRange',
    'seed',
    'dataFormat',
  ];
  readonly factor: Range;
  readonly scale: Range;
  readonly interpolation: Sampling;
  readonly fillMode: FillMode;
  readonly fillValue: number;
  readonly valueRange: Range;

  constructor(factor: Factor = 1, options: RandomElasticOptions = {}) {
    const kind = 'RandomElasticTransform';
    super(kind, options);
    this.factor = rangeOf(kind, 'factor', factor, [0, 1]);
    this.scale = rangeOf(kind, 'scale', options.scale ?? 1, [0, 1]);
    this.interpolation = checkWord(kind, 'interpolation', options.interpolation ?? 'bilinear', ['bilinear', 'nearest']);
    const modes = ['reflect', 'constant', 'nearest', 'wrap', 'mirror'] as const;
    this.fillMode = checkWord(kind, 'fillMode', options.fillMode ?? 'reflect', modes);
    this.fillValue = options.fillValue ?? 0;
    this.valueRange = valueRangeOf(kind, options.valueRange);
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Waves {
    const [batch, height, width] = images.shape as [number, number, number];
    const happens = this.happens(images, this.factor, random);
    const scale = this.perImage(images, this.scale, random);
    const deviation = scale.mul(Math.min(height, width) / 20);
    const noise = random.normal([batch, height, width, 2], 0, 1, images.dtype).mul(deviation);
    const sigma = reshape(deviation, [batch, 1]).add(1e-6);
    const smooth = blurred(noise, [sigma, sigma], [height - 1, width - 1]);
    return { happens, shift: smooth.mul(scale.mul(Math.max(height, width) / 10)) };
  }

  override transform(images: Tensor, { happens, shift }: Waves): Tensor {
    if (images.size === 0) return images;
    const { fillMode, fillValue, interpolation } = this;
    const [, height, width, channels] = images.shape as [number, number, number, number];
    const place = (n: number, shape: readonly number[]): Tensor => reshape(arange(0, n, 1, images.dtype), shape);
    const shape = [height, width, channels];
    const moved = map(
      ([image, by]: readonly [Tensor, Tensor]) => {
        const [down, right] = [0, 1].map((k) => by.slice([0, 0, k], [height, width, 1])) as [Tensor, Tensor];
        const coordinates = stack(
          [
            broadcastTo(add(down, place(height, [height, 1, 1])), shape),
            broadcastTo(add(right, place(width, [1, width, 1])), shape),
            broadcastTo(place(channels, [1, 1, channels]), shape),
          ],
          0,
        );
        return mapCoordinates(image, coordinates, interpolation === 'nearest' ? 0 : 1, { fillMode, fillValue });
      },
      [images, shift] as const,
    );
    return clip(where(happens, moved, images), ...this.valueRange);
  }

  override getConfig(): Config {
    const { factor, scale, interpolation, fillMode, fillValue, valueRange } = this;
    const own = { factor, scale, interpolation, fill_mode: fillMode, fill_value: fillValue, value_range: valueRange };
    return { ...super.getConfig(), ...own };
  }
}
