/**
 * Images as arrays: loading, saving and scaling, as in `keras.utils`.
 */
import { decodeImage, encodeImage, type ByteSource, type NDArray } from '@dl/data';
import { writeTo, type ByteTarget } from '@dl/formats';
import { ConfigError, ShapeError, tensor, tidy, type TypedArray } from '@dl/tensor';
import { resize, type ResizeInterpolation } from '@dl/tensor/image';
import { describe, formatShape } from '@dl/tensor/interpreter';
import { hostArray, type HostArray } from '../data/host-array.ts';
import type { HostData } from './numerical.ts';

/** Bytes of an image file, a Blob or File, a URL, or a path in Node. */
export type ImageSource = Exclude<ByteSource, string> | string;

/** How pixels between pixels are found. 'lanczos' is 'lanczos3'. */
export type ImageInterpolation = 'nearest' | 'bilinear' | 'bicubic' | 'lanczos';

type DataFormat = 'channels_last' | 'channels_first';

const kernels: Readonly<Record<ImageInterpolation, ResizeInterpolation>> = {
  nearest: 'nearest',
  bilinear: 'bilinear',
  bicubic: 'bicubic',
  lanczos: 'lanczos3',
};

/** The channels of a colour mode. */
export const COLOR_CHANNELS: Readonly<Record<string, 1 | 3 | 4>> = { grayscale: 1, rgb: 3, rgba: 4 };

/** Channels of a colour mode by name. */
export function channelsOf(mode: unknown, where: string): 1 | 3 | 4 {
  if (typeof mode === 'string' && Object.hasOwn(COLOR_CHANNELS, mode)) return COLOR_CHANNELS[mode]!;
  throw new ConfigError(`${where}: colorMode must be 'grayscale', 'rgb' or 'rgba', got ${describe(mode)}`);
}

/** The kernel an interpolation stands for. */
export function kernelOf(interpolation: unknown, where: string): ResizeInterpolation {
  if (typeof interpolation === 'string' && Object.hasOwn(kernels, interpolation)) {
    return kernels[interpolation as ImageInterpolation];
  }
  throw new ConfigError(
    `${where}: interpolation must be one of ${Object.keys(kernels).join(', ')}, got ${describe(interpolation)}`,
  );
}

/** A size [height, width]. */
export function checkSize(size: unknown, where: string): readonly [number, number] {
  const sizes = size as readonly unknown[];
  if (Array.isArray(size) && sizes.length === 2 && sizes.every((n) => Number.isInteger(n) && (n as number) > 0)) {
    return size as unknown as readonly [number, number];
  }
  throw new ConfigError(`${where}: expected a size [height, width], got ${describe(size)}`);
}

/** How an image gets its size. */
export interface ResizeRules {
  readonly kernel: ResizeInterpolation;
  readonly antialias?: boolean;
  readonly crop?: boolean;
  readonly pad?: boolean;
}

/** An image of another size, as float32. */
export async function resizeImage(
  { data, shape }: NDArray,
  size: readonly [number, number],
  { kernel, antialias = false, crop = false, pad = false }: ResizeRules,
): Promise<Float32Array> {
  const resized = tidy(() =>
    resize(tensor(data as TypedArray, 'float32', shape), size, {
      interpolation: kernel,
      antialias,
      cropToAspectRatio: crop,
      padToAspectRatio: pad,
    }),
  );
  try {
    return (await resized.data()) as Float32Array;
  } finally {
    resized.dispose();
  }
}

const toBytes = (values: Float32Array): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(values, (value) => Math.min(255, Math.max(0, Math.round(value))));

/** Options of {@link loadImg}. */
export interface LoadImgOptions {
  /** 'rgb' unless given; alpha is dropped. */
  readonly colorMode?: 'grayscale' | 'rgb' | 'rgba' | undefined;
  /** [height, width]; that of the file unless given. */
  readonly targetSize?: readonly [number, number] | null | undefined;
  /** 'nearest' unless given. The others average where the image becomes smaller. */
  readonly interpolation?: ImageInterpolation | undefined;
  /** Whether the middle is cut out in the proportions of `targetSize` first; false unless given. */
  readonly keepAspectRatio?: boolean | undefined;
  /** Most pixels of the file; 2²⁷ unless given. */
  readonly maxPixels?: number | undefined;
}

/** What a reader of `@dl/data` takes for a source: strings are paths, or addresses where there are no paths. */
export function toByteSource(source: ImageSource, where: string): ByteSource {
  if (typeof source !== 'string') return source;
  if (/^(https?|data|blob|file):/i.test(source)) return new URL(source);
  const { location } = globalThis as { readonly location?: { readonly href: string } };
  if (location !== undefined) return new URL(source, location.href);
  if (source === '') throw new ConfigError(`${where}: the path is empty`);
  return { path: source };
}

/**
 * Loads an image: bytes 0 to 255 of shape [height, width, channels]. Follows `keras.utils.load_img`.
 *
 * @throws FormatError (of `@dl/data`) for files that are damaged or too large, ConfigError for an option that is not known.
 * @example const image = await loadImg('cat.png', { targetSize: [224, 224] });
 */
export async function loadImg(
  source: ImageSource,
  options: LoadImgOptions = {},
): Promise<NDArray<Uint8Array<ArrayBuffer>>> {
  const { colorMode = 'rgb', targetSize = null, interpolation = 'nearest', keepAspectRatio = false } = options;
  const channels = channelsOf(colorMode, 'loadImg');
  const kernel = kernelOf(interpolation, 'loadImg');
  const size = targetSize === null ? null : checkSize(targetSize, 'loadImg');
  const { maxPixels } = options;
  const image = await decodeImage(toByteSource(source, 'loadImg'), {
    channels,
    ...(maxPixels === undefined ? {} : { maxPixels }),
  });
  if (size === null || (image.shape[0] === size[0] && image.shape[1] === size[1])) return image;
  const values = await resizeImage(image, size, { kernel, antialias: true, crop: keepAspectRatio });
  return { data: toBytes(values), shape: [...size, channels] };
}

/** Moves channels between the last axis and the first. */
function moveChannels(values: Float32Array, shape: readonly number[], to: DataFormat): Float32Array<ArrayBuffer> {
  const channels = to === 'channels_first' ? shape[2]! : shape[0]!;
  const pixels = values.length / channels;
  const out = new Float32Array(values.length);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let c = 0; c < channels; c++) {
      const [last, first] = [pixel * channels + c, c * pixels + pixel];
      if (to === 'channels_first') out[first] = values[last]!;
      else out[last] = values[first]!;
    }
  }
  return out;
}

function checkFormat(format: unknown, where: string): DataFormat {
  if (format === undefined || format === null) return 'channels_last';
  if (format === 'channels_last' || format === 'channels_first') return format;
  throw new ConfigError(`${where}: dataFormat must be 'channels_last' or 'channels_first', got ${describe(format)}`);
}

/** Pixels of an `ImageData`, or an array [height, width] or [height, width, channels]. */
function pixelsOf(image: HostData | ImageData, where: string): { data: TypedArray; shape: readonly number[] } {
  if (typeof image === 'object' && 'width' in image && 'data' in image) {
    return { data: image.data as unknown as TypedArray, shape: [image.height, image.width, 4] };
  }
  const { data, shape } = hostArray(image as HostArray, where);
  if (shape.length === 2) return { data, shape: [...shape, 1] };
  if (shape.length === 3) return { data, shape };
  throw new ShapeError(
    `${where}: expected an image [height, width] or [height, width, channels], got ${formatShape(shape)}`,
  );
}

/**
 * An image as float32 numbers of shape [height, width, channels], or channels first. Follows `keras.utils.img_to_array`.
 *
 * @example imgToArray({ data: Uint8Array.of(0, 255), shape: [1, 2] }).shape; // [1, 2, 1]
 */
export function imgToArray(
  img: HostData | ImageData,
  options: { readonly dataFormat?: DataFormat | undefined } = {},
): { data: Float32Array<ArrayBuffer>; shape: number[] } {
  const format = checkFormat(options.dataFormat, 'imgToArray');
  const { data, shape } = pixelsOf(img, 'imgToArray');
  const values = Float32Array.from(data);
  if (format === 'channels_last') return { data: values, shape: [...shape] };
  return { data: moveChannels(values, shape, format), shape: [shape[2]!, shape[0]!, shape[1]!] };
}

/** Options of {@link arrayToImg}. */
export interface ArrayToImgOptions {
  /** 'channels_last' unless given. */
  readonly dataFormat?: DataFormat | undefined;
  /** Whether values are brought to 0…255, the smallest to 0 and the largest to 255; true unless given. */
  readonly scale?: boolean | undefined;
}

/**
 * An array as an image: bytes of shape [height, width, channels]. Follows `keras.utils.array_to_img`.
 *
 * @throws ShapeError unless the array has three axes and 1, 3 or 4 channels.
 * @example arrayToImg([[[0], [0.5]], [[1], [0]]]).data; // Uint8Array [0, 127, 255, 0]
 */
export function arrayToImg(x: HostData, options: ArrayToImgOptions = {}): NDArray<Uint8Array<ArrayBuffer>> {
  const format = checkFormat(options.dataFormat, 'arrayToImg');
  const { data, shape } = hostArray(x as HostArray, 'arrayToImg');
  if (shape.length !== 3) {
    throw new ShapeError(`arrayToImg: expected one image with three axes, got shape ${formatShape(shape)}`);
  }
  let values: Float32Array<ArrayBufferLike> = Float32Array.from(data);
  let size = shape;
  if (format === 'channels_first') {
    values = moveChannels(values, shape, 'channels_last');
    size = [shape[1]!, shape[2]!, shape[0]!];
  }
  if (![1, 3, 4].includes(size[2]!)) {
    throw new ShapeError(`arrayToImg: expected 1, 3 or 4 channels, got ${size[2]} in shape ${formatShape(shape)}`);
  }
  if (options.scale ?? true) {
    const low = values.reduce((a, b) => Math.min(a, b), Infinity);
    const range = values.reduce((a, b) => Math.max(a, b), -Infinity) - low;
    values = values.map((value) => ((value - low) / (range || 1)) * 255);
  }
  // Fractions are cut off, as Python does when it makes bytes.
  return { data: Uint8Array.from(values, (value) => Math.min(255, Math.max(0, Math.trunc(value)))), shape: [...size] };
}

/** Options of {@link saveImg}. */
export interface SaveImgOptions extends ArrayToImgOptions {
  /** By the ending of the path unless given; 'png' where there is none. */
  readonly fileFormat?: 'png' | 'jpeg' | undefined;
  /** Of JPEG, 1 to 100; 75 unless given. */
  readonly quality?: number | undefined;
}

/**
 * Writes an array as an image file, all of it or nothing. Follows `keras.utils.save_img`.
 *
 * @param target A path in Node, or any target that `@dl/formats` writes to.
 * @example await saveImg('gradient.png', [[[0], [64], [128], [255]]], { scale: false });
 */
export async function saveImg(target: ByteTarget, x: HostData, options: SaveImgOptions = {}): Promise<void> {
  const image = arrayToImg(x, options);
  const ending = /\.(\w+)$/.exec(typeof target === 'string' || target instanceof URL ? String(target) : '')?.[1];
  const format = options.fileFormat ?? (/^jpe?g$/i.test(ending ?? '') ? 'jpeg' : 'png');
  if (options.fileFormat === undefined && ending !== undefined && !/^(png|jpe?g)$/i.test(ending)) {
    throw new ConfigError(`saveImg: images are written as .png or .jpg, got .${ending}; or give a fileFormat`);
  }
  if (format === 'jpeg' && image.shape[2] === 4) {
    throw new ConfigError('saveImg: JPEG has no alpha; save as PNG, or leave the fourth channel out');
  }
  const quality = options.quality === undefined ? {} : { quality: options.quality };
  await writeTo(target, [await encodeImage(image, { format, ...quality })]);
}

/**
 * An image [height, width, channels] of another size as float32, without distortion: the middle in the proportions of `size`
 * is cut out first. Follows `keras.preprocessing.image.smart_resize`.
 *
 * @example (await smartResize([[[1], [2], [3], [4]]], [1, 1])).data; // Float32Array [2]
 */
export async function smartResize(
  x: HostData,
  size: readonly [number, number],
  options: { readonly interpolation?: ImageInterpolation | undefined } = {},
): Promise<NDArray<Float32Array>> {
  const image = pixelsOf(x, 'smartResize');
  const kernel = kernelOf(options.interpolation ?? 'bilinear', 'smartResize');
  const target = checkSize(size, 'smartResize');
  return { data: await resizeImage(image, target, { kernel, crop: true }), shape: [...target, image.shape[2]!] };
}
