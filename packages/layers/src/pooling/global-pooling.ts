/**
 * Global max and average pooling: one value per channel.
 */
import { Tensor } from '@dl/tensor';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type CallContext, type LayerOptions } from '../base/layer.ts';
import { checkDataFormat, type DataFormat } from '../base/spatial.ts';

/** Options of global pooling layers. */
export interface GlobalPoolingOptions extends LayerOptions {
  /** 'channels_last' unless given. */
  readonly dataFormat?: DataFormat | undefined;
  /** Whether the spatial axes stay with size 1; false unless given. */
  readonly keepDims?: boolean | undefined;
}

const OPTIONS = ['dataFormat', 'keepDims'];

/** Global pooling over any number of spatial axes. */
export abstract class GlobalPoolingLayer extends Layer {
  readonly dataFormat: DataFormat;
  readonly keepDims: boolean;
  /** The axes that are reduced. */
  protected readonly axes: readonly number[];

  constructor(rank: number, options: GlobalPoolingOptions = {}) {
    super(options);
    this.dataFormat = checkDataFormat(this.label, options.dataFormat);
    this.keepDims = options.keepDims ?? false;
    const first = this.dataFormat === 'channels_last' ? 1 : 2;
    this.axes = Array.from({ length: rank }, (_, i) => first + i);
    this.inputSpec = { rank: rank + 2, kind: 'number' };
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return inputShape.flatMap((n, axis) => (this.axes.includes(axis) ? (this.keepDims ? [1] : []) : [n]));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), data_format: this.dataFormat, keepdims: this.keepDims };
  }
}

/**
 * The mean of all steps: [batch, steps, channels] to [batch, channels]. With a mask, of the steps that count.
 *
 * @example new GlobalAveragePooling1D().apply(zeros([2, 10, 8])); // [2, 8]
 */
export class GlobalAveragePooling1D extends GlobalPoolingLayer {
  static override readonly className: string = 'GlobalAveragePooling1D';
  static override readonly options: readonly string[] = OPTIONS;

  constructor(options: GlobalPoolingOptions = {}) {
    super(1, options);
    this.supportsMasking = true;
  }

  override call(inputs: Tensor, { mask }: CallContext): Tensor {
    if (!(mask instanceof Tensor)) return inputs.mean(this.axes, this.keepDims);
    const stepAxis = this.axes[0]!;
    const counts = mask.cast(inputs.dtype).expandDims(stepAxis === 1 ? 2 : 1);
    return inputs.mul(counts).sum(stepAxis, this.keepDims).div(counts.sum(stepAxis, this.keepDims));
  }

  override computeMask(): null {
    return null;
  }
}

/**
 * The mean of all positions of an image: [batch, rows, columns, channels] to [batch, channels].
 *
 * @example new GlobalAveragePooling2D().apply(zeros([2, 7, 7, 8])); // [2, 8]
 */
export class GlobalAveragePooling2D extends GlobalPoolingLayer {
  static override readonly className: string = 'GlobalAveragePooling2D';
  static override readonly options: readonly string[] = OPTIONS;

  constructor(options: GlobalPoolingOptions = {}) {
    super(2, options);
  }

  override call(inputs: Tensor): Tensor {
    return inputs.mean(this.axes, this.keepDims);
  }
}

/**
 * The mean of all positions of a volume: [batch, depth, rows, columns, channels] to [batch, channels].
 *
 * @example new GlobalAveragePooling3D().apply(zeros([2, 4, 4, 4, 8])); // [2, 8]
 */
export class GlobalAveragePooling3D extends GlobalPoolingLayer {
  static override readonly className: string = 'GlobalAveragePooling3D';
  static override readonly options: readonly string[] = OPTIONS;

  constructor(options: GlobalPoolingOptions = {}) {
    super(3, options);
  }

  override call(inputs: Tensor): Tensor {
    return inputs.mean(this.axes, this.keepDims);
  }
}

/**
 * The largest of all steps: [batch, steps, channels] to [batch, channels].
 *
 * @example new GlobalMaxPooling1D().apply(zeros([2, 10, 8])); // [2, 8]
 */
export class GlobalMaxPooling1D extends GlobalPoolingLayer {
  static override readonly className: string = 'GlobalMaxPooling1D';
  static override readonly options: readonly string[] = OPTIONS;

  constructor(options: GlobalPoolingOptions = {}) {
    super(1, options);
  }

  override call(inputs: Tensor): Tensor {
    return inputs.max(this.axes, this.keepDims);
  }
}

/**
 * The largest of all positions of an image: [batch, rows, columns, channels] to [batch, channels].
 *
 * @example new GlobalMaxPooling2D().apply(zeros([2, 7, 7, 8])); // [2, 8]
 */
export class GlobalMaxPooling2D extends GlobalPoolingLayer {
  static override readonly className: string = 'GlobalMaxPooling2D';
  static override readonly options: readonly string[] = OPTIONS;

  constructor(options: GlobalPoolingOptions = {}) {
    super(2, options);
  }

  override call(inputs: Tensor): Tensor {
    return inputs.max(this.axes, this.keepDims);
  }
}

/**
 * The largest of all positions of a volume: [batch, depth, rows, columns, channels] to [batch, channels].
 *
 * @example new GlobalMaxPooling3D().apply(zeros([2, 4, 4, 4, 8])); // [2, 8]
 */
export class GlobalMaxPooling3D extends GlobalPoolingLayer {
  static override readonly className: string = 'GlobalMaxPooling3D';
  static override readonly options: readonly string[] = OPTIONS;

  constructor(options: GlobalPoolingOptions = {}) {
    super(3, options);
  }

  override call(inputs: Tensor): Tensor {
    return inputs.max(this.axes, this.keepDims);
  }
}
