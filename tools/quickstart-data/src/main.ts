// Command line: reads the full dataset and writes the slice as four gzipped IDX files.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encodeIdx, fashionMnist, type NDArray } from '@dl/data';
import { slicePerClass } from './slice.ts';

const source = process.argv[2] ?? '/usr/share/datasets/fashion-mnist';
const target = join(import.meta.dirname, '../../../apps/quickstart/data');

const write = (name: string, array: NDArray): void => {
  const bytes = gzipSync(encodeIdx(array), { level: 9, memLevel: 9 });
  writeFileSync(join(target, `${name}.gz`), bytes);
  console.log(`${name}.gz  [${array.shape.join(', ')}]  ${bytes.length} bytes`);
};

const full = await fashionMnist.load({ dir: source });
const train = slicePerClass(full.train, 10, 1200);
const test = slicePerClass(full.test, 10, 200);
write('train-images-idx3-ubyte', train.images);
write('train-labels-idx1-ubyte', train.labels);
write('t10k-images-idx3-ubyte', test.images);
write('t10k-labels-idx1-ubyte', test.labels);
