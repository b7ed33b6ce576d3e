/**
 * The pictures: square pieces of ten photos. Pieces to learn from come from the left half of a photo, pieces to test with from
 * the right half, so that no pixel is in both.
 */
import { readdirSync, readFileSync } from 'node:fs';
import jpeg from 'jpeg-js';
import { SIZE } from './backbone.ts';

/** Pictures with the number of their class. */
export interface Pictures {
  /** Values in [0, 1], [count, SIZE, SIZE, 3]. */
  readonly x: { readonly data: Float32Array; readonly shape: readonly number[] };
  readonly y: Int32Array;
}

/** Everything there is to learn and to test with. */
export interface Task {
  readonly names: readonly string[];
  readonly train: Pictures;
  readonly test: Pictures;
}

interface Photo {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

const folder = new URL('../data/photos/', import.meta.url);

/** Pieces of each photo to learn from, and to test with. */
const COUNTS = { train: 30, test: 20 } as const;

/** Numbers in [0, 1) that are the same in every run. */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Copies a piece of a photo, mirrored or not, as values in [0, 1]. */
function cut({ data, width }: Photo, left: number, top: number, target: Float32Array, at: number): void {
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      const from = ((top + y) * width + left + x) * 4;
      for (let c = 0; c < 3; c++) target[at++] = data[from + c]! / 255;
    }
  }
}

/** Pieces of every photo, of its left or right half. */
function pieces(photos: readonly Photo[], half: 'left' | 'right', count: number, seed: number): Pictures {
  const random = numbers(seed);
  const total = photos.length * count;
  const data = new Float32Array(total * SIZE * SIZE * 3);
  const y = new Int32Array(total);
  for (let i = 0; i < total; i++) {
    const photo = photos[(y[i] = i % photos.length)]!;
    const middle = Math.floor(photo.width / 2);
    const [from, to] = half === 'left' ? [0, middle - SIZE] : [middle, photo.width - SIZE];
    const left = from + Math.floor(random() * (to - from + 1));
    cut(photo, left, Math.floor(random() * (photo.height - SIZE + 1)), data, i * SIZE * SIZE * 3);
  }
  return { x: { data, shape: [total, SIZE, SIZE, 3] }, y };
}

/** Reads the photos and cuts the pieces. */
export function loadTask(): Task {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.jpg'))
    .sort();
  const photos = files.map((file) => jpeg.decode(readFileSync(new URL(file, folder)), { useTArray: true }));
  return {
    names: files.map((file) => file.replace('.jpg', '')),
    train: pieces(photos, 'left', COUNTS.train, 1),
    test: pieces(photos, 'right', COUNTS.test, 2),
  };
}
