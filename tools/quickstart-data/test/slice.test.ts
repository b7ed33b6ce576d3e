// The slice is balanced, keeps the order, and is what lies in apps/quickstart/data.
import { join } from 'node:path';
import { fashionMnist } from '@dl/data';
import { expect, test } from 'vitest';
import { slicePerClass } from '../src/slice.ts';

const images = { data: Uint8Array.from({ length: 12 }, (_, i) => i), shape: [6, 1, 2] };
const labels = { data: Uint8Array.of(0, 0, 1, 0, 1, 1), shape: [6] };

test('takes the first of each class in order', () => {
  const slice = slicePerClass({ images, labels }, 2, 2);
  expect([...slice.labels.data]).toEqual([0, 0, 1, 1]);
  expect([...slice.images.data]).toEqual([0, 1, 2, 3, 4, 5, 8, 9]);
  expect(slice.images.shape).toEqual([4, 1, 2]);
});

test('refuses when a class is too small', () => {
  expect(() => slicePerClass({ images, labels }, 2, 4)).toThrow('class 0 has only 3 images');
});

test('the committed slice is balanced', async () => {
  const { train, test: rest } = await fashionMnist.load({
    dir: join(import.meta.dirname, '../../../apps/quickstart/data'),
  });
  expect([train.images.shape, rest.images.shape]).toEqual([
    [12000, 28, 28],
    [2000, 28, 28],
  ]);
  for (let k = 0; k < 10; k++) {
    expect(train.labels.data.filter((label) => label === k)).toHaveLength(1200);
    expect(rest.labels.data.filter((label) => label === k)).toHaveLength(200);
  }
});
