/**
 * Datasets of folders: labels, parts, order, and what their files become.
 */
import { symlinkSync } from 'node:fs';
import { encodeImage, FormatError, type NDArray } from '@dl/data';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { layers, optimizers, Sequential, utils } from '../../src/index.ts';
import { writeFiles } from './files.ts';

const { audioDatasetFromDirectory, imageDatasetFromDirectory, textDatasetFromDirectory } = utils;

/** An image of one colour. */
const plain = (height: number, width: number, colour: readonly number[]): Promise<Uint8Array> =>
  encodeImage({
    data: Uint8Array.from({ length: height * width * 3 }, (_, i) => colour[i % 3]!),
    shape: [height, width, 3],
  });

const texts = {
  'b/2.txt': 'two',
  'b/in/1.txt': 'one',
  'a/3.TXT': 'thrée',
  'a/x.csv': 'no',
  'top.txt': 'top',
  '.hid/4.txt': 'h',
};

let printed: string[];
beforeEach(() => {
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
});
afterEach(() => vi.restoreAllMocks());

const values = (label: unknown): number[] => Array.from((label as NDArray).data);

describe('labels', () => {
  test('folders are classes by name; files inside folders inside count', async () => {
    const dataset = await textDatasetFromDirectory(writeFiles(texts), { shuffle: false });
    expect(printed).toEqual(['Found 3 files belonging to 2 classes.']);
    expect(dataset.classNames).toEqual(['a', 'b']);
    expect(dataset.filePaths.map((path) => path.split('/').slice(-2).join('/'))).toEqual([
      'a/3.TXT',
      'b/2.txt',
      'in/1.txt',
    ]);
    const [[words, labels]] = (await dataset.toArray()) as [[string[], NDArray]];
    expect(words).toEqual(['thrée', 'two', 'one']);
    expect(labels).toEqual({ data: Int32Array.of(0, 1, 1), shape: [3] });
  });

  test('the given names in the given order', async () => {
    const dataset = await textDatasetFromDirectory(writeFiles(texts), { classNames: ['b', 'a'], shuffle: false });
    expect((await dataset.toArray()).map(([, labels]) => values(labels))).toEqual([[0, 0, 1]]);
    await expect(textDatasetFromDirectory(writeFiles(texts), { classNames: ['c'] })).rejects.toThrow(
      "classNames has 'c', but the folders are a, b",
    );
  });

  test('one-hot, binary, none, and a list', async () => {
    const dir = writeFiles(texts);
    const options = { shuffle: false, verbose: false } as const;
    const [[, hot]] = (await (
      await textDatasetFromDirectory(dir, { ...options, labelMode: 'categorical' })
    ).toArray()) as [[unknown, NDArray]];
    expect(hot).toEqual({ data: Float32Array.of(1, 0, 0, 1, 0, 1), shape: [3, 2] });
    const [[, binary]] = (await (
      await textDatasetFromDirectory(dir, { ...options, labelMode: 'binary' })
    ).toArray()) as [[unknown, NDArray]];
    expect(binary).toEqual({ data: Float32Array.of(0, 1, 1), shape: [3, 1] });
    const none = await textDatasetFromDirectory(dir, { ...options, labelMode: null });
    expect(await none.toArray()).toEqual([['thrée', 'two', 'one']]);
    const all = await textDatasetFromDirectory(dir, { ...options, labels: null, verbose: true, maxLength: 2 });
    expect(await all.toArray()).toEqual([['to', 'h', 'th', 'tw', 'on']]);
    expect(printed).toEqual(['Found 5 files.']);
    const own = await textDatasetFromDirectory(dir, { ...options, labels: [3, 0, 3, 1, 0] });
    expect([own.classNames, values((await own.toArray())[0]![1])]).toEqual([
      ['0', '1', '3'],
      [3, 0, 3, 1, 0],
    ]);
    expect(printed).toHaveLength(1);
  });

  test.each([
    [{ labels: [1] }, 'expected one label for each of the 5 files, got 1 labels'],
    [{ labels: null, classNames: ['a'] }, "classNames goes with labels: 'inferred' only"],
    [{ labelMode: 'one' }, "labelMode must be 'int'"],
    [{ validationSplit: 0.5 }, 'validationSplit and subset go together'],
    [{ subset: 'both', validationSplit: 2, seed: 1 }, 'validationSplit must be between 0 and 1'],
    [{ subset: 'training', validationSplit: 0.5 }, 'give a seed, so that the training and validation parts'],
    [{ subset: 'validation', validationSplit: 0.1, seed: 1 }, 'leaves no files of 3 for validation'],
    [{ batchSize: 0 }, 'batchSize must be'],
  ] as const)('%j is refused', async (options, message) => {
    await expect(textDatasetFromDirectory(writeFiles(texts), options as object)).rejects.toThrow(message);
  });

  test('binary needs two classes, and a folder needs files', async () => {
    const one = writeFiles({ 'a/1.txt': '' });
    await expect(textDatasetFromDirectory(one, { labelMode: 'binary' })).rejects.toThrow('there are 1: a');
    await expect(imageDatasetFromDirectory(one)).rejects.toThrow('found no files ending in .bmp, .gif');
    await expect(textDatasetFromDirectory(`${one}/b`)).rejects.toThrow('cannot read the folder');
  });

  test('folders that are links are read when asked', async () => {
    const dir = writeFiles({ 'a/1.txt': '1' });
    symlinkSync(writeFiles({ '2.txt': '2' }), `${dir}/a/more`);
    const count = async (followLinks: boolean): Promise<number> =>
      (await textDatasetFromDirectory(dir, { followLinks, verbose: false })).filePaths.length;
    expect([await count(false), await count(true)]).toEqual([1, 2]);
  });
});

describe('order and parts', () => {
  const many = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`${i < 10 ? 'a' : 'b'}/${i + 10}.txt`, String(i)]),
  );

  test('training and validation are apart and together all, whoever asks', async () => {
    const dir = writeFiles(many);
    const options = { validationSplit: 0.25, seed: 7 } as const;
    const [train, validation] = await textDatasetFromDirectory(dir, { ...options, subset: 'both' });
    expect(printed).toEqual([
      'Found 20 files belonging to 2 classes.',
      'Using 15 files for training.',
      'Using 5 files for validation.',
    ]);
    const alone = await textDatasetFromDirectory(dir, { ...options, subset: 'validation' });
    expect(alone.filePaths).toEqual(validation.filePaths);
    expect(new Set([...train.filePaths, ...validation.filePaths]).size).toBe(20);
    expect(new Set(train.filePaths.map((path) => path.at(-8)))).toEqual(new Set(['a', 'b']));
  });

  test('mixed anew each pass, labels with their files', async () => {
    const dataset = await textDatasetFromDirectory(writeFiles(many), { seed: 1, batchSize: 20, verbose: false });
    const passes = [(await dataset.toArray())[0]!, (await dataset.toArray())[0]!];
    for (const [words, labels] of passes) {
      expect(values(labels)).toEqual(words.map((word) => Number(Number(word) >= 10)));
    }
    expect(passes[0]![0]).not.toEqual(passes[1]![0]);
    expect(dataset.size).toBe(1);
    const single = await textDatasetFromDirectory(writeFiles(many), {
      batchSize: null,
      shuffle: false,
      verbose: false,
    });
    expect((await single.toArray())[12]).toEqual(['12', { data: Int32Array.of(1), shape: [] }]);
  });
});

describe('images', () => {
  test('are brought to one size, and train a model', async () => {
    const files: Record<string, Uint8Array> = {};
    for (let i = 0; i < 4; i++) {
      files[`blue/${i}.png`] = await plain(9 + i, 12, [0, 0, 250]);
      files[`red/${i}.png`] = await plain(16, 7 + i, [250, 0, 0]);
    }
    const dir = writeFiles(files);
    const dataset = await imageDatasetFromDirectory(dir, { imageSize: [8, 10], batchSize: 3, seed: 1, verbose: false });
    expect(dataset.size).toBe(3);
    const [[images, labels]] = (await dataset.take(1).toArray()) as [[NDArray<Float32Array>, NDArray]];
    expect([images.shape, images.data.constructor]).toEqual([[3, 8, 10, 3], Float32Array]);
    Array.from(labels.data).forEach((label, i) => expect(images.data[i * 240]).toBeCloseTo(label === 1 ? 250 : 0, 3));
    const model = new Sequential([
      new layers.Rescaling(1 / 255),
      new layers.GlobalAveragePooling2D(),
      new layers.Dense(2, { activation: 'softmax' }),
    ]);
    model.compile({
      optimizer: new optimizers.Adam(0.1),
      loss: 'sparse_categorical_crossentropy',
      metrics: ['accuracy'],
    });
    await model.fit(dataset, { epochs: 20, verbose: 0 });
    expect(((await model.evaluate(dataset, { verbose: 0 })) as number[])[1]).toBe(1);
  });

  test('colours, cutting and padding', async () => {
    const data = Uint8Array.from({ length: 2 * 4 * 3 }, (_, i) => [0, 100, 200, 255][Math.floor(i / 3) % 4]!);
    const dir = writeFiles({ 'a/1.png': await encodeImage({ data, shape: [2, 4, 3] }) });
    const row = async (options: utils.ImageDirectoryOptions): Promise<number[]> => {
      const made = await imageDatasetFromDirectory(dir, {
        imageSize: [2, 2],
        colorMode: 'grayscale',
        verbose: false,
        ...options,
      });
      return Array.from((await made.toArray())[0]![0].data, Math.round);
    };
    expect(await row({})).toEqual([50, 228, 50, 228]);
    expect(await row({ interpolation: 'nearest' })).toEqual([100, 255, 100, 255]);
    expect(await row({ cropToAspectRatio: true })).toEqual([100, 200, 100, 200]);
    expect(await row({ padToAspectRatio: true, imageSize: [4, 4] })).toEqual([
      0, 0, 0, 0, 0, 100, 200, 255, 0, 100, 200, 255, 0, 0, 0, 0,
    ]);
    const rgba = await imageDatasetFromDirectory(dir, { imageSize: [2, 4], colorMode: 'rgba', verbose: false });
    expect(Array.from((await rgba.toArray())[0]![0].data.slice(4, 8))).toEqual([100, 100, 100, 255]);
    await expect(row({ cropToAspectRatio: true, padToAspectRatio: true })).rejects.toThrow('only one of');
    await expect(row({ imageSize: [0, 2] })).rejects.toThrow('expected a size [height, width]');
    await expect(row({ colorMode: 'hsv' as 'rgb' })).rejects.toThrow("'grayscale', 'rgb' or 'rgba'");
    await expect(row({ interpolation: 'area' as 'nearest' })).rejects.toThrow('interpolation must be one of');
  });

  test('a damaged file is told when its batch is read', async () => {
    const dir = writeFiles({
      'a/good.png': await plain(4, 4, [1, 2, 3]),
      'a/torn.png': (await plain(4, 4, [1, 2, 3])).slice(0, 50),
    });
    const dataset = await imageDatasetFromDirectory(dir, { shuffle: false, verbose: false, batchSize: 1 });
    const iterator = dataset[Symbol.asyncIterator]();
    expect((await iterator.next()).done).toBe(false);
    const error: unknown = await iterator.next().then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toContain('a/torn.png');
  });

  test('files of a browser stand in for a folder', async () => {
    const file = async (path: string, colour: readonly number[]): Promise<File> => {
      const made = new File([(await plain(2, 2, colour)) as Uint8Array<ArrayBuffer>], path.split('/').at(-1)!);
      Object.defineProperty(made, 'webkitRelativePath', { value: path });
      return made;
    };
    const files = [await file('picked/b/1.png', [9, 9, 9]), await file('picked/a/2.png', [5, 5, 5])];
    const dataset = await imageDatasetFromDirectory(files, { imageSize: [1, 1], shuffle: false });
    expect([dataset.classNames, dataset.filePaths]).toEqual([
      ['a', 'b'],
      ['picked/a/2.png', 'picked/b/1.png'],
    ]);
    expect(Array.from((await dataset.toArray())[0]![0].data, Math.round)).toEqual([5, 5, 5, 9, 9, 9]);
    await expect(imageDatasetFromDirectory([1] as never)).rejects.toThrow('expected a path, or files of a browser');
  });
});

describe('sounds', () => {
  /** A 16-bit WAV file of one channel. */
  const wav = (samples: readonly number[], rate: number): Uint8Array => {
    const bytes = new Uint8Array(44 + samples.length * 2);
    const view = new DataView(bytes.buffer);
    bytes.set(new TextEncoder().encode('RIFF....WAVEfmt '));
    view.setUint32(16, 16, true);
    view.setUint32(20, 0x10001, true);
    view.setUint32(24, rate, true);
    view.setUint16(34, 16, true);
    bytes.set(new TextEncoder().encode('data'), 36);
    view.setUint32(40, samples.length * 2, true);
    samples.forEach((value, i) => view.setInt16(44 + i * 2, value * 2 ** 15, true));
    return bytes;
  };
  const files = { 'no/a.wav': wav([0.5, -0.5, 0.25], 8000), 'yes/b.wav': wav([0.125], 8000) };

  test('end in silence, or are cut, and other files are decoded by a function', async () => {
    const dir = writeFiles({ ...files, 'yes/c.ogg': 'OggS' });
    const read = async (options: utils.AudioDirectoryOptions): Promise<[number[], readonly number[]]> => {
      const dataset = await audioDatasetFromDirectory(dir, { shuffle: false, verbose: false, ...options });
      const [[sounds]] = (await dataset.toArray()) as [[NDArray, unknown]];
      return [Array.from(sounds.data), sounds.shape];
    };
    expect(await read({})).toEqual([
      [0.5, -0.5, 0.25, 0.125, 0, 0],
      [2, 3, 1],
    ]);
    expect(await read({ outputSequenceLength: 2 })).toEqual([
      [0.5, -0.5, 0.125, 0],
      [2, 2, 1],
    ]);
    expect((await read({ samplingRate: 16000 }))[1]).toEqual([2, 6, 1]);
    const decode = async (): Promise<{ samples: NDArray<Float32Array>; sampleRate: number }> => ({
      samples: { data: Float32Array.of(1), shape: [1, 1] },
      sampleRate: 8000,
    });
    expect((await read({ endings: ['.ogg'], decode }))[0]).toEqual([0.5, -0.5, 0.25, 0.125, 0, 0, 1, 0, 0]);
    await expect(read({ decode })).rejects.toThrow('decode and endings go together');
    await expect(read({ samplingRate: 0 })).rejects.toThrow('samplingRate must be');
  });
});
