// Fashion-MNIST, and any dataset stored as the same four IDX files. The files are the caller's; none is in this package.
import type * as fsPromises from 'node:fs/promises';
import type { NDArray } from './arrays.ts';
import { nodeModule, type ByteSource } from './bytes.ts';
import { checkNames, show } from './checks.ts';
import { ConfigError, DataError, FormatError } from './errors.ts';
import { readIdx } from './idx.ts';

/** Images with their classes. */
export interface LabelledImages {
  /** Grey values 0 to 255; shape [count, height, width]. */
  readonly images: NDArray<Uint8Array>;
  /** Class of each image; shape [count]. */
  readonly labels: NDArray<Uint8Array>;
}

/** The parts of Fashion-MNIST. */
export interface FashionMnist {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
  readonly classNames: readonly string[];
}

/** One source for each of the four files. */
export interface MnistFiles<S = ByteSource> {
  readonly trainImages: S;
  readonly trainLabels: S;
  readonly testImages: S;
  readonly testLabels: S;
}

/** Where the four files are; exactly one of the three. */
export type FashionMnistOptions =
  | {
      /** Folder in Node's file system with the files under their usual names, plain or with `.gz`. */
      readonly dir: string;
    }
  | {
      /** The files as blobs, bytes, paths or streams. */
      readonly files: MnistFiles;
    }
  | {
      /** Addresses of the files, or of the folder that holds them under their usual names with `.gz`. */
      readonly urls: MnistFiles<string | URL> | string | URL;
    };

const usualNames: MnistFiles<string> = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
};

const parts = Object.keys(usualNames) as readonly (keyof MnistFiles)[];

const mapParts = <S>(make: (part: keyof MnistFiles) => S): MnistFiles<S> => ({
  trainImages: make('trainImages'),
  trainLabels: make('trainLabels'),
  testImages: make('testImages'),
  testLabels: make('testLabels'),
});

const filesIn = async (dir: string): Promise<MnistFiles> => {
  const { readdir } = await nodeModule<typeof fsPromises>('fs/promises');
  let names: readonly string[];
  try {
    names = await readdir(dir);
  } catch (cause) {
    throw new DataError(`fashionMnist: cannot read the folder ${dir}`, { cause });
  }
  return mapParts((part) => {
    const name = [`${usualNames[part]}.gz`, usualNames[part]].find((candidate) => names.includes(candidate));
    if (name === undefined) {
      throw new DataError(`fashionMnist: ${dir} has neither ${usualNames[part]}.gz nor ${usualNames[part]}`);
    }
    return { path: `${dir.replace(/[\\/]$/, '')}/${name}` };
  });
};

const absoluteUrl = (address: string | URL): URL => {
  if (address instanceof URL) return address;
  // In a page, an address may be relative to it.
  const base = (globalThis as { readonly location?: { readonly href: string } }).location?.href;
  if (!URL.canParse(address, base)) throw new ConfigError(`fashionMnist: ${show(address)} is not a full address`);
  return new URL(address, base);
};

const filesAt = (urls: MnistFiles<string | URL> | string | URL): MnistFiles => {
  if (typeof urls === 'object' && !(urls instanceof URL)) return mapParts((part) => absoluteUrl(urls[part]));
  const folder = absoluteUrl(urls);
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  return mapParts((part) => new URL(`${usualNames[part]}.gz`, folder));
};

const resolveFiles = (options: FashionMnistOptions): Promise<MnistFiles> | MnistFiles => {
  checkNames('fashionMnist.load', options, ['dir', 'files', 'urls']);
  if (Object.keys(options).length !== 1) {
    throw new ConfigError('fashionMnist.load: give exactly one of dir, files and urls');
  }
  if ('dir' in options) {
    if (typeof options.dir !== 'string') throw new ConfigError('fashionMnist.load: dir must be the path of a folder');
    return filesIn(options.dir);
  }
  const given = 'files' in options ? options.files : options.urls;
  if (typeof given === 'object' && !(given instanceof URL)) {
    const missing = parts.filter((part) => given[part] === undefined);
    if (missing.length > 0) throw new ConfigError(`fashionMnist.load: missing ${missing.join(', ')}`);
  }
  return 'files' in options ? options.files : filesAt(options.urls);
};

const readPart = async (imageSource: ByteSource, labelSource: ByteSource, part: string): Promise<LabelledImages> => {
  const images = await readIdx(imageSource);
  const labels = await readIdx(labelSource);
  if (!(images.data instanceof Uint8Array) || images.shape.length !== 3) {
    throw new FormatError(
      `expected images of shape [count, height, width] in bytes, got [${images.shape.join(', ')}]`,
      {
        field: `${part} images`,
      },
    );
  }
  if (!(labels.data instanceof Uint8Array) || labels.shape.length !== 1 || labels.shape[0] !== images.shape[0]) {
    throw new FormatError(
      `expected one label for each of the ${images.shape[0]} images, got shape [${labels.shape.join(', ')}]`,
      { field: `${part} labels` },
    );
  }
  return {
    images: { data: images.data, shape: images.shape },
    labels: { data: labels.data, shape: labels.shape },
  };
};

/**
 * Loader of Fashion-MNIST: 60,000 training and 10,000 test images of clothing, 28 × 28 grey pixels, ten classes. Reads
 * the four IDX files of the original MNIST just as well; only `classNames` is about clothing.
 *
 * @example
 * const { train, test, classNames } = await fashionMnist.load({ dir: 'data/fashion-mnist' });
 * const batches = fromArrays(train.images, train.labels).shuffle(60000, 1).batch(32);
 */
export const fashionMnist: {
  /**
   * Reads the four files. Throws a `FormatError` when a file is damaged or the files do not belong together, a
   * `DataError` when one cannot be read.
   */
  load(options: FashionMnistOptions): Promise<FashionMnist>;
} = {
  load: async (options) => {
    const files = await resolveFiles(options);
    return {
      train: await readPart(files.trainImages, files.trainLabels, 'training'),
      test: await readPart(files.testImages, files.testLabels, 'test'),
      classNames: [
        'T-shirt/top',
        'Trouser',
        'Pullover',
        'Dress',
        'Coat',
        'Sandal',
        'Shirt',
        'Sneaker',
        'Bag',
        'Ankle boot',
      ],
    };
  },
};
