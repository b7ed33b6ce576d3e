/**
 * CenterCrop and RandomCrop.
 */
import { cast, slice, stack, type Generator, type Tensor } from '@dl/tensor';
import { resize } from '@dl/tensor/image';
import { slice as sliceFrom } from '@dl/tensor/ops';
import { checkCount } from '../../base/checks.ts';
import type { Config } from '../../base/config.ts';
import type { LayerShape } from '../../base/input-spec.ts';
import { ImageLayer, resizedShape, type ImageLayerOptions } from './image-layer.ts';
import { RandomImageLayer, type RandomImageOptions } from './random-image-layer.ts';

type Size = readonly [height: number, width: number];

/** Whether images of a batch have so many pixels both ways. */
const atLeast = ({ shape }: Tensor, [height, width]: Size): boolean => shape[1]! >= height && shape[2]! >= width;

/** The largest part in the proportions of a size, resized to it. */
function fitted(images: Tensor, size: Size): Tensor {
  return resize(images, size, { cropToAspectRatio: true });
}

/**
 * The middle of images, in training and inference: [height, width]. Of images that are smaller, the largest part in those
 * proportions, resized bilinearly.
 *
 * @throws ShapeError unless given images of rank 3 or 4.
 * @example new CenterCrop(2, 2).apply(ones([1, 5, 4, 3])).shape; // [1, 2, 2, 3]
 */
export class CenterCrop extends ImageLayer<null> {
  static override readonly className: string = 'CenterCrop';
  static override readonly positional: readonly string[] = ['height', 'width'];
  static override readonly options: readonly string[] = ['dataFormat'];
  readonly height: number;
  readonly width: number;

  constructor(height: number, width: number, options: ImageLayerOptions = {}) {
    super('CenterCrop', options);
    this.height = checkCount(this.label, 'height', height);
    this.width = checkCount(this.label, 'width', width);
  }

  override draw(): null {
    return null;
  }

  override transform(images: Tensor): Tensor {
    const { height, width } = this;
    if (!atLeast(images, [height, width])) return fitted(images, [height, width]);
    const [batch, h, w, channels] = images.shape as [number, number, number, number];
    const start = [0, Math.floor((h - height) / 2), Math.floor((w - width) / 2), 0];
    return slice(images, start, [batch, height, width, channels]);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return resizedShape(inputShape, [this.height, this.width], this.dataFormat);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), height: this.height, width: this.width };
  }
}

/**
 * In training a part of images of [height, width] at a random place, the same for the whole batch. In inference, and for
 * images that are smaller, the largest part in those proportions, resized bilinearly.
 *
 * @throws ShapeError unless given images of rank 3 or 4.
 * @example new RandomCrop(24, 24, { seed: 1 }).apply(ones([8, 32, 32, 3])).shape; // [8, 24, 24, 3]
 */
export class RandomCrop extends RandomImageLayer<Tensor | null> {
  static override readonly className: string = 'RandomCrop';
  static override readonly positional: readonly string[] = ['height', 'width'];
  static override readonly options: readonly string[] = ['seed', 'dataFormat'];
  readonly height: number;
  readonly width: number;

  constructor(height: number, width: number, options: RandomImageOptions = {}) {
    super('RandomCrop', options);
    this.height = checkCount(this.label, 'height', height);
    this.width = checkCount(this.label, 'width', width);
  }

  /** Where the part begins; null where images are too small. */
  override draw(images: Tensor, random: Generator = this.seedGenerator): Tensor | null {
    const { height, width } = this;
    if (!atLeast(images, [height, width])) return null;
    const top = random.randint([1], 0, images.shape[1]! - height + 1);
    const left = random.randint([1], 0, images.shape[2]! - width + 1);
    const zero = cast(top.mul(0), 'int32');
    return stack([zero, top, left, zero], 1).reshape([4]);
  }

  override transform(images: Tensor, start: Tensor | null): Tensor {
    const { height, width } = this;
    if (start === null) return this.rest(images);
    return sliceFrom(images, start, [images.shape[0]!, height, width, images.shape[3]!]);
  }

  protected override rest(images: Tensor): Tensor {
    return fitted(images, [this.height, this.width]);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return resizedShape(inputShape, [this.height, this.width], this.dataFormat);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), height: this.height, width: this.width };
  }
}
