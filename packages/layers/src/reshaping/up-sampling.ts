/**
 * UpSampling1D, UpSampling2D and UpSampling3D.
 */
import { repeat, type Tensor } from '@dl/tensor';
import { resize } from '@dl/tensor/image';
import { checkPerAxis, checkWord } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';
import { checkDataFormat, type DataFormat } from '../base/spatial.ts';
import type { DataFormatOptions } from './reshaping.ts';

/** How values between pixels are found. */
export type UpSamplingInterpolation = 'nearest' | 'bilinear' | 'bicubic' | 'lanczos3' | 'lanczos5';

/** Options of {@link UpSampling2D}. */
export interface UpSampling2DOptions extends DataFormatOptions {
  /** 'nearest' unless given. */
  readonly interpolation?: UpSamplingInterpolation | undefined;
}

/** Repeats elements along the spatial axes. */
abstract class UpSamplingLayer extends Layer {
  static override readonly positional: readonly string[] = ['size'];
  readonly size: readonly number[];
  readonly dataFormat: DataFormat;

  constructor(size: number | readonly number[], rank: number, options: DataFormatOptions) {
    super(options);
    this.size = checkPerAxis(this.label, 'size', size, rank);
    this.dataFormat = checkDataFormat(this.label, options.dataFormat);
    this.inputSpec = { rank: rank + 2 };
  }

  /** The first spatial axis. */
  protected get first(): number {
    return this.dataFormat === 'channels_last' ? 1 : 2;
  }

  override call(inputs: Tensor): Tensor {
    return this.size.reduce((x, times, i) => (times === 1 ? x : repeat(x, times, this.first + i)), inputs);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return inputShape.map((n, axis) => (n === null ? null : n * (this.size[axis - this.first] ?? 1)));
  }
}

/**
 * Repeats each step of sequences `size` times (2 unless given): [batch, steps, channels] to [batch, steps·size, channels].
 *
 * @example new UpSampling1D(2).apply(zeros([1, 4, 3])); // [1, 8, 3]
 */
export class UpSampling1D extends UpSamplingLayer {
  static override readonly className: string = 'UpSampling1D';
  static override readonly options: readonly string[] = [];

  constructor(size: number | readonly number[] = 2, options: LayerOptions = {}) {
    super(size, 1, options);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), size: this.size[0]! };
  }
}

/**
 * Enlarges images by whole factors (2 unless given): repeats rows and columns, or computes values between pixels, whose
 * centres lie at i + ½. [batch, rows, columns, channels] to [batch, rows·size, columns·size, channels].
 *
 * @example new UpSampling2D([2, 3], { interpolation: 'bilinear' }).apply(zeros([1, 4, 4, 3])); // [1, 8, 12, 3]
 */
export class UpSampling2D extends UpSamplingLayer {
  static override readonly className: string = 'UpSampling2D';
  static override readonly options: readonly string[] = ['dataFormat', 'interpolation'];
  readonly interpolation: UpSamplingInterpolation;

  constructor(size: number | readonly number[] = 2, options: UpSampling2DOptions = {}) {
    super(size, 2, options);
    const allowed = ['nearest', 'bilinear', 'bicubic', 'lanczos3', 'lanczos5'] as const;
    this.interpolation = checkWord(this.label, 'interpolation', options.interpolation ?? 'nearest', allowed);
  }

  override call(inputs: Tensor): Tensor {
    const { interpolation, dataFormat, first } = this;
    if (interpolation === 'nearest') return super.call(inputs);
    const [rows, columns] = this.computeOutputShape(inputs.shape).slice(first, first + 2) as [number, number];
    return resize(inputs, [rows, columns], { interpolation, dataFormat });
  }

  override getConfig(): Config {
    return { ...super.getConfig(), size: this.size, data_format: this.dataFormat, interpolation: this.interpolation };
  }
}

/**
 * Repeats depth, rows and columns of volumes by whole factors (2 unless given): [batch, depth, rows, columns, channels].
 *
 * @example new UpSampling3D(2).apply(zeros([1, 2, 3, 4, 1])); // [1, 4, 6, 8, 1]
 */
export class UpSampling3D extends UpSamplingLayer {
  static override readonly className: string = 'UpSampling3D';
  static override readonly options: readonly string[] = ['dataFormat'];

  constructor(size: number | readonly number[] = 2, options: DataFormatOptions = {}) {
    super(size, 3, options);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), size: this.size, data_format: this.dataFormat };
  }
}
