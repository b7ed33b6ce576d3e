// The subpath @dl/data/digits: small handwritten digits, read from an asset of this package. An entry of its own, so that
// bundlers copy the asset for those who use it only; at the top of src, so that its address holds for the built file too.
import type { NDArray } from './arrays.ts';
import type { ByteSource } from './bytes.ts';
import { checkNames } from './checks.ts';
import { FormatError } from './errors.ts';
import { readIdx } from './idx.ts';

/** 1,797 handwritten digits of 8 × 8 pixels. */
export interface Digits {
  /** Pixel values 0 to 16; shape [1797, 8, 8]. */
  readonly images: NDArray<Uint8Array>;
  /** The digit of each image; shape [1797]. */
  readonly labels: NDArray<Uint8Array>;
  readonly classNames: readonly string[];
}

/** Options of `digits.load`. */
export interface DigitsOptions {
  /** Where `digits.idx.gz` is; the copy in this package unless given. */
  readonly source?: ByteSource;
}

/**
 * Loader of the digits dataset. In Node the file is read from this package; bundlers that know
 * `new URL(…, import.meta.url)` copy it beside the bundle. Elsewhere pass an address or the bytes as `source`.
 *
 * @example
 * import { digits } from '@dl/data/digits';
 *
 * const { images, labels } = await digits.load();
 */
export const digits: {
  /** All digits, in a fixed mixed order. Throws a `FormatError` when the file is damaged. */
  load(options?: DigitsOptions): Promise<Digits>;
} = {
  load: async (options = {}) => {
    checkNames('digits.load', options, ['source']);
    const source = options.source ?? new URL('../assets/digits.idx.gz', import.meta.url);
    const { data, shape } = await readIdx(source, { name: 'digits.idx.gz', maxBytes: 1 << 20 });
    const [count, width] = shape;
    if (!(data instanceof Uint8Array) || count === undefined || width !== 65 || shape.length !== 2) {
      throw new FormatError(`expected bytes of shape [1797, 65], got [${shape.join(', ')}]`, { file: 'digits.idx.gz' });
    }
    const images = new Uint8Array(count * 64);
    const labels = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      images.set(data.subarray(i * 65, i * 65 + 64), i * 64);
      labels[i] = data[i * 65 + 64]!;
    }
    return {
      images: { data: images, shape: [count, 8, 8] },
      labels: { data: labels, shape: [count] },
      classNames: Array.from({ length: 10 }, (_, digit) => `${digit}`),
    };
  },
};
