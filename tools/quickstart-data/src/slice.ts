// Takes the first images of each class. Pure: reads and writes nothing.
import type { LabelledImages } from '@dl/data';

/**
 * The first `perClass` images of each of `classes` classes, in their original order.
 *
 * @example
 * slicePerClass(train, 10, 1200); // 12,000 images
 */
export const slicePerClass = (
  { images, labels }: LabelledImages,
  classes: number,
  perClass: number,
): LabelledImages => {
  const taken = new Array<number>(classes).fill(0);
  const rows: number[] = [];
  for (const [row, label] of labels.data.entries()) {
    if (taken[label]! >= perClass) continue;
    taken[label]!++;
    rows.push(row);
  }
  const short = taken.findIndex((count) => count < perClass);
  if (short >= 0) throw new Error(`class ${short} has only ${taken[short]} images, ${perClass} are wanted`);
  const [, height, width] = images.shape as readonly [number, number, number];
  const size = height * width;
  const pixels = new Uint8Array(rows.length * size);
  for (const [i, row] of rows.entries()) pixels.set(images.data.subarray(row * size, (row + 1) * size), i * size);
  return {
    images: { data: pixels, shape: [rows.length, height, width] },
    labels: { data: Uint8Array.from(rows, (row) => labels.data[row]!), shape: [rows.length] },
  };
};
