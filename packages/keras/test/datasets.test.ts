/**
 * The data sets of Keras's examples, from files in their formats. NumPy (python3-numpy) says how seeds divide data.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { encodeIdx } from '@dl/data';
import { writeNpz, type NamedArray } from '@dl/formats';
import { describe, expect, test } from 'vitest';
import { numpyPermutation } from '../src/data/numpy-shuffle.ts';
import {
  bostonHousing,
  californiaHousing,
  cifar10,
  cifar100,
  fashionMnist,
  imdb,
  mnist,
  reuters,
} from '../src/datasets.ts';
import { writeFiles } from './utils/files.ts';

const python = (code: string): unknown =>
  JSON.parse(execFileSync('/usr/bin/python3', ['-c', `import json, numpy as np\n${code}`], { encoding: 'utf8' }));

const npz = (arrays: Readonly<Record<string, readonly [NamedArray['dtype'], readonly number[], NamedArray['data']]>>) =>
  writeNpz(new Map(Object.entries(arrays).map(([name, [dtype, shape, data]]) => [name, { dtype, shape, data }])));

test('seeds give the orders of NumPy', () => {
  const asked = [
    [1, 0],
    [2, 5],
    [10, 113],
    [600, 113],
    [1000, 2 ** 32 - 1],
  ] as const;
  const code = `
def order(n, seed):
    x = np.arange(n)
    np.random.RandomState(seed).shuffle(x)
    return x.tolist()
print(json.dumps([order(n, s) for n, s in ${JSON.stringify(asked)}]))`;
  expect(asked.map(([n, seed]) => Array.from(numpyPermutation(n, seed)))).toEqual(python(code));
});

describe('mnist', () => {
  const images = Uint8Array.from({ length: 3 * 4 }, (_, i) => i);

  test('npz and IDX files alike', async () => {
    const file = npz({
      x_train: ['uint8', [3, 2, 2], images],
      y_train: ['uint8', [3], Uint8Array.of(7, 8, 9)],
      x_test: ['uint8', [1, 2, 2], images.slice(0, 4)],
      y_test: ['uint8', [1], Uint8Array.of(1)],
    });
    const wanted = [
      [
        { data: images, shape: [3, 2, 2] },
        { data: Uint8Array.of(7, 8, 9), shape: [3] },
      ],
      [
        { data: images.slice(0, 4), shape: [1, 2, 2] },
        { data: Uint8Array.of(1), shape: [1] },
      ],
    ] as const;
    expect(await mnist.loadData({ npz: file })).toEqual(wanted);
    const dir = writeFiles({
      'train-images-idx3-ubyte': encodeIdx(wanted[0][0]),
      'train-labels-idx1-ubyte': encodeIdx(wanted[0][1]),
      't10k-images-idx3-ubyte': encodeIdx(wanted[1][0]),
      't10k-labels-idx1-ubyte': encodeIdx(wanted[1][1]),
    });
    expect(await mnist.loadData({ dir })).toEqual(wanted);
    const wrong = npz({ x_train: ['uint8', [3, 2, 2], images], y_train: ['uint8', [2], images.slice(0, 2)] });
    await expect(mnist.loadData({ npz: wrong })).rejects.toThrow("has no array 'x_test'; it has x_train, y_train");
    await expect(mnist.loadData(undefined as never)).rejects.toThrow('there is no download built in');
  });

  test('the real Fashion-MNIST (Debian package dataset-fashion-mnist)', async () => {
    const dir = '/usr/share/datasets/fashion-mnist';
    expect(existsSync(dir), 'apt-get install dataset-fashion-mnist').toBe(true);
    const [[x, y], [xTest, yTest]] = await fashionMnist.loadData({ dir });
    expect([x.shape, y.shape, xTest.shape, yTest.shape]).toEqual([[60000, 28, 28], [60000], [10000, 28, 28], [10000]]);
    const counts = new Array<number>(10).fill(0);
    for (const label of y.data) counts[label]! += 1;
    expect(counts).toEqual(new Array(10).fill(6000));
    expect([...y.data.slice(0, 5), ...yTest.data.slice(0, 3)]).toEqual([9, 0, 0, 3, 0, 9, 2, 1]);
  });
});

describe('cifar', () => {
  /** Records whose pixels tell channel and place. */
  const records = (labels: readonly (readonly number[])[]): Uint8Array =>
    Uint8Array.from(
      labels.flatMap((label, row) => [
        ...label,
        ...Array.from({ length: 3072 }, (_, i) => (Math.floor(i / 1024) * 80 + (i % 1024) + row) % 256),
      ]),
    );
  const archive = (files: Readonly<Record<string, Uint8Array>>): string => {
    const dir = writeFiles(files);
    execFileSync('tar', ['-czf', `${dir}/x.tar.gz`, '-C', dir, ...Object.keys(files)]);
    return `${dir}/x.tar.gz`;
  };
  const batches = Object.fromEntries(
    [1, 2, 3, 4, 5].map((i) => [`cifar-10-batches-bin/data_batch_${i}.bin`, records([[i], [9 - i]])]),
  );

  test('ten classes, channels last', async () => {
    const path = archive({ ...batches, 'cifar-10-batches-bin/test_batch.bin': records([[3]]) });
    const [[x, y], [xTest, yTest]] = await cifar10.loadData(path);
    expect([x.shape, y.shape, xTest.shape]).toEqual([
      [10, 32, 32, 3],
      [10, 1],
      [1, 32, 32, 3],
    ]);
    expect([...y.data]).toEqual([1, 8, 2, 7, 3, 6, 4, 5, 5, 4]);
    expect([...xTest.data.slice(0, 6), yTest.data[0]]).toEqual([0, 80, 160, 1, 81, 161, 3]);
  });

  test('a hundred classes or twenty', async () => {
    const path = archive({
      'c/train.bin': records([
        [19, 99],
        [2, 30],
      ]),
      'c/test.bin': records([[0, 1]]),
    });
    const labels = async (labelMode: 'fine' | 'coarse'): Promise<number[]> => [
      ...(await cifar100.loadData(path, { labelMode }))[0][1].data,
    ];
    expect([await labels('fine'), await labels('coarse')]).toEqual([
      [99, 30],
      [19, 2],
    ]);
    await expect(labels('other' as 'fine')).rejects.toThrow("labelMode must be 'fine' or 'coarse'");
  });

  test('other archives are refused', async () => {
    const test = 'cifar-10-batches-bin/test_batch.bin';
    await expect(cifar10.loadData(archive(batches))).rejects.toThrow(
      'has no test_batch.bin; it must be the binary version',
    );
    await expect(cifar10.loadData(archive({ ...batches, [test]: new Uint8Array(3072) }))).rejects.toThrow(
      'test_batch.bin has 3072 bytes, expected a multiple of 3073',
    );
    await expect(cifar10.loadData(archive({ ...batches, [test]: records([[10]]) }))).rejects.toThrow(
      'image 0 has class 10',
    );
  });
});

describe('housing', () => {
  const rows = 700;
  const file = npz({
    x: ['float64', [rows, 2], Float64Array.from({ length: rows * 2 }, (_, i) => i)],
    y: ['float64', [rows], Float64Array.from({ length: rows }, (_, i) => i)],
  });

  test('divided as Keras does for its seed', async () => {
    const [[x, y], [, yTest]] = await bostonHousing.loadData(file);
    const order = python(`
i = np.arange(${rows})
np.random.RandomState(113).shuffle(i)
print(json.dumps(i.tolist()))`) as number[];
    expect([...y.data, ...yTest.data]).toEqual(order);
    expect([y.shape, yTest.shape, x.shape, x.data.constructor]).toEqual([[560], [140], [560, 2], Float32Array]);
    expect([...x.data.slice(0, 2)]).toEqual([order[0]! * 2, order[0]! * 2 + 1]);
  });

  test('small is the first 600', async () => {
    const [[, y], [, yTest]] = await californiaHousing.loadData(file, { version: 'small', testSplit: 0.5, seed: 1 });
    expect([y.shape, yTest.shape, Math.max(...y.data, ...yTest.data)]).toEqual([[300], [300], 599]);
    await expect(californiaHousing.loadData(file, { version: 'tiny' as 'small' })).rejects.toThrow(
      "'large' or 'small'",
    );
    await expect(bostonHousing.loadData(file, { testSplit: 1 })).rejects.toThrow('testSplit must be at least 0');
  });
});

describe('texts', () => {
  const texts = [[1, 2, 3], [4], [5, 6]];
  const stored = (x: string, y: string): Parameters<typeof npz>[0] => ({
    [`${x}_words`]: ['int32', [6], Int32Array.from(texts.flat())],
    [`${x}_lengths`]: ['int32', [3], Int32Array.of(3, 1, 2)],
    [y]: ['int32', [3], Int32Array.of(10, 20, 30)],
  });
  const film = npz({ ...stored('x_train', 'y_train'), ...stored('x_test', 'y_test') });

  /** What Keras makes of the same lists. */
  const keras = (options: string): unknown =>
    python(`
def load(xs, labels, seed=113, start_char=1, oov_char=2, index_from=3, num_words=None, skip_top=0, maxlen=None):
    i = np.arange(len(xs))
    np.random.RandomState(seed).shuffle(i)
    xs = [([] if start_char is None else [start_char]) + [w + index_from for w in xs[k]] for k in i]
    labels = [labels[k] for k in i]
    if maxlen:
        labels = [l for x, l in zip(xs, labels) if len(x) < maxlen]
        xs = [x for x in xs if len(x) < maxlen]
    n = num_words or max(max(x) for x in xs)
    keep = lambda w: skip_top <= w < n
    if oov_char is None:
        xs = [[w for w in x if keep(w)] for x in xs]
    else:
        xs = [[w if keep(w) else oov_char for w in x] for x in xs]
    return xs, labels
print(json.dumps(load(${JSON.stringify(texts)}, [10, 20, 30], ${options})))`);

  test.each([
    [{}, ''],
    [{ numWords: 8, skipTop: 5, seed: 4 }, 'num_words=8, skip_top=5, seed=4'],
    [
      { startChar: null, oovChar: null, indexFrom: 0, numWords: 5 },
      'start_char=None, oov_char=None, index_from=0, num_words=5',
    ],
    [{ maxlen: 4 }, 'maxlen=4'],
  ])('imdb with %j', async (options, pythonOptions) => {
    const [[x, y], [xTest, yTest]] = await imdb.loadData(film, options);
    expect([x, [...y]]).toEqual(keras(pythonOptions));
    expect([xTest, yTest]).toEqual([x, y]);
  });

  test('reuters divides after the mixing, and knows its topics', async () => {
    const [[x, y], [xTest, yTest]] = await reuters.loadData(npz(stored('x', 'y')), { testSplit: 0.4 });
    expect([
      [...x, ...xTest],
      [...y, ...yTest],
    ]).toEqual(keras(''));
    expect([x.length, xTest.length]).toEqual([1, 2]);
    const names = reuters.getLabelNames();
    expect([names.length, names[3], names[45]]).toEqual([46, 'earn', 'lead']);
  });

  test('word numbers, pickles, and lengths that do not fit', async () => {
    const json = new TextEncoder().encode('{"the": 1, "__proto__": 2}');
    const index = await imdb.getWordIndex(json);
    expect([index['the'], Object.keys(index)]).toEqual([1, ['the', '__proto__']]);
    await expect(imdb.getWordIndex(new TextEncoder().encode('{"a": "b"}'))).rejects.toThrow(
      'a whole number for every word',
    );
    const dir = writeFiles();
    python(`
x = np.empty(1, object); x[0] = [1, 2]
np.savez('${dir}/pickled.npz', x_train=x)
print(1)`);
    await expect(imdb.loadData(`${dir}/pickled.npz`)).rejects.toThrow('pickled Python lists, which are not read');
    const short = { ...stored('x', 'y'), x_lengths: ['int32', [3], Int32Array.of(3, 1, 1)] as const };
    await expect(reuters.loadData(npz(short))).rejects.toThrow(
      '3 texts of 5 words with 3 labels do not fit the 6 words',
    );
    await expect(imdb.loadData(film, { maxlen: 1 })).rejects.toThrow('maxlen 1 leaves no texts');
  });
});
