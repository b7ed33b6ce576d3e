/**
 * Adaptive pooling: the size of the output is given, and windows follow from it.
 */
import type { Tensor } from '@dl/tensor';
import { adaptiveAveragePool, adaptiveMaxPool } from '@dl/tensor/ops';
import { checkPerAxis } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';
import { channelAxis, checkDataFormat, joinShape, type DataFormat } from '../base/spatial.ts';

/** Options of adaptive pooling layers. */
export interface AdaptivePoolingOptions extends LayerOptions {
  /** 'channels_last' unless given. */
  readonly dataFormat?: DataFormat | undefined;
}

const OPTIONS = ['dataFormat'];

/**
 * Adaptive pooling over any number of spatial axes. Window i of an axis of n elements goes from ⌊i·n/out⌋ to before
 * ⌈(i + 1)·n/out⌉, so that windows may share elements.
 */
export abstract class AdaptivePoolingLayer extends Layer {
  static override readonly positional: readonly string[] = ['outputSize'];
  readonly outputSize: readonly number[];
  readonly dataFormat: DataFormat;

  constructor(rank: number, outputSize: number | readonly number[], options: AdaptivePoolingOptions = {}) {
    super(options);
    this.outputSize = checkPerAxis(this.label, 'outputSize', outputSize, rank);
    this.dataFormat = checkDataFormat(this.label, options.dataFormat);
    this.inputSpec = { rank: rank + 2, kind: 'number' };
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    const channels = inputShape.at(channelAxis(this.dataFormat)) ?? null;
    return joinShape(inputShape[0] ?? null, this.outputSize, channels, this.dataFormat);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), output_size: this.outputSize, data_format: this.dataFormat };
  }
}

/**
 * The mean of windows that divide sequences: [batch, steps, channels] to [batch, outputSize, channels].
 *
 * @example new AdaptiveAveragePooling1D(3).apply(zeros([1, 10, 3])); // [1, 3, 3]
 */
export class AdaptiveAveragePooling1D extends AdaptivePoolingLayer {
  static override readonly className: string = 'AdaptiveAveragePooling1D';
  static override readonly options: readonly string[] = OPTIONS;

  /** @param outputSize Size of the output's spatial axis. */
  constructor(outputSize: number | readonly number[], options: AdaptivePoolingOptions = {}) {
    super(1, outputSize, options);
  }

  override call(inputs: Tensor): Tensor {
    return adaptiveAveragePool(inputs, this.outputSize, { dataFormat: this.dataFormat });
  }
}

/**
 * The mean of windows that divide images: [batch, rows, columns, channels] to [batch, ...outputSize, channels].
 *
 * @example new AdaptiveAveragePooling2D([3, 2]).apply(zeros([1, 9, 7, 3])); // [1, 3, 2, 3]
 */
export class AdaptiveAveragePooling2D extends AdaptivePoolingLayer {
  static override readonly className: string = 'AdaptiveAveragePooling2D';
  static override readonly options: readonly string[] = OPTIONS;

  /** @param outputSize Size of the output's spatial axes, one for all or one each. */
  constructor(outputSize: number | readonly number[], options: AdaptivePoolingOptions = {}) {
    super(2, outputSize, options);
  }

  override call(inputs: Tensor): Tensor {
    return adaptiveAveragePool(inputs, this.outputSize, { dataFormat: this.dataFormat });
  }
}

/**
 * The mean of windows that divide volumes: [batch, depth, rows, columns, channels] to [batch, ...outputSize, channels].
 *
 * @example new AdaptiveAveragePooling3D(2).apply(zeros([1, 4, 5, 6, 3])); // [1, 2, 2, 2, 3]
 */
export class AdaptiveAveragePooling3D extends AdaptivePoolingLayer {
  static override readonly className: string = 'AdaptiveAveragePooling3D';
  static override readonly options: readonly string[] = OPTIONS;

  /** @param outputSize Size of the output's spatial axes, one for all or one each. */
  constructor(outputSize: number | readonly number[], options: AdaptivePoolingOptions = {}) {
    super(3, outputSize, options);
  }

  override call(inputs: Tensor): Tensor {
    return adaptiveAveragePool(inputs, this.outputSize, { dataFormat: this.dataFormat });
  }
}

/**
 * The largest element of windows that divide sequences: [batch, steps, channels] to [batch, outputSize, channels].
 *
 * @example new AdaptiveMaxPooling1D(3).apply(zeros([1, 10, 3])); // [1, 3, 3]
 */
export class AdaptiveMaxPooling1D extends AdaptivePoolingLayer {
  static override readonly className: string = 'AdaptiveMaxPooling1D';
  static override readonly options: readonly string[] = OPTIONS;

  /** @param outputSize Size of the output's spatial axis. */
  constructor(outputSize: number | readonly number[], options: AdaptivePoolingOptions = {}) {
    super(1, outputSize, options);
  }

  override call(inputs: Tensor): Tensor {
    return adaptiveMaxPool(inputs, this.outputSize, { dataFormat: this.dataFormat });
  }
}

/**
 * The largest element of windows that divide images: [batch, rows, columns, channels] to [batch, ...outputSize, channels].
 *
 * @example new AdaptiveMaxPooling2D([3, 2]).apply(zeros([1, 9, 7, 3])); // [1, 3, 2, 3]
 */
export class AdaptiveMaxPooling2D extends AdaptivePoolingLayer {
  static override readonly className: string = 'AdaptiveMaxPooling2D';
  static override readonly options: readonly string[] = OPTIONS;

  /** @param outputSize Size of the output's spatial axes, one for all or one each. */
  constructor(outputSize: number | readonly number[], options: AdaptivePoolingOptions = {}) {
    super(2, outputSize, options);
  }

  override call(inputs: Tensor): Tensor {
    return adaptiveMaxPool(inputs, this.outputSize, { dataFormat: this.dataFormat });
  }
}

/**
 * The largest element of windows that divide volumes: [batch, depth, rows, columns, channels] to [batch, ...outputSize, channels].
 *
 * @example new AdaptiveMaxPooling3D(2).apply(zeros([1, 4, 5, 6, 3])); // [1, 2, 2, 2, 3]
 */
export class AdaptiveMaxPooling3D extends AdaptivePoolingLayer {
  static override readonly className: string = 'AdaptiveMaxPooling3D';
  static override readonly options: readonly string[] = OPTIONS;

  /** @param outputSize Size of the output's spatial axes, one for all or one each. */
  constructor(outputSize: number | readonly number[], options: AdaptivePoolingOptions = {}) {
    super(3, outputSize, options);
  }

  override call(inputs: Tensor): Tensor {
    return adaptiveMaxPool(inputs, this.outputSize, { dataFormat: this.dataFormat });
  }
}
