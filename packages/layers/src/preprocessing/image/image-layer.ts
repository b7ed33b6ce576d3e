/**
 * ImageLayer: what all layers that change images share.
 */
import { ConfigError, expandDims, ShapeError, squeeze, Tensor, type TensorLike } from '@dl/tensor';
import { castTo, currentLabel, formatShape } from '@dl/tensor/interpreter';
import type { Config } from '../../base/config.ts';
import type { LayerShape } from '../../base/input-spec.ts';
import { isSymbolic } from '../../base/keras-tensor.ts';
import { Layer, type CallContext, type CallOptions, type LayerOptions } from '../../base/layer.ts';
import { channelsLast, checkDataFormat, fromChannelsLast, type DataFormat } from '../../base/spatial.ts';

/** Options of layers that change images. */
export interface ImageLayerOptions extends LayerOptions {
  /** 'channels_last' unless given. */
  readonly dataFormat?: DataFormat | undefined;
}

/** Images by themselves, or with their labels. */
export type ImageRecord = Readonly<Record<string, Tensor>>;

/** By itself, as in a data pipeline, such a layer is in training; in a model it is what the model is. */
export function trainingOf(inputs: unknown, options: CallOptions): CallOptions {
  const alone = options.training === undefined && currentLabel() === null && !isSymbolic(inputs);
  return alone ? { ...options, training: true } : options;
}

/**
 * Base class of layers that change images: [height, width, channels], a batch of them, or a record { images, labels }.
 * Integers become floats of the layer's dtype.
 *
 * A layer is two functions: `draw` chooses what happens to each image, and `transform` does it, in ops. `training` is true
 * where the layer is applied by itself, and that of the model inside a model.
 */
export abstract class ImageLayer<P> extends Layer {
  readonly dataFormat: DataFormat;

  constructor(kind: string, options: ImageLayerOptions) {
    super(options);
    this.dataFormat = checkDataFormat(kind, options.dataFormat);
  }

  /** What happens to a batch of images with channels last. */
  abstract draw(images: Tensor): P;

  /** The batch, changed. */
  abstract transform(images: Tensor, drawn: P): Tensor;

  /** The labels that belong to changed images; the same unless overridden. */
  transformLabels(labels: Tensor, _drawn: P): Tensor {
    return labels;
  }

  /** Whether anything changes; always unless overridden. */
  protected runs(_training: boolean): boolean {
    return true;
  }

  /** What a batch becomes where nothing is drawn. */
  protected rest(images: Tensor): Tensor {
    return images;
  }

  override apply(inputs: TensorLike, options?: CallOptions): Tensor;
  override apply(inputs: Readonly<Record<string, TensorLike>>, options?: CallOptions): ImageRecord;
  override apply(inputs: TensorLike | Readonly<Record<string, TensorLike>>, options: CallOptions = {}): never {
    return super.apply(inputs as TensorLike, trainingOf(inputs, options)) as never;
  }

  override call(inputs: Tensor, { training }: CallContext): Tensor {
    const given = inputs as Tensor | ImageRecord;
    if (given instanceof Tensor) return this.#change(given, null, training).images;
    const { images, labels = null, ...others } = given;
    if (images === undefined || Object.keys(others).length > 0) {
      throw new ConfigError(
        `${this.label}: expected images or a record { images, labels }, got one of ${Object.keys(given).join(', ')}`,
      );
    }
    const changed = this.#change(images, labels, training);
    return (labels === null ? { images: changed.images } : changed) as unknown as Tensor;
  }

  #change(given: Tensor, labels: Tensor | null, training: boolean): { images: Tensor; labels: Tensor | null } {
    const { rank } = given;
    if (rank !== 3 && rank !== 4) {
      throw new ShapeError(
        `${this.label}: expected an image of rank 3 or a batch of rank 4, got shape ${formatShape(given.shape)}`,
      );
    }
    const batch = (t: Tensor): Tensor => (rank === 3 ? expandDims(t, 0) : t);
    const single = (t: Tensor): Tensor => (rank === 3 ? squeeze(t, 0) : t);
    const images = channelsLast(batch(this.prepared(given)), this.dataFormat);
    const restored = (t: Tensor): Tensor => single(fromChannelsLast(t, this.dataFormat));
    if (!this.runs(training)) return { images: restored(this.rest(images)), labels };
    const drawn = this.draw(images);
    const changed = labels === null ? null : single(this.transformLabels(batch(labels), drawn));
    return { images: restored(this.transform(images, drawn)), labels: changed };
  }

  /** The images as they are computed with. */
  protected prepared(images: Tensor): Tensor {
    return castTo(images, this.computeDtype);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return inputShape;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), data_format: this.dataFormat };
  }
}

/** A shape with other height and width. */
export function resizedShape(
  shape: LayerShape,
  [height, width]: readonly [number, number],
  format: DataFormat,
): LayerShape {
  const first = format === 'channels_last' ? shape.length - 3 : shape.length - 2;
  return shape.map((n, axis) => (axis === first ? height : axis === first + 1 ? width : n));
}
