// encodeImage: arrays of pixels as PNG or JPEG files.
import { checkNDArray, isNDArray, type NDArray } from '../arrays.ts';
import { checkNames, show } from '../checks.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { toChannels } from './channels.ts';

/** Options of {@link encodeImage}. */
export interface EncodeImageOptions {
  /** 'png' unless given. JPEG has no alpha and changes pixels a little. */
  readonly format?: 'png' | 'jpeg' | undefined;
  /** Of JPEG, 1 to 100; 75 unless given. */
  readonly quality?: number | undefined;
}

/**
 * The bytes of an image file from pixels 0 to 255 of shape [height, width] or [height, width, channels], with 1, 3 or 4
 * channels.
 *
 * @throws ShapeError for another shape, ConfigError for pixels that are not bytes.
 * @example const png = await encodeImage({ data: new Uint8Array(12), shape: [2, 2, 3] });
 */
export const encodeImage = async (
  image: NDArray,
  options: EncodeImageOptions = {},
): Promise<Uint8Array<ArrayBuffer>> => {
  checkNames('encodeImage', options, ['format', 'quality']);
  const { format = 'png', quality = 75 } = options;
  if (!isNDArray(image)) throw new ConfigError(`encodeImage: expected { data, shape }, got ${show(image)}`);
  checkNDArray('encodeImage', image);
  const [height = 0, width = 0, channels = 1] = image.shape;
  if (![2, 3].includes(image.shape.length) || ![1, 3, 4].includes(channels) || width * height === 0) {
    throw new ShapeError(
      `encodeImage: expected shape [height, width] or [height, width, 1, 3 or 4], got [${image.shape.join(', ')}]`,
    );
  }
  const { data } = image;
  if (!(data instanceof Uint8Array) && !(data instanceof Uint8ClampedArray)) {
    throw new ConfigError(`encodeImage: pixels must be bytes, got ${data.constructor.name}; scale to 0…255 first`);
  }
  if (format === 'png') {
    const { encode } = await import('fast-png');
    return Uint8Array.from(encode({ width, height, channels, depth: 8, data }));
  }
  if (format !== 'jpeg') throw new ConfigError(`encodeImage: format must be 'png' or 'jpeg', got ${show(format)}`);
  if (!(quality >= 1 && quality <= 100)) {
    throw new ConfigError(`encodeImage: quality must be between 1 and 100, got ${show(quality)}`);
  }
  const { encode } = (await import('jpeg-js')) as { readonly encode: (typeof import('jpeg-js'))['encode'] };
  return Uint8Array.from(encode({ width, height, data: toChannels(data, channels, 4) }, quality).data);
};
