/**
 * cifar10 and cifar100: small colour images, from the binary version of the data sets.
 */
import { readTar, type ByteSource } from '@dl/data';
import { ConfigError, FormatError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { toByteSource } from '../utils/images.ts';
import { needSource, type LabelledData } from './arrays.ts';

/** The archive of the binary version (`cifar-10-binary.tar.gz`): a path, a URL or bytes. */
export type CifarSource = ByteSource;

/** Options of `cifar100.loadData`. */
export interface Cifar100Options {
  /** 'fine' for 100 classes (the default), 'coarse' for the 20 groups of them. */
  readonly labelMode?: 'fine' | 'coarse' | undefined;
}

const SIDE = 32;
const PLANE = SIDE * SIDE;

/** Where a file's records go, and how many label bytes they begin with. */
interface Layout {
  readonly where: string;
  readonly labels: number;
  /** Which of the label bytes counts. */
  readonly label: number;
  readonly classes: number;
  /** Names of the files, in order. */
  readonly train: readonly string[];
  readonly test: string;
}

type Part = readonly [x: { data: Uint8Array; shape: number[] }, y: { data: Uint8Array; shape: number[] }];

/** Records as images with channels last. */
function decode(files: readonly (readonly [name: string, bytes: Uint8Array])[], layout: Layout): Part {
  const record = layout.labels + 3 * PLANE;
  const counts = files.map(([name, bytes]) => {
    if (bytes.length > 0 && bytes.length % record === 0) return bytes.length / record;
    throw new FormatError(`${layout.where}: ${name} has ${bytes.length} bytes, expected a multiple of ${record}`);
  });
  const total = counts.reduce((a, b) => a + b, 0);
  const images = new Uint8Array(total * 3 * PLANE);
  const labels = new Uint8Array(total);
  let row = 0;
  files.forEach(([name, bytes], file) => {
    for (let i = 0; i < counts[file]!; i++, row++) {
      const start = i * record;
      const label = bytes[start + layout.label]!;
      if (label >= layout.classes) {
        throw new FormatError(
          `${layout.where}: ${name}, image ${i} has class ${label}, expected below ${layout.classes}`,
        );
      }
      labels[row] = label;
      for (let pixel = 0; pixel < PLANE; pixel++) {
        const to = (row * PLANE + pixel) * 3;
        for (let c = 0; c < 3; c++) images[to + c] = bytes[start + layout.labels + c * PLANE + pixel]!;
      }
    }
  });
  return [
    { data: images, shape: [total, SIDE, SIDE, 3] },
    { data: labels, shape: [total, 1] },
  ];
}

async function load(source: CifarSource | undefined, layout: Layout): Promise<LabelledData> {
  needSource(source, layout.where, 'the archive of the binary version (.tar.gz)');
  const found = new Map<string, Uint8Array>();
  for await (const { name, bytes } of readTar(toByteSource(source!, layout.where))) {
    found.set(name.slice(name.lastIndexOf('/') + 1), bytes);
  }
  const pick = (name: string): readonly [string, Uint8Array] => {
    const bytes = found.get(name);
    if (bytes !== undefined) return [name, bytes];
    throw new FormatError(
      `${layout.where}: the archive has no ${name}; it must be the binary version, not that for Python (which holds pickles)`,
    );
  };
  return [decode(layout.train.map(pick), layout), decode([pick(layout.test)], layout)];
}

/**
 * 50,000 and 10,000 colour images in ten classes, as `keras.datasets.cifar10`.
 *
 * @example const [[xTrain, yTrain], [xTest, yTest]] = await cifar10.loadData('cifar-10-binary.tar.gz');
 */
export const cifar10: {
  /**
   * Images as bytes [count, 32, 32, 3] and labels [count, 1], for training and for testing.
   *
   * @throws ConfigError without a source, FormatError for an archive that is damaged or another one.
   */
  loadData(source: CifarSource): Promise<LabelledData>;
} = {
  loadData: (source) =>
    load(source, {
      where: 'cifar10.loadData',
      labels: 1,
      label: 0,
      classes: 10,
      train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`),
      test: 'test_batch.bin',
    }),
};

/**
 * 50,000 and 10,000 colour images in 100 classes, as `keras.datasets.cifar100`.
 *
 * @example const [[xTrain, yTrain]] = await cifar100.loadData('cifar-100-binary.tar.gz', { labelMode: 'coarse' });
 */
export const cifar100: {
  /**
   * Images as bytes [count, 32, 32, 3] and labels [count, 1], for training and for testing.
   *
   * @throws ConfigError without a source, FormatError for an archive that is damaged or another one.
   */
  loadData(source: CifarSource, options?: Cifar100Options): Promise<LabelledData>;
} = {
  loadData: async (source, { labelMode = 'fine' } = {}) => {
    if (labelMode !== 'fine' && labelMode !== 'coarse') {
      throw new ConfigError(`cifar100.loadData: labelMode must be 'fine' or 'coarse', got ${describe(labelMode)}`);
    }
    const fine = labelMode === 'fine';
    return load(source, {
      where: 'cifar100.loadData',
      labels: 2,
      label: fine ? 1 : 0,
      classes: fine ? 100 : 20,
      train: ['train.bin'],
      test: 'test.bin',
    });
  },
};
