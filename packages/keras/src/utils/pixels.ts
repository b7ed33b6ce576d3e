/**
 * fromPixels and toPixels: tensors from what browsers draw, and back.
 */
import { ConfigError, ShapeError, tensor, type Tensor } from '@dl/tensor';
import { describe, formatShape, isFloating } from '@dl/tensor/interpreter';

/** RGBA pixels, 4 bytes each, as `ImageData` holds them. */
interface Pixels {
  readonly data: Uint8ClampedArray | Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** What pixels can be read from: `ImageData` or its form anywhere; canvases, images, bitmaps and videos in browsers. */
export type PixelSource =
  Pixels | HTMLCanvasElement | OffscreenCanvas | ImageBitmap | HTMLImageElement | HTMLVideoElement;

/** A canvas of either kind. */
export type PixelCanvas = HTMLCanvasElement | OffscreenCanvas;

/** Options of {@link fromPixels}. */
export interface FromPixelsOptions {
  /** 1 is the first channel, red; 3 (the default) leaves alpha out. */
  readonly channels?: 1 | 3 | 4 | undefined;
  /** Most pixels to accept; 2²⁷ unless given. */
  readonly maxPixels?: number | undefined;
}

/** The size of what is shown, where a source has one beside that of its element. */
function sizeOf(source: PixelSource): readonly [width: number, height: number] {
  const { videoWidth, videoHeight, naturalWidth, naturalHeight, width, height } = source as Partial<
    HTMLVideoElement & HTMLImageElement & Pixels
  >;
  return [videoWidth ?? naturalWidth ?? width ?? 0, videoHeight ?? naturalHeight ?? height ?? 0];
}

/** Draws a source onto a canvas and reads that. */
function drawn(source: CanvasImageSource, width: number, height: number): Pixels {
  if (typeof OffscreenCanvas !== 'function') {
    throw new ConfigError(
      `fromPixels: expected { data, width, height } outside of browsers, got ${describe(source)}; for files use loadImg`,
    );
  }
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (context === null) throw new ConfigError('fromPixels: this browser has no 2d canvas');
  context.drawImage(source, 0, 0);
  return context.getImageData(0, 0, width, height);
}

/**
 * What a canvas, an image, a video or `ImageData` shows, as uint8 of shape [height, width, channels].
 *
 * @throws ConfigError for other sources, and for those without pixels yet (await img.decode() first).
 * @example fromPixels({ data: Uint8ClampedArray.of(9, 8, 7, 255), width: 1, height: 1 }).shape; // [1, 1, 3]
 */
export function fromPixels(source: PixelSource, options: FromPixelsOptions = {}): Tensor {
  const { channels = 3, maxPixels = 2 ** 27 } = options;
  if (![1, 3, 4].includes(channels)) {
    throw new ConfigError(`fromPixels: channels must be 1, 3 or 4, got ${describe(channels)}`);
  }
  if (typeof source !== 'object' || (source as unknown) === null) {
    throw new ConfigError(`fromPixels: expected something with pixels, got ${describe(source)}; for files use loadImg`);
  }
  const [width, height] = sizeOf(source);
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new ConfigError(
      `fromPixels: the source has no pixels (${width} × ${height}); wait until it is loaded, for an image with await img.decode()`,
    );
  }
  if (width * height > maxPixels) {
    throw new ConfigError(`fromPixels: ${width} × ${height} pixels are more than maxPixels = ${maxPixels}`);
  }
  const { data } = 'data' in source ? source : drawn(source, width, height);
  if (data.length !== width * height * 4) {
    throw new ShapeError(
      `fromPixels: ${width} × ${height} pixels take ${width * height * 4} values (RGBA), got ${data.length}`,
    );
  }
  const values = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < channels; c++) values[i * channels + c] = data[i * 4 + c]!;
  }
  return tensor(values, 'uint8', [height, width, channels]);
}

/**
 * RGBA bytes of an image [height, width] or [height, width, 1, 3 or 4]: floats from 0 to 1, or integers from 0 to 255. Values
 * outside are clipped. With a canvas they are drawn there too, and it takes the size of the image.
 *
 * @throws ShapeError for another shape.
 * @example await toPixels(full([2, 2, 3], 1)); // 16 times 255
 */
export async function toPixels(image: Tensor, canvas?: PixelCanvas | null): Promise<Uint8ClampedArray<ArrayBuffer>> {
  const [height = 0, width = 0, channels = 1] = image.shape;
  if (![2, 3].includes(image.rank) || ![1, 3, 4].includes(channels) || width * height === 0) {
    throw new ShapeError(
      `toPixels: expected an image [height, width] or [height, width, 1, 3 or 4], got ${formatShape(image.shape)}`,
    );
  }
  const scale = isFloating(image.dtype) || image.dtype === 'bool' ? 255 : 1;
  const values = await image.data();
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) {
    // Grey goes to red, green and blue.
    for (let c = 0; c < Math.max(3, channels); c++) {
      pixels[i * 4 + c] = Number(values[i * channels + (channels === 1 ? 0 : c)]) * scale;
    }
  }
  if (canvas === undefined || canvas === null) return pixels;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
  if (context === null) throw new ConfigError('toPixels: the canvas has another context already; take a new canvas');
  context.putImageData(new ImageData(pixels, width, height), 0, 0);
  return pixels;
}
