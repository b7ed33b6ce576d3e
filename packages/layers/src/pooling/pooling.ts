/**
 * Max and average pooling over one, two and three spatial axes.
 */
import { avgPool, maxPool, type Tensor } from '@dl/tensor';
import { checkPerAxis } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';
import {
  channelAxis,
  channelsLast,
  checkDataFormat,
  checkPadding,
  fromChannelsLast,
  joinShape,
  spatialOf,
  windowCounts,
  type DataFormat,
} from '../base/spatial.ts';

/** Options of pooling layers. */
export interface PoolingOptions extends LayerOptions {
  /** Steps between windows; the pool size unless given. */
  readonly strides?: number | readonly number[] | null | undefined;
  /** 'valid' unless given. */
  readonly padding?: 'valid' | 'same' | undefined;
  /** 'channels_last' unless given. */
  readonly dataFormat?: DataFormat | undefined;
}

const OPTIONS = ['strides', 'padding', 'dataFormat'];

/** Pooling over any number of spatial axes. */
export abstract class PoolingLayer extends Layer {
  static override readonly positional: readonly string[] = ['poolSize'];

  readonly poolSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: 'valid' | 'same';
  readonly dataFormat: DataFormat;

  constructor(rank: number, poolSize: number | readonly number[], options: PoolingOptions = {}) {
    super(options);
    const { label } = this;
    this.poolSize = checkPerAxis(label, 'poolSize', poolSize, rank);
    this.strides = checkPerAxis(label, 'strides', options.strides ?? this.poolSize, rank);
    this.padding = checkPadding(label, options.padding, ['valid', 'same']);
    this.dataFormat = checkDataFormat(label, options.dataFormat);
    this.inputSpec = { rank: rank + 2, kind: 'number' };
  }

  /** Pools with the channels last. */
  protected abstract pool(inputs: Tensor): Tensor;

  override call(inputs: Tensor): Tensor {
    return fromChannelsLast(this.pool(channelsLast(inputs, this.dataFormat)), this.dataFormat);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    const { poolSize, strides, padding, dataFormat } = this;
    const ones = poolSize.map(() => 1);
    const counts = windowCounts(this.label, spatialOf(inputShape, dataFormat), poolSize, strides, ones, padding);
    return joinShape(inputShape[0] ?? null, counts, inputShape.at(channelAxis(dataFormat)) ?? null, dataFormat);
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      pool_size: this.poolSize,
      padding: this.padding,
      strides: this.strides,
      data_format: this.dataFormat,
    };
  }
}

/**
 * The largest of steps of a sequence: [batch, steps, channels]. Padding never wins.
 *
 * @example new MaxPooling1D(2).apply(zeros([1, 10, 3])); // [1, 5, 3]
 */
export class MaxPooling1D extends PoolingLayer {
  static override readonly className: string = 'MaxPooling1D';
  static override readonly options: readonly string[] = OPTIONS;

  /** @param poolSize Size of the windows, 2 unless given. */
  constructor(poolSize: number | readonly number[] = 2, options: PoolingOptions = {}) {
    super(1, poolSize, options);
  }

  protected override pool(inputs: Tensor): Tensor {
    return maxPool(inputs, this.poolSize, { strides: this.strides, padding: this.padding });
  }
}

/**
 * The largest of windows of images: [batch, rows, columns, channels]. Padding never wins.
 *
 * @example new MaxPooling2D(2).apply(zeros([1, 28, 28, 3])); // [1, 14, 14, 3]
 */
export class MaxPooling2D extends PoolingLayer {
  static override readonly className: string = 'MaxPooling2D';
  static override readonly options: readonly string[] = OPTIONS;

  /** @param poolSize Size of the windows, 2 unless given. */
  constructor(poolSize: number | readonly number[] = 2, options: PoolingOptions = {}) {
    super(2, poolSize, options);
  }

  protected override pool(inputs: Tensor): Tensor {
    return maxPool(inputs, this.poolSize, { strides: this.strides, padding: this.padding });
  }
}

/**
 * The largest of windows of volumes: [batch, depth, rows, columns, channels]. Padding never wins.
 *
 * @example new MaxPooling3D(2).apply(zeros([1, 8, 8, 8, 3])); // [1, 4, 4, 4, 3]
 */
export class MaxPooling3D extends PoolingLayer {
  static override readonly className: string = 'MaxPooling3D';
  static override readonly options: readonly string[] = OPTIONS;

  /** @param poolSize Size of the windows, 2 unless given. */
  constructor(poolSize: number | readonly number[] = 2, options: PoolingOptions = {}) {
    super(3, poolSize, options);
  }

  protected override pool(inputs: Tensor): Tensor {
    return maxPool(inputs, this.poolSize, { strides: this.strides, padding: this.padding });
  }
}

/**
 * The mean of steps of a sequence: [batch, steps, channels]. Padding is not counted.
 *
 * @example new AveragePooling1D(2).apply(zeros([1, 10, 3])); // [1, 5, 3]
 */
export class AveragePooling1D extends PoolingLayer {
  static override readonly className: string = 'AveragePooling1D';
  static override readonly options: readonly string[] = OPTIONS;

  /** @param poolSize Size of the windows, 2 unless given. */
  constructor(poolSize: number | readonly number[] = 2, options: PoolingOptions = {}) {
    super(1, poolSize, options);
  }

  protected override pool(inputs: Tensor): Tensor {
    return avgPool(inputs, this.poolSize, { strides: this.strides, padding: this.padding });
  }
}

/**
 * The mean of windows of images: [batch, rows, columns, channels]. Padding is not counted.
 *
 * @example new AveragePooling2D(2).apply(zeros([1, 28, 28, 3])); // [1, 14, 14, 3]
 */
export class AveragePooling2D extends PoolingLayer {
  static override readonly className: string = 'AveragePooling2D';
  static override readonly options: readonly string[] = OPTIONS;

  /** @param poolSize Size of the windows, 2 unless given. */
  constructor(poolSize: number | readonly number[] = 2, options: PoolingOptions = {}) {
    super(2, poolSize, options);
  }

  protected override pool(inputs: Tensor): Tensor {
    return avgPool(inputs, this.poolSize, { strides: this.strides, padding: this.padding });
  }
}

/**
 * The mean of windows of volumes: [batch, depth, rows, columns, channels]. Padding is not counted.
 *
 * @example new AveragePooling3D(2).apply(zeros([1, 8, 8, 8, 3])); // [1, 4, 4, 4, 3]
 */
export class AveragePooling3D extends PoolingLayer {
  static override readonly className: string = 'AveragePooling3D';
  static override readonly options: readonly string[] = OPTIONS;

  /** @param poolSize Size of the windows, 2 unless given. */
  constructor(poolSize: number | readonly number[] = 2, options: PoolingOptions = {}) {
    super(3, poolSize, options);
  }

  protected override pool(inputs: Tensor): Tensor {
    return avgPool(inputs, this.poolSize, { strides: this.strides, padding: this.padding });
  }
}
