/**
 * Resizing: images of another size.
 */
import { ConfigError, round, type Tensor } from '@dl/tensor';
import { resize, type ResizeInterpolation } from '@dl/tensor/image';
import { saturateCast } from '@dl/tensor/ops';
import { castTo, isFloating } from '@dl/tensor/interpreter';
import { checkCount, checkWord } from '../../base/checks.ts';
import type { Config } from '../../base/config.ts';
import type { LayerShape } from '../../base/input-spec.ts';
import { ImageLayer, resizedShape, type ImageLayerOptions } from './image-layer.ts';

/** Options of {@link Resizing}. */
export interface ResizingOptions extends ImageLayerOptions {
  /** 'bilinear' unless given. */
  readonly interpolation?: ResizeInterpolation | undefined;
  /** Whether to cut off edges first, so that the content keeps its proportions. Default false. */
  readonly cropToAspectRatio?: boolean | undefined;
  /** Whether to add edges first, so that the content keeps its proportions. Default false. */
  readonly padToAspectRatio?: boolean | undefined;
  /** What added edges are filled with: only 'constant'. */
  readonly fillMode?: 'constant' | undefined;
  /** What added edges hold. Default 0. */
  readonly fillValue?: number | undefined;
  /** Whether to average over more pixels where the image becomes smaller. Default false. */
  readonly antialias?: boolean | undefined;
}

const INTERPOLATIONS = ['bilinear', 'nearest', 'bicubic', 'lanczos3', 'lanczos5'] as const;

/**
 * Resizes images to [height, width], in training and inference, with half-pixel centres. Integers stay integers, rounded.
 *
 * @throws ConfigError for options that do not fit, ShapeError unless given images of rank 3 or 4.
 * @example new Resizing(224, 224).apply(ones([1, 100, 80, 3])).shape; // [1, 224, 224, 3]
 */
export class Resizing extends ImageLayer<null> {
  static override readonly className: string = 'Resizing';
  static override readonly positional: readonly string[] = ['height', 'width'];
  static override readonly options: readonly string[] = [
    'interpolation',
    'cropToAspectRatio',
    'padToAspectRatio',
    'fillMode',
    'fillValue',
    'antialias',
    'dataFormat',
  ];
  readonly height: number;
  readonly width: number;
  readonly interpolation: ResizeInterpolation;
  readonly cropToAspectRatio: boolean;
  readonly padToAspectRatio: boolean;
  readonly fillMode: 'constant';
  readonly fillValue: number;
  readonly antialias: boolean;

  constructor(height: number, width: number, options: ResizingOptions = {}) {
    super('Resizing', options);
    this.height = checkCount(this.label, 'height', height);
    this.width = checkCount(this.label, 'width', width);
    this.interpolation = checkWord(this.label, 'interpolation', options.interpolation ?? 'bilinear', INTERPOLATIONS);
    this.cropToAspectRatio = options.cropToAspectRatio ?? false;
    this.padToAspectRatio = options.padToAspectRatio ?? false;
    if (this.cropToAspectRatio && this.padToAspectRatio) {
      throw new ConfigError('Resizing: only one of cropToAspectRatio and padToAspectRatio can be true');
    }
    this.fillMode = checkWord(this.label, 'fillMode', options.fillMode ?? 'constant', ['constant']);
    this.fillValue = options.fillValue ?? 0;
    this.antialias = options.antialias ?? false;
  }

  override draw(): null {
    return null;
  }

  protected override prepared(images: Tensor): Tensor {
    return isFloating(images.dtype) ? castTo(images, this.computeDtype) : images;
  }

  override transform(images: Tensor): Tensor {
    const { interpolation, cropToAspectRatio, padToAspectRatio, fillValue, antialias } = this;
    const options = { interpolation, cropToAspectRatio, padToAspectRatio, fillValue, antialias };
    const resized = resize(images, [this.height, this.width], options);
    if (resized.dtype === images.dtype) return resized;
    return saturateCast(isFloating(images.dtype) ? resized : round(resized), images.dtype);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return resizedShape(inputShape, [this.height, this.width], this.dataFormat);
  }

  override getConfig(): Config {
    const { height, width, interpolation, fillMode, fillValue, antialias } = this;
    return {
      ...super.getConfig(),
      height,
      width,
      interpolation,
      crop_to_aspect_ratio: this.cropToAspectRatio,
      pad_to_aspect_ratio: this.padToAspectRatio,
      fill_mode: fillMode,
      fill_value: fillValue,
      antialias,
    };
  }
}
