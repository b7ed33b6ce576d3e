// decodeImage: encoded images as arrays of pixels. Which library decodes depends on the platform.
import type { NDArray } from '../arrays.ts';
import { sourceName, type ByteSource } from '../bytes.ts';
import { checkInteger, checkNames, show } from '../checks.ts';
import { ConfigError, DataError, FormatError } from '../errors.ts';
import { readAll } from '../read-all.ts';
import { toChannels } from './channels.ts';
import { decodePng } from './decode-png.ts';
import { readImageHeader, type ImageHeader } from './image-header.ts';
import type { RawImage } from './raw-image.ts';

/** What decodes: 'sharp' in Node where it is installed, 'js' for PNG and JPEG anywhere, or the 'browser'. */
export type ImageDecoder = 'sharp' | 'js' | 'browser';

/** Options of {@link decodeImage}. */
export interface DecodeImageOptions {
  /** 1 (grey), 3 (RGB, the default), 4 (RGBA), or 0 for those that the decoder finds. */
  readonly channels?: 0 | 1 | 3 | 4 | undefined;
  /** Most pixels to accept, told by the header; 2²⁷ (134 million) unless given. */
  readonly maxPixels?: number | undefined;
  /** Most bytes of the file to accept; 256 MiB unless given. */
  readonly maxBytes?: number | undefined;
  /** The best one of the platform unless given. */
  readonly decoder?: ImageDecoder | undefined;
  /** Name of the file in messages; taken from the source where it has one. */
  readonly name?: string | undefined;
}

type Decode = (bytes: Uint8Array, header: ImageHeader, file: string, maxPixels: number) => Promise<RawImage>;

type Sharp = (typeof import('sharp'))['default'];

let sharpModule: Promise<Sharp | undefined> | undefined;

/** sharp where it is installed; the name is not a literal, so that bundlers leave the optional package alone. */
const loadSharp = (): Promise<Sharp | undefined> => {
  const name = 'sharp';
  return (sharpModule ??= import(/* @vite-ignore */ /* webpackIgnore: true */ name).then(
    (module: { readonly default: Sharp }) => module.default,
    () => undefined,
  ));
};

const bySharp: Decode = async (bytes, _header, _file, maxPixels) => {
  const sharp = await loadSharp();
  if (sharp === undefined) throw new ConfigError("decodeImage: decoder 'sharp' needs the package sharp; install it");
  const image = sharp(bytes, { limitInputPixels: maxPixels, failOn: 'truncated' });
  const { space } = await image.metadata();
  const plain = image.toColourspace(space === 'b-w' || space === 'grey16' ? 'b-w' : 'srgb');
  const { data, info } = await plain.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { data, channels: info.channels };
};

const byScript: Decode = async (bytes, { kind, width, height }, file, maxPixels) => {
  if (kind === 'png') return decodePng(bytes, width, height, file);
  if (kind !== 'jpeg') {
    throw new FormatError(`plain JavaScript decodes PNG and JPEG, this is ${kind}; install sharp, or convert it`, {
      file,
    });
  }
  const { decode } = (await import('jpeg-js')) as { readonly decode: (typeof import('jpeg-js'))['decode'] };
  const maxResolutionInMP = Math.ceil(maxPixels / 1e6);
  const { data } = decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP,
    maxMemoryUsageInMB: Math.max(64, 32 * Math.ceil((width * height) / 1e6)),
  });
  return { data, channels: 3 };
};

const byBrowser: Decode = async (bytes, { width, height }) => {
  const bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]), {
    imageOrientation: 'none',
    premultiplyAlpha: 'none',
    colorSpaceConversion: 'none',
  });
  try {
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
    context.drawImage(bitmap, 0, 0);
    return { data: context.getImageData(0, 0, width, height).data, channels: 4 };
  } finally {
    bitmap.close();
  }
};

const decoders: Readonly<Record<ImageDecoder, Decode>> = { sharp: bySharp, js: byScript, browser: byBrowser };

const inBrowser = (): boolean => typeof createImageBitmap === 'function' && typeof OffscreenCanvas === 'function';

const bestDecoder = async (): Promise<ImageDecoder> => {
  if (inBrowser()) return 'browser';
  return (await loadSharp()) === undefined ? 'js' : 'sharp';
};

/**
 * Decodes an image: bytes of shape [height, width, channels]. In browsers whatever the browser shows, in Node PNG and JPEG,
 * and with the optional package sharp also WebP, GIF and others. The size is checked before memory is taken; rotation
 * stored beside the pixels is not applied.
 *
 * @throws FormatError for images that are damaged, too large, or of a kind that cannot be decoded here.
 * @example const { data, shape } = await decodeImage({ path: 'cat.jpg' }); // [height, width, 3]
 */
export const decodeImage = async (
  source: ByteSource,
  options: DecodeImageOptions = {},
): Promise<NDArray<Uint8Array<ArrayBuffer>>> => {
  checkNames('decodeImage', options, ['channels', 'maxPixels', 'maxBytes', 'decoder', 'name']);
  const { channels = 3, maxPixels = 2 ** 27, maxBytes = 2 ** 28 } = options;
  if (![0, 1, 3, 4].includes(channels)) {
    throw new ConfigError(`decodeImage: channels must be 0, 1, 3 or 4, got ${show(channels)}`);
  }
  checkInteger('decodeImage', 'maxPixels', maxPixels, 1);
  const { decoder = await bestDecoder() } = options;
  if (!Object.hasOwn(decoders, decoder)) {
    throw new ConfigError(`decodeImage: decoder must be 'sharp', 'js' or 'browser', got ${show(decoder)}`);
  }
  const file = options.name ?? sourceName(source, 'image');
  const bytes = await readAll('decodeImage', source, { name: file, maxBytes });
  const header = readImageHeader(bytes, file);
  const { kind, width, height } = header;
  if (width * height > maxPixels) {
    throw new FormatError(
      `${width} × ${height} pixels are more than maxPixels = ${maxPixels}; raise it if the file is trusted`,
      { file, field: 'size' },
    );
  }
  let image: RawImage;
  try {
    image = await decoders[decoder](bytes, header, file, maxPixels);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(`damaged or unsupported ${kind} image (${reason.split('\n')[0]})`, { file }, { cause });
  }
  if (image.data.length !== width * height * image.channels) {
    throw new FormatError(`the ${kind} image ends before its last row of pixels`, { file });
  }
  const wanted = channels === 0 ? image.channels : channels;
  return { data: toChannels(image.data, image.channels, wanted), shape: [height, width, wanted] };
};
