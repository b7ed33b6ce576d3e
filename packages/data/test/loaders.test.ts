// Loaders: iris, digits, and Fashion-MNIST from folders, files and addresses.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  ConfigError,
  DataError,
  encodeIdx,
  fashionMnist,
  FormatError,
  iris,
  type FashionMnistOptions,
  type NDArray,
} from '../src/index.ts';
import { digits } from '../src/digits.ts';
import { writeFiles } from './helpers.ts';

const mean = ({ data }: NDArray, from: number, step: number): number => {
  let sum = 0;
  let count = 0;
  for (let i = from; i < data.length; i += step, count++) sum += data[i]!;
  return sum / count;
};

describe('iris', () => {
  test('has the published means and classes', async () => {
    const { data, labels, featureNames, classNames } = await iris.load();
    expect([data.shape, data.data.length]).toEqual([[150, 4], 600]);
    const means = [0, 1, 2, 3].map((k) => Number(mean(data, k, 4).toFixed(3)));
    expect(means).toEqual([5.843, 3.057, 3.758, 1.199]);
    expect([...data.data.slice(0, 4)].map((x) => Number(x.toFixed(1)))).toEqual([5.1, 3.5, 1.4, 0.2]);
    expect([labels.data[49], labels.data[50], labels.data[149]]).toEqual([0, 1, 2]);
    expect([featureNames.length, classNames]).toEqual([4, ['setosa', 'versicolor', 'virginica']]);
  });
});

describe('digits', () => {
  const asset = new URL('../assets/digits.idx.gz', import.meta.url);

  test('has 1,797 images with the known class counts', async () => {
    const { images, labels, classNames } = await digits.load();
    expect([images.shape, labels.shape, classNames.length]).toEqual([[1797, 8, 8], [1797], 10]);
    const counts = Array.from({ length: 10 }, (_, k) => labels.data.filter((label) => label === k).length);
    expect(counts).toEqual([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    expect(Number(mean(images, 0, 1).toFixed(4))).toBe(4.8842);
    expect([...labels.data.slice(0, 5)]).toEqual([0, 1, 2, 3, 4]);
  });

  test('takes bytes or an address, and rejects other files', async () => {
    const bytes = readFileSync(asset);
    expect((await digits.load({ source: bytes })).labels.data).toHaveLength(1797);
    expect((await digits.load({ source: asset })).labels.data).toHaveLength(1797);
    const other = encodeIdx({ data: new Uint8Array(6), shape: [2, 3] });
    await expect(digits.load({ source: other })).rejects.toThrow(FormatError);
    await expect(digits.load({ url: asset } as never)).rejects.toThrow(ConfigError);
  });
});

describe('fashionMnist', () => {
  const part = (count: number, first: number) => ({
    images: encodeIdx({ data: Uint8Array.from({ length: count * 6 }, (_, i) => first + i), shape: [count, 2, 3] }),
    labels: encodeIdx({ data: Uint8Array.from({ length: count }, (_, i) => i % 10), shape: [count] }),
  });
  const train = part(4, 0);
  const rest = part(2, 100);
  const files = {
    trainImages: train.images,
    trainLabels: train.labels,
    testImages: rest.images,
    testLabels: rest.labels,
  };
  const folder = (): string =>
    writeFiles({
      'train-images-idx3-ubyte.gz': gzipSync(train.images),
      'train-labels-idx1-ubyte.gz': gzipSync(train.labels),
      't10k-images-idx3-ubyte.gz': gzipSync(rest.images),
      't10k-labels-idx1-ubyte.gz': gzipSync(rest.labels),
      't10k-labels-idx1-ubyte': rest.labels,
    });
  const expectAll = async (options: FashionMnistOptions): Promise<void> => {
    const loaded = await fashionMnist.load(options);
    expect([loaded.train.images.shape, loaded.test.images.shape]).toEqual([
      [4, 2, 3],
      [2, 2, 3],
    ]);
    expect(loaded.test.images.data[0]).toBe(100);
    expect(loaded.train.labels).toEqual({ data: Uint8Array.of(0, 1, 2, 3), shape: [4] });
    expect(loaded.classNames[9]).toBe('Ankle boot');
  };

  test('from a folder, files and addresses', async () => {
    const dir = folder();
    await expectAll({ dir });
    await expectAll({ dir: `${dir}/` });
    await expectAll({ files });
    await expectAll({ urls: pathToFileURL(dir) });
    await expectAll({ urls: pathToFileURL(dir).href });
    const at = (name: string) => pathToFileURL(join(dir, `${name}.gz`)).href;
    await expectAll({
      urls: {
        trainImages: at('train-images-idx3-ubyte'),
        trainLabels: at('train-labels-idx1-ubyte'),
        testImages: at('t10k-images-idx3-ubyte'),
        testLabels: at('t10k-labels-idx1-ubyte'),
      },
    });
  });

  test('says which file is missing or does not fit', async () => {
    await expect(fashionMnist.load({ dir: '/nowhere/at/all' })).rejects.toThrow('cannot read the folder');
    const partial = writeFiles({ 'train-images-idx3-ubyte': train.images });
    await expect(fashionMnist.load({ dir: partial })).rejects.toThrow('neither train-labels-idx1-ubyte.gz nor');
    await expect(fashionMnist.load({ dir: partial })).rejects.toThrow(DataError);
    const swapped = { ...files, trainImages: files.trainLabels, trainLabels: files.trainImages };
    await expect(fashionMnist.load({ files: swapped })).rejects.toThrow("field 'training images'");
    await expect(fashionMnist.load({ files: { ...files, testLabels: files.trainLabels } })).rejects.toThrow(
      "field 'test labels': expected one label for each of the 2 images, got shape [4]",
    );
  });

  test.each<[string, unknown]>([
    ['exactly one', {}],
    ['exactly one', { dir: 'x', files }],
    ['dir must be', { dir: 3 }],
    ['missing testLabels', { files: { ...files, testLabels: undefined } }],
    ['not a full address', { urls: 'data' }],
    ['unknown option', { folder: 'x' }],
    ['must be an object', undefined],
  ])('wrong options: %s', async (message, options) => {
    await expect(fashionMnist.load(options as never)).rejects.toThrow(message);
    await expect(fashionMnist.load(options as never)).rejects.toThrow(ConfigError);
  });
});
