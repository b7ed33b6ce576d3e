/**
 * imageDatasetFromDirectory: pictures in folders as a dataset.
 */
import { decodeImage, type NDArray } from '@dl/data';
import { ConfigError } from '@dl/tensor';
import { channelsOf, checkSize, kernelOf, resizeImage, type ImageInterpolation } from '../images.ts';
import { datasetFromDirectory, type DirectoryDataset, type DirectorySplit } from './directory-dataset.ts';
import type { DirectorySource } from './list-files.ts';
import type { DirectoryOptions, LabelBatch } from './options.ts';

/** Options of {@link imageDatasetFromDirectory}. */
export interface ImageDirectoryOptions extends DirectoryOptions {
  /** 'rgb' unless given. */
  readonly colorMode?: 'grayscale' | 'rgb' | 'rgba' | undefined;
  /** [height, width] of all images; [256, 256] unless given. */
  readonly imageSize?: readonly [number, number] | undefined;
  /** 'bilinear' unless given. */
  readonly interpolation?: ImageInterpolation | undefined;
  /** Whether the middle is cut out in the proportions of `imageSize` first; false unless given: images are stretched. */
  readonly cropToAspectRatio?: boolean | undefined;
  /** Whether black edges are added in place of stretching; false unless given. */
  readonly padToAspectRatio?: boolean | undefined;
  /** Most pixels of a file; 2²⁷ unless given. */
  readonly maxPixels?: number | undefined;
}

/** Batches of images [batch, height, width, channels]. */
type Images = NDArray<Float32Array>;

/**
 * The images of a folder: batches of float32 from 0 to 255, [batch, height, width, channels], with the numbers of their
 * classes. Every folder directly inside is a class, in the order of names; files are .jpg, .jpeg, .png, .bmp and .gif, as far
 * as they can be decoded here. They are read when they are asked for, a few at a time. A seed divides files
 * as it does in Keras; later passes are in another order. Follows `keras.utils.image_dataset_from_directory`.
 *
 * @throws ConfigError for options that do not fit, or when there are no files; FormatError (of `@dl/data`) for a damaged
 *   image, when its batch is read.
 * @example
 * const flowers = await imageDatasetFromDirectory('flowers', { imageSize: [64, 64], seed: 1 });
 * await model.fit(flowers, { epochs: 3 });
 */
export function imageDatasetFromDirectory(
  directory: DirectorySource,
  options: ImageDirectoryOptions & { readonly subset: 'both' },
): Promise<DirectorySplit<[Images, LabelBatch]>>;
export function imageDatasetFromDirectory(
  directory: DirectorySource,
  options: ImageDirectoryOptions & ({ readonly labels: null } | { readonly labelMode: null }),
): Promise<DirectoryDataset<Images>>;
export function imageDatasetFromDirectory(
  directory: DirectorySource,
  options?: ImageDirectoryOptions,
): Promise<DirectoryDataset<[Images, LabelBatch]>>;
export async function imageDatasetFromDirectory(
  directory: DirectorySource,
  options: ImageDirectoryOptions = {},
): Promise<unknown> {
  const where = 'imageDatasetFromDirectory';
  const channels = channelsOf(options.colorMode ?? 'rgb', where);
  const size = checkSize(options.imageSize ?? [256, 256], where);
  const kernel = kernelOf(options.interpolation ?? 'bilinear', where);
  const { cropToAspectRatio: crop = false, padToAspectRatio: pad = false, maxPixels } = options;
  if (crop && pad) {
    throw new ConfigError(`${where}: only one of cropToAspectRatio and padToAspectRatio can be true`);
  }
  const limit = maxPixels === undefined ? {} : { maxPixels };
  return datasetFromDirectory(directory, options, {
    where,
    endings: ['.bmp', '.gif', '.jpeg', '.jpg', '.png'],
    read: async ({ source, path }) => {
      const image = await decodeImage(source, { channels, name: path, ...limit });
      const same = image.shape[0] === size[0] && image.shape[1] === size[1];
      const data = same ? Float32Array.from(image.data) : await resizeImage(image, size, { kernel, crop, pad });
      return { data, shape: [...size, channels] };
    },
  });
}
