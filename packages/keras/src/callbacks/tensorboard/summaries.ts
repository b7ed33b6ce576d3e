/**
 * Scalars, histograms and images as TensorBoard's plugins expect them.
 */
import type { TypedArray } from '@dl/tensor';
import { sizeOf } from '@dl/tensor/interpreter';
import type { SummaryValue } from './messages.ts';
import { encodePng } from './png.ts';

/** Most images of one summary. */
const MAX_IMAGES = 3;
const BUCKETS = 30;

/** One number. */
export const scalar = (tag: string, value: number): SummaryValue => ({
  tag,
  kind: { plugin: 'scalars', content: '', dataClass: 1 },
  tensor: { kind: 'float', value },
});

/** A text of a plugin of its own. */
export const textOf = (tag: string, plugin: string, content: string, value: string): SummaryValue => ({
  tag,
  kind: { plugin, content, dataClass: 0 },
  tensor: { kind: 'string', values: [value], scalar: true },
});

/** How values are spread: rows [from, to, count] for 30 equal parts of their range, or one row where all are equal. */
export function histogram(tag: string, values: TypedArray): SummaryValue {
  const rows = bucketsOf(values);
  return {
    tag,
    kind: { plugin: 'histograms', content: '', dataClass: 2 },
    tensor: { kind: 'double', values: Float64Array.from(rows.flat()), shape: [rows.length, 3] },
  };
}

function bucketsOf(values: TypedArray): readonly (readonly number[])[] {
  let [low, high] = [Infinity, -Infinity];
  const finite = Array.from(values as ArrayLike<number>).filter(Number.isFinite);
  for (const value of finite) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (finite.length === 0) return [];
  if (low === high) return [[low - 0.5, low + 0.5, finite.length]];
  const width = (high - low) / BUCKETS;
  const counts = new Array<number>(BUCKETS).fill(0);
  for (const value of finite) counts[Math.min(BUCKETS - 1, Math.floor((value - low) / width))]!++;
  return counts.map((count, i) => [low + i * width, i === BUCKETS - 1 ? high : low + (i + 1) * width, count]);
}

/** Images of one size. */
interface Images {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The value at a place of an image. */
  readonly at: (image: number, y: number, x: number, channel: number) => number;
}

/** A weight as images, as Keras arranges them: rows for vectors, kernels one by one; null where there is no way. */
function imagesOf(values: TypedArray, given: readonly number[]): Images | null {
  const shape = given.filter((n) => n !== 1);
  const [a = 1, b = 1, c = 1, d = 1] = shape;
  const read = (i: number): number => values[i] as number;
  if (sizeOf(given) === 0 || shape.length === 0) return null;
  if (shape.length === 1) return { count: 1, height: a, width: 1, channels: 1, at: (_, y) => read(y) };
  if (shape.length === 2) {
    const flat = a > b;
    return flat
      ? { count: 1, height: b, width: a, channels: 1, at: (_, y, x) => read(x * b + y) }
      : { count: 1, height: a, width: b, channels: 1, at: (_, y, x) => read(y * b + x) };
  }
  if (shape.length === 3) {
    return { count: c, height: a, width: b, channels: 1, at: (i, y, x) => read((y * b + x) * c + i) };
  }
  if (shape.length !== 4 || ![3, 4].includes(d)) return null;
  return { count: a, height: b, width: c, channels: d, at: (i, y, x, k) => read(((i * b + y) * c + x) * d + k) };
}

/** A weight as PNG images of its values from 0 to 1, at most three; null where its shape allows none. */
export function image(tag: string, values: TypedArray, shape: readonly number[]): SummaryValue | null {
  const images = imagesOf(values, shape);
  if (images === null) return null;
  const { count, height, width, channels, at } = images;
  const files = Array.from({ length: Math.min(count, MAX_IMAGES) }, (_, i) => {
    const pixels = new Uint8Array(height * width * channels);
    for (let p = 0; p < pixels.length; p++) {
      const [y, x] = [Math.floor(p / (width * channels)), Math.floor(p / channels) % width];
      pixels[p] = Math.max(0, Math.min(255, Math.floor(at(i, y, x, p % channels) * 255.5)));
    }
    return encodePng(pixels, width, height, channels);
  });
  return {
    tag,
    kind: { plugin: 'images', content: '', dataClass: 3 },
    tensor: { kind: 'string', values: [String(width), String(height), ...files], scalar: false },
  };
}
