/**
 * mnist and fashionMnist: grey images of digits and of clothing.
 */
import { fashionMnist as idx, type FashionMnistOptions } from '@dl/data';
import type { ByteSource } from '@dl/formats';
import { FormatError } from '@dl/tensor';
import { checkRows, needSource, readArrays, type LabelledData } from './arrays.ts';

/** The npz file that Keras uses, or the four IDX files: their folder, sources or addresses. */
export type MnistSource = { readonly npz: ByteSource } | FashionMnistOptions;

async function load(source: MnistSource, where: string): Promise<LabelledData> {
  needSource(source, where, '{ npz }, or the four IDX files as { dir }, { files } or { urls },');
  if ('npz' in source) {
    const [x, y, xTest, yTest] = await readArrays(source.npz, ['x_train', 'y_train', 'x_test', 'y_test'], where);
    const bytes = (array: typeof x): { data: Uint8Array; shape: readonly number[] } => {
      if (array!.data instanceof Uint8Array) return { data: array!.data, shape: array!.shape };
      throw new FormatError(`${where}: expected bytes, got ${array!.dtype}`);
    };
    const parts = [
      [bytes(x), bytes(y)],
      [bytes(xTest), bytes(yTest)],
    ] as const;
    for (const [images, labels] of parts) checkRows(images, labels, 3, where);
    return parts;
  }
  const { train, test } = await idx.load(source);
  return [
    [train.images, train.labels],
    [test.images, test.labels],
  ];
}

/** A loader of 28 × 28 grey images in ten classes. */
interface MnistLoader {
  /**
   * Images as bytes [count, 28, 28] and labels [count], for training and for testing.
   *
   * @throws ConfigError without a source, FormatError or DataError for files that are damaged or missing.
   */
  loadData(source: MnistSource): Promise<LabelledData>;
}

/**
 * Handwritten digits, as `keras.datasets.mnist`: 60,000 images for training, 10,000 for testing.
 *
 * @example const [[xTrain, yTrain], [xTest, yTest]] = await mnist.loadData({ npz: 'mnist.npz' });
 */
export const mnist: MnistLoader = { loadData: (source) => load(source, 'mnist.loadData') };

/**
 * Clothing, as `keras.datasets.fashion_mnist`: 60,000 images for training, 10,000 for testing.
 *
 * @example const [[xTrain, yTrain]] = await fashionMnist.loadData({ dir: 'fashion-mnist' });
 */
export const fashionMnist: MnistLoader = { loadData: (source) => load(source, 'fashionMnist.loadData') };
