/**
 * The data that several programs read: images of clothing and digits, and files in `data/`.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { fashionMnist, type NDArray } from '@dl/data';
import { digits } from '@dl/data/digits';

/** Images with values 0 to 1 and their classes. */
export interface Images {
  readonly x: NDArray<Float32Array>;
  readonly y: Uint8Array;
}

/** Images for training and for the test. */
export interface ImageSet {
  readonly train: Images;
  readonly test: Images;
  readonly names: readonly string[];
}

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** The text of a file in `data/`. */
export const text = (name: string): Promise<string> => readFile(path(`data/${name}`), 'utf8');

/** Rows of an array. */
export function rows<A extends Float32Array | Int32Array>(
  { data, shape }: NDArray<A>,
  from: number,
  to: number,
): NDArray<A> {
  const size = data.length / shape[0]!;
  return { data: data.slice(from * size, to * size) as A, shape: [to - from, ...shape.slice(1)] };
}

function images(x: NDArray<Uint8Array>, y: Uint8Array, white: number, from: number, to: number): Images {
  const scaled = { data: Float32Array.from(x.data, (value) => value / white), shape: [...x.shape, 1] };
  return { x: rows(scaled, from, to), y: y.slice(from, to) };
}

/** 28 × 28 images of ten kinds of clothing: the slice of Fashion-MNIST that comes with the quickstart. */
export async function clothes(trainSize: number, testSize: number): Promise<ImageSet> {
  const { train, test, classNames } = await fashionMnist.load({ dir: path('../quickstart/data') });
  return {
    train: images(train.images, train.labels.data, 255, 0, trainSize),
    test: images(test.images, test.labels.data, 255, 0, testSize),
    names: classNames,
  };
}

/** 8 × 8 images of handwritten digits: 1,500 for training and 297 for the test. */
export async function smallDigits(): Promise<ImageSet> {
  const { images: x, labels, classNames } = await digits.load();
  return {
    train: images(x, labels.data, 16, 0, 1500),
    test: images(x, labels.data, 16, 1500, 1797),
    names: classNames,
  };
}
