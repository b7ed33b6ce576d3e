/**
 * MaxNumBoundingBoxes: as many boxes for every image.
 */
import { ConfigError, pad, ShapeError, slice, type Tensor } from '@dl/tensor';
import { describe, formatShape } from '@dl/tensor/interpreter';
import { checkCount } from '../../base/checks.ts';
import type { Config } from '../../base/config.ts';
import type { LayerShape } from '../../base/input-spec.ts';
import { Layer, type LayerOptions } from '../../base/layer.ts';

/** Options of {@link MaxNumBoundingBoxes}. */
export interface MaxNumBoundingBoxesOptions extends LayerOptions {
  /** What missing boxes and labels hold. Default −1. */
  readonly fillValue?: number | undefined;
}

/** What the layer takes and gives: boxes [batch, n, 4] and labels [batch, n], with images or without. */
export type BoxRecord = Readonly<Record<string, Tensor>>;

/**
 * Cuts off or fills up boxes and their labels to `maxNumber` for each image; images stay. It takes and gives a record of
 * boxes [batch, n, 4], labels [batch, n] and, if there, images.
 *
 * @throws ConfigError for other records, ShapeError for other ranks.
 * @example new MaxNumBoundingBoxes(10).apply({ boxes: zeros([2, 3, 4]), labels: zeros([2, 3]) }); // boxes [2, 10, 4]
 */
export class MaxNumBoundingBoxes extends Layer<BoxRecord, BoxRecord> {
  static override readonly className: string = 'MaxNumBoundingBoxes';
  static override readonly positional: readonly string[] = ['maxNumber'];
  static override readonly options: readonly string[] = ['fillValue'];
  readonly maxNumber: number;
  readonly fillValue: number;

  constructor(maxNumber: number, options: MaxNumBoundingBoxesOptions = {}) {
    super(options);
    this.maxNumber = checkCount(this.label, 'maxNumber', maxNumber);
    this.fillValue = options.fillValue ?? -1;
  }

  override call(inputs: BoxRecord): BoxRecord {
    const { boxes, labels, images, ...others } = inputs;
    if (boxes === undefined || labels === undefined || Object.keys(others).length > 0) {
      throw new ConfigError(
        `${this.label}: expected a record of boxes, labels and maybe images, got ${describe(Object.keys(inputs).join(', '))}`,
      );
    }
    if (boxes.rank !== 3 || boxes.shape[2] !== 4 || labels.rank !== 2) {
      throw new ShapeError(
        `${this.label}: expected boxes [batch, n, 4] and labels [batch, n], got ${formatShape(boxes.shape)} and ${formatShape(labels.shape)}`,
      );
    }
    const fitted = { boxes: this.#fit(boxes), labels: this.#fit(labels) };
    return images === undefined ? fitted : { images, ...fitted };
  }

  #fit(x: Tensor): Tensor {
    const { shape } = x;
    const count = Math.min(shape[1]!, this.maxNumber);
    const kept = slice(
      x,
      0,
      shape.map((n, axis) => (axis === 1 ? count : n)),
    );
    const widths = shape.map((_, axis) => (axis === 1 ? ([0, this.maxNumber - count] as const) : 0));
    return pad(kept, widths, this.fillValue);
  }

  override computeOutputShape(inputShape: Readonly<Record<string, LayerShape>>): Readonly<Record<string, LayerShape>> {
    const entries = Object.entries(inputShape).map(([key, shape]) => [
      key,
      key === 'images' ? shape : shape.map((n, axis) => (axis === 1 ? this.maxNumber : n)),
    ]);
    return Object.fromEntries(entries) as Readonly<Record<string, LayerShape>>;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), max_number: this.maxNumber, fill_value: this.fillValue };
  }
}
