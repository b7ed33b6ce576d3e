/**
 * Fourier transforms. Complex numbers are pairs of a real and an imaginary tensor.
 */
import { asTensor, castTo, promotePair, type TensorLike } from '../../create.ts';
import { zerosLike } from '../numpy/ranges.ts';
import { toFloating } from '../../dtype.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { describe, formatShape, sameShape, sizeOf } from '../../shape.ts';
import { Tensor } from '../../tensor.ts';
import { mul, neg } from '../elementwise.ts';
import { concat, flip, reshape, slice, stack, swapAxes, unstack } from '../movement.ts';
import { pad } from '../pad.ts';
import { op } from '../op.ts';
import { dft } from './dft.ts';

/** A complex tensor as its real and imaginary part, of one shape. */
export type ComplexPair = [real: Tensor, imaginary: Tensor];

/** What functions of complex numbers take. */
export type ComplexLike = readonly [real: TensorLike, imaginary: TensorLike];

/** In float64 or float32. */
export function realTensor(x: TensorLike, where: string): Tensor {
  const t = asTensor(x, where);
  const dtype = toFloating(t.dtype);
  return castTo(t, dtype === 'float16' ? 'float32' : dtype);
}

/** Both parts with the same floating dtype and shape. */
export function complexPair(x: ComplexLike, where: string, rank = 1): [Tensor, Tensor] {
  if (!Array.isArray(x) || x.length !== 2) {
    throw new ConfigError(`${where}: expected a pair [real, imaginary] of tensors, got ${describe(x)}`);
  }
  const [a, b] = promotePair(x[0] as TensorLike, x[1] as TensorLike, where);
  if (!sameShape(a.shape, b.shape)) {
    throw new ShapeError(
      `${where}: real and imaginary part must have one shape, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
    );
  }
  if (a.rank < rank) throw new ShapeError(`${where}: expected rank ≥ ${rank}, got shape ${formatShape(a.shape)}`);
  return [realTensor(a, where), realTensor(b, where)];
}

/** The transform of the last axis. */
export function transformLast([re, im]: readonly [Tensor, Tensor], inverse: boolean, where: string): ComplexPair {
  const { shape } = re;
  const n = shape.at(-1)!;
  if (n === 0) throw new ShapeError(`${where}: there is no transform of 0 numbers, got shape ${formatShape(shape)}`);
  const lead = shape.slice(0, -1);
  const packed = reshape(stack([re, im], -2), [sizeOf(lead), 2, n]);
  const y = dft(packed, inverse);
  const scaled = inverse ? mul(y, 1 / n) : y;
  return unstack(reshape(scaled, [...lead, 2, n]), -2) as ComplexPair;
}

function transformTwo(x: ComplexLike, inverse: boolean, where: string): ComplexPair {
  const rows = transformLast(complexPair(x, where, 2), inverse, where);
  const turned = rows.map((part) => swapAxes(part, -1, -2)) as ComplexPair;
  return transformLast(turned, inverse, where).map((part) => swapAxes(part, -1, -2)) as ComplexPair;
}

type Transform = (x: ComplexLike) => ComplexPair;

/**
 * The discrete Fourier transform of the last axis, Σ x_j·exp(−2πi·jk/n), of any length n ≥ 1. Follows `keras.ops.fft`.
 *
 * @throws ConfigError unless given a pair of tensors, ShapeError when their shapes differ.
 * @example const [re, im] = fft([[1, 0, 0, 0], [0, 0, 0, 0]]); // re [1, 1, 1, 1], im [0, 0, 0, 0]
 */
export const fft: Transform = /* @__PURE__ */ op('fft', (x: ComplexLike) =>
  transformLast(complexPair(x, 'fft'), false, 'fft'),
);

/** The inverse of {@link fft}: (1/n)·Σ x_k·exp(2πi·jk/n). */
export const ifft: Transform = /* @__PURE__ */ op('ifft', (x: ComplexLike) =>
  transformLast(complexPair(x, 'ifft'), true, 'ifft'),
);

/** The Fourier transform of the last two axes. Follows `keras.ops.fft2`. */
export const fft2: Transform = /* @__PURE__ */ op('fft2', (x: ComplexLike) => transformTwo(x, false, 'fft2'));

/** The inverse of {@link fft2}. Follows `keras.ops.ifft2`. */
export const ifft2: Transform = /* @__PURE__ */ op('ifft2', (x: ComplexLike) => transformTwo(x, true, 'ifft2'));

/** The first `length` elements of the last axis, with zeros where there are fewer. */
export function resizeLast(x: Tensor, length: number): Tensor {
  const n = x.shape.at(-1)!;
  if (n < length) return pad(x, [...x.shape.slice(1).map(() => 0), [0, length - n]]);
  return partOfLast(x, 0, length);
}

/** `count` elements of the last axis from `start` on. */
export function partOfLast(x: Tensor, start: number, count: number): Tensor {
  const lead = x.shape.slice(0, -1);
  return slice(x, [...lead.map(() => 0), start], [...lead, count]);
}

/** Options of {@link rfft} and {@link irfft}. */
export interface FftLengthOptions {
  /** How many numbers the transform is of; what is missing counts as zeros, what is more is left out. */
  readonly fftLength?: number | null;
}

export function checkLength(value: unknown, name: string, where: string): number {
  if (Number.isInteger(value) && (value as number) >= 1) return value as number;
  throw new ConfigError(`${where}: ${name} must be a positive whole number, got ${describe(value)}`);
}

/**
 * The Fourier transform of real numbers in the last axis: the first ⌊n/2⌋ + 1 elements of {@link fft}, which determine the
 * others. Follows `keras.ops.rfft`.
 *
 * @throws ConfigError for a length that is no positive whole number.
 * @example const [re, im] = rfft([1, 2, 3, 4]); // re [10, -2, -2], im [0, 2, 0]
 */
export const rfft: (x: TensorLike, options?: FftLengthOptions) => ComplexPair = /* @__PURE__ */ op(
  'rfft',
  (x: TensorLike, { fftLength }: FftLengthOptions = {}) => {
    const t = realTensor(x, 'rfft');
    if (t.rank < 1) throw new ShapeError('rfft: expected rank ≥ 1, got a scalar');
    const n = checkLength(fftLength ?? t.shape.at(-1)!, 'fftLength', 'rfft');
    const re = resizeLast(t, n);
    return transformLast([re, zerosLike(re)], false, 'rfft').map((part) =>
      partOfLast(part, 0, Math.floor(n / 2) + 1),
    ) as ComplexPair;
  },
);

/**
 * The inverse of {@link rfft}: real numbers from the first half of their transform. `fftLength` is 2·(size − 1) by default.
 * The imaginary parts of the first element, and of the last for an even length, do not count. Follows `keras.ops.irfft`.
 *
 * @throws ConfigError unless given a pair of tensors and a positive length.
 * @example irfft([[10, -2, -2], [0, 2, 0]]); // [1, 2, 3, 4]
 */
export const irfft: (x: ComplexLike, options?: FftLengthOptions) => Tensor = /* @__PURE__ */ op(
  'irfft',
  (x: ComplexLike, { fftLength }: FftLengthOptions = {}) => {
    const parts = complexPair(x, 'irfft');
    const n = checkLength(fftLength ?? 2 * (parts[0].shape.at(-1)! - 1), 'fftLength', 'irfft');
    const half = Math.floor(n / 2) + 1;
    const mirrored = n - half;
    const [re, im] = parts.map((part) => resizeLast(part, half)) as ComplexPair;
    const tail = (part: Tensor): Tensor => flip(partOfLast(part, 1, mirrored), -1);
    const whole: ComplexPair = [concat([re, tail(re)], -1), concat([im, neg(tail(im))], -1)];
    return transformLast(whole, true, 'irfft')[0];
  },
);

/**
 * A complex pair as one tensor whose last axis holds real and imaginary part; a real tensor has imaginary parts of 0. Follows
 * `keras.ops.view_as_real`.
 *
 * @example viewAsReal([tensor([1, 2]), tensor([3, 4])]); // [[1, 3], [2, 4]]
 */
export const viewAsReal: (x: ComplexLike | Tensor) => Tensor = /* @__PURE__ */ op(
  'viewAsReal',
  (x: ComplexLike | Tensor) => stack(x instanceof Tensor ? [x, zerosLike(x)] : complexPair(x, 'viewAsReal', 0), -1),
);

/**
 * The pair of the two numbers in the last axis. Follows `keras.ops.view_as_complex`.
 *
 * @throws ShapeError unless the last axis has size 2.
 * @example const [re, im] = viewAsComplex([[1, 3], [2, 4]]); // re [1, 2], im [3, 4]
 */
export const viewAsComplex: (x: TensorLike) => ComplexPair = /* @__PURE__ */ op('viewAsComplex', (x: TensorLike) => {
  const t = realTensor(x, 'viewAsComplex');
  if (t.shape.at(-1) !== 2)
    throw new ShapeError(`viewAsComplex: expected a last axis of 2, got shape ${formatShape(t.shape)}`);
  return unstack(t, -1) as ComplexPair;
});
