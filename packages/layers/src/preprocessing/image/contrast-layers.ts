/**
 * Layers that spread the values of images out, in training and inference: AutoContrast, Equalization and
 * ContrastLimitedAdaptiveHistogramEqualization.
 */
import {
  add,
  arange,
  cast,
  clip,
  cumsum,
  div,
  floor,
  gather,
  max,
  min,
  mul,
  pad,
  reshape,
  round,
  slice,
  sub,
  sum,
  takeAlongAxis,
  transpose,
  where,
  type Tensor,
} from '@dl/tensor';
import { bincount } from '@dl/tensor/ops';
import { checkCount, checkPerAxis } from '../../base/checks.ts';
import type { Config } from '../../base/config.ts';
import { ImageLayer, type ImageLayerOptions } from './image-layer.ts';
import { rescaled, valueRangeOf, type Range } from './random-image-layer.ts';

/** Options of {@link AutoContrast}. */
export interface AutoContrastOptions extends ImageLayerOptions {
  /** Values that pixels have. Default [0, 255]. */
  readonly valueRange?: Range | undefined;
}

/**
 * Stretches each channel of each image over the whole range of values; channels of one value stay.
 *
 * @example new AutoContrast().apply(images);
 */
export class AutoContrast extends ImageLayer<null> {
  static override readonly className: string = 'AutoContrast';
  static override readonly options: readonly string[] = ['valueRange', 'dataFormat'];
  readonly valueRange: Range;

  constructor(options: AutoContrastOptions = {}) {
    super('AutoContrast', options);
    this.valueRange = valueRangeOf('AutoContrast', options.valueRange);
  }

  override draw(): null {
    return null;
  }

  override transform(images: Tensor): Tensor {
    const [from, to] = this.valueRange;
    const [low, high] = [min(images, [1, 2], true), max(images, [1, 2], true)];
    const varied = high.greater(low);
    const scale = div(to - from, where(varied, sub(high, low), 1));
    return where(varied, clip(add(mul(sub(images, low), scale), from), from, to), images);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), value_range: this.valueRange };
  }
}

/** Options of {@link Equalization}. */
export interface EqualizationOptions extends AutoContrastOptions {
  /** Number of bins that values are counted in. Default 256. */
  readonly bins?: number | undefined;
}

/**
 * Equalizes the histogram of each channel of each image: a value becomes the share of pixels up to it. Channels whose values
 * all lie in one bin stay.
 *
 * @throws ConfigError unless `bins` is a positive integer.
 * @example new Equalization({ valueRange: [0, 1] }).apply(images);
 */
export class Equalization extends ImageLayer<null> {
  static override readonly className: string = 'Equalization';
  static override readonly options: readonly string[] = ['valueRange', 'bins', 'dataFormat'];
  readonly valueRange: Range;
  readonly bins: number;

  constructor(options: EqualizationOptions = {}) {
    super('Equalization', options);
    this.valueRange = valueRangeOf('Equalization', options.valueRange);
    this.bins = checkCount(this.label, 'bins', options.bins ?? 256);
  }

  override draw(): null {
    return null;
  }

  override transform(images: Tensor): Tensor {
    const { bins, valueRange } = this;
    const [batch, height, width, channels] = images.shape as [number, number, number, number];
    if (images.size === 0) return images;
    const rows = reshape(transpose(images, [0, 3, 1, 2]), [batch * channels, height * width]);
    const scaled = mul(rescaled(rows, valueRange, [0, 255]), (bins - 1) / 255);
    const bin = cast(floor(clip(scaled, 0, bins - 1)), 'int32');
    const sums = cast(cumsum(bincount(bin, { length: bins }), 1), images.dtype);
    const total = height * width;
    const first = min(where(sums.greater(0), sums, total), 1, true);
    const rest = where(first.less(total), sub(total, first), 1);
    const table = round(clip(div(mul(sub(sums, first), 255), rest), 0, 255));
    const equal = rescaled(takeAlongAxis(table, bin, 1), [0, 255], valueRange);
    const back = transpose(reshape(equal, [batch, channels, height, width]), [0, 2, 3, 1]);
    return where(reshape(first.less(total), [batch, 1, 1, channels]), back, images);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), value_range: this.valueRange, bins: this.bins };
  }
}

/** Options of {@link ContrastLimitedAdaptiveHistogramEqualization}. */
export interface ClaheOptions extends AutoContrastOptions {
  /** How many times the mean a bin may hold; more is spread over all bins. 0 for no limit. Default 4. */
  readonly clipLimit?: number | undefined;
  /** Number of tiles along height and width. Default [8, 8]. */
  readonly tileGridSize?: readonly [number, number] | undefined;
}

/**
 * Equalizes the histogram of each tile of an image, without strengthening noise (K. Zuiderveld, 1994): bins of a tile's
 * histogram are cut off at a limit, and a pixel takes a mean of what the four nearest tiles make of it.
 *
 * @throws ConfigError unless the grid is two positive integers.
 * @example new ContrastLimitedAdaptiveHistogramEqualization({ tileGridSize: [4, 4] }).apply(images);
 */
export class ContrastLimitedAdaptiveHistogramEqualization extends ImageLayer<null> {
  static override readonly className: string = 'ContrastLimitedAdaptiveHistogramEqualization';
  static override readonly options: readonly string[] = ['valueRange', 'clipLimit', 'tileGridSize', 'dataFormat'];
  readonly valueRange: Range;
  readonly clipLimit: number;
  readonly tileGridSize: readonly [number, number];

  constructor(options: ClaheOptions = {}) {
    const kind = 'ContrastLimitedAdaptiveHistogramEqualization';
    super(kind, options);
    this.valueRange = valueRangeOf(kind, options.valueRange);
    this.clipLimit = options.clipLimit ?? 4;
    this.tileGridSize = checkPerAxis(kind, 'tileGridSize', options.tileGridSize ?? [8, 8], 2) as [number, number];
  }

  override draw(): null {
    return null;
  }

  override transform(images: Tensor): Tensor {
    if (images.size === 0) return images;
    const [, height, width] = images.shape as [number, number, number];
    const [rows, columns] = this.tileGridSize;
    const [tall, wide] = [Math.ceil(height / rows), Math.ceil(width / columns)];
    const values = rescaled(images, this.valueRange, [0, 255]);
    const padded = pad(values, [0, [0, tall * rows - height], [0, wide * columns - width], 0], 'symmetric');
    const bytes = cast(floor(clip(padded, 0, 255)), 'int32');
    const tables = this.#tables(bytes, tall, wide);
    const result = interpolated(tables, bytes, [tall, wide]);
    return rescaled(slice(result, 0, images.shape), [0, 255], this.valueRange);
  }

  /** What each value becomes in each tile: [batch, rows, columns, channels, 256]. */
  #tables(bytes: Tensor, tall: number, wide: number): Tensor {
    const [rows, columns] = this.tileGridSize;
    const [batch, , , channels] = bytes.shape as [number, number, number, number];
    const pixels = tall * wide;
    const split = reshape(bytes, [batch, rows, tall, columns, wide, channels]);
    const tiles = reshape(transpose(split, [0, 1, 3, 5, 2, 4]), [batch * rows * columns * channels, pixels]);
    const counts = cast(bincount(tiles, { length: 256 }), this.computeDtype);
    const cut = clip(counts, 0, this.clipLimit > 0 ? (this.clipLimit * pixels) / 256 : pixels);
    const limited = add(cut, div(sum(sub(counts, cut), 1, true), 256));
    const sums = cumsum(limited, 1);
    const first = min(sums, 1, true);
    const rest = sub(pixels, first);
    const table = clip(mul(sub(sums, first), div(255, where(rest.equal(0), 1, rest))), 0, 255);
    return reshape(table, [batch, rows, columns, channels, 256]);
  }

  override getConfig(): Config {
    const { valueRange, clipLimit, tileGridSize } = this;
    return { ...super.getConfig(), value_range: valueRange, clip_limit: clipLimit, tile_grid_size: tileGridSize };
  }
}

/** For each pixel along an axis: the tiles before and after it, and how far it is from the first to the second. */
function neighbours(tiles: number, size: number, shape: readonly number[], like: Tensor): [Tensor, Tensor, Tensor] {
  const at = div(sub(arange(0, tiles * size, 1, like.dtype), size / 2), size);
  const low = floor(at);
  const tile = (t: Tensor): Tensor => reshape(cast(clip(t, 0, tiles - 1), 'int32'), shape);
  return [tile(low), tile(add(low, 1)), reshape(sub(at, low), shape)];
}

/** What the tables of the four nearest tiles make of each pixel, by distance. */
function interpolated(tables: Tensor, bytes: Tensor, [tall, wide]: readonly [number, number]): Tensor {
  const [batch, rows, columns, channels] = tables.shape as [number, number, number, number];
  const [top, bottom, down] = neighbours(rows, tall, [1, rows * tall, 1, 1], tables);
  const [left, right, across] = neighbours(columns, wide, [1, 1, columns * wide, 1], tables);
  const flat = reshape(tables, [-1]);
  const index = (n: number, shape: readonly number[]): Tensor => reshape(arange(0, n, 1, 'int32'), shape);
  const [image, channel] = [index(batch, [batch, 1, 1, 1]), index(channels, [1, 1, 1, channels])];
  const value = (row: Tensor, column: Tensor): Tensor => {
    const tile = add(mul(add(mul(image, rows), row), columns), column);
    return gather(flat, add(mul(add(mul(tile, channels), channel), 256), bytes));
  };
  const mix = (a: Tensor, b: Tensor, share: Tensor): Tensor => add(mul(a, sub(1, share)), mul(b, share));
  return mix(
    mix(value(top, left), value(top, right), across),
    mix(value(bottom, left), value(bottom, right), across),
    down,
  );
}
