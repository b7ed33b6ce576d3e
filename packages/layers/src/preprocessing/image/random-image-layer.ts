/**
 * RandomImageLayer: image layers that draw random numbers, and ranges to draw from.
 */
import { ConfigError, Generator, reshape, type Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { Config } from '../../base/config.ts';
import { ImageLayer, type ImageLayerOptions } from './image-layer.ts';

/** Options of image layers that draw random numbers. */
export interface RandomImageOptions extends ImageLayerOptions {
  /** Drawn at construction unless given. The stream moves on with every call. */
  readonly seed?: number | null | undefined;
}

/** Smallest and largest value. */
export type Range = readonly [low: number, high: number];

/** A range, or a number n for the range from −n, or from 0 where there is nothing below, to n. */
export type Factor = number | Range;

/** Base class of image layers that draw; each image gets numbers of its own. In inference images stay as they are. */
export abstract class RandomImageLayer<P> extends ImageLayer<P> {
  readonly seed: number | null;
  /** The stream; its state is a Variable. */
  readonly seedGenerator: Generator;

  constructor(kind: string, options: RandomImageOptions) {
    super(kind, options);
    this.seed = options.seed ?? null;
    this.seedGenerator = this.seed === null ? new Generator() : new Generator(this.seed);
  }

  /** As in ImageLayer; layers made of others pass their own stream. */
  abstract override draw(images: Tensor, random?: Generator): P;

  protected override runs(training: boolean): boolean {
    return training;
  }

  /** A number for each image of a batch, evenly distributed in a range: [batch, 1, 1, 1]. */
  protected perImage(images: Tensor, [low, high]: Range, random: Generator): Tensor {
    const batch = images.shape[0]!;
    // Scaled in the dtype of the images, so that nothing depends on how float32 rounds between.
    const share = random.uniform([batch], 0, 1, images.dtype);
    return reshape(share.mul(high - low).add(low), [batch, 1, 1, 1]);
  }

  /** Whether something happens to each image, whose probability is itself drawn from a range: [batch, 1, 1, 1]. */
  protected happens(images: Tensor, probability: Range, random: Generator): Tensor {
    const chance = this.perImage(images, probability, random);
    return this.perImage(images, [0, 1], random).less(chance);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), seed: this.seed };
  }
}

/** The range of a factor, whose values must lie in `bounds`. */
export function rangeOf(where: string, name: string, factor: Factor, [least, most]: Range): Range {
  const fine = (n: unknown): n is number => typeof n === 'number' && n >= least && n <= most;
  if (fine(factor)) return [Math.max(-Math.abs(factor), least), Math.abs(factor)];
  const pair = factor as unknown as readonly unknown[];
  if (Array.isArray(pair) && pair.length === 2 && pair.every(fine)) {
    return [Math.min(...(pair as number[])), Math.max(...(pair as number[]))];
  }
  throw new ConfigError(
    `${where}: ${name} must be a number in [${least}, ${most}] or two of them, got ${Array.isArray(pair) ? `[${pair.join(', ')}]` : describe(factor)}`,
  );
}

/** Values that pixels have; [0, 255] unless given. */
export function valueRangeOf(where: string, range: Range | undefined): Range {
  const [low, high] = Array.isArray(range) ? (range as Range) : [0, 255];
  if (range === undefined || (Array.isArray(range) && range.length === 2 && low < high)) return [low, high];
  throw new ConfigError(`${where}: valueRange must be [low, high] with low < high, got ${describe(range)}`);
}

/** From one range of values to another. */
export function rescaled(x: Tensor, [low, high]: Range, [toLow, toHigh]: Range): Tensor {
  if (low === toLow && high === toHigh) return x;
  return x
    .sub(low)
    .mul((toHigh - toLow) / (high - low))
    .add(toLow);
}
