/**
 * Short-time Fourier transforms: spectra of overlapping pieces, and back.
 */
import { asTensor, castTo, type TensorLike } from '../../create.ts';
import { ConfigError, ShapeError, unknownName } from '../../errors.ts';
import { apply } from '../../runtime/interpreter.ts';
import { describe, formatShape } from '../../shape.ts';
import { Tensor } from '../../tensor.ts';
import { div, greater, mul, square, where } from '../elementwise.ts';
import { framesOf, overlapAdd } from '../frames.ts';
import { concat, flip } from '../movement.ts';
import { pad } from '../pad.ts';
import { op } from '../op.ts';
import {
  checkLength,
  complexPair,
  irfft,
  partOfLast,
  realTensor,
  rfft,
  type ComplexLike,
  type ComplexPair,
} from './fft.ts';
import { hamming, hanning } from './windows.ts';

/**
 * Overlapping pieces of the last axis: [..., n] becomes [..., 1 + ⌊(n − length)/stride⌋, length]; none where n is less than
 * the length. Follows `keras.ops.extract_sequences`.
 *
 * @throws ConfigError for a length or stride that is no positive whole number.
 * @example extractSequences([1, 2, 3, 4, 5], 3, 2); // [[1, 2, 3], [3, 4, 5]]
 */
export const extractSequences: (x: TensorLike, sequenceLength: number, sequenceStride: number) => Tensor =
  /* @__PURE__ */ op('extractSequences', (x: TensorLike, sequenceLength: number, sequenceStride: number) => {
    const t = asTensor(x, 'extractSequences');
    if (t.rank < 1) throw new ShapeError('extractSequences: expected rank ≥ 1, got a scalar');
    return framesOf(
      t,
      t.rank - 1,
      checkLength(sequenceLength, 'sequenceLength', 'extractSequences'),
      checkLength(sequenceStride, 'sequenceStride', 'extractSequences'),
    );
  });

/** Options of {@link stft} and {@link istft}. */
export interface StftOptions {
  /** Weights of the pieces: a name, as many numbers as a piece is long, or null for ones over `fftLength`. Default 'hann'. */
  readonly window?: 'hann' | 'hamming' | TensorLike | null;
  /** Whether piece k is centred at k·stride, with the ends of the signal mirrored. Default true. */
  readonly center?: boolean;
}

interface Frames {
  readonly length: number;
  readonly stride: number;
  readonly fftLength: number;
}

function checkFrames(length: number, stride: number, fftLength: number, where: string): Frames {
  checkLength(length, 'sequenceLength', where);
  checkLength(stride, 'sequenceStride', where);
  checkLength(fftLength, 'fftLength', where);
  if (fftLength >= length) return { length, stride, fftLength };
  throw new ConfigError(
    `${where}: fftLength ${fftLength} is less than sequenceLength ${length}; the pieces do not fit`,
  );
}

/** The window in the middle of a piece of `fftLength`. */
function windowFor(window: StftOptions['window'], { length, fftLength }: Frames, like: Tensor, name: string): Tensor {
  const before = Math.floor((fftLength - length) / 2);
  if (window === null)
    return Tensor.fromValues(new Float64Array(fftLength).fill(1), [fftLength], like.dtype, like.backend);
  let values: Tensor;
  if (typeof window === 'string') {
    const make = window === 'hann' ? hanning : window === 'hamming' ? hamming : null;
    if (make === null) unknownName(name, 'window', window, ['hann', 'hamming']);
    values = make(length, { periodic: true, dtype: like.dtype });
  } else {
    values = castTo(asTensor(window!, name), like.dtype);
    if (values.rank !== 1 || values.size !== length) {
      throw new ShapeError(
        `${name}: the window must hold sequenceLength = ${length} numbers, got shape ${formatShape(values.shape)}`,
      );
    }
  }
  return pad(values, [[before, fftLength - length - before]]);
}

/** Mirrors `count` elements at both ends; the end itself is not repeated. */
function mirrorEnds(x: Tensor, count: number): Tensor {
  const n = x.shape.at(-1)!;
  if (count === 0) return x;
  if (count >= n) {
    throw new ShapeError(
      `stft: with center, the signal must be longer than fftLength / 2 = ${count}, got shape ${formatShape(x.shape)}; set center to false`,
    );
  }
  return concat([flip(partOfLast(x, 1, count), -1), x, flip(partOfLast(x, n - 1 - count, count), -1)], -1);
}

/**
 * Short-time Fourier transform of the last axis: `[real, imaginary]` of shape [..., pieces, ⌊fftLength/2⌋ + 1]. Pieces of
 * `sequenceLength` begin every `sequenceStride` elements, are weighted by a window, and are widened by zeros on both sides
 * to `fftLength`. Follows `keras.ops.stft`.
 *
 * @throws ConfigError for lengths that do not fit or an unknown window, ShapeError for a signal that is too short.
 * @example const [re, im] = stft(signal, 256, 64, 256);
 */
export const stft: (
  x: TensorLike,
  sequenceLength: number,
  sequenceStride: number,
  fftLength: number,
  options?: StftOptions,
) => ComplexPair = /* @__PURE__ */ op(
  'stft',
  (
    x: TensorLike,
    sequenceLength: number,
    sequenceStride: number,
    fftLength: number,
    { window = 'hann', center = true }: StftOptions = {},
  ) => {
    const t = realTensor(x, 'stft');
    if (t.rank < 1) throw new ShapeError('stft: expected rank ≥ 1, got a scalar');
    const frames = checkFrames(sequenceLength, sequenceStride, fftLength, 'stft');
    const signal = center ? mirrorEnds(t, Math.floor(fftLength / 2)) : t;
    return rfft(mul(framesOf(signal, t.rank - 1, fftLength, sequenceStride), windowFor(window, frames, t, 'stft')));
  },
);

/** Options of {@link istft}. */
export interface IstftOptions extends StftOptions {
  /** Length of the result; by default what the pieces cover, without half an `fftLength` at both ends if centred. */
  readonly length?: number | null;
}

/**
 * The inverse of {@link stft}: pieces are added with the window once more, and the sum is divided by that of the squares of
 * windows, where it is not 0 (D. Griffin, J. Lim, 1984). Follows `keras.ops.istft`.
 *
 * @throws ConfigError unless given a pair of tensors and lengths that fit.
 * @example istft(stft(signal, 256, 64, 256), 256, 64, 256, { length: signal.size });
 */
export const istft: (
  x: ComplexLike,
  sequenceLength: number,
  sequenceStride: number,
  fftLength: number,
  options?: IstftOptions,
) => Tensor = /* @__PURE__ */ op(
  'istft',
  (
    x: ComplexLike,
    sequenceLength: number,
    sequenceStride: number,
    fftLength: number,
    { length, window = 'hann', center = true }: IstftOptions = {},
  ) => {
    const parts = complexPair(x, 'istft', 2);
    const frames = checkFrames(sequenceLength, sequenceStride, fftLength, 'istft');
    const count = parts[0].shape.at(-2)!;
    if (count === 0) throw new ShapeError(`istft: expected at least one piece, got ${formatShape(parts[0].shape)}`);
    const weights = windowFor(window, frames, parts[0], 'istft');
    const signal = overlapAdd(mul(irfft(parts, { fftLength }), weights), sequenceStride);
    const squares = apply('broadcastTo', [square(weights)], { shape: [count, fftLength] });
    const norm = overlapAdd(squares, sequenceStride);
    const whole = div(signal, where(greater(norm, 1e-10), norm, 1));
    const start = center ? Math.floor(fftLength / 2) : 0;
    const size = whole.shape.at(-1)!;
    const wanted = length ?? Math.max(0, size - 2 * start);
    if (!Number.isInteger(wanted) || wanted < 0)
      throw new ConfigError(`istft: length must be a whole number ≥ 0, got ${describe(length)}`);
    const there = Math.min(wanted, size - start);
    const result = partOfLast(whole, start, there);
    return wanted === there ? result : pad(result, [...result.shape.slice(1).map(() => 0), [0, wanted - there]]);
  },
);
